/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * frames: sends frames from one device of a guest and says which came through at another.
 *
 * In: `frames [-n COUNT] NETNS SENDER RECEIVER WORD...`.  SENDER is a device of the network
 * namespace /run/netns/NETNS, RECEIVER one of the caller's, on the same wire.  A word is
 * [TAG/]KIND:PORT, where TAG is a VLAN id and KIND one of udp, udp6, tcp (SYN), first and later:
 * the first fragment of a UDP packet, and a later one whose payload looks like a UDP header to
 * PORT.  Each is sent COUNT times (once).
 *
 * Out, on one line: the words that came through; `WORD*N` for one that came N times and not COUNT.
 * What XDP drops never reaches a packet socket, and what it passes always does.  Behind the frames
 * goes one of ethertype 0x88b5, which tests let pass: it ends the wait, which is WAIT_MS otherwise.
 *
 * Exit status: 0, 2 usage, 3 when a frame could not be sent.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/if_packet.h>
#include <net/ethernet.h>
#include <net/if.h>
#include <netinet/in.h>
#include <poll.h>
#include <sched.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define WAIT_MS 2500
#define AFTER_LAST_MS 60		/* a card may hand packets over out of order */
#define MOST_WORDS 64
#define FRAME_BYTES 160
#define LAST_TYPE 0x88b5

enum { STATUS_USAGE = 2, STATUS_FAILED };

struct frame {
	uint8_t at[FRAME_BYTES];
	size_t len;
};

/* Ends every frame; the number is the word's. */
struct mark {
	char word[6];
	uint8_t run, number;
};

struct frames {
	int sender, receiver;
	uint8_t from[ETH_ALEN], to[ETH_ALEN];
	char **words;
	int word_count, count;
	int came[MOST_WORDS];
	uint8_t run;
};

static void stop(int status, const char *what)
{
	fprintf(stderr, "frames: %s: %s\n", what, strerror(errno));
	exit(status);
}

static void put(struct frame *frame, const void *bytes, size_t len)
{
	if (frame->len + len > sizeof(frame->at))
		abort();
	memcpy(frame->at + frame->len, bytes, len);
	frame->len += len;
}

static void put16(struct frame *frame, unsigned int value)
{
	put(frame, (uint8_t[]){ (uint8_t)(value >> 8), (uint8_t)value }, 2);
}

static void put_mark(const struct frames *frames, struct frame *frame, int number)
{
	struct mark mark = { "xdpfw", frames->run, (uint8_t)number };

	put(frame, &mark, sizeof(mark));
}

static void put_ethernet(const struct frames *frames, struct frame *frame, unsigned int tag,
			 unsigned int type)
{
	put(frame, frames->to, ETH_ALEN);
	put(frame, frames->from, ETH_ALEN);
	if (tag) {
		put16(frame, ETHERTYPE_VLAN);
		put16(frame, tag);
	}
	put16(frame, type);
}

static unsigned int sum_words(const uint8_t *at, size_t len)
{
	unsigned int sum = 0;

	for (size_t i = 0; i < len; i += 2)
		sum += (unsigned int)(at[i] << 8) | at[i + 1];
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	return ~sum & 0xffff;
}

static void put_ipv4(struct frame *frame, uint8_t protocol, unsigned int fragment, size_t payload)
{
	uint8_t header[20] = { 0x45, 0, 0, (uint8_t)(20 + payload), 0, 1, (uint8_t)(fragment >> 8),
			       (uint8_t)fragment, 64, protocol, 0, 0, 192, 0, 2, 1, 192, 0, 2, 2 };
	unsigned int sum = sum_words(header, sizeof(header));

	header[10] = (uint8_t)(sum >> 8);
	header[11] = (uint8_t)sum;
	put(frame, header, sizeof(header));
}

static void put_ipv6(struct frame *frame, uint8_t protocol, size_t payload)
{
	uint8_t header[40] = { 0x60, 0, 0, 0, 0, (uint8_t)payload, protocol, 64,
			       0x20, 1, 0x0d, 0xb8, [23] = 1, 0x20, 1, 0x0d, 0xb8, [39] = 2 };

	put(frame, header, sizeof(header));
}

/* Checksums of UDP over IPv4 may be left out; no stack has to take these packets. */
static void put_udp(struct frame *frame, unsigned int port, size_t payload)
{
	put16(frame, 4000);
	put16(frame, port);
	put16(frame, (unsigned int)(8 + payload));
	put16(frame, 0);
}

static void put_tcp(struct frame *frame, unsigned int port)
{
	static const uint8_t rest[] = { 0, 0, 0, 1, 0, 0, 0, 0, 0x50, 2, 0xff, 0xff, 0, 0, 0, 0 };

	put16(frame, 4000);
	put16(frame, port);
	put(frame, rest, sizeof(rest));
}

static void make_frame(const struct frames *frames, int number, struct frame *frame)
{
	static const uint8_t padding[16];	/* cards fill up to 60 bytes */
	const char *word = frames->words[number], *slash = strchr(word, '/'), *colon;
	unsigned int tag = slash ? (unsigned int)atoi(word) : 0, port;
	size_t rest = sizeof(padding) + sizeof(struct mark);

	word = slash ? slash + 1 : word;
	colon = strchr(word, ':');
	port = colon ? (unsigned int)atoi(colon + 1) : 0;
	frame->len = 0;
	put_ethernet(frames, frame, tag, strncmp(word, "udp6:", 5) ? ETHERTYPE_IP : ETHERTYPE_IPV6);
	if (!strncmp(word, "udp6:", 5)) {
		put_ipv6(frame, IPPROTO_UDP, 8 + rest);
		put_udp(frame, port, rest);
	} else if (!strncmp(word, "tcp:", 4)) {
		put_ipv4(frame, IPPROTO_TCP, 0, 20 + rest);
		put_tcp(frame, port);
	} else if (!strncmp(word, "udp:", 4) || !strncmp(word, "first:", 6) ||
		   !strncmp(word, "later:", 6)) {
		put_ipv4(frame, IPPROTO_UDP, *word == 'f' ? 0x2000 : *word == 'l' ? 3 : 0,
			 8 + rest);
		put_udp(frame, port, rest);
	} else {
		errno = EINVAL;
		stop(STATUS_USAGE, word);
	}
	put(frame, padding, sizeof(padding));
	put_mark(frames, frame, number);
}

static void make_last(const struct frames *frames, struct frame *frame)
{
	static const uint8_t padding[46];

	frame->len = 0;
	put_ethernet(frames, frame, 0, LAST_TYPE);
	put(frame, padding, sizeof(padding));
	put_mark(frames, frame, MOST_WORDS);
}

static void send_frame(const struct frames *frames, const struct frame *frame)
{
	if (send(frames->sender, frame->at, frame->len, 0) != (ssize_t)frame->len)
		stop(STATUS_FAILED, "cannot send");
}

/* A packet socket for all protocols on DEVICE, and the device's address. */
static int open_device(const char *device, uint8_t ret_mac[ETH_ALEN])
{
	int fd = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, htons(ETH_P_ALL));
	struct sockaddr_ll place = { .sll_family = AF_PACKET, .sll_protocol = htons(ETH_P_ALL) };
	struct ifreq request = { 0 };
	int room = 16 << 20;

	place.sll_ifindex = (int)if_nametoindex(device);
	snprintf(request.ifr_name, sizeof(request.ifr_name), "%s", device);
	if (fd < 0 || !place.sll_ifindex || bind(fd, (struct sockaddr *)&place, sizeof(place)) ||
	    ioctl(fd, SIOCGIFHWADDR, &request) ||
	    setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &room, sizeof(room)))
		stop(STATUS_FAILED, device);
	memcpy(ret_mac, request.ifr_hwaddr.sa_data, ETH_ALEN);
	return fd;
}

static void enter(const char *netns)
{
	char path[256];
	int fd;

	snprintf(path, sizeof(path), "/run/netns/%s", netns);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0 || setns(fd, CLONE_NEWNET))
		stop(STATUS_FAILED, path);
	close(fd);
}

static long long now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * 1000ll + now.tv_nsec / 1000000;
}

/* Returns whether it was the last frame.  Cards pad short frames, so the mark is looked for. */
static bool receive(struct frames *frames)
{
	struct sockaddr_ll from;
	socklen_t from_len = sizeof(from);
	uint8_t bytes[2048];
	ssize_t len = recvfrom(frames->receiver, bytes, sizeof(bytes), MSG_DONTWAIT,
			       (struct sockaddr *)&from, &from_len);
	const struct mark *mark;

	if (len < (ssize_t)sizeof(*mark) || from.sll_pkttype == PACKET_OUTGOING)
		return false;
	mark = memmem(bytes, (size_t)len, "xdpfw", sizeof(mark->word));
	if (!mark || (const uint8_t *)(mark + 1) > bytes + len || mark->run != frames->run)
		return false;
	if (mark->number == MOST_WORDS)
		return true;
	if (mark->number < frames->word_count)
		frames->came[mark->number]++;
	return false;
}

static void receive_all(struct frames *frames)
{
	struct pollfd poll_fd = { .fd = frames->receiver, .events = POLLIN };
	long long end = now_ms() + WAIT_MS, left;

	while ((left = end - now_ms()) > 0)
		if (poll(&poll_fd, 1, (int)left) > 0 && receive(frames) &&
		    end > now_ms() + AFTER_LAST_MS)
			end = now_ms() + AFTER_LAST_MS;
}

static void print_words(const struct frames *frames)
{
	const char *space = "";

	for (int i = 0; i < frames->word_count; i++) {
		if (!frames->came[i])
			continue;
		printf("%s%s", space, frames->words[i]);
		if (frames->came[i] != frames->count)
			printf("*%d", frames->came[i]);
		space = " ";
	}
	putchar('\n');
}

int main(int argc, char **argv)
{
	struct frames frames = { .count = 1, .run = (uint8_t)getpid() };
	struct frame frame;
	int option;

	while ((option = getopt(argc, argv, "n:")) != -1)
		frames.count = option == 'n' ? atoi(optarg) : 0;
	frames.words = argv + optind + 3;
	frames.word_count = argc - optind - 3;
	if (frames.count < 1 || frames.word_count < 1 || frames.word_count > MOST_WORDS) {
		errno = EINVAL;
		stop(STATUS_USAGE, "frames [-n COUNT] NETNS SENDER RECEIVER WORD...");
	}
	frames.receiver = open_device(argv[optind + 2], frames.to);
	enter(argv[optind]);
	frames.sender = open_device(argv[optind + 1], frames.from);
	for (int i = 0; i < frames.word_count; i++) {
		make_frame(&frames, i, &frame);
		for (int n = 0; n < frames.count; n++)
			send_frame(&frames, &frame);
	}
	make_last(&frames, &frame);
	send_frame(&frames, &frame);
	receive_all(&frames);
	print_words(&frames);
	return 0;
}
