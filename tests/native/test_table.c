// SPDX-License-Identifier: GPL-2.0-or-later
// sources: tests/native/engine.c tests/cases/*.c
/*
 * The case table over the core: one test for each scenario, place and family.
 *
 *	test_table [PATTERN]    only scenarios whose name contains PATTERN
 */
#include <stdarg.h>
#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "engine.h"

struct variant {
	const struct scenario *scenario;
	enum place place;
	enum family family;
};

/* Are the records of the step those that the scenario says? */
static bool tells_right(const struct recording *r, const struct case_step *step)
{
	size_t count;
	const struct tg_event *events = engine_events(&count);

	if (!r->scenario->tells)
		return true;
	for (size_t i = 0; i < count && i < step->event_count; i++) {
		const char *difference = event_difference(&events[i], &step->events[i]);

		if (!difference)
			continue;
		print_error("%s:%d: %s: record %zu differs: %s\n", step->file, step->line,
			    step->what, i + 1, difference);
		return false;
	}
	if (count == step->event_count)
		return true;
	print_error("%s:%d: %s: %zu records instead of %zu\n", step->file, step->line, step->what,
		    count, step->event_count);
	return false;
}

/* Each request that is refused has its record, and no other has one. */
static bool denials_right(const struct case_step *step, enum tg_reason reason)
{
	size_t count, denials = 0, drops = 0;
	const struct tg_event *events = engine_events(&count);

	for (size_t i = 0; i < count; i++) {
		denials += events[i].kind == TG_EVENT_DENIED;
		drops += events[i].kind == TG_EVENT_DROP;
		if (events[i].kind >= TG_EVENT_DENIED && events[i].reason != reason)
			denials = 2;
	}
	if (denials + drops <= !(TG_REASON_PASSES(reason)))
		return true;
	print_error("%s:%d: %s: %zu denials, %zu drops told\n", step->file, step->line, step->what,
		    denials, drops);
	return false;
}

/* Does a packet that passes go on with the ports that the scenario says? */
static bool ports_right(const struct case_step *step, enum tg_reason reason)
{
	struct engine_ports ports = engine_new_ports();

	if (!TG_REASON_PASSES(reason) || (ports.source == step->new_source_port &&
					  ports.destination == step->new_destination_port))
		return true;
	print_error("%s:%d: %s: new ports %u and %u instead of %u and %u (0: none)\n", step->file,
		    step->line, step->what, ports.source, ports.destination, step->new_source_port,
		    step->new_destination_port);
	return false;
}

/* Returns the number of steps that differ from the table. */
static unsigned int replay(const struct recording *r)
{
	unsigned int wrong = 0;

	engine_configure(r);
	for (size_t i = 0; i < r->count; i++) {
		const struct case_step *step = &r->steps[i];
		enum tg_reason got;

		if (step->expected == TG_JUDGED_BEFORE)
			continue; /* never gets to the core */
		got = engine_judge(step);
		if (!tells_right(r, step) || !denials_right(step, got) || !ports_right(step, got))
			wrong++;
		if (got != step->expected && ++wrong <= 20)
			print_error("%s:%d: step %zu: %s: expected %s, got %s\n", step->file,
				    step->line, i + 1, step->what, reason_name(step->expected),
				    reason_name(got));
	}
	return wrong;
}

static void test_variant(void **state)
{
	const struct variant *v = *state;
	struct recording recording;
	const char *fault;
	unsigned int wrong;
	size_t steps;

	record_scenario(v->scenario, v->place, v->family, &recording);
	steps = recording.count;
	wrong = replay(&recording);
	fault = engine_fault();
	recording_free(&recording);
	if (!steps)
		fail_msg("the scenario is empty");
	if (wrong)
		fail_msg("%u of %zu steps differ from the table", wrong, steps);
	if (fault)
		fail_msg("stored state: %s", fault);
}

static size_t variants_of(const struct scenario *scenario, struct CMUnitTest *tests)
{
	size_t count = 0;

	for (unsigned int family = IPV4; family <= IPV6; family <<= 1) {
		for (unsigned int place = ROUTER; place <= LOOPBACK; place <<= 1) {
			struct variant *v;
			char *name;

			if (!(scenario->families & family) || !(scenario->places & place))
				continue;
			v = malloc(sizeof(*v));
			if (!v || asprintf(&name, "%s/%s/%s", scenario->name, family_name(family),
					   place_word(place)) < 0)
				abort();
			*v = (struct variant){scenario, place, family};
			tests[count++] = (struct CMUnitTest){
				.name = name, .test_func = test_variant, .initial_state = v};
		}
	}
	return count;
}

int main(int argc, char **argv)
{
	const struct scenario *scenario;
	struct CMUnitTest *tests;
	size_t scenarios = 0, count = 0;
	int failed;

	for (scenario = scenario_first(); scenario; scenario = scenario->next)
		scenarios++;
	tests = calloc(scenarios * 8 + 1, sizeof(*tests));
	if (!tests)
		abort();
	for (scenario = scenario_first(); scenario; scenario = scenario->next)
		if (argc < 2 || strstr(scenario->name, argv[1]))
			count += variants_of(scenario, tests + count);
	failed = _cmocka_run_group_tests("case table", tests, count, NULL, NULL);
	engine_clear();
	for (size_t i = 0; i < count; i++) {
		free((char *)tests[i].name);
		free(tests[i].initial_state);
	}
	free(tests);
	return failed ? 1 : 0;
}
