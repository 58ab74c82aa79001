// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Sends frames at native speed: a BPF program fills them in, and the kernel sends them (BPF_PROG_TEST_RUN with live
 * frames and a redirect). usage() has the command line. Root; runs in the network namespace of its interface.
 *
 * The frames arrive at the XDP hook of a veth's other end, which has to have an XDP program or GRO on. There they are
 * received on this CPU, within the system call, unless that end has a NAPI thread (/sys/class/net/NAME/threaded). With a
 * thread the link loses what the receiver is too slow for, as a network card does.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <getopt.h>
#include <net/ethernet.h>
#include <net/if.h>
#include <netinet/ether.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <bpf/bpf.h>
#include <linux/bpf.h>

#include "sender_frames.h"
#include "tests/bench/sender.skel.h"

#define BATCH       64
#define RUN_NS      100000000ULL /* of one system call, about */
#define RUN_PACKETS 65536
/* What begins transfers must not be lost in the ring of a receiver whose thread waits for its CPU. */
#define OPENING_RATE  25000 /* a second */
#define OPENING_BATCH 16

struct request {
	const struct kind *kind;
	struct plan plan;
	unsigned int ifindex;
	double seconds;
	uint64_t packets; /* 0: as many as seconds allow */
	uint64_t rate;    /* a second, 0: as fast as it goes */
	uint64_t seed;
	unsigned int batch;
	int cpu;            /* -1: any */
	unsigned int given; /* bits of enum word */
};

static volatile sig_atomic_t stopped;

static void stop(int signal)
{
	(void)signal;
	stopped = 1;
}

static void usage(FILE *to)
{
	fprintf(to, "usage: sender KIND --interface NAME --source ADDRESS[/BITS] --destination "
		    "ADDRESS[/BITS]\n"
		    "              --source-mac MAC --destination-mac MAC [OPTION…]\n\n");
	for (unsigned int i = 0; i < kinds_count; i++)
		fprintf(to, "  %-12s %s\n", kinds[i].name, kinds[i].help);
	fprintf(to, "\n"
		    "  --interface NAME     out of which the frames go, in this network namespace\n"
		    "  --source, --destination ADDRESS[/BITS]\n"
		    "                       IPv4 or IPv6; the bits behind the prefix are drawn for "
		    "each frame, at most\n"
		    "                       the last 32. `running`: clients count from the prefix' "
		    "third address up, the\n"
		    "                       server is the destination, and its packets come "
		    "through the interface, too\n"
		    "  --source-port, --destination-port PORT\n"
		    "                       not drawn (1024 to 65535), but this one\n"
		    "  --seconds S          how long (1); `running`: what begins the transfers "
		    "does not count\n"
		    "  --packets N          stop after so many, if that is earlier\n"
		    "  --rate N             frames a second at most (no limit)\n"
		    "  --cpu N              run there\n"
		    "  --seed N             of all that is drawn, and of the ports of running "
		    "transfers (1)\n"
		    "  --batch N            frames that the kernel sends at once, 1 to 256 (64)\n"
		    "  --transfers N        how many run (1000)\n"
		    "  --file NAME          that requests ask for (flood), up to 64 bytes\n\n"
		    "Prints {\"sent\": frames, \"seconds\": how long, \"opening\": frames that "
		    "began transfers}.\n");
}

static int fail(const char *what, const char *hint)
{
	fprintf(stderr, "sender: %s\nhint: %s\n", what, hint);
	return 1;
}

static uint64_t now_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1000000000ULL + t.tv_nsec;
}

/* ADDRESS[/BITS]; the host bits are cleared in what is kept. */
static bool parse_place(const char *text, struct place *place, bool *ipv6)
{
	char address[INET6_ADDRSTRLEN + 1] = "";
	const char *slash = strchr(text, '/');
	size_t len = slash ? (size_t)(slash - text) : strlen(text);
	unsigned int width;

	if (len >= sizeof(address))
		return false;
	snprintf(address, sizeof(address), "%.*s", (int)len, text);
	*ipv6 = strchr(address, ':');
	width = *ipv6 ? 128 : 32;
	place->prefix_bits = slash ? strtoul(slash + 1, NULL, 10) : width;
	if (inet_pton(*ipv6 ? AF_INET6 : AF_INET, address, place->bytes) != 1 ||
	    place->prefix_bits > width || place->prefix_bits + 32 < width)
		return false;
	for (unsigned int bit = place->prefix_bits; bit < width; bit++)
		place->bytes[bit / 8] &= ~(0x80 >> bit % 8);
	return true;
}

/* The bits of the last four bytes of an address that are not its prefix. */
static uint32_t hosts_be(const struct plan *plan, const struct place *place)
{
	unsigned int bits = (plan->ipv6 ? 128 : 32) - place->prefix_bits;

	return htonl(bits == 32 ? ~0U : (1U << bits) - 1);
}

static bool parse_mac(const char *text, uint8_t *mac)
{
	struct ether_addr address;

	if (!ether_aton_r(text, &address))
		return false;
	memcpy(mac, &address, sizeof(address));
	return true;
}

enum word {
	INTERFACE = 1,
	SOURCE,
	DESTINATION,
	SOURCE_PORT,
	DESTINATION_PORT,
	SOURCE_MAC,
	DESTINATION_MAC,
	SECONDS,
	PACKETS,
	RATE,
	CPU,
	SEED,
	BATCH_SIZE,
	TRANSFERS,
	FILE_NAME,
	HELP,
};

static const struct option options[] = {
	{"interface", required_argument, NULL, INTERFACE},
	{"source", required_argument, NULL, SOURCE},
	{"destination", required_argument, NULL, DESTINATION},
	{"source-port", required_argument, NULL, SOURCE_PORT},
	{"destination-port", required_argument, NULL, DESTINATION_PORT},
	{"source-mac", required_argument, NULL, SOURCE_MAC},
	{"destination-mac", required_argument, NULL, DESTINATION_MAC},
	{"seconds", required_argument, NULL, SECONDS},
	{"packets", required_argument, NULL, PACKETS},
	{"rate", required_argument, NULL, RATE},
	{"cpu", required_argument, NULL, CPU},
	{"seed", required_argument, NULL, SEED},
	{"batch", required_argument, NULL, BATCH_SIZE},
	{"transfers", required_argument, NULL, TRANSFERS},
	{"file", required_argument, NULL, FILE_NAME},
	{"help", no_argument, NULL, HELP},
	{NULL, 0, NULL, 0},
};

/* Of those that are about addresses. */
static bool take_place(struct request *r, enum word word, const char *value)
{
	struct plan *plan = &r->plan;
	bool ipv6;

	switch (word) {
	case SOURCE:
		return parse_place(value, &plan->source, &plan->ipv6);
	case DESTINATION:
		return parse_place(value, &plan->destination, &ipv6) && ipv6 == plan->ipv6;
	case SOURCE_PORT:
		return (plan->source.port = strtoul(value, NULL, 10));
	case DESTINATION_PORT:
		return (plan->destination.port = strtoul(value, NULL, 10));
	case SOURCE_MAC:
		return parse_mac(value, plan->source.mac);
	case DESTINATION_MAC:
		return parse_mac(value, plan->destination.mac);
	default:
		return false;
	}
}

static bool take(struct request *r, enum word word, const char *value)
{
	switch (word) {
	case INTERFACE:
		return (r->ifindex = if_nametoindex(value));
	case SECONDS:
		return (r->seconds = strtod(value, NULL)) > 0;
	case PACKETS:
		return (r->packets = strtoull(value, NULL, 10));
	case RATE:
		return (r->rate = strtoull(value, NULL, 10));
	case CPU:
		r->cpu = atoi(value);
		return r->cpu >= 0;
	case SEED:
		return (r->seed = strtoull(value, NULL, 10));
	case BATCH_SIZE:
		r->batch = strtoul(value, NULL, 10);
		return r->batch >= 1 && r->batch <= 256;
	case TRANSFERS:
		r->plan.transfers = strtoul(value, NULL, 10);
		return r->plan.transfers >= 1 && r->plan.transfers <= TEMPLATES_MAX / 8;
	case FILE_NAME:
		r->plan.file = value;
		return *value && strlen(value) <= 64;
	default:
		return take_place(r, word, value);
	}
}

/* 0: go on; else the exit status and one. */
static int parse(struct request *r, int argc, char **argv)
{
	const unsigned int needed = 1U << INTERFACE | 1U << SOURCE | 1U << DESTINATION |
				    1U << SOURCE_MAC | 1U << DESTINATION_MAC;
	int option, index;

	while ((option = getopt_long(argc, argv, "", options, &index)) != -1) {
		if (option == HELP) {
			usage(stdout);
			return 1;
		}
		if (option == '?')
			return 3;
		r->given |= 1U << option;
		if (!take(r, option, optarg)) {
			fprintf(stderr, "sender: --%s %s: no such thing\nhint: sender --help\n",
				options[index].name, optarg);
			return 3;
		}
	}
	for (unsigned int i = 0; optind == argc - 1 && i < kinds_count; i++)
		if (!strcmp(argv[optind], kinds[i].name))
			r->kind = &kinds[i];
	if (r->kind && (r->given & needed) == needed)
		return 0;
	usage(stderr);
	return 3;
}

static int load(struct sender *sender, const struct request *r, const struct frames *frames)
{
	unsigned int count = frames->flood + frames->opening;
	int error;

	sender->rodata->sending.ifindex = r->ifindex;
	sender->rodata->sending.frame_bytes = frames->bytes_max;
	sender->rodata->sending.ipv6 = r->plan.ipv6;
	sender->rodata->sending.source_hosts_be = hosts_be(&r->plan, &r->plan.source);
	sender->rodata->sending.destination_hosts_be = hosts_be(&r->plan, &r->plan.destination);
	sender->data->random_state = r->seed * 0x9e3779b97f4a7c15ULL;
	bpf_map__set_max_entries(sender->maps.templates, count);
	error = sender__load(sender);
	for (unsigned int i = 0; !error && i < count; i++)
		error = bpf_map_update_elem(bpf_map__fd(sender->maps.templates), &i,
					    &frames->list[i], BPF_ANY);
	return error;
}

/* Sends `packets`, or until `end_ns`; at least one run. */
static int send_packets(struct sender *sender, const struct frames *frames, uint64_t packets,
			uint64_t rate, unsigned int batch, uint64_t end_ns)
{
	unsigned char frame[4096] = {0};
	uint64_t each = rate ? rate * RUN_NS / 1000000000 + 1 : RUN_PACKETS;
	int error = 0;

	sender->bss->sent = 0;
	sender->bss->period_ns = rate ? 1000000000 / rate : 0;
	while (!error && !stopped && sender->bss->sent < packets && now_ns() < end_ns) {
		uint64_t left = packets - sender->bss->sent;
		LIBBPF_OPTS(bpf_test_run_opts, opts, .data_in = frame,
			    .data_size_in = frames->bytes_max,
			    .repeat = (int)(left < each ? left : each), .batch_size = batch,
			    .flags = BPF_F_TEST_XDP_LIVE_FRAMES);

		error = bpf_prog_test_run_opts(bpf_program__fd(sender->progs.send_frame), &opts);
	}
	return stopped ? 0 : error;
}

static int flood(struct sender *sender, const struct request *r, const struct frames *frames)
{
	uint64_t begin;
	int error = 0;

	if (frames->opening) {
		sender->bss->first = frames->flood;
		sender->data->count = frames->opening;
		sender->bss->in_turn = 1;
		error = send_packets(sender, frames, frames->opening, OPENING_RATE, OPENING_BATCH,
				     ~0ULL);
	}
	sender->bss->first = 0;
	sender->data->count = frames->flood;
	sender->bss->in_turn = 0;
	begin = now_ns();
	if (!error)
		error = send_packets(sender, frames, r->packets ? r->packets : ~0ULL, r->rate,
				     r->batch, begin + (uint64_t)(r->seconds * 1e9));
	if (error) {
		fprintf(stderr, "sender: %s\n", strerror(-error));
		return fail("the kernel does not run it",
			    "live frames take Linux 5.18 or newer, and root");
	}
	printf("{\"sent\": %llu, \"seconds\": %.6f, \"opening\": %u}\n",
	       (unsigned long long)sender->bss->sent, (now_ns() - begin) / 1e9, frames->opening);
	return 0;
}

static int prepare(const struct request *r)
{
	cpu_set_t cpus;

	signal(SIGINT, stop);
	signal(SIGTERM, stop);
	CPU_ZERO(&cpus);
	if (r->cpu >= 0) {
		CPU_SET(r->cpu, &cpus);
		if (sched_setaffinity(0, sizeof(cpus), &cpus))
			return fail("there is no such CPU", "they count from 0");
	}
	return 0;
}

int main(int argc, char **argv)
{
	struct request r = {.seconds = 1,
			    .seed = 1,
			    .batch = BATCH,
			    .cpu = -1,
			    .plan = {.file = "flood", .transfers = 1000}};
	struct frames frames = {0};
	struct sender *sender;
	int code = parse(&r, argc, argv);

	if (code)
		return code - 1;
	r.plan.first = r.seed * 7919 % 65536; /* a prime: seeds beside each other share few */
	code = prepare(&r);
	if (code)
		return code;
	if (!r.kind->make(&r.plan, &frames))
		return fail("there is no memory", "fewer --transfers take less");
	frames.bytes_max = HEAD_BYTES;
	for (unsigned int i = 0; i < frames.flood + frames.opening; i++)
		if (frames.list[i].length > frames.bytes_max)
			frames.bytes_max = frames.list[i].length;
	sender = sender__open();
	if (!sender || load(sender, &r, &frames))
		code = fail("the program cannot be loaded", "it takes root; see above");
	else
		code = flood(sender, &r, &frames);
	sender__destroy(sender);
	free(frames.list);
	return code;
}
