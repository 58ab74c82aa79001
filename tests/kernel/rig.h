/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The real programs with maps of their own, attached to nothing: frames go in by BPF_PROG_TEST_RUN.
 *
 * Nothing is pinned: when the process ends, however it ends, nothing is left. Functions that can fail return 0 or a
 * negative errno and have then said why on stderr.
 */
#ifndef TIDEGATE_TESTS_RIG_H
#define TIDEGATE_TESTS_RIG_H

#include <bpf/libbpf.h>

#include "engine.h"
#include "scene.h"

enum hook {
	HOOK_XDP,    /* ingress steps through tidegate_xdp, egress steps through tidegate_tc_out */
	HOOK_TC,     /* tidegate_tc_in, tidegate_tc_out */
	HOOK_TC_TAG, /* likewise, with the outer VLAN tag in the packet's metadata */
	HOOKS,
};

enum rig_program {
	RIG_XDP,
	RIG_TC_IN,
	RIG_TC_OUT,
	RIG_PROGRAMS,
};

#define RIG_MAPS_MAX           40
#define RIG_SLOT(interface)    ENGINE_SLOT(interface) /* in `interfaces` */
#define RIG_IFINDEX(interface) (101 + (unsigned int)(interface))
#define RIG_UNGUARDED_IFINDEX  99
#define RIG_EVENTS_MAX         8
#define RIG_PLACES_MAX         8192 /* elements of `translation_gen` */
#define RIG_STRANGERS          4 /* elements of `strangers` with a virtual clock: as the native store has */
#define RIG_KNOWN_CELLS        (1UL << TG_KNOWN_SHIFT)

/* A variable in memory that we share with the programs. */
struct rig_mapping {
	void *variable;
	void *begin; /* of the section that it is in; NULL: it is not mapped */
	size_t bytes;
};

/* One load of the object, as user space makes it for each interface: XDP alone, or both TC programs. */
struct rig_load {
	struct bpf_object *object;
	uint64_t *virtual_now; /* in `clock` */
	struct rig_mapping clock;
};

struct rig {
	struct rig_load loads[INTERFACES][2];
	int programs[INTERFACES][RIG_PROGRAMS];
	struct bpf_object *preparer; /* bpf/prepare.bpf.c */
	int prepare_program;
	struct rig_mapping prepare_rest; /* its variable `rest` */
	uint64_t *known;                 /* RIG_KNOWN_CELLS; an array's element takes eight bytes */
	bool known_empty;
	int rule_sets;                            /* the bank's inner map, 0: not made yet */
	const struct bpf_map *maps[RIG_MAPS_MAX]; /* of the first load; the others share them */
	unsigned int map_count;
	uint32_t
		generation; /* of what CPUs have at hand of `translations`: another for each recording */
	int counters;
	const struct tg_counter *mapped; /* all of them, if `quick` */
	unsigned int cpus;
	struct tg_counter *per_cpu; /* buffer for one slot */
	struct tg_counter before[INTERFACES][TG_REASON_SLOTS];
	struct ring_buffer *ring;
	struct tg_event events[RIG_EVENTS_MAX]; /* what the packet that ran last has told */
	size_t event_count;
};

struct rig_options {
	const char *object;   /* path of the BPF object */
	const char *preparer; /* NULL: no HOOK_TC_TAG, and no packets beyond a page on TC */
	bool virtual_clock;
	/* `counters` in memory that we share (and so not per CPU), room for few services and groups: most time went there. */
	bool quick;
	uint32_t state_entries; /* size of the state maps; 0: as built */
	uint32_t exchanges;     /* of `transfers` and `udp_flows` instead; 0: as the others */
	unsigned int
		interfaces; /* programs for so many of enum interface, from LEFT on; 0: for all */
};

int rig_open(struct rig *rig, const struct rig_options *options);
void rig_close(struct rig *rig);

/* Empties every map that packets fill, and sets what the recording says. With a virtual clock only. */
int rig_configure(struct rig *rig, const struct recording *recording);

/*
 * What packets have noted in `known` since rig_configure(), which stands in these cells and nowhere else, is forgotten: so the
 * next rig_configure() does not look into a million cells.
 */
void rig_forget_known(struct rig *rig, const uint32_t *cells, size_t count);

/* After rig_forget_known(): false if anything stands elsewhere, which is forgotten then, too. */
bool rig_known_is_empty(struct rig *rig);

#define OUTCOME_NONE    0    /* nothing was counted: TG_NOT_UDP */
#define OUTCOME_SEVERAL 1000 /* more than one reason was counted, or one more than once */

struct outcome {
	bool passed;
	bool odd_verdict; /* neither the hook's pass nor its drop */
	uint32_t returned;
	unsigned int reason;  /* enum tg_reason, or OUTCOME_SEVERAL */
	uint64_t ip_bytes;    /* growth of the byte counter */
	const uint8_t *after; /* the frame as the program left it; until the next one runs */
	uint32_t after_len;
};

/*
 * Gives the step's frame to the program of its hook and interface. -EINVAL without a message if BPF_PROG_TEST_RUN
 * does not take a frame of this length.
 */
int rig_run(struct rig *rig, enum hook hook, const struct case_step *step, struct outcome *outcome);

/* The interface's counters, summed over all CPUs, into TG_REASON_SLOTS places. */
int rig_counters(struct rig *rig, enum interface interface, struct tg_counter *sums);

/* File descriptor of the program that would see the step. */
int rig_program(const struct rig *rig, enum hook hook, const struct case_step *step);
/* Descriptor of the map, or -1. */
int rig_map(const struct rig *rig, const char *name);
const char *hook_name(enum hook hook);

/* The object, not loaded yet, will use the maps of a loaded one of the same programs; its global variables stay its own. */
int rig_share_maps(struct bpf_object *object, struct bpf_object *from);

/* Address of a global variable in the object's section, or NULL. What is written there after load reaches nobody. */
void *rig_variable(struct bpf_object *object, const char *section, const char *variable);

#endif
