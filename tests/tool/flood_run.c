/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * flood_run: floods devices with numbered packets, and says which program decided about them.
 *
 *	flood_run NETNS SHARED RATE SENDERS DEVICE ADDRESS [DEVICE ADDRESS]...
 *
 * In: the network namespace of the other ends (their devices are named alike), a file whose first
 * four bytes are the number of the newest switch that is over, packets a second for each device
 * (0: as many as go), how many threads send to each device, and devices with their addresses.
 * Each packet is UDP to port 7777 and carries that number as it was right before the packet was
 * sent: it is not older.  Programs of the test build stamp what they let through with a number of
 * their own, and the packet ends in a socket here.
 *
 * Out: when there is a file `stop` in this folder, a line for each device
 *
 *	device NAME SENT REFUSED RATE RECEIVED		packets; refused by the device
 *	pair NAME SWITCH STAMP COUNT			packets received with these two numbers
 *
 * Threads are bound to one CPU each: a device's first sender to that of its number.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/if_packet.h>
#include <net/ethernet.h>
#include <net/if.h>
#include <netinet/ip.h>
#include <netinet/udp.h>
#include <pthread.h>
#include <sched.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define PORT 7777
#define BATCH 8
#define MOST_SENDERS 4
#define MOST_DEVICES 4
#define NUMBERS 4096			/* switches and stamps are below */
#define QUEUE_BYTES (32 << 20)

/* As the programs see it; in the payload the byte order is this machine's. */
struct frame {
	struct ether_header ether;
	struct iphdr ip;
	struct udphdr udp;
	struct payload {
		uint32_t number;	/* of the newest switch */
		uint32_t serial;
		uint32_t stamp;		/* of the program */
		uint8_t more[6];	/* to 60 bytes */
	} __attribute__((packed)) payload;
} __attribute__((packed));

struct device;

struct sender {
	struct device *device;
	pthread_t thread;
	int fd, cpu;
	unsigned long sent, refused;
};

struct device {
	const struct flood *flood;
	const char *name;
	struct in_addr address;
	struct sender senders[MOST_SENDERS];
	pthread_t receiver;
	int fd, cpu;
	unsigned long received, strange;
	uint32_t *pairs;		/* NUMBERS x NUMBERS */
};

struct flood {
	const uint32_t *newest;
	unsigned long rate;
	int sender_count, device_count;
	struct device devices[MOST_DEVICES];
	bool stop, drained;
	double seconds;
};

static void die(const char *what)
{
	fprintf(stderr, "flood_run: %s: %s\n", what, strerror(errno));
	exit(1);
}

static double now(void)
{
	struct timespec time;

	clock_gettime(CLOCK_MONOTONIC, &time);
	return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

static void bind_to_cpu(int cpu)
{
	cpu_set_t set;

	CPU_ZERO(&set);
	CPU_SET(cpu % (int)sysconf(_SC_NPROCESSORS_ONLN), &set);
	if (sched_setaffinity(0, sizeof(set), &set))
		die("sched_setaffinity");
}

static uint16_t header_sum(const struct iphdr *ip)
{
	const uint16_t *words = (const void *)ip;
	uint32_t sum = 0;

	for (size_t i = 0; i < sizeof(*ip) / 2; i++)
		sum += words[i];
	sum = (sum & 0xffff) + (sum >> 16);
	return (uint16_t)~((sum & 0xffff) + (sum >> 16));
}

/* The server's MAC address ends in 2 and its address in .2, the client's in 1 and .1. */
static struct frame make_frame(const struct device *device)
{
	uint8_t number = (uint8_t)(device->name[strlen(device->name) - 1] - '0');
	struct frame frame = {
		.ether = {
			.ether_dhost = { 2, 0, 0, 0, number, 2 },
			.ether_shost = { 2, 0, 0, 0, number, 1 },
			.ether_type = htons(ETHERTYPE_IP),
		},
		.ip = {
			.version = 4,
			.ihl = 5,
			.ttl = 64,
			.protocol = IPPROTO_UDP,
			.tot_len = htons(sizeof(frame) - sizeof(frame.ether)),
			.saddr = htonl(ntohl(device->address.s_addr) - 1),
			.daddr = device->address.s_addr,
		},
		.udp = {
			.source = htons(1024),
			.dest = htons(PORT),
			.len = htons(sizeof(frame.udp) + sizeof(frame.payload)),
		},
	};
	struct iphdr ip;

	ip = frame.ip;
	frame.ip.check = header_sum(&ip);
	return frame;
}

static void send_batch(struct sender *sender, struct frame *frames, struct mmsghdr *messages)
{
	int at = 0;

	for (int i = 0; i < BATCH; i++) {
		frames[i].payload.number = __atomic_load_n(sender->device->flood->newest,
							   __ATOMIC_ACQUIRE);
		frames[i].payload.serial = (uint32_t)(sender->sent + (unsigned long)i);
	}
	while (at < BATCH) {
		int done = sendmmsg(sender->fd, messages + at, (unsigned int)(BATCH - at), 0);

		if (done < 0 && errno != ENOBUFS && errno != EAGAIN)
			die("sendmmsg");
		at += done > 0 ? done : 0;
		if (at < BATCH) {	/* the next did not go: it is dropped, not sent again */
			sender->refused++;
			at++;
		}
	}
	sender->sent += BATCH;
}

static void *run_sender(void *data)
{
	struct sender *sender = data;
	const struct flood *flood = sender->device->flood;
	double begin = now(), each = 0;
	struct frame frames[BATCH];
	struct iovec parts[BATCH];
	struct mmsghdr messages[BATCH] = { 0 };

	for (int i = 0; i < BATCH; i++) {
		frames[i] = make_frame(sender->device);
		parts[i] = (struct iovec){ &frames[i], sizeof(frames[i]) };
		messages[i].msg_hdr.msg_iov = &parts[i];
		messages[i].msg_hdr.msg_iovlen = 1;
	}
	if (flood->rate)
		each = (double)flood->sender_count / (double)flood->rate;
	bind_to_cpu(sender->cpu);
	while (!__atomic_load_n(&flood->stop, __ATOMIC_RELAXED)) {
		double ahead = begin + (double)sender->sent * each - now();

		if (each > 0 && ahead > 0)
			nanosleep(&(struct timespec){ .tv_nsec = (long)(ahead * 1e9) + 1 }, NULL);
		send_batch(sender, frames, messages);
	}
	return NULL;
}

static void count_packet(struct device *device, const struct payload *payload, size_t len)
{
	device->received++;
	if (len < sizeof(*payload) || payload->number >= NUMBERS || payload->stamp >= NUMBERS)
		device->strange++;
	else
		device->pairs[payload->number * NUMBERS + payload->stamp]++;
}

static void *run_receiver(void *data)
{
	struct device *device = data;
	struct payload payloads[64];
	struct iovec parts[64];
	struct mmsghdr messages[64] = { 0 };

	for (int i = 0; i < 64; i++) {
		parts[i] = (struct iovec){ &payloads[i], sizeof(payloads[i]) };
		messages[i].msg_hdr.msg_iov = &parts[i];
		messages[i].msg_hdr.msg_iovlen = 1;
	}
	bind_to_cpu(device->cpu);
	for (;;) {
		int done = recvmmsg(device->fd, messages, 64, MSG_WAITFORONE, NULL);

		if (done < 0 && errno != EAGAIN && errno != EINTR)
			die("recvmmsg");
		for (int i = 0; i < done; i++)
			count_packet(device, &payloads[i], messages[i].msg_len);
		if (done < 0 && __atomic_load_n(&device->flood->drained, __ATOMIC_ACQUIRE))
			return NULL;
	}
}

static int open_receiver(const struct device *device)
{
	struct sockaddr_in address = {
		.sin_family = AF_INET, .sin_port = htons(PORT), .sin_addr = device->address,
	};
	struct timeval wait = { .tv_usec = 100000 };
	int bytes = QUEUE_BYTES, fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	if (fd < 0 || setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &bytes, sizeof(bytes)) ||
	    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &wait, sizeof(wait)) ||
	    bind(fd, (struct sockaddr *)&address, sizeof(address)))
		die(device->name);
	return fd;
}

/* In the namespace of the other ends. */
static int open_sender(const struct device *device)
{
	struct sockaddr_ll address = { .sll_family = AF_PACKET };
	int fd = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, 0);

	address.sll_ifindex = (int)if_nametoindex(device->name);
	if (fd < 0 || !address.sll_ifindex ||
	    bind(fd, (struct sockaddr *)&address, sizeof(address)))
		die(device->name);
	return fd;
}

static void open_sockets(struct flood *flood, const char *netns)
{
	int fd = open(netns, O_RDONLY | O_CLOEXEC);

	for (int i = 0; i < flood->device_count; i++)
		flood->devices[i].fd = open_receiver(&flood->devices[i]);
	if (fd < 0 || setns(fd, CLONE_NEWNET))
		die(netns);
	for (int i = 0; i < flood->device_count; i++)
		for (int j = 0; j < flood->sender_count; j++)
			flood->devices[i].senders[j] = (struct sender){
				.device = &flood->devices[i],
				.fd = open_sender(&flood->devices[i]),
				.cpu = i + j,
			};
}

static void run_threads(struct flood *flood)
{
	double begin = now();

	for (int i = 0; i < flood->device_count; i++) {
		struct device *device = &flood->devices[i];

		if (pthread_create(&device->receiver, NULL, run_receiver, device))
			die("pthread_create");
		for (int j = 0; j < flood->sender_count; j++)
			if (pthread_create(&device->senders[j].thread, NULL, run_sender,
					   &device->senders[j]))
				die("pthread_create");
	}
	while (access("stop", F_OK))
		usleep(20000);
	__atomic_store_n(&flood->stop, true, __ATOMIC_RELEASE);
	for (int i = 0; i < flood->device_count; i++)
		for (int j = 0; j < flood->sender_count; j++)
			pthread_join(flood->devices[i].senders[j].thread, NULL);
	flood->seconds = now() - begin;
	usleep(200000);			/* what is on its way arrives */
	__atomic_store_n(&flood->drained, true, __ATOMIC_RELEASE);
	for (int i = 0; i < flood->device_count; i++)
		pthread_join(flood->devices[i].receiver, NULL);
}

static void print_device(const struct flood *flood, const struct device *device)
{
	unsigned long sent = 0, refused = 0;

	for (int i = 0; i < flood->sender_count; i++) {
		sent += device->senders[i].sent;
		refused += device->senders[i].refused;
	}
	printf("device %s %lu %lu %.0f %lu\n", device->name, sent, refused,
	       (double)sent / flood->seconds, device->received);
	if (device->strange)
		printf("strange %s %lu\n", device->name, device->strange);
	for (size_t i = 0; i < (size_t)NUMBERS * NUMBERS; i++)
		if (device->pairs[i])
			printf("pair %s %zu %zu %u\n", device->name, i / NUMBERS, i % NUMBERS,
			       device->pairs[i]);
}

static void read_arguments(struct flood *flood, int argc, char **argv)
{
	int fd = argc >= 7 && argc % 2 == 1 ? open(argv[2], O_RDONLY | O_CLOEXEC) : -1;

	if (fd < 0) {
		fputs("usage: flood_run NETNS SHARED RATE SENDERS DEVICE ADDRESS...\n", stderr);
		exit(1);
	}
	flood->newest = mmap(NULL, 4, PROT_READ, MAP_SHARED, fd, 0);
	flood->rate = strtoul(argv[3], NULL, 10);
	flood->sender_count = atoi(argv[4]);
	flood->device_count = (argc - 5) / 2;
	if (flood->newest == MAP_FAILED || flood->sender_count < 1 ||
	    flood->sender_count > MOST_SENDERS || flood->device_count > MOST_DEVICES)
		die("arguments");
	for (int i = 0; i < flood->device_count; i++) {
		struct device *device = &flood->devices[i];

		device->flood = flood;
		device->name = argv[5 + 2 * i];
		device->cpu = i + 1;
		if (!inet_aton(argv[6 + 2 * i], &device->address))
			die(argv[6 + 2 * i]);
		device->pairs = mmap(NULL, sizeof(uint32_t) * NUMBERS * NUMBERS,
				     PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
		if (device->pairs == MAP_FAILED)
			die("memory");
	}
}

int main(int argc, char **argv)
{
	struct flood flood = { 0 };

	read_arguments(&flood, argc, argv);
	open_sockets(&flood, argv[1]);
	run_threads(&flood);
	for (int i = 0; i < flood.device_count; i++)
		print_device(&flood, &flood.devices[i]);
	return 0;
}
