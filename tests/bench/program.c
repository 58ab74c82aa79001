// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * usage: program TIDEGATE.o ANCHOR.o VARY.o [--quick | --loop NAME]
 *
 * Prints what a packet costs as rows (tests/bench/run says what a row is). Root; attaches only to the loopback interface of a
 * network namespace of its own. --loop runs the subject of the row NAME for some seconds, for a profiler.
 *
 * Each round takes every subject once: all tables, both hooks, a few thousand packets each time, and so does it with an
 * empty program and with the anchor (tests/bench/programs/anchor.bpf.c). So whatever the machine does besides, it does it to all.
 * What is printed as a packet's cost is
 *
 *	with the varying program in front - the empty program with it in front + the empty program without it
 *
 * (see tests/bench/programs/vary.bpf.c for why). The number for the trend is another one: the median of what a subject took in
 * each round against what the anchor took just before, both with the program in front. The empty program is little but the
 * loop of BPF_PROG_TEST_RUN, which is faster or slower from boot to boot; the anchor is made of what tidegate is made of. And a busy
 * machine changes its speed within a run: half a millisecond later it is mostly the same still. (The least of all rounds against
 * the anchor's least was tried: at a load of 16 it was up to 49 % apart in 12 runs, because one of the two had met a quick moment.) It is
 * told of what is steady: packets of one transfer, which find everything in the nearest cache. How long the others wait for memory
 * depends on who else uses it.
 */
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#include "program.h"
#include "program_policy.h"

/* In each round, of each subject; of those that take microseconds fewer. */
#define PACKETS      8192U
#define PACKETS_SLOW 2048U
/* One frame, again and again: so many that what an XDP program's way into the dispatcher costs is not seen. */
#define PACKETS_ALONE 200000U

#define SCALE_FROM 1000
#define SCALE_TO   1000000
#define SCALE_MOST 1.6

struct subject {
	const char *name;
	struct run run; /* without hook and repeat */
	double at_most, at_most_ns;
	int with; /* how far below is the subject without which this one finds nothing; 0: there is none */
	bool rules;  /* the large policy is live */
	bool scales; /* compared with itself among a million transfers */
	bool slow;
	bool translated; /* also where the zone has a single port */
	bool steady;     /* in a table of one transfer: no memory but the nearest is touched */
};

#define SUBJECT(subject_name, subject_target, subject_frame, subject_peers, ...) \
	{                                                                        \
		.name = subject_name,                                            \
		.run = {.frame = FRAME_##subject_frame,                          \
			.peers = PEERS_##subject_peers,                          \
			.target = TARGET_##subject_target},                      \
		__VA_ARGS__                                                      \
	}
#define BY_RULES .rules = true, .run.bank = PROGRAM_POLICY_BANK
#define GOES_ON  .run.goes_on = true

/* In this order: an ACK belongs to DATA before it, a first reply to its request. */
static const struct subject subjects[] = {
	SUBJECT("empty", EMPTY, DATA, TRANSFERS, .translated = true, .steady = true),
	SUBJECT("empty, requests", EMPTY, REQUEST, REQUESTERS, .slow = true),
	SUBJECT("not UDP", TIDEGATE, TCP, TRANSFERS, .steady = true),
	SUBJECT("one look-up", ANCHOR, DATA, TRANSFERS, .scales = true, .steady = true),
	SUBJECT("DATA", TIDEGATE, DATA, TRANSFERS, GOES_ON, .with = 1, .at_most = 2.5,
		.scales = true, .translated = true, .steady = true),
	SUBJECT("ACK", TIDEGATE, ACK, TRANSFERS_BEHIND, GOES_ON, .with = -1, .at_most = 2.5,
		.scales = true, .translated = true, .steady = true),
	SUBJECT("UDP of a tracked flow", TIDEGATE, FLOW, TRANSFERS, .scales = true, .steady = true),
	SUBJECT("unsolicited UDP", TIDEGATE, UNSOLICITED, STRANGERS, .at_most = 2.5,
		.steady = true),
	SUBJECT("unsolicited UDP of a client", TIDEGATE, STRAY, TRANSFERS, .steady = true),
	SUBJECT("request", TIDEGATE, REQUEST, REQUESTERS, .with = 1, .slow = true),
	SUBJECT("first reply", TIDEGATE, FIRST_REPLY, REQUESTERS, GOES_ON, .with = -1,
		.slow = true),
	SUBJECT("request, 1000 rules", TIDEGATE, REQUEST_RULES, REQUESTERS_RULES, BY_RULES,
		.at_most_ns = 5000, .slow = true),
	SUBJECT("request denied, 1000 rules", TIDEGATE, DENIED_RULES, REQUESTERS_RULES, BY_RULES,
		GOES_ON, .slow = true),
	SUBJECT("DATA, 1000 rules", TIDEGATE, DATA, TRANSFERS, BY_RULES, GOES_ON, .with = 1),
	SUBJECT("ACK, 1000 rules", TIDEGATE, ACK, TRANSFERS_BEHIND, BY_RULES, GOES_ON, .with = -1),
};
enum {
	EMPTY,
	EMPTY_REQUESTS,
	NOT_UDP, /* here for its trend only */
	ANCHOR,
	SUBJECTS_FIRST,
};
#define SUBJECTS   (sizeof(subjects) / sizeof(subjects[0]))
#define SIZES_MAX  6
#define STAGES_MAX (2 * SIZES_MAX)

/* Times what the same packet costs that is not translated. */
#define TRANSLATED_MOST 1.3

#define HOOKS_HERE 2

/* A table's figures. */
struct measured {
	struct stage stage;
	struct series subject[HOOKS_HERE][SUBJECTS];
	/* Of those with a trend: how many times what the anchor took just before. */
	struct series trend[HOOKS_HERE][SUBJECTS];
	/* Without the program in front; of the smallest table of a family only. */
	bool alone;
	struct series empty[HOOKS_HERE], not_udp[HOOKS_HERE];
};

static struct measured stages[STAGES_MAX];
static size_t stage_count;

/* The tables of both families, by size. */
struct plan {
	uint32_t sizes[SIZES_MAX];
	size_t size_count;
	size_t translated_count; /* so many of them once more, with translation */
	uint32_t
		rules_at; /* the size of the tables beside which the large policy is measured; 0: none */
	int rounds;
	int alone_every; /* round without the program in front: XDP's way into the dispatcher and out takes long */
	bool quick; /* only what is steady */
};

static const struct plan full = {{1, 1000, 65536, 1000000}, 4, 2, 1000, 41, 1, false};
static const struct plan quick = {{1}, 1, 1, 0, 64, 8, true};
static const struct plan *plan = &full;

static const char *const hooks[HOOKS_HERE] = {"XDP", "TC"};

static const char *family_word(enum family family)
{
	return family == IPV4 ? "IPv4" : "IPv6";
}

static void row_name(char name[ROW_NAME], const struct stage *stage, int hook, size_t subject)
{
	snprintf(name, ROW_NAME, "%s%s, %s, %s, %u transfer%s",
		 stage->translated ? "translated " : "", subjects[subject].name, hooks[hook],
		 family_word(stage->family), stage->transfers, stage->transfers == 1 ? "" : "s");
}

static bool taken(const struct measured *m, int hook, size_t subject)
{
	if (m->stage.translated)
		return hook == HOOK_TC && subjects[subject].translated;
	if (plan->quick)
		return subjects[subject].steady;
	return !subjects[subject].rules || m->stage.rules;
}

/* One frame again and again, which is right where nothing is looked up. */
static int measure_alone(struct measured *m)
{
	const struct case_step *tcp = &m->stage.recording.steps[FRAME_TCP];
	int error = 0;

	for (int hook = HOOK_XDP; hook <= HOOK_TC && !error; hook++) {
		double empty = 0, other = 0;

		error = program_run(m->stage.empty[hook], tcp, PACKETS_ALONE, &empty);
		if (!error)
			error = program_run(rig_program(&m->stage.rig, (enum hook)hook, tcp), tcp,
					    PACKETS_ALONE, &other);
		series_add(&m->empty[hook], empty / PACKETS_ALONE);
		series_add(&m->not_udp[hook], other / PACKETS_ALONE);
	}
	return error;
}

static bool has_trend(const struct measured *m, size_t subject)
{
	return subjects[subject].steady && subjects[subject].run.target == TARGET_TIDEGATE &&
	       m->stage.transfers == 1;
}

static int measure_subject(struct measured *m, int hook, size_t subject)
{
	struct run run = subjects[subject].run, anchor = subjects[ANCHOR].run;
	double ns = 0, anchor_ns = 0;
	int error = 0;

	run.hook = anchor.hook = (enum hook)hook;
	run.repeat = subjects[subject].slow ? PACKETS_SLOW : PACKETS;
	anchor.repeat = PACKETS;
	if (has_trend(m, subject))
		error = stage_run(&m->stage, &anchor, &anchor_ns);
	if (!error)
		error = stage_run(&m->stage, &run, &ns);
	series_add(&m->subject[hook][subject], ns);
	if (has_trend(m, subject))
		series_add(&m->trend[hook][subject], ns / anchor_ns);
	return error;
}

static int measure_table(struct measured *m)
{
	int error = 0;

	for (int hook = HOOK_XDP; hook <= HOOK_TC; hook++)
		for (size_t i = 0; i < SUBJECTS && !error; i++)
			if (taken(m, hook, i))
				error = measure_subject(m, hook, i);
	ring_buffer__consume(m->stage.rig.ring);
	return error;
}

static int measure_all_alone(struct vary *vary)
{
	int error = 0;

	vary_release(vary);
	for (size_t i = 0; i < stage_count && !error; i++)
		if (stages[i].alone)
			error = measure_alone(&stages[i]);
	return error ? error : vary_hold(vary);
}

static int measure_round(struct vary *vary, int round)
{
	int error = round % plan->alone_every ? 0 : measure_all_alone(vary);

	for (size_t i = 0; i < stage_count && !error; i++)
		error = measure_table(&stages[i]);
	return error;
}

/* ---- rows ----------------------------------------------------------------------------------------------------------- */

/* The stage whose figures without the program in front belong to the family. */
static const struct measured *alone_of(enum family family)
{
	for (size_t i = 0; i < stage_count; i++)
		if (stages[i].alone && stages[i].stage.family == family)
			return &stages[i];
	abort();
}

/* Each round's cost: see the head of this file. */
static struct series costs(const struct measured *m, int hook, size_t subject)
{
	const struct measured *alone = alone_of(m->stage.family);
	size_t front = subjects[subject].run.peers <= PEERS_STRANGERS ? EMPTY : EMPTY_REQUESTS;
	struct series cost = {};

	for (size_t i = 0; i < m->subject[hook][subject].count; i++)
		series_add(&cost, m->subject[hook][subject].values[i] -
					  m->subject[hook][front].values[i] +
					  alone->empty[hook].values[i / plan->alone_every]);
	return cost;
}

static void fill_row(struct row *row, const struct series *cost)
{
	row->value = series_quantile(cost, 0.5);
	row->low = series_quantile(cost, 0.25);
	row->high = series_quantile(cost, 0.75);
}

static void print_subject(const struct measured *m, int hook, size_t subject)
{
	const struct measured *alone = alone_of(m->stage.family);
	struct series cost = costs(m, hook, subject);
	struct row row = {
		.against = hook == HOOK_XDP ? "empty XDP program" : "empty TC program",
		.base = series_quantile(&alone->empty[hook], 0.5),
		.at_most = m->stage.transfers == SCALE_TO ? 0 : subjects[subject].at_most,
		.at_most_ns = subjects[subject].at_most_ns,
	};

	if (has_trend(m, subject))
		row.trend = series_quantile(&m->trend[hook][subject], 0.5);
	row_name(row.name, &m->stage, hook, subject);
	fill_row(&row, &cost);
	row_print(&row);
}

static void print_not_udp(const struct measured *m, int hook)
{
	struct row row = {
		.against = hook == HOOK_XDP ? "empty XDP program" : "empty TC program",
		.base = series_quantile(&m->empty[hook], 0.5),
		.at_most = 1.15,
		.trend = series_quantile(&m->trend[hook][NOT_UDP], 0.5),
	};

	snprintf(row.name, sizeof(row.name), "not UDP, %s, %s", hooks[hook],
		 family_word(m->stage.family));
	fill_row(&row, &m->not_udp[hook]);
	row_print(&row);
}

/* A million transfers against a thousand. */
static void print_scale(const struct measured *large, const struct measured *small, int hook,
			size_t subject)
{
	struct series cost = costs(large, hook, subject), before = costs(small, hook, subject);
	struct row row = {
		.against = "the same with 1000 transfers",
		.base = series_quantile(&before, 0.5),
		.at_most = subject == ANCHOR ? 0 : SCALE_MOST,
	};

	snprintf(row.name, sizeof(row.name), "%s, %s, %s, %u transfers against %u",
		 subjects[subject].name, hooks[hook], family_word(large->stage.family),
		 large->stage.transfers, small->stage.transfers);
	fill_row(&row, &cost);
	row_print(&row);
}

static void print_scales(void)
{
	for (size_t i = 0; i < stage_count; i++)
		for (size_t j = 0; j < stage_count; j++)
			for (size_t s = 0; s < 2 * SUBJECTS; s++)
				if (stages[i].stage.family == stages[j].stage.family &&
				    !stages[j].stage.translated &&
				    stages[i].stage.transfers == SCALE_TO &&
				    stages[j].stage.transfers == SCALE_FROM &&
				    subjects[s / 2].scales)
					print_scale(&stages[i], &stages[j], (int)(s % 2), s / 2);
}

/* Translated packets against the same ones that are not, among as many transfers. */
static void print_translated(const struct measured *m, const struct measured *plain, size_t subject)
{
	struct series cost = costs(m, HOOK_TC, subject), without = costs(plain, HOOK_TC, subject);
	struct row row = {
		.against = "the same not translated",
		.base = series_quantile(&without, 0.5),
		.at_most = TRANSLATED_MOST,
	};

	if (has_trend(m, subject))
		row.trend = series_quantile(&m->trend[HOOK_TC][subject], 0.5);
	row_name(row.name, &m->stage, HOOK_TC, subject);
	fill_row(&row, &cost);
	row_print(&row);
}

static void print_all_translated(void)
{
	for (size_t i = 0; i < stage_count; i++)
		for (size_t j = 0; j < i; j++)
			for (size_t s = SUBJECTS_FIRST; s < SUBJECTS; s++)
				if (stages[i].stage.translated && !stages[j].stage.translated &&
				    stages[i].stage.family == stages[j].stage.family &&
				    stages[i].stage.transfers == stages[j].stage.transfers &&
				    subjects[s].translated)
					print_translated(&stages[i], &stages[j], s);
}

static void print_rows(void)
{
	for (int hook = HOOK_XDP; hook <= HOOK_TC; hook++)
		for (size_t i = 0; i < stage_count; i++) {
			if (stages[i].alone)
				print_not_udp(&stages[i], hook);
			for (size_t s = ANCHOR; s < SUBJECTS; s++)
				if (taken(&stages[i], hook, s) && !stages[i].stage.translated)
					print_subject(&stages[i], hook, s);
		}
	print_scales();
	print_all_translated();
}

/* ---- the whole run -------------------------------------------------------------------------------------------------- */

static int add_stage(const struct program_objects *objects, struct vary *vary, enum family family,
		     uint32_t transfers, bool translated)
{
	struct measured *m = &stages[stage_count];
	int error;

	m->alone = stage_count++ < 2;
	m->stage.vary = vary;
	m->stage.family = family;
	m->stage.transfers = transfers;
	m->stage.rules = transfers == plan->rules_at && !translated;
	m->stage.translated = translated;
	error = stage_open(&m->stage, objects);
	if (!error)
		fprintf(stderr, "%s, tables with %u%s: filled\n", family_word(family), transfers,
			translated ? ", translated" : "");
	return error;
}

static int open_stages(const struct program_objects *objects, struct vary *vary)
{
	uint32_t peers = 0;
	int error;

	for (size_t i = 0; i < plan->size_count + plan->translated_count; i++)
		peers += 2 * VARY_PEERS(plan->sizes[i % plan->size_count]);
	error = vary_open(vary, objects->vary, peers);
	if (!error)
		error = vary_hold(vary);
	for (size_t i = 0; i < plan->size_count + plan->translated_count && !error; i++) {
		uint32_t size = plan->sizes[i % plan->size_count];

		error = add_stage(objects, vary, IPV4, size, i >= plan->size_count);
		if (!error)
			error = add_stage(objects, vary, IPV6, size, i >= plan->size_count);
	}
	vary_release(vary);
	return error;
}

static int measure_all(struct vary *vary)
{
	int error = 0;

	/* The first one is not like the others: nothing is in the tables of requests and offers yet. */
	error = measure_round(vary, 0);
	for (size_t i = 0; i < stage_count; i++) {
		memset(stages[i].subject, 0, sizeof(stages[i].subject));
		memset(stages[i].trend, 0, sizeof(stages[i].trend));
		memset(stages[i].empty, 0, sizeof(stages[i].empty));
		memset(stages[i].not_udp, 0, sizeof(stages[i].not_udp));
	}
	for (int round = 0; round < plan->rounds && !error; round++) {
		error = measure_round(vary, round);
		if ((round + 1) % 20 == 0)
			fprintf(stderr, "round %d of %d\n", round + 1, plan->rounds);
	}
	for (size_t i = 0; i < stage_count && !error; i++)
		error = stage_verify(&stages[i].stage);
	return error;
}

/* One CPU, so that the tables' per-CPU parts are always the same. */
static void stay_here(void)
{
	cpu_set_t set;

	CPU_ZERO(&set);
	CPU_SET(0, &set);
	sched_setaffinity(0, sizeof(set), &set);
}

/*
 * A round that nobody interrupts is over before caches have forgotten anything. Where sessions share the processors (autogroup),
 * nice values count within one only: so this is a session of its own, and ends with its parent.
 */
static void take_precedence(void)
{
	int autogroup;

	prctl(PR_SET_PDEATHSIG, SIGTERM);
	setsid();
	if (setpriority(PRIO_PROCESS, 0, -20))
		perror("without precedence before other processes");
	autogroup = open("/proc/self/autogroup", O_WRONLY);
	if (autogroup < 0)
		return;
	if (write(autogroup, "-20", 3) != 3)
		perror("without precedence before other sessions");
	close(autogroup);
}

/* ---- one subject, for a profiler ------------------------------------------------------------------------------------- */

#define LOOP_SECONDS 5

static int loop_stage(struct stage *stage, enum hook hook, size_t subject)
{
	size_t partner = subject + (size_t)subjects[subject].with, pair[2];
	time_t end = time(NULL) + LOOP_SECONDS;
	int error = vary_hold(stage->vary);

	pair[0] = partner < subject ? partner : subject;
	pair[1] = partner < subject ? subject : partner;
	while (!error && time(NULL) < end)
		for (int i = 0; i < 2 && !error; i++) {
			struct run run = subjects[pair[i]].run;

			run.hook = hook;
			run.repeat = PACKETS_SLOW;
			error = stage_run(stage, &run, NULL);
		}
	return error;
}

/* The tables that the row needs, and its packets again and again. */
static int loop_row(const struct program_objects *objects, struct vary *vary, const char *wanted)
{
	for (size_t n = 0; n < plan->size_count * 4; n++)
		for (size_t i = SUBJECTS_FIRST; i < SUBJECTS; i++) {
			struct stage stage = {.family = n / 2 % 2 ? IPV6 : IPV4,
					      .transfers = plan->sizes[n / 4]};
			char name[ROW_NAME];
			int error;

			row_name(name, &stage, (int)(n % 2), i);
			if (strcmp(name, wanted))
				continue;
			error = vary_open(vary, objects->vary, VARY_PEERS(stage.transfers));
			if (!error)
				error = add_stage(objects, vary, stage.family, stage.transfers,
						  false);
			return error ? error : loop_stage(&stages[0].stage, n % 2, i);
		}
	fprintf(stderr, "there is no row \"%s\" whose packets could be repeated\n", wanted);
	return -ENOENT;
}

static int print_warnings(enum libbpf_print_level level, const char *format, va_list args)
{
	return level == LIBBPF_WARN ? vfprintf(stderr, format, args) : 0;
}

static int measure_and_print(const struct program_objects *objects, struct vary *vary)
{
	int error = open_stages(objects, vary);

	if (!error)
		error = measure_all(vary);
	if (!error)
		print_rows();
	return error;
}

int main(int argc, char **argv)
{
	bool is_quick = argc == 5 && !strcmp(argv[4], "--quick");
	bool is_loop = argc == 6 && !strcmp(argv[4], "--loop");
	struct program_objects objects;
	struct vary vary = {.link = -1};
	int error;

	if (argc != 4 && !is_quick && !is_loop) {
		fprintf(stderr, "usage: %s TIDEGATE.o ANCHOR.o VARY.o [--quick | --loop NAME]\n",
			argv[0]);
		return 2;
	}
	plan = is_quick ? &quick : &full;
	objects = (struct program_objects){argv[1], argv[2], argv[3]};
	libbpf_set_print(print_warnings);
	stay_here();
	take_precedence();
	if (unshare(CLONE_NEWNET)) {
		perror("a network namespace");
		return 1;
	}
	error = is_loop ? loop_row(&objects, &vary, argv[5]) : measure_and_print(&objects, &vary);
	for (size_t i = 0; i < stage_count; i++)
		stage_close(&stages[i].stage);
	vary_close(&vary);
	return error ? 1 : 0;
}
