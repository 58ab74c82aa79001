// SPDX-License-Identifier: GPL-2.0-or-later
#include "zone_build.h"

#include "tick.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>

#define TFTP_PORT   69
#define REQUEST_MAX 516 /* bytes; RFC 2347 says 512, some devices send more */

const uint16_t zone_default_ports[ZONE_DEFAULT_PORTS] = {67, 68, 546, 547, 4011};

static uint32_t zone_flags(const struct zone_settings *settings)
{
	uint32_t flags = (uint32_t)(settings->requests | settings->unmatched);

	if (settings->monitor)
		flags |= TG_ZONE_MONITOR;
	if (!settings->no_track_udp)
		flags |= TG_ZONE_TRACK_UDP;
	if (settings->broadcast)
		flags |= TG_ZONE_BROADCAST;
	if (settings->multicast)
		flags |= TG_ZONE_MULTICAST;
	if (settings->udpport)
		flags |= TG_ZONE_UDPPORT;
	if (settings->single_port)
		flags |= TG_ZONE_SINGLE_PORT;
	if (settings->mark_udp)
		flags |= TG_ZONE_MARK_UDP;
	if (settings->groups.count)
		flags |= TG_ZONE_GROUPS;
	return flags;
}

/* Never shorter than what was asked for. */
static uint32_t jiffies(uint64_t ms, uint32_t hz)
{
	return (uint32_t)((ms * hz + 999) / 1000);
}

static void set_timers(struct tg_zone *zone, const struct zone_timers *wanted, uint32_t hz)
{
	zone->second = hz;
	for (const struct timer_spec *t = timer_specs; t->name; t++) {
		uint64_t ms = *(const uint64_t *)((const char *)wanted + t->offset);

		*(uint32_t *)((char *)zone + t->zone_offset) = jiffies(ms, hz);
	}
}

struct tg_rate rate_build(uint64_t rate_mhz, uint64_t burst, uint32_t hz)
{
	struct tg_rate rate = {0};

	if (!rate_mhz)
		return rate;
	rate.interval = (1000ULL * hz << TG_BUCKET_SHIFT) / rate_mhz;
	if (!rate.interval)
		rate.interval = 1;
	if (burst)
		rate.tolerance = (burst - 1) * rate.interval;
	return rate;
}

uint32_t names_build(uint64_t names)
{
	double empty = TG_NAME_BITS; /* bits, as expected */
	uint32_t most;

	for (uint64_t i = 0; i < names && empty >= 1; i++)
		empty *= 1 - 1.0 / TG_NAME_BITS;
	most = (uint32_t)empty;
	/* Once less than one is expected to be empty, all are set: more cannot be told apart. */
	return TG_NAME_BITS - most;
}

static void set_abuse(struct tg_abuse *abuse, const struct zone_abuse *wanted, uint32_t hz)
{
	abuse->requests = rate_build(wanted->request_rate_mhz, wanted->request_burst, hz);
	abuse->open_max = (uint32_t)wanted->open_max;
	abuse->not_found_max = (uint32_t)wanted->not_found_max;
	abuse->names_max = names_build(wanted->names_max);
	abuse->enumeration_window = jiffies(wanted->within_ms, hz);
	abuse->hold = jiffies(wanted->hold_ms, hz);
	abuse->unacknowledged_packets = (uint32_t)wanted->unacknowledged_packets;
	abuse->unacknowledged_bytes = (uint32_t)wanted->unacknowledged_bytes;
	abuse->unacknowledged_window = jiffies(wanted->unacknowledged_within_ms, hz);
	abuse->budget = rate_build(wanted->budget_rate_mhz, wanted->budget_burst, hz);
	abuse->proved_wait = jiffies(wanted->proved_ms, hz);
}

void zone_build(const struct zone_settings *settings, const char *name, uint32_t tick_ns,
		struct tg_zone *zone)
{
	const struct port_list *tftp = &settings->tftp_ports;

	memset(zone, 0, sizeof(*zone));
	zone->flags = zone_flags(settings);
	set_timers(zone, &settings->timers, tick_hz(tick_ns));
	for (size_t i = 0; i < TG_TFTP_PORTS; i++) {
		uint16_t port = tftp->count ? tftp->port[i < tftp->count ? i : 0] : TFTP_PORT;

		zone->tftp_port_be[i] = htons(port);
	}
	zone->request_max = REQUEST_MAX;
	zone->slack = (uint16_t)settings->slack;
	zone->mark = settings->mark.value;
	zone->mark_mask = settings->mark.mask;
	set_abuse(&zone->abuse, &settings->abuse, tick_hz(tick_ns));
	snprintf(zone->name, sizeof(zone->name), "%s", name);
}
