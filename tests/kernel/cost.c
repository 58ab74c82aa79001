// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What a packet costs, against a program that does nothing: medians of interleaved rounds of BPF_PROG_TEST_RUN with
 * the kernel's clock, in nanoseconds. Nothing is judged by them: a busy machine must not make a test fail.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <bpf/bpf.h>
#include <linux/bpf.h>

#include "cost_policy.h"
#include "kernel.h"
#include "rig.h"

#define ROUNDS 25
#define REPEAT 300000

#define REQUEST_PORT 40001
#define UDP_OFFSET   34

static struct bpf_object *empty; /* tests/kernel/programs/empty.bpf.c */

struct subject {
	const char *name;
	enum hook hook;
	struct datagram *(*packet)(void);
	enum tg_reason expected; /* so that what is measured is what is meant */
	double bound;            /* times the empty program; 0: none */
	double bound_ns;         /* 0: none */
	uint32_t bank;           /* whose policy is live: 0 without rules, COST_POLICY_BANK */
	size_t plain;            /* the subject that it is compared with; 0: the empty program */
	bool rewinds;            /* the UDP header is put back before each run */
	int program;
	struct case_step step;
	double rounds[ROUNDS];
	double median;
};

static struct datagram *tcp(void)
{
	return ip_protocol(6, client_ack(TID, 1));
}

static struct datagram *data_packet(void)
{
	return server_data(TID, 10, 512);
}

static struct datagram *ack_packet(void)
{
	return client_ack(TID, 10);
}

static struct datagram *unsolicited(void)
{
	return udp(STRANGER, 4000, CLIENT, 5000, 64);
}

static struct datagram *translated_data(void)
{
	return through(OTHER, data_packet());
}

static struct datagram *translated_ack(void)
{
	return through(OTHER, client_ack(TFTP_PORT, 10));
}

/* From another port than the transfer, which it would end. */
static struct datagram *request(void)
{
	return from_port(REQUEST_PORT, client_rrq(COST_POLICY_NAME));
}

#define PLAIN_DATA 14

static struct subject subjects[] = {
	{.name = "empty XDP program", .hook = HOOK_XDP, .packet = tcp, .expected = TG_NOT_UDP},
	{.name = "XDP: not UDP",
	 .hook = HOOK_XDP,
	 .packet = tcp,
	 .expected = TG_NOT_UDP,
	 .bound = 1.2},
	{.name = "XDP: DATA of a transfer",
	 .hook = HOOK_XDP,
	 .packet = data_packet,
	 .expected = TG_DATA,
	 .bound = 4},
	{.name = "XDP: ACK of a transfer",
	 .hook = HOOK_XDP,
	 .packet = ack_packet,
	 .expected = TG_ACK,
	 .bound = 4},
	{.name = "XDP: unsolicited",
	 .hook = HOOK_XDP,
	 .packet = unsolicited,
	 .expected = TG_UNSOLICITED},
	{.name = "XDP: request", .hook = HOOK_XDP, .packet = request, .expected = TG_REQUEST},
	{.name = "XDP: request, 1000 rules",
	 .hook = HOOK_XDP,
	 .packet = request,
	 .expected = TG_REQUEST,
	 .bound_ns = 5000,
	 .bank = COST_POLICY_BANK},
	{.name = "XDP: DATA, 1000 rules",
	 .hook = HOOK_XDP,
	 .packet = data_packet,
	 .expected = TG_DATA,
	 .bank = COST_POLICY_BANK},
	{.name = "XDP: ACK, 1000 rules",
	 .hook = HOOK_XDP,
	 .packet = ack_packet,
	 .expected = TG_ACK,
	 .bank = COST_POLICY_BANK},
	{.name = "empty TC program", .hook = HOOK_TC, .packet = tcp, .expected = TG_NOT_UDP},
	{.name = "TC: not UDP", .hook = HOOK_TC, .packet = tcp, .expected = TG_NOT_UDP},
	{.name = "TC: DATA of a transfer",
	 .hook = HOOK_TC,
	 .packet = data_packet,
	 .expected = TG_DATA},
	{.name = "TC: ACK of a transfer",
	 .hook = HOOK_TC,
	 .packet = ack_packet,
	 .expected = TG_ACK},
	{.name = "TC: unsolicited",
	 .hook = HOOK_TC,
	 .packet = unsolicited,
	 .expected = TG_UNSOLICITED},
	{.name = "TC, rewound: DATA",
	 .hook = HOOK_TC,
	 .packet = data_packet,
	 .expected = TG_DATA,
	 .rewinds = true},
	{.name = "TC, rewound: ACK",
	 .hook = HOOK_TC,
	 .packet = ack_packet,
	 .expected = TG_ACK,
	 .rewinds = true},
	{.name = "TC: DATA, translated",
	 .hook = HOOK_TC,
	 .packet = translated_data,
	 .expected = TG_DATA,
	 .rewinds = true,
	 .plain = PLAIN_DATA,
	 .bound = 1.3},
	{.name = "TC: ACK, translated",
	 .hook = HOOK_TC,
	 .packet = translated_ack,
	 .expected = TG_ACK,
	 .rewinds = true,
	 .plain = PLAIN_DATA + 1,
	 .bound = 1.3},
};
#define SUBJECTS  (sizeof(subjects) / sizeof(subjects[0]))
#define EMPTY_XDP 0
#define EMPTY_TC  9

/* The same in a zone with translation. */
static void play_translated(void)
{
	expect(REQUEST, through(OTHER, client_rrq("f")));
	expect(FIRST_REPLY, through(OTHER, server_data(TID, 1, 512)));
	expect(ACK, through(OTHER, client_ack(TFTP_PORT, 1)));
	for (unsigned int i = 2; i <= 10; i++) {
		expect(DATA, through(OTHER, server_data(TID, i, 512)));
		expect(ACK, through(OTHER, client_ack(TFTP_PORT, i)));
	}
}

/* A running transfer whose block 10 is acknowledged, then one packet of each subject. */
static void play(void)
{
	usual_limits();
	other_zone()->flags |= TG_ZONE_SINGLE_PORT;
	play_translated();
	read_begins(TID);
	read_goes_on(TID, 2, 10, 512);
	for (size_t i = 0; i < SUBJECTS; i++)
		record(subjects[i].expected, subjects[i].packet(), subjects[i].name, __FILE__,
		       __LINE__);
}

/* Time of this thread alone: BPF_PROG_TEST_RUN of XDP waits for the kernel before and after, which is no packet's cost. */
static double now_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
	return t.tv_sec * 1e9 + t.tv_nsec;
}

/* Puts the program that rewinds the packet before the subject's. Returns its descriptor, or a negative errno. */
static int rewind_before(const struct subject *s)
{
	struct bpf_program *rewind = bpf_object__find_program_by_name(empty, "rewind_tc");
	int header = bpf_object__find_map_fd_by_name(empty, "header");
	int next = bpf_object__find_map_fd_by_name(empty, "next");
	uint32_t only = 0;
	int error = bpf_map_update_elem(header, &only, s->step.frame + UDP_OFFSET, BPF_ANY);

	if (!error)
		error = bpf_map_update_elem(next, &only, &s->program, BPF_ANY);
	return error ? error : bpf_program__fd(rewind);
}

static int measure(const struct rig *rig, const struct subject *s, double *ns)
{
	int program = s->rewinds ? rewind_before(s) : s->program;
	LIBBPF_OPTS(bpf_test_run_opts, opts, .data_in = s->step.frame, .data_size_in = s->step.len,
		    .repeat = REPEAT);
	int error = cost_policy_live(rig, s->bank);
	double begin = now_ns();

	if (!error)
		error = program < 0 ? program : bpf_prog_test_run_opts(program, &opts);
	*ns = (now_ns() - begin) / REPEAT;
	return error;
}

static int compare_doubles(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

/* Judges each packet once, and keeps the ones to measure. False if one is not what its subject says. */
static bool prepare(struct rig *rig, const struct recording *recording)
{
	for (size_t i = 0; i < recording->count; i++) {
		const struct case_step *step = &recording->steps[i];
		size_t first = recording->count - SUBJECTS;
		enum hook hook = i < first ? HOOK_XDP : subjects[i - first].hook;
		struct outcome outcome;

		if (cost_policy_live(rig, i < first ? 0 : subjects[i - first].bank) ||
		    rig_run(rig, hook, step, &outcome) || outcome.reason != step->expected)
			return false;
		if (i < first)
			continue;
		subjects[i - first].step = *step;
		subjects[i - first].program = rig_program(rig, hook, step);
	}
	return true;
}

static int measure_all(const struct rig *rig)
{
	for (int round = 0; round < ROUNDS; round++)
		for (size_t i = 0; i < SUBJECTS; i++) {
			int error = measure(rig, &subjects[i], &subjects[i].rounds[round]);

			if (error)
				return error;
		}
	for (size_t i = 0; i < SUBJECTS; i++) {
		qsort(subjects[i].rounds, ROUNDS, sizeof(double), compare_doubles);
		subjects[i].median = subjects[i].rounds[ROUNDS / 2];
	}
	return 0;
}

static void print_all(void)
{
	for (size_t i = 0; i < SUBJECTS; i++) {
		const struct subject *s = &subjects[i];
		size_t plain = s->plain ? s->plain : i < EMPTY_TC ? EMPTY_XDP : EMPTY_TC;
		double ratio = s->median / subjects[plain].median;
		char bound[64] = "";

		if (s->bound > 0)
			snprintf(bound, sizeof(bound), "  bound %.1f: %s", s->bound,
				 ratio <= s->bound ? "within" : "ABOVE");
		if (s->bound_ns > 0)
			snprintf(bound, sizeof(bound), "  bound %.0f ns: %s", s->bound_ns,
				 s->median <= s->bound_ns ? "within" : "ABOVE");
		printf("cost: %-25s %7.1f ns %6.2f x%s\n", s->name, s->median, ratio, bound);
	}
}

static int open_empty(struct bpf_object **object, const char *path)
{
	*object = bpf_object__open_file(path, NULL);
	return *object ? bpf_object__load(*object) : -1;
}

void kernel_cost(const struct kernel_objects *objects, struct report *r)
{
	static const struct scenario scenario = {
		.name = "cost", .places = ROUTER, .families = IPV4, .play = play};
	const struct rig_options options = {.object = objects->clang14};
	struct recording recording;
	struct rig rig;
	int error;

	record_scenario(&scenario, ROUTER, IPV4, &recording);
	error = rig_open(&rig, &options);
	if (!error)
		error = open_empty(&empty, objects->empty);
	if (!error)
		error = rig_configure(&rig, &recording);
	if (!error)
		error = cost_policy_fill(&rig, &recording);
	if (!report(r, !error, "cost: the programs cannot be set up"))
		return;
	if (report(r, prepare(&rig, &recording), "cost: a packet was not judged as it was meant")) {
		subjects[EMPTY_XDP].program =
			bpf_program__fd(bpf_object__find_program_by_name(empty, "empty_xdp"));
		subjects[EMPTY_TC].program =
			bpf_program__fd(bpf_object__find_program_by_name(empty, "empty_tc"));
		error = measure_all(&rig);
		if (report(r, !error, "cost: %s", strerror(-error)))
			print_all();
	}
	bpf_object__close(empty);
	rig_close(&rig);
	recording_free(&recording);
}
