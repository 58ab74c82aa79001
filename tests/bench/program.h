/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a packet costs: the real programs, with tables of several sizes side by side, and frames of many peers in random
 * order. Functions that can fail return 0 or a negative errno and have then said why on stderr.
 */
#ifndef TIDEGATE_BENCH_PROGRAM_H
#define TIDEGATE_BENCH_PROGRAM_H

#include <stddef.h>
#include <stdint.h>
#include <bpf/libbpf.h>

#include "rig.h"
#include "programs/vary.h"

/* Where tests/bench/part_program has put what was built. */
struct program_objects {
	const char *tidegate;
	const char *anchor; /* tests/bench/programs/anchor.bpf.c */
	const char *vary;   /* tests/bench/programs/vary.bpf.c */
};

/* ---- the program in front (program_vary.c) ------------------------------------------------------------------------- */

/* Clients of transfers are 172.16.0.0/12 or end in 0x02……, those that only ask are 192.168.0.0/16 or end in 0x03……. */
#define VARY_REQUESTERS     16384U
#define VARY_REQUESTERS4    0xc0a80000U
#define VARY_REQUESTERS6    0x0300000000000000ULL
#define VARY_TRANSFERS4     0xac100000U
#define VARY_TRANSFERS6     0x0200000000000000ULL
#define VARY_STRANGERS4     0x0b000000U
#define VARY_STRANGERS6     0x0400000000000000ULL
#define VARY_TRANSFERS_MAX  (1U << 20)
#define VARY_PEERS(entries) (2 * (entries) + VARY_REQUESTERS)

struct vary {
	struct bpf_object *object;
	struct vary_settings *settings;
	struct vary_peer *peers;
	size_t peer_bytes;
	uint32_t peer_max, peer_count;
	uint32_t target_count;
	int program[2]; /* by enum hook: XDP, TC */
	int targets[2];
	int link;
};

int vary_open(struct vary *vary, const char *path, uint32_t peers);
void vary_close(struct vary *vary);
/* A program to go on with: its number for vary_settings.target, or a negative errno. */
int vary_target(struct vary *vary, enum hook hook, int program);
/* More peers, `count` from these addresses (host order) on, each with a port of its own: the number of the first. */
uint32_t vary_add_peers(struct vary *vary, uint32_t address4, uint64_t address6, uint32_t count);
/* From now on they come in random order, the same in each run. */
void vary_shuffle(struct vary *vary, uint32_t first, uint32_t count);
/*
 * BPF_PROG_TEST_RUN of an XDP program waits until no CPU runs the dispatcher any more, before and after, unless the program is attached
 * somewhere. So it is attached, to the loopback interface of a network namespace of its own, between hold and release.
 */
int vary_hold(struct vary *vary);
void vary_release(struct vary *vary);
/* Runs the program so many times on the frame; `ns`: what that took of this thread's time, or NULL. */
int program_run(int program, const struct case_step *step, uint32_t repeat, double *ns);

/* ---- frames (program_frames.c) ------------------------------------------------------------------------------------- */

enum frame {
	FRAME_BEGIN, /* request, OACK, ACK 0: a read with the largest window begins */
	FRAME_OACK,
	FRAME_CHOICE,
	FRAME_FLOW_OPENS, /* other UDP, outwards */
	FRAME_TCP,
	FRAME_FLOW,
	FRAME_UNSOLICITED,
	FRAME_STRAY, /* unsolicited, too, but of an endpoint that has a transfer */
	FRAME_DATA,
	FRAME_ACK,
	FRAME_REQUEST,
	FRAME_FIRST_REPLY,
	FRAME_REQUEST_RULES, /* of the policy of 1,000 rules */
	FRAME_DENIED_RULES,
	FRAMES,
};

/* Which of the frame's fields the peer is written to, and what is counted up there. */
struct frame_fields {
	bool peer_sends;
	enum {
		COUNT_NOTHING,
		COUNT_BLOCK,
		COUNT_PORT, /* the peer's: a new one in each round */
	} counted;
};

extern const struct frame_fields frame_fields[FRAMES];

/* The caller frees it with recording_free(); its steps are the frames. `translated`: the zone has a single port. */
void frames_record(enum family family, bool translated, struct recording *recording);
/* Where in the frame that is. */
void frames_settings(enum frame frame, enum family family, struct vary_settings *settings);

/* ---- tables (program_stage.c) -------------------------------------------------------------------------------------- */

/* Where in the round of its peers a group of subjects is. */
struct cursor {
	uint32_t position, round;
};

enum peers {
	PEERS_TRANSFERS,
	PEERS_TRANSFERS_BEHIND, /* the same, half a round behind: whom the caches have forgotten */
	PEERS_STRANGERS,        /* as many, who have neither transfers nor flows */
	PEERS_REQUESTERS,
	PEERS_REQUESTERS_RULES, /* the same ones, with a cursor of their own */
	PEERS,
};

/* One set of tables with so many transfers and UDP flows in them, and the anchor's table with as many. */
struct stage {
	struct rig rig;
	struct vary *vary;
	enum family family;
	uint32_t transfers;
	bool rules;      /* the policy of 1,000 rules is in PROGRAM_POLICY_BANK */
	bool translated; /* the zone has a single port, and clients send to it */
	struct recording recording;
	struct bpf_object *anchor;
	uint32_t first[PEERS], count[PEERS];
	struct cursor cursor[PEERS];
	int tidegate[2], tidegate_out, anchor_target[2]; /* numbers of targets, by hook */
	int empty_target[2];
	int empty[2]; /* programs */
	uint64_t expected[TG_REASON_SLOTS];
};

/* `vary`, `family`, `transfers`, `rules` and `translated` are set already. */
int stage_open(struct stage *stage, const struct program_objects *objects);
void stage_close(struct stage *stage);

/* What sees the frames. */
enum target {
	TARGET_EMPTY,
	TARGET_ANCHOR,
	TARGET_TIDEGATE,
};

struct run {
	enum frame frame;
	enum peers peers;
	enum target target;
	enum hook hook;
	uint32_t repeat;
	uint32_t bank; /* whose policy is live */
	bool goes_on; /* the next run of these peers begins where this one ends, and not where it began */
};

/* Runs a few frames more before, so that caches hold what they can; `ns`: for one frame. */
int stage_run(struct stage *stage, const struct run *run, double *ns);
/* Every packet so far was judged as its frame says, but for a few first replies; else says what was not. */
int stage_verify(struct stage *stage);

/* ---- rows (program_rows.c) ----------------------------------------------------------------------------------------- */

#define SERIES_MAX 400

struct series {
	double values[SERIES_MAX];
	size_t count;
};

void series_add(struct series *series, double value);
/* The value below which the share `part` of them is; 0: the least, 0.5: the median. */
double series_quantile(const struct series *series, double part);

#define ROW_NAME 80

/* As tests/bench/run has it; times in ns. */
struct row {
	char name[ROW_NAME];
	const char *against;
	double value, low, high;
	double base;
	double at_most;    /* times the base; 0: no target */
	double at_most_ns; /* likewise */
	double trend;      /* 0: not to be compared with earlier ones */
};

void row_print(const struct row *row);

#endif
