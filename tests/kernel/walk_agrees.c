// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Conversations out of random bytes, and out of what the fuzzer has found: on every hook the programs count the reason
 * that the native core gives, let pass what that reason lets pass, and leave of it what was there, but for the ports that the
 * native core names, and the checksum that follows from them.
 */
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "engine.h"
#include "frames.h"
#include "kernel.h"
#include "rig.h"
#include "walk.h"

#define RANDOM_WALKS    1500
#define WALK_BYTES      1200
#define FOUND_WALKS_MAX 2000
#define COMPLAINTS_MAX  20
#define KEPT_WALKS      "tests/fuzz/corpus/fuzz_frames" /* from the top of the tree */

struct crowd {
	struct rig *rig;
	unsigned long walks;
	const char *name; /* of the present walk's file */
	unsigned long packets;
	unsigned long not_run; /* frames that BPF_PROG_TEST_RUN does not take */
	unsigned long rewritten;
	unsigned int disagreements;
	unsigned long seen[TG_REASON_SLOTS];
};

static void disagree(struct crowd *crowd, const struct recording *r, enum hook hook, size_t at,
		     unsigned int native, const struct outcome *outcome)
{
	if (++crowd->disagreements > COMPLAINTS_MAX)
		return;
	printf("walk %lu %s (%s, %s) on %s: packet %zu of %u bytes: native %s (ports %u, %u), "
	       "kernel %s, returned %d\n",
	       crowd->walks, crowd->name ? crowd->name : "", family_name(r->family),
	       place_word(r->place), hook_name(hook), at + 1, r->steps[at].len, reason_name(native),
	       engine_new_ports().source, engine_new_ports().destination,
	       reason_name(outcome->reason), (int)outcome->returned);
}

static bool verdict_fits(const struct recording *r, const struct case_step *step,
			 const struct outcome *outcome)
{
	const struct tg_zone *zone = step->interface == OTHER ? &r->other_zone : &r->zone;
	bool pass = outcome->reason >= TG_REASON_SLOTS || (TG_REASON_PASSES(outcome->reason)) ||
		    (zone->flags & TG_ZONE_MONITOR);

	return !outcome->odd_verdict && outcome->passed == pass;
}

/* What was let pass has the right ports, and nothing else is changed. */
static bool frame_fits(struct crowd *crowd, enum hook hook, const struct case_step *step,
		       const struct outcome *outcome)
{
	struct engine_ports ports = {};

	if (!outcome->passed)
		return true;
	if (outcome->reason != TG_JUDGED_BEFORE)
		ports = engine_new_ports();
	crowd->rewritten += ports.source || ports.destination;
	return frame_difference_from_native(hook, step, ports, outcome) == FRAME_SAME;
}

static void run_hook(struct crowd *crowd, const struct recording *r, enum hook hook)
{
	if (rig_configure(crowd->rig, r)) {
		crowd->disagreements++;
		return;
	}
	engine_configure(r);
	for (size_t i = 0; i < r->count; i++) {
		const struct case_step *step = &r->steps[i];
		struct outcome outcome;
		unsigned int native;

		if (rig_run(crowd->rig, hook, step, &outcome)) {
			crowd->not_run++; /* then nobody sees it */
			continue;
		}
		crowd->packets++;
		native = outcome.reason == TG_JUDGED_BEFORE ? TG_JUDGED_BEFORE : engine_judge(step);
		crowd->seen[native]++;
		if (native != outcome.reason || !verdict_fits(r, step, &outcome) ||
		    !frame_fits(crowd, hook, step, &outcome))
			disagree(crowd, r, hook, i, native, &outcome);
	}
}

static void run_walk(struct crowd *crowd, const uint8_t *bytes, size_t len)
{
	struct recording recording;

	walk_record(bytes, len, &recording);
	crowd->walks++;
	for (enum hook hook = HOOK_XDP; hook < HOOKS; hook++)
		run_hook(crowd, &recording, hook);
	recording_free(&recording);
}

static uint64_t next_random(uint64_t *state)
{
	*state ^= *state << 13;
	*state ^= *state >> 7;
	*state ^= *state << 17;
	return *state;
}

static void random_walks(struct crowd *crowd)
{
	uint64_t state = 0x7ef7e57edbeefULL;
	uint8_t bytes[WALK_BYTES];

	for (unsigned int i = 0; i < RANDOM_WALKS; i++) {
		for (size_t at = 0; at < sizeof(bytes); at++)
			bytes[at] = next_random(&state) >> 24;
		run_walk(crowd, bytes, sizeof(bytes));
	}
}

static void found_walks(struct crowd *crowd, const char *path, unsigned long most)
{
	unsigned long end = crowd->walks + most;
	DIR *directory = path ? opendir(path) : NULL;
	static uint8_t bytes[1 << 16];
	struct dirent *entry;
	char name[4096];

	while (directory && crowd->walks < end && (entry = readdir(directory))) {
		FILE *file;
		size_t len;

		snprintf(name, sizeof(name), "%s/%s", path, entry->d_name);
		file = entry->d_name[0] == '.' ? NULL : fopen(name, "rb");
		if (!file)
			continue;
		len = fread(bytes, 1, sizeof(bytes), file);
		fclose(file);
		crowd->name = entry->d_name;
		run_walk(crowd, bytes, len);
	}
	crowd->name = NULL;
	if (directory)
		closedir(directory);
}

void kernel_walk(const char *object, const char *preparer, const char *corpus, struct report *r)
{
	const struct rig_options options = {.object = object,
					    .preparer = preparer,
					    .virtual_clock = true,
					    .quick = true,
					    .state_entries = 4096};
	struct crowd crowd = {};
	unsigned int kinds = 0;
	unsigned long kept;
	struct rig rig;

	crowd.rig = &rig;
	if (!report(r, !rig_open(&rig, &options), "walk: the programs cannot be set up"))
		return rig_close(&rig);
	random_walks(&crowd);
	kept = crowd.walks;
	found_walks(&crowd, KEPT_WALKS, FOUND_WALKS_MAX);
	report(r, crowd.walks > kept, "walk: nothing in " KEPT_WALKS);
	found_walks(&crowd, corpus, FOUND_WALKS_MAX);
	for (unsigned int i = 0; i < TG_REASON_SLOTS; i++)
		kinds += crowd.seen[i] != 0;
	printf("walk: %lu conversations, %lu packets with %u different outcomes, %lu with new "
	       "ports, %lu not taken by BPF_PROG_TEST_RUN\n",
	       crowd.walks, crowd.packets, kinds, crowd.rewritten, crowd.not_run);
	report(r, !crowd.disagreements, "walk: native and kernel disagree on %u packets",
	       crowd.disagreements);
	/* A walk that only ever sees the same few outcomes compares nothing. */
	report(r, kinds >= 30, "walk: only %u different outcomes", kinds);
	report(r, crowd.rewritten >= 1000, "walk: only %lu packets with new ports",
	       crowd.rewritten);
	rig_close(&rig);
	engine_clear();
}
