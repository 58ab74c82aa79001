// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The table of scenarios, and the recording of one of them.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "datagram.h"

/* Jiffies at a scenario's beginning: soon the low 32 bits wrap, as they do five minutes after a kernel's boot. */
#define EPOCH (0x100000000ULL - 25000)

#define CHUNK_BYTES (1 << 20)

struct chunk {
	struct chunk *next;
	size_t used;
	size_t size;
	uint8_t bytes[];
};

static struct scenario *table;

/* The scene that is being recorded. */
static struct {
	struct recording *r;
	struct chunk *temporary; /* datagrams: freed after the recording */
	struct chunk *frames;    /* kept with it */
	struct datagram *last;   /* of the latest step */
	size_t capacity;
	uint64_t now_ms;
	enum host client_host;
	uint16_t client_port;
	uint16_t request_port;
} scene;

/* ---- table ------------------------------------------------------------------------------------------------------- */

void scenario_add(struct scenario *scenario)
{
	struct scenario **at = &table;

	while (*at && strcmp((*at)->name, scenario->name) < 0)
		at = &(*at)->next;
	if (*at && !strcmp((*at)->name, scenario->name))
		scene_mistake("two scenarios have the same name");
	if (!scenario->places)
		scenario->places = ANYWHERE;
	if (!scenario->families)
		scenario->families = IPV4 | IPV6;
	scenario->next = *at;
	*at = scenario;
}

const struct scenario *scenario_first(void)
{
	return table;
}

/* ---- memory ------------------------------------------------------------------------------------------------------ */

void scene_mistake(const char *why)
{
	fprintf(stderr, "case table: %s%s%s\n", why, scene.r ? ", in " : "",
		scene.r ? scene.r->scenario->name : "");
	abort();
}

static void *chunk_take(struct chunk **list, size_t bytes)
{
	size_t size = bytes > CHUNK_BYTES ? bytes : CHUNK_BYTES;
	void *memory;

	bytes = (bytes + 15) & ~(size_t)15;
	if (!*list || (*list)->size - (*list)->used < bytes) {
		struct chunk *chunk = calloc(1, sizeof(*chunk) + size + 16);

		if (!chunk)
			scene_mistake("out of memory");
		chunk->size = size + 15;
		chunk->next = *list;
		*list = chunk;
	}
	memory = (*list)->bytes + (*list)->used;
	(*list)->used += bytes;
	return memory;
}

static void chunks_free(struct chunk *list)
{
	while (list) {
		struct chunk *next = list->next;

		free(list);
		list = next;
	}
}

void *scene_memory(size_t bytes)
{
	return chunk_take(&scene.temporary, bytes);
}

/* ---- the variant and the settings -------------------------------------------------------------------------------- */

bool ipv6(void)
{
	return scene.r->family == IPV6;
}

enum place place(void)
{
	return scene.r->place;
}

static struct recording *before_first_step(void)
{
	if (scene.r->count)
		scene_mistake("settings are made before the first packet");
	return scene.r;
}

struct tg_zone *zone(void)
{
	return &before_first_step()->zone;
}

struct tg_zone *other_zone(void)
{
	return &before_first_step()->other_zone;
}

struct tg_rule *add_rule(void)
{
	struct recording *r = before_first_step();
	struct tg_rule *rule = &r->rules[r->rule_count];

	if (r->rule_count == RULES_OF_A_SCENE)
		scene_mistake("too many rules");
	r->zone.rule_end = ++r->rule_count;
	rule->id = 1000 + r->rule_count;
	rule->action = TG_ALLOW;
	rule->zone = ZONE;
	return rule;
}

void untagged_vlan(uint16_t vlan)
{
	before_first_step()->untagged_vlan = vlan;
}

void mtu(uint32_t bytes)
{
	before_first_step()->mtu = bytes;
}

void allow_udp(uint16_t port)
{
	struct recording *r = before_first_step();

	if (r->service_count == sizeof(r->services) / sizeof(r->services[0]))
		scene_mistake("too many services");
	r->services[r->service_count++] = port;
}

void server_group(enum host first, enum host second)
{
	struct recording *r = before_first_step();

	if (r->group_count + 2 > sizeof(r->groups) / sizeof(r->groups[0]))
		scene_mistake("too many server groups");
	r->zone.flags |= TG_ZONE_GROUPS;
	r->groups[r->group_count++] = (struct server_group){.member = first, .first = first};
	r->groups[r->group_count++] = (struct server_group){.member = second, .first = first};
}

struct tg_rate rate(uint32_t per_second, uint32_t burst)
{
	uint64_t interval = (1000ULL << TG_BUCKET_SHIFT) / per_second;

	return (struct tg_rate){.interval = interval, .tolerance = (burst - 1) * interval};
}

void usual_limits(void)
{
	zone()->abuse = (struct tg_abuse){
		.requests = rate(200, 256),
		.open_max = 512,
		.not_found_max = 128,
		.names_max = 439, /* so many of 512 bits 1000 names set, on average */
		.enumeration_window = 60000,
		.hold = 60000,
		.unacknowledged_packets = 1024,
		.unacknowledged_bytes = 512 * 1024,
		.unacknowledged_window = 60000,
		.budget = rate(100, 1500),
		.proved_wait = 86400000,
	};
}

void no_udp_tracking(void)
{
	zone()->flags &= ~(unsigned int)TG_ZONE_TRACK_UDP;
}

/* The defaults of tracker specification 8, and of the built-in policy. */
static void zone_defaults(struct tg_zone *zone, const char *name)
{
	*zone = (struct tg_zone){
		.hash_seed = 0x5eed5eed5eed5eedULL,
		.flags = TG_ZONE_REQUESTS_IN | TG_ZONE_REQUESTS_OUT | TG_ZONE_TRACK_UDP,
		.request_wait = 30000,
		.offer_wait = 45000,
		.idle_wait = 120000,
		.done_wait = 35000,
		.error_wait = 12000,
		.superseded_wait = 10000,
		.fragment_wait = 30000,
		.stale_wait = 2000,
		.udp_wait = 30000,
		.udp_replied_wait = 120000,
		.second = 1000,
		.request_max = 516,
		.slack = 8,
	};
	for (int i = 0; i < TG_TFTP_PORTS; i++)
		zone->tftp_port_be[i] = __builtin_bswap16(TFTP_PORT);
	snprintf(zone->name, sizeof(zone->name), "%s", name);
}

void at_ms(uint64_t ms)
{
	if (ms < scene.now_ms)
		scene_mistake("time goes forwards only");
	scene.now_ms = ms;
}

void after_ms(uint64_t ms)
{
	scene.now_ms += ms;
}

void client_host(enum host host)
{
	scene.client_host = host;
}

void client_port(uint16_t port)
{
	scene.client_port = port;
}

void request_port(uint16_t port)
{
	scene.request_port = port;
}

enum host scene_client_host(void)
{
	return scene.client_host;
}

uint16_t scene_client_port(void)
{
	return scene.client_port;
}

uint16_t scene_request_port(void)
{
	return scene.request_port;
}

/* ---- steps ------------------------------------------------------------------------------------------------------- */

static bool is_client(enum host host)
{
	return host == CLIENT || host == OTHER_CLIENT;
}

static bool is_server(enum host host)
{
	return host == SERVER || host == OTHER_SERVER;
}

static bool leaves(const struct datagram *d)
{
	if (d->placed)
		return d->out;
	return (scene.r->place == SERVER_HOST && is_server(d->from)) ||
	       (scene.r->place == CLIENT_HOST && is_client(d->from));
}

static enum interface seen_at(const struct datagram *d)
{
	if (d->through_set)
		return d->interface;
	return scene.r->place == ROUTER && is_server(d->from) ? RIGHT : LEFT;
}

static struct case_step *step_new(void)
{
	struct recording *r = scene.r;

	if (r->count == scene.capacity) {
		scene.capacity = scene.capacity ? scene.capacity * 2 : 64;
		r->steps = reallocarray(r->steps, scene.capacity, sizeof(*r->steps));
		if (!r->steps)
			scene_mistake("out of memory");
	}
	memset(&r->steps[r->count], 0, sizeof(*r->steps));
	return &r->steps[r->count++];
}

/* A copy, kept with the recording, of the datagram's frame. */
static uint8_t *build(const struct datagram *d, struct case_step *step)
{
	static uint8_t frame[FRAME_MAX];
	uint8_t *copy;

	step->len = frame_build(d, scene.r->place, scene.r->family, step->interface != TUNNEL,
				frame, &step->ip_bytes);
	copy = chunk_take(&scene.frames, step->len);
	memcpy(copy, frame, step->len);
	return copy;
}

void record(enum tg_reason reason, struct datagram *d, const char *what, const char *file, int line)
{
	struct case_step *step = step_new();

	step->at = EPOCH + scene.now_ms;
	step->interface = seen_at(d);
	step->out = leaves(d);
	step->came_by = d->placed && d->out ? d->came_by : OWN;
	step->frame = build(d, step);
	scene.last = d;
	if (d->ip_length != AS_IT_IS || d->patch_count || d->keep != WHOLE)
		step->ip_bytes = 0;
	step->expected = reason;
	step->what = what;
	step->file = file;
	step->line = line;
}

static struct case_step *last_step(void)
{
	if (!scene.last)
		scene_mistake("a port of no packet");
	return &scene.r->steps[scene.r->count - 1];
}

/* What leaves: 0 is a port that stays. */
static void goes(uint16_t from, uint16_t to)
{
	struct case_step *step = last_step();
	struct datagram changed = *scene.last;

	if (from)
		changed.from_port = step->new_source_port = from;
	if (to)
		changed.to_port = step->new_destination_port = to;
	step->after = build(&changed, step);
}

void goes_from(uint16_t port)
{
	goes(port, 0);
}

void goes_to(uint16_t port)
{
	goes(0, port);
}

void record_stray(enum tg_reason reason, struct datagram *d, const char *what, const char *file,
		  int line)
{
	record(leaves(d) ? TG_OUTGOING : reason, d, what, file, line);
}

void record_event(const struct case_event *event)
{
	struct recording *r = scene.r;
	struct case_step *step = r->count ? &r->steps[r->count - 1] : NULL;

	if (!step || !r->scenario->tells || step->event_count == EVENTS_OF_A_STEP)
		scene_mistake(
			"a record of no packet, or too many, or in a scenario that tells none");
	step->events[step->event_count] = *event;
	if (!event->client_port)
		step->events[step->event_count].client_port = scene.client_port;
	step->event_count++;
}

const char *event_difference(const struct tg_event *event, const struct case_event *said)
{
	const uint8_t flags = TG_EVENT_RESUMED | TG_EVENT_PASSED;
	bool of_transfer = event->kind == TG_EVENT_BEGIN || event->kind == TG_EVENT_END;

	if (event->kind != said->kind)
		return "kind";
	if (event->outcome != said->outcome)
		return "outcome";
	if (event->reason != said->reason)
		return "reason";
	if (__builtin_bswap16(event->server_port_be) != said->tid)
		return "server's port";
	if (__builtin_bswap16(event->client_port_be) != said->client_port)
		return "client's port";
	if (event->error_code != said->error_code)
		return "error code";
	if ((event->flags & flags) != said->flags)
		return "flags";
	if (event->kind == TG_EVENT_DENIED && event->asked_options != said->asked_options)
		return "options asked";
	if (event->rule != said->rule)
		return "rule";
	if (of_transfer && event->bytes != said->bytes)
		return "bytes";
	if (event->suppressed != said->suppressed)
		return "suppressed";
	if (said->name && strcmp(event->name, said->name))
		return "name";
	if (said->error_text && strcmp(event->error_text, said->error_text))
		return "error text";
	return NULL;
}

void record_scenario(const struct scenario *scenario, enum place place, enum family family,
		     struct recording *recording)
{
	static const uint16_t services[] = {67, 68, 546, 547, 4011};

	memset(recording, 0, sizeof(*recording));
	memset(&scene, 0, sizeof(scene));
	scene.r = recording;
	scene.client_host = CLIENT;
	scene.client_port = CLIENT_TID;
	scene.request_port = TFTP_PORT;
	recording->scenario = scenario;
	recording->place = place;
	recording->family = family;
	recording->mtu = 1500;
	zone_defaults(&recording->zone, "main");
	zone_defaults(&recording->other_zone, "other");
	for (size_t i = 0; i < sizeof(services) / sizeof(services[0]); i++)
		allow_udp(services[i]);
	scenario->play();
	chunks_free(scene.temporary);
	recording->frames = scene.frames;
	scene.r = NULL;
}

void recording_free(struct recording *recording)
{
	chunks_free(recording->frames);
	free(recording->steps);
	memset(recording, 0, sizeof(*recording));
}

/* ---- names ------------------------------------------------------------------------------------------------------- */

const char *place_word(enum place place)
{
	switch (place) {
	case ROUTER:
		return "router";
	case SERVER_HOST:
		return "server";
	case CLIENT_HOST:
		return "client";
	case LOOPBACK:
		return "loopback";
	}
	return "?";
}

const char *family_name(enum family family)
{
	return family == IPV4 ? "v4" : "v6";
}

const char *reason_name(unsigned int reason)
{
	static const char *const names[TG_REASON_SLOTS] = {
#define NAME(number, NAME, key, verdict, meaning, remedy) [number] = (key),
		TG_REASONS(NAME)
#undef NAME
	};

	return reason < TG_REASON_SLOTS && names[reason] ? names[reason] : "no reason";
}
