/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * session_find: which TCP connection somebody sits at the other end of.
 *
 * In: the environment, that of the processes this one descends from (sudo and su take the variable
 * away), the kernel's list of connections.  Out: a connection that is there.  Words of an
 * environment are anybody's: they are believed only where the kernel has such a connection, which
 * also leaves out sessions that ended and those of another network namespace.
 */
#define _GNU_SOURCE
#include "loader/session_parts.h"

#include <arpa/inet.h>
#include <inttypes.h>
#include <string.h>

#include "loader/own.h"

#define VARIABLE "SSH_CONNECTION="
#define MAX_ANCESTORS 64
#define MAX_ENVIRONMENT (1u << 20)
#define TCP_ESTABLISHED 1		/* linux/include/net/tcp_states.h */
#define LONGEST_VALUE 160		/* two addresses with scopes, two ports */

static const uint8_t mapped_prefix[12] = { [10] = 0xff, [11] = 0xff };

static bool parse_port(const char *word, uint16_t *ret_port)
{
	size_t len = strspn(word, "0123456789");
	unsigned long port = len && len <= 5 && !word[len] ? strtoul(word, NULL, 10) : 0;

	*ret_port = (uint16_t)port;
	return port > 0 && port <= UINT16_MAX;
}

/* An IPv4 address inside an IPv6 one is the same connection on the wire. */
static bool parse_address(char *word, int *ret_family, uint8_t ret_address[16],
			  char ret_scope[NETDEV_NAME_BYTES])
{
	char *scope = strchr(word, '%');

	ret_scope[0] = 0;
	if (scope) {
		*scope++ = 0;
		if (!*scope || strlen(scope) >= NETDEV_NAME_BYTES)
			return false;
		strcpy(ret_scope, scope);
	}
	memset(ret_address, 0, 16);
	*ret_family = AF_INET;
	if (inet_pton(AF_INET, word, ret_address) == 1)
		return !scope;
	*ret_family = AF_INET6;
	if (inet_pton(AF_INET6, word, ret_address) != 1)
		return false;
	if (!memcmp(ret_address, mapped_prefix, sizeof(mapped_prefix))) {
		*ret_family = AF_INET;
		memmove(ret_address, ret_address + 12, 4);
		memset(ret_address + 4, 0, 12);
	}
	return true;
}

bool session_parse(const char *text, struct session *ret_session)
{
	char copy[LONGEST_VALUE], own_scope[NETDEV_NAME_BYTES], *words[4];
	struct session session = { 0 };
	char *rest = copy;
	int own_family;

	if (strlen(text) >= sizeof(copy))
		return false;
	strcpy(copy, text);
	for (size_t i = 0; i < 4; i++)
		if (!(words[i] = strsep(&rest, " ")))
			return false;
	if (rest || !parse_address(words[0], &session.family, session.peer, session.scope) ||
	    !parse_port(words[1], &session.peer_port) ||
	    !parse_address(words[2], &own_family, session.own, own_scope) ||
	    !parse_port(words[3], &session.own_port) || own_family != session.family)
		return false;
	*ret_session = session;
	return true;
}

/* An address as /proc/net/tcp prints it: words of the machine's own byte order. */
static bool parse_words(const char *text, size_t count, uint8_t ret_address[16])
{
	for (size_t i = 0; i < count; i++) {
		uint32_t word;

		if (sscanf(text + 8 * i, "%8" SCNx32, &word) != 1)
			return false;
		memcpy(ret_address + 4 * i, &word, sizeof(word));
	}
	return true;
}

static bool is_line_of(const char *line, const struct session *session, const uint8_t *own,
		       const uint8_t *peer, size_t words)
{
	char own_text[33], peer_text[33];
	unsigned int own_port, peer_port, state;
	uint8_t line_own[16], line_peer[16];

	if (sscanf(line, " %*d: %32[0-9A-Fa-f]:%4x %32[0-9A-Fa-f]:%4x %2x", own_text, &own_port,
		   peer_text, &peer_port, &state) != 5)
		return false;
	if (strlen(own_text) != 8 * words || strlen(peer_text) != 8 * words ||
	    state != TCP_ESTABLISHED || own_port != session->own_port ||
	    peer_port != session->peer_port || !parse_words(own_text, words, line_own) ||
	    !parse_words(peer_text, words, line_peer))
		return false;
	return !memcmp(line_own, own, 4 * words) && !memcmp(line_peer, peer, 4 * words);
}

static bool is_in(const char *path, const struct session *session, const uint8_t *own,
		  const uint8_t *peer, size_t words)
{
	FILE *file = fopen(path, "re");
	char line[512];
	bool found = false;

	while (file && !found && fgets(line, sizeof(line), file))
		found = is_line_of(line, session, own, peer, words);
	if (file)
		fclose(file);
	return found;
}

static bool is_there(const struct session *session)
{
	uint8_t own[16], peer[16];

	if (session->family == AF_INET6)
		return is_in("/proc/self/net/tcp6", session, session->own, session->peer, 4);
	if (is_in("/proc/self/net/tcp", session, session->own, session->peer, 1))
		return true;
	/* A server that listens to both has it as an IPv6 connection. */
	memcpy(own, mapped_prefix, 12);
	memcpy(own + 12, session->own, 4);
	memcpy(peer, mapped_prefix, 12);
	memcpy(peer + 12, session->peer, 4);
	return is_in("/proc/self/net/tcp6", session, own, peer, 4);
}

/* Reads PATH, and puts a zero byte behind it. */
static bool read_file(const char *path, struct buf *out)
{
	FILE *file = fopen(path, "re");
	char bytes[4096];
	size_t len;

	if (!file)
		return false;
	while (out->len < MAX_ENVIRONMENT && (len = fread(bytes, 1, sizeof(bytes), file)) > 0)
		buf_put(out, bytes, len);
	fclose(file);
	buf_putc(out, 0);
	return true;
}

/* The parent of a process; 0: none, or it is gone. */
static pid_t find_parent(pid_t pid)
{
	OWN_BUF struct buf text = BUF_INIT;
	const char *end;
	char path[40];
	int parent;

	snprintf(path, sizeof(path), "/proc/%d/stat", (int)pid);
	if (!read_file(path, &text))
		return 0;
	/* Its name, in parentheses, may have anything in it. */
	end = strrchr(text.at, ')');
	if (!end || sscanf(end + 1, " %*c %d", &parent) != 1)
		return 0;
	return parent;
}

static bool read_environment(pid_t pid, struct session *ret_session)
{
	OWN_BUF struct buf text = BUF_INIT;
	char path[40];

	snprintf(path, sizeof(path), "/proc/%d/environ", (int)pid);
	if (!read_file(path, &text))
		return false;
	for (size_t at = 0; at < text.len; at += strlen(text.at + at) + 1)
		if (!strncmp(text.at + at, VARIABLE, strlen(VARIABLE)) &&
		    session_parse(text.at + at + strlen(VARIABLE), ret_session) &&
		    is_there(ret_session))
			return true;
	return false;
}

bool session_find(struct session *ret_session)
{
	pid_t pid = getpid();

	for (int i = 0; i < MAX_ANCESTORS && pid > 0; i++, pid = find_parent(pid))
		if (read_environment(pid, ret_session))
			return true;
	return false;
}
