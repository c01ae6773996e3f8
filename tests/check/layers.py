#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""Holds every #include of bpf/, compiler/ and loader/ against tests/check/LAYERS, and finds
headers that include each other in a circle.

Run in the source folder.  Out: a line for each fault, then "N passed, N failed, N skipped".
"""
import glob
import os
import re
import sys

INCLUDE = re.compile(r'^\s*#\s*include\s+(["<])([^">]+)[">]', re.M)


def read_layers(path):
    """module -> line number, the `only` lines, the `never` lines"""
    order, only, never = {}, [], []
    for number, line in enumerate(open(path, encoding="utf-8")):
        words = line.split("#")[0].split()
        if words and words[0] == "only":
            only.append((words[1], words[2], words[3:]))
        elif words and words[0] == "never":
            never.append((words[1], words[2:]))
        else:
            order.update((word, number) for word in words)
    return order, only, never


def module_of(path, order):
    folder, name = os.path.split(path)
    if folder + "/*" in order:
        return folder + "/*"
    return "%s/%s" % (folder, re.split(r"[_.]", name)[0])


def resolve(path, name):
    """bpf/ files name their neighbours without a folder, as they stand where they are installed"""
    beside = os.path.join(os.path.dirname(path), name)
    return beside if path.startswith("bpf/") and os.path.exists(beside) else name


def faults_of(path, includes, order, only, never):
    own = module_of(path, order)
    if own not in order:
        yield "is of no module that LAYERS names"
        return
    for kind, name in includes:
        if kind == "<":
            for folder, names in never:
                if path.startswith(folder) and any(name == n or n.endswith("/") and
                                                   name.startswith(n) for n in names):
                    yield "includes <%s>, which %s never does" % (name, folder)
            continue
        target = resolve(path, name)
        if not os.path.exists(target) and not target.endswith(".skel.h"):
            yield "includes \"%s\", which is not in the tree" % name
            continue
        module = module_of(target, order)
        if module != own and order.get(module, 1 << 30) >= order[own]:
            yield "includes \"%s\" of the same or a higher layer" % name
        for folder, below, allowed in only:
            if path.startswith(folder) and target.startswith(below) and \
                    not any(target.startswith(one) for one in allowed):
                yield "includes \"%s\"; of %s it sees only %s" % (name, below, " ".join(allowed))


def circle_of(path, graph, stack):
    if path in stack:
        return stack[stack.index(path):] + [path]
    for target in graph.get(path, []):
        found = circle_of(target, graph, stack + [path])
        if found:
            return found
    return None


def main():
    order, only, never = read_layers("tests/check/LAYERS")
    failed, graph = 0, {}
    paths = sorted(path for folder in ("bpf", "compiler", "compiler/base", "compiler/opt", "loader")
                   for path in glob.glob(folder + "/*.[ch]"))
    for path in paths:
        includes = INCLUDE.findall(open(path, encoding="utf-8").read())
        graph[path] = [resolve(path, name) for kind, name in includes if kind == '"']
        faults = list(faults_of(path, includes, order, only, never))
        failed += bool(faults)
        for fault in faults:
            print("FAIL layers: %s %s" % (path, fault))
    for path in paths:
        circle = circle_of(path, graph, [])
        if circle and circle[0] == path:
            print("FAIL layers: a circle: %s" % " -> ".join(circle))
            failed += 1
    print("%d passed, %d failed, 0 skipped" % (max(0, len(paths) - failed), failed))
    return failed != 0


if __name__ == "__main__":
    sys.exit(main())
