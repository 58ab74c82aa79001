// SPDX-License-Identifier: GPL-2.0-or-later
#include "zone_settings.h"

#define TIMER(member) offsetof(struct zone_timers, member), offsetof(struct tg_zone, member)
#define SECONDS(n)    ((n)*1000ULL)

/* Tracker specification 8; for other UDP what Linux's connection tracking uses. */
const struct timer_spec timer_specs[] = {
	{"request", "request", TIMER(request_wait), SECONDS(30), SECONDS(15), SECONDS(300)},
	{"offer", "offer", TIMER(offer_wait), SECONDS(45), SECONDS(40), SECONDS(120)},
	{"idle", "idle", TIMER(idle_wait), SECONDS(120), SECONDS(60), SECONDS(300)},
	{"done", "done", TIMER(done_wait), SECONDS(35), SECONDS(10), SECONDS(60)},
	{"error", "error", TIMER(error_wait), SECONDS(12), SECONDS(2), SECONDS(30)},
	{"superseded", "superseded", TIMER(superseded_wait), SECONDS(10), SECONDS(5), SECONDS(30)},
	{"stale", "stale", TIMER(stale_wait), SECONDS(2), SECONDS(1), SECONDS(5)},
	{"fragment", "fragment", TIMER(fragment_wait), SECONDS(30), SECONDS(5), SECONDS(120)},
	{"udp", "udp", TIMER(udp_wait), SECONDS(30), SECONDS(5), SECONDS(300)},
	{"udp-replied", "udp_replied", TIMER(udp_replied_wait), SECONDS(120), SECONDS(10),
	 SECONDS(3600)},
	{0},
};

void zone_settings_init(struct zone_settings *settings)
{
	*settings = (struct zone_settings){
		.requests = TG_ZONE_REQUESTS_IN | TG_ZONE_REQUESTS_OUT,
		.slack = 8,
	};
	for (const struct timer_spec *t = timer_specs; t->name; t++)
		*(uint64_t *)((char *)&settings->timers + t->offset) = t->value_ms;
}
