// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <bpf/bpf.h>

#include "program.h"
#include "program_policy.h"

#define WARM_UP 1024

/*
 * Requests from ever new ports fill their table again and again, and of what a full LRU map gives up some is new: up to one in so many
 * first replies may find no request.
 */
#define FORGOTTEN_SHARE 50

/*
 * So many peers ask before the first of them is answered. The table of requests has 65,536 places, but what a full LRU map
 * gives up is only roughly the oldest: with 16,384 at once 3 % were lost.
 */
#define CHUNK 2048

static void set_cursor(const struct stage *stage, enum peers peers)
{
	struct vary_settings *s = stage->vary->settings;

	s->first = stage->first[peers];
	s->count = stage->count[peers];
	s->position = stage->cursor[peers].position;
	s->round = stage->cursor[peers].round;
}

/* What is to be written where into the frame. */
static void set_frame(const struct stage *stage, enum frame frame)
{
	struct vary_settings *s = stage->vary->settings;

	frames_settings(frame, stage->family, s);
	s->restored_be = *(const uint16_t *)(const void *)(stage->recording.steps[frame].frame +
							   s->restored_offset);
}

static int target_number(const struct stage *stage, const struct run *run)
{
	switch (run->target) {
	case TARGET_EMPTY:
		return stage->empty_target[run->hook];
	case TARGET_ANCHOR:
		return stage->anchor_target[run->hook];
	default:
		return run->frame == FRAME_FLOW_OPENS ? stage->tidegate_out
						      : stage->tidegate[run->hook];
	}
}

int stage_run(struct stage *stage, const struct run *run, double *ns)
{
	const struct case_step *step = &stage->recording.steps[run->frame];
	struct vary_settings *s = stage->vary->settings;
	int program = stage->vary->program[run->hook];
	int error = program_policy_live(&stage->rig, run->bank);
	uint32_t warm_up = ns ? WARM_UP : 0;

	set_cursor(stage, run->peers);
	s->target = (uint32_t)target_number(stage, run);
	set_frame(stage, run->frame);
	if (!error && warm_up)
		error = program_run(program, step, warm_up, NULL);
	if (!error)
		error = program_run(program, step, run->repeat, ns);
	if (ns)
		*ns /= run->repeat;
	if (run->target == TARGET_TIDEGATE && step->expected != TG_NOT_UDP)
		stage->expected[step->expected] += run->repeat + warm_up;
	if (run->goes_on)
		stage->cursor[run->peers] = (struct cursor){s->position, s->round};
	return error;
}

int stage_verify(struct stage *stage)
{
	struct tg_counter now[TG_REASON_SLOTS];
	uint64_t tolerance = stage->expected[TG_FIRST_REPLY] / FORGOTTEN_SHARE;
	int error = rig_counters(&stage->rig, LEFT, now), wrong = 0;

	if (stage->expected[TG_FIRST_REPLY] == stage->transfers)
		tolerance = 0; /* so far they have been filled only, and are to be full */
	for (unsigned int i = 0; i < TG_REASON_SLOTS && !error; i++) {
		uint64_t packets = now[i].packets, expected = stage->expected[i];
		uint64_t apart = packets > expected ? packets - expected : expected - packets;

		if (apart <= (i == TG_FIRST_REPLY || i == TG_UNSOLICITED ? tolerance : 0))
			continue;
		fprintf(stderr, "with %u transfers, %s: %llu packets were judged %s, not %llu\n",
			stage->transfers, family_name(stage->family), (unsigned long long)packets,
			reason_name(i), (unsigned long long)expected);
		wrong = -EPROTO;
	}
	return error ? error : wrong;
}

/* Every peer begins a transfer, and gets other UDP; tidegate and the anchor see the packets that do so. */
static int fill_tables(struct stage *stage)
{
	static const enum frame beginning[] = {FRAME_BEGIN, FRAME_OACK, FRAME_CHOICE,
					       FRAME_FLOW_OPENS};
	struct run run = {.target = TARGET_TIDEGATE};
	int error = 0;

	for (uint32_t at = 0; at < stage->transfers && !error; at += CHUNK) {
		uint32_t left = stage->transfers - at;

		run.repeat = left < CHUNK ? left : CHUNK;
		stage->cursor[PEERS_TRANSFERS].position = at;
		for (size_t i = 0; i < sizeof(beginning) / sizeof(*beginning) && !error; i++) {
			run.frame = beginning[i];
			run.hook = run.frame == FRAME_FLOW_OPENS ? HOOK_TC : HOOK_XDP;
			error = stage_run(stage, &run, NULL);
		}
	}
	stage->cursor[PEERS_TRANSFERS] = (struct cursor){};
	return error;
}

/* The anchor's table. DATA, because that is the frame that it will see. */
static int fill_anchor(struct stage *stage)
{
	struct vary_settings *s = stage->vary->settings;
	int target = vary_target(
		stage->vary, HOOK_XDP,
		bpf_program__fd(bpf_object__find_program_by_name(stage->anchor, "anchor_fill")));

	if (target < 0)
		return target;
	set_cursor(stage, PEERS_TRANSFERS);
	set_frame(stage, FRAME_DATA);
	s->target = (uint32_t)target;
	return program_run(stage->vary->program[HOOK_XDP], &stage->recording.steps[FRAME_DATA],
			   stage->transfers, NULL);
}

/* The anchor finds what it was filled with, or it would be measured as one that looks for nothing. */
static int verify_anchor(struct stage *stage)
{
	const struct run run = {.frame = FRAME_DATA, .target = TARGET_ANCHOR, .repeat = 1};
	int cpus = libbpf_num_possible_cpus(), error = cpus < 0 ? cpus : 0;
	uint64_t *counts = error ? NULL : calloc((size_t)cpus, sizeof(*counts));
	uint32_t found = 1;
	uint64_t sum = 0;

	if (!error && !counts)
		error = -ENOMEM;
	if (!error)
		error = stage_run(stage, &run, NULL);
	if (!error)
		error = bpf_map_lookup_elem(
			bpf_object__find_map_fd_by_name(stage->anchor, "counts"), &found, counts);
	for (int i = 0; !error && i < cpus; i++)
		sum += counts[i];
	free(counts);
	if (!error && !sum) {
		fprintf(stderr, "the anchor does not find its peers\n");
		error = -EPROTO;
	}
	return error;
}

/* The first half of the transfers gets its first block, so that ACKs may be half a round behind. */
static int go_ahead(struct stage *stage)
{
	const struct run run = {.frame = FRAME_DATA,
				.target = TARGET_TIDEGATE,
				.repeat = stage->transfers / 2,
				.goes_on = true};

	return run.repeat ? stage_run(stage, &run, NULL) : 0;
}

static uint32_t table_size(uint32_t transfers)
{
	uint32_t size = 65536; /* as built */

	/* The free entries that each CPU keeps for itself are not for others. */
	while (size < transfers + transfers / 32)
		size *= 2;
	return size;
}

static int open_anchor(struct stage *stage, const char *path)
{
	static const char *const names[2][2] = {{"empty_xdp", "anchor_xdp"},
						{"empty_tc", "anchor_tc"}};
	int error;

	stage->anchor = bpf_object__open_file(path, NULL);
	if (!stage->anchor)
		return -errno;
	error = bpf_map__set_max_entries(bpf_object__find_map_by_name(stage->anchor, "exchanges"),
					 table_size(stage->transfers));
	if (!error)
		error = bpf_object__load(stage->anchor);
	for (int hook = HOOK_XDP; hook <= HOOK_TC && !error; hook++) {
		struct bpf_program *empty =
			bpf_object__find_program_by_name(stage->anchor, names[hook][0]);
		struct bpf_program *anchor =
			bpf_object__find_program_by_name(stage->anchor, names[hook][1]);

		stage->empty[hook] = bpf_program__fd(empty);
		stage->empty_target[hook] = vary_target(stage->vary, hook, stage->empty[hook]);
		stage->anchor_target[hook] =
			vary_target(stage->vary, hook, bpf_program__fd(anchor));
	}
	return error;
}

/* Timers and budget of the policy with rules are those of the other one, in which the transfers began. */
static int same_limits(const struct stage *stage)
{
	uint32_t here = ZONE, there = PROGRAM_POLICY_BANK * TG_SLOTS_MAX + ZONE;
	int zones = rig_map(&stage->rig, "zones");
	struct tg_zone one, other;
	int error = bpf_map_lookup_elem(zones, &here, &one);

	if (!error)
		error = bpf_map_lookup_elem(zones, &there, &other);
	other.idle_wait = one.idle_wait;
	other.abuse.budget = one.abuse.budget;
	return error ? error : bpf_map_update_elem(zones, &there, &other, BPF_ANY);
}

/* The policy of 1,000 rules; those who only ask may do so. */
static int add_rules(struct stage *stage)
{
	struct config_prefix clients = {
		.address = host_address(CLIENT, ROUTER, stage->family),
		.bits = stage->family == IPV4 ? 96 + 16 : 64 + 32,
	};
	uint32_t v4 = __builtin_bswap32(VARY_REQUESTERS4);
	uint64_t v6 = __builtin_bswap64(VARY_REQUESTERS6);
	int error;

	if (stage->family == IPV4)
		memcpy(clients.address.bytes + 12, &v4, sizeof(v4));
	else
		memcpy(clients.address.bytes + 8, &v6, sizeof(v6));
	error = program_policy_fill(&stage->rig, &stage->recording, &clients);
	return error ? error : same_limits(stage);
}

static int open_rig(struct stage *stage, const char *path)
{
	const struct rig_options options = {
		.object = path, .exchanges = table_size(stage->transfers), .interfaces = 1};
	int error = rig_open(&stage->rig, &options);

	if (!error)
		error = rig_configure(&stage->rig, &stage->recording);
	if (!error && stage->rules)
		error = add_rules(stage);
	if (error)
		return error;
	stage->tidegate[HOOK_XDP] =
		vary_target(stage->vary, HOOK_XDP, stage->rig.programs[LEFT][RIG_XDP]);
	stage->tidegate[HOOK_TC] =
		vary_target(stage->vary, HOOK_TC, stage->rig.programs[LEFT][RIG_TC_IN]);
	stage->tidegate_out =
		vary_target(stage->vary, HOOK_TC, stage->rig.programs[LEFT][RIG_TC_OUT]);
	return stage->tidegate_out < 0 ? stage->tidegate_out : 0;
}

int stage_open(struct stage *stage, const struct program_objects *objects)
{
	struct vary *vary = stage->vary;
	uint32_t transfers = stage->transfers;
	int error;

	frames_record(stage->family, stage->translated, &stage->recording);
	stage->count[PEERS_TRANSFERS] = transfers;
	stage->first[PEERS_TRANSFERS] =
		vary_add_peers(vary, VARY_TRANSFERS4, VARY_TRANSFERS6, transfers);
	stage->count[PEERS_TRANSFERS_BEHIND] = stage->count[PEERS_TRANSFERS];
	stage->first[PEERS_TRANSFERS_BEHIND] = stage->first[PEERS_TRANSFERS];
	stage->count[PEERS_STRANGERS] = transfers;
	stage->first[PEERS_STRANGERS] =
		vary_add_peers(vary, VARY_STRANGERS4, VARY_STRANGERS6, transfers);
	stage->count[PEERS_REQUESTERS] = VARY_REQUESTERS;
	stage->first[PEERS_REQUESTERS] =
		vary_add_peers(vary, VARY_REQUESTERS4, VARY_REQUESTERS6, VARY_REQUESTERS);
	stage->count[PEERS_REQUESTERS_RULES] = stage->count[PEERS_REQUESTERS];
	stage->first[PEERS_REQUESTERS_RULES] = stage->first[PEERS_REQUESTERS];
	error = open_rig(stage, objects->tidegate);
	if (!error)
		error = open_anchor(stage, objects->anchor);
	if (!error)
		error = fill_tables(stage);
	if (!error)
		error = fill_anchor(stage);
	if (!error)
		error = verify_anchor(stage);
	/* Now, because what was put in one after another lies one after another. */
	vary_shuffle(vary, stage->first[PEERS_TRANSFERS], transfers);
	vary_shuffle(vary, stage->first[PEERS_STRANGERS], transfers);
	vary_shuffle(vary, stage->first[PEERS_REQUESTERS], VARY_REQUESTERS);
	if (!error)
		error = go_ahead(stage);
	if (error)
		fprintf(stderr, "tables of %u transfers: %s\n", transfers, strerror(-error));
	return error ? error : stage_verify(stage);
}

void stage_close(struct stage *stage)
{
	rig_close(&stage->rig);
	bpf_object__close(stage->anchor);
	recording_free(&stage->recording);
}
