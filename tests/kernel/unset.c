// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A program whose settings are not filled yet passes no UDP, and everything else: user space fills before it attaches,
 * and what goes wrong in between must not open anything.
 */
#include <stdio.h>

#include "kernel.h"
#include "rig.h"

static void play(void)
{
	expect(UNSOLICITED, arriving(udp(STRANGER, 4000, SERVER, 5000, 10)));
	expect(UNSOLICITED, arriving(udp(STRANGER, 4000, SERVER, 67, 10)));
	expect(REQUEST_DIRECTION, arriving(client_rrq("f")));
	expect(REQUEST_DIRECTION, leaving(client_rrq("f")));
	expect(UNSOLICITED, leaving(udp(SERVER, 4000, STRANGER, 5000, 10)));
	expect(NOT_UDP, arriving(ip_protocol(6, client_rrq("f"))));
	expect(NOT_UDP, leaving(ip_protocol(6, client_rrq("f"))));
}

void kernel_unset(const char *object, struct report *r)
{
	struct scenario scenario = {
		.name = "unset", .places = ROUTER, .families = IPV4, .play = play};
	const struct rig_options options = {
		.object = object, .virtual_clock = true, .state_entries = 1024};
	struct recording recording;
	struct rig rig;

	if (!report(r, !rig_open(&rig, &options), "unset: the programs cannot be set up"))
		return rig_close(&rig);
	record_scenario(&scenario, ROUTER, IPV4, &recording);
	for (unsigned int i = 0; i < recording.count * 2; i++) {
		const struct case_step *step = &recording.steps[i / 2];
		struct outcome outcome;
		int error = rig_run(&rig, i % 2 ? HOOK_TC : HOOK_XDP, step, &outcome);

		report(r, !error && outcome.passed == (step->expected == TG_NOT_UDP),
		       "unset: %s on %s: returned %d", step->what,
		       hook_name(i % 2 ? HOOK_TC : HOOK_XDP), (int)outcome.returned);
	}
	recording_free(&recording);
	rig_close(&rig);
}
