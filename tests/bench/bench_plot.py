# SPDX-License-Identifier: GPL-2.0-only
"""bench_plot: figures -> an SVG: cost against rules, alone and beside other filters."""
import math

WIDTH, HEIGHT, LEFT, TOP, PLOT_W, PLOT_H = 1120, 470, 60, 40, 400, 360
COLOURS = ("#c0392b", "#2471a3", "#1e8449", "#b9770e", "#7d3c98", "#34495e", "#16a085", "#d35400")


class Axes:
    """Both logarithmic."""

    def __init__(self, left, title, x, y, x_name, y_name):
        self.left, self.x, self.y = left, x, y
        self.parts = [
            '<text x="%d" y="22" font-weight="bold">%s</text>' % (left, title),
            '<rect x="%d" y="%d" width="%d" height="%d" fill="none" stroke="#999"/>' %
            (left, TOP, PLOT_W, PLOT_H),
            '<text x="%d" y="%d" text-anchor="middle">%s</text>' %
            (left + PLOT_W // 2, TOP + PLOT_H + 38, x_name),
            '<text transform="translate(%d,%d) rotate(-90)" text-anchor="middle">%s</text>' %
            (left - 42, TOP + PLOT_H // 2, y_name)]
        for value in ticks(*x, (1,)):
            self.parts.append('<text x="%.1f" y="%d" text-anchor="middle">%s</text>' %
                              (self.at_x(value), TOP + PLOT_H + 18, short(value)))
        for value in ticks(*y, (1, 2, 5)):
            self.parts.append(
                '<text x="%d" y="%.1f" text-anchor="end">%s</text><line x1="%d" x2="%d" '
                'y1="%.1f" y2="%.1f" stroke="#e4e4e4"/>' %
                (left - 6, self.at_y(value) + 4, short(value), left, left + PLOT_W,
                 self.at_y(value), self.at_y(value)))

    def at_x(self, value):
        return self.left + PLOT_W * part(value, *self.x)

    def at_y(self, value):
        return TOP + PLOT_H * (1 - part(value, *self.y))

    def line(self, number, name, points, dashed=False):
        colour = COLOURS[number % len(COLOURS)]
        places = ["%.1f,%.1f" % (self.at_x(x), self.at_y(y)) for x, y in sorted(points)]
        self.parts.append('<polyline points="%s" fill="none" stroke="%s" stroke-width="2"%s/>' % (
            " ".join(places), colour, ' stroke-dasharray="5 4"' if dashed else ""))
        self.parts += ['<circle cx="%s" cy="%s" r="3" fill="%s"/>' % (*place.split(","), colour)
                       for place in places]
        if not dashed:
            self.parts.append('<text x="%d" y="%d" fill="%s">%s</text>' % (
                self.left + PLOT_W + 8, TOP + 14 + 18 * number, colour, name))


def part(value, low, high):
    return (math.log(value) - math.log(low)) / (math.log(high) - math.log(low))


def ticks(low, high, steps):
    power = 10 ** math.floor(math.log10(low))
    while power <= high:
        for step in steps:
            if low <= power * step <= high:
                yield power * step
        power *= 10


def short(value):
    return "%gk" % (value / 1000) if value >= 1000 else "%g" % value


def bounds(values, least):
    """A little more than they need."""
    return min(values + [least]) / 1.15, max(values + [least * 10]) * 1.15


def ratio_lines(rows):
    """(set, packets) -> points."""
    lines = {}
    for row in rows:
        if row["what"] in ("rules", "ip6") and row["contender"] == "xdpfw" and row["ratio"]:
            if row["packets"] in ("4096", "65536"):
                lines.setdefault((row["set"].rsplit("_", 1)[0], row["packets"]), []).append(
                    (int(row["rules"]), float(row["ratio"])))
    return lines


def live_lines(rows):
    lines = {}
    for row in rows:
        if row["what"] == "live" and row["set"] == "rules" and row["ns"]:
            lines.setdefault(row["contender"], []).append((int(row["rules"]), float(row["ns"])))
    return lines


def plot(rows):
    ratios, live = ratio_lines(rows), live_lines(rows)
    left = Axes(LEFT, "xdpfw, ratio to parse + drop (dashed: 65,536 packets)", (10, 100000),
                bounds([y for points in ratios.values() for _, y in points], 1), "rules", "ratio")
    names = list(dict.fromkeys(name for name, _ in ratios))
    for (name, packets), points in ratios.items():
        left.line(names.index(name), name, points, packets == "65536")
    right = Axes(LEFT + PLOT_W + 130, "live on veth, everything included", (10, 10000),
                 bounds([y for points in live.values() for _, y in points], 50), "rules",
                 "ns a packet")
    for number, (name, points) in enumerate(live.items()):
        right.line(number, name, points)
    return ('<svg xmlns="http://www.w3.org/2000/svg" width="%d" height="%d" '
            'font-family="sans-serif" font-size="13"><rect width="100%%" height="100%%" '
            'fill="white"/>\n%s\n</svg>\n') % (WIDTH, HEIGHT,
                                               "\n".join(left.parts + right.parts))
