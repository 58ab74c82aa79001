// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The case table through the real programs: each scenario for each place, family and hook. Verdict, counted reason and
 * counted bytes have to be those of the table, and the reason that of the native core.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "engine.h"
#include "frames.h"
#include "kernel.h"
#include "rig.h"

#define COMPLAINTS_MAX 10 /* of one scenario */

struct tally {
	unsigned long steps;
	unsigned long too_short; /* frames that BPF_PROG_TEST_RUN does not take */
};

/* The whole run of one scenario on one hook. */
struct run {
	struct rig *rig;
	enum hook hook;
	const struct recording *recording;
	struct tally *tally;
	unsigned int complaints;
};

static bool must_pass(const struct recording *r, const struct case_step *step)
{
	const struct tg_zone *zone = step->interface == OTHER ? &r->other_zone : &r->zone;

	return (TG_REASON_PASSES(step->expected)) || (zone->flags & TG_ZONE_MONITOR);
}

static void complain(struct run *run, const struct case_step *step, const char *what,
		     const char *wanted, const char *got)
{
	const struct recording *r = run->recording;

	if (++run->complaints > COMPLAINTS_MAX)
		return;
	printf("%s:%d: %s/%s/%s on %s: step %zu: %s: %s: expected %s, got %s\n", step->file,
	       step->line, r->scenario->name, family_name(r->family), place_word(r->place),
	       hook_name(run->hook), (size_t)(step - r->steps) + 1, step->what, what, wanted, got);
}

/* What leaves is what came, or in TC what the scenario says, with all checksums made anew. */
static void compare_frame(struct run *run, const struct case_step *step,
			  const struct outcome *outcome)
{
	bool tc = step->out || run->hook != HOOK_XDP;
	const uint8_t *wanted = tc && step->after ? step->after : step->frame;
	int other = frame_difference(run->hook, step, wanted, outcome);
	char at[32];

	if (other == FRAME_OTHER_LENGTH)
		return complain(run, step, "frame", "its length, or without tag", "another");
	if (other == FRAME_SAME)
		return;
	snprintf(at, sizeof(at), "another byte %d", other);
	complain(run, step, "frame", "as it is or as it is translated", at);
}

static void compare(struct run *run, const struct case_step *step, const struct outcome *outcome)
{
	bool pass = must_pass(run->recording, step);
	char number[32];

	if (outcome->reason != step->expected)
		complain(run, step, "reason", reason_name(step->expected),
			 reason_name(outcome->reason));
	snprintf(number, sizeof(number), "return value %d", (int)outcome->returned);
	if (outcome->odd_verdict || outcome->passed != pass)
		complain(run, step, "verdict", pass ? "pass" : "drop", number);
	snprintf(number, sizeof(number), "%llu bytes", (unsigned long long)outcome->ip_bytes);
	/* Behind too many tags nobody looks for an IP header. */
	if (step->ip_bytes && step->expected != TG_NOT_UDP && step->expected != TG_VLAN_DEPTH &&
	    outcome->ip_bytes != step->ip_bytes)
		complain(run, step, "counted bytes", "the length of the IP packet", number);
}

/* What stands behind a text's NUL means nothing. */
static void wipe(struct tg_event *e)
{
	size_t name = strnlen(e->name, sizeof(e->name));
	size_t text = strnlen(e->error_text, sizeof(e->error_text));

	memset(e->name + name, 0, sizeof(e->name) - name);
	memset(e->error_text + text, 0, sizeof(e->error_text) - text);
}

/* The records are those of the native core, byte by byte. */
static void compare_events(struct run *run, const struct case_step *step)
{
	struct rig *rig = run->rig;
	size_t count;
	const struct tg_event *native = engine_events(&count);
	char said[32], got[32];

	snprintf(said, sizeof(said), "%zu", count);
	snprintf(got, sizeof(got), "%zu", rig->event_count);
	if (count != rig->event_count)
		return complain(run, step, "records, native against kernel", said, got);
	for (size_t i = 0; i < count; i++) {
		size_t at = 0;

		wipe(&rig->events[i]);
		while (at < sizeof(*native) &&
		       ((const char *)&native[i])[at] == ((const char *)&rig->events[i])[at])
			at++;
		if (at == sizeof(*native))
			continue;
		snprintf(got, sizeof(got), "another byte %zu", at);
		complain(run, step, "record", "that of the native core", got);
	}
}

/* BPF_PROG_TEST_RUN refuses frames that end before: Ethernet and IP header (and a tag less, if it goes beside). */
static uint32_t headers_bytes(const struct recording *r)
{
	return 14 + 4 + (r->family == IPV4 ? 20 : 40);
}

static bool run_step(struct run *run, const struct case_step *step)
{
	struct outcome outcome;
	unsigned int native;
	int error;

	error = rig_run(run->rig, run->hook, step, &outcome);
	run->tally->steps++;
	if (error == -EINVAL && step->len < headers_bytes(run->recording)) {
		run->tally->too_short++;
		return true;
	}
	if (error) {
		complain(run, step, "BPF_PROG_TEST_RUN", "a verdict", strerror(-error));
		return false;
	}
	compare(run, step, &outcome);
	if (outcome.passed)
		compare_frame(run, step, &outcome);
	if (step->expected == TG_JUDGED_BEFORE)
		return true;
	native = engine_judge(step);
	if (native != outcome.reason)
		complain(run, step, "native against kernel", reason_name(native),
			 reason_name(outcome.reason));
	compare_events(run, step);
	return true;
}

static bool has_tagged_frame(const struct recording *r)
{
	for (size_t i = 0; i < r->count; i++)
		if (r->steps[i].len >= 18 && r->steps[i].interface != TUNNEL &&
		    (!memcmp(r->steps[i].frame + 12, "\x81\x00", 2) ||
		     !memcmp(r->steps[i].frame + 12, "\x88\xa8", 2)))
			return true;
	return false;
}

/* The next recording finds `known` empty, without a look into all of it. */
static void forget_known(struct rig *rig)
{
	size_t count;
	const uint32_t *cells = engine_known(&count);

	if (cells)
		rig_forget_known(rig, cells, count);
}

static void run_recording(struct run *run, struct report *r)
{
	const struct recording *recording = run->recording;
	bool going = !rig_configure(run->rig, recording);

	engine_configure(recording);
	for (size_t i = 0; i < recording->count && going; i++)
		going = run_step(run, &recording->steps[i]);
	if (going)
		forget_known(run->rig);
	report(r, going && !run->complaints, "table: %s/%s/%s on %s", recording->scenario->name,
	       family_name(recording->family), place_word(recording->place), hook_name(run->hook));
}

static void run_variant(struct rig *rig, const struct recording *recording, struct tally *tally,
			struct report *r)
{
	for (enum hook hook = HOOK_XDP; hook < HOOKS; hook++) {
		struct run run = {
			.rig = rig, .hook = hook, .recording = recording, .tally = &tally[hook]};

		if (hook == HOOK_TC_TAG && !has_tagged_frame(recording))
			continue;
		run_recording(&run, r);
	}
}

/* On each place, with each family, on each hook. */
static void run_scenario(struct rig *rig, const struct scenario *s, size_t steps_max,
			 struct tally *tally, struct report *r)
{
	struct recording recording;

	for (unsigned int variant = 0; variant < 8; variant++) {
		enum family family = variant & 1 ? IPV6 : IPV4;
		enum place place = 1 << variant / 2;

		if (!(s->families & family) || !(s->places & place))
			continue;
		record_scenario(s, place, family, &recording);
		if (!steps_max || recording.count <= steps_max)
			run_variant(rig, &recording, tally, r);
		else
			printf("table: %s is left out: %zu packets\n", s->name, recording.count);
		recording_free(&recording);
	}
	if (rig->known_empty)
		report(r, rig_known_is_empty(rig),
		       "table: %s: an endpoint is known that the native core never asked for",
		       s->name);
}

void kernel_table(const char *object, const char *preparer, const char *pattern, size_t steps_max,
		  struct report *r)
{
	const struct rig_options options = {.object = object,
					    .preparer = preparer,
					    .virtual_clock = true,
					    .quick = true,
					    .state_entries = 4096};
	struct tally tally[HOOKS] = {};
	struct rig rig;

	if (!report(r, !rig_open(&rig, &options), "table: the programs cannot be set up"))
		return rig_close(&rig);
	for (const struct scenario *s = scenario_first(); s; s = s->next)
		if (!pattern || strstr(s->name, pattern))
			run_scenario(&rig, s, steps_max, tally, r);
	for (enum hook hook = HOOK_XDP; hook < HOOKS; hook++)
		printf("table: %s: %lu packets; %lu too short for BPF_PROG_TEST_RUN\n",
		       hook_name(hook), tally[hook].steps, tally[hook].too_short);
	rig_close(&rig);
	engine_clear();
}
