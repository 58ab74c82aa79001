// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Scenes in on stdin, outcomes out on stdout: the same packets at the same virtual times through the native core, the
 * loaded XDP program and the loaded TC programs (at egress both hooks mean TC). tests/model/engines.py is the other end
 * and documents the format.
 *
 *	driver OBJECT           path of the BPF object; "-": the native core alone, no root
 *	driver bits SEED NAME…  the bit of each file name (tracker specification 11.3), one a line
 *	driver places SEED      for each line "OTHER VLAN VLAN ADDRESS PORT" of stdin, OTHER 0 or 1 and the address 32 hexadecimal
 *	                        digits: the places of its prefix's share and of its notes (11.7), one line for each
 */
#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "engine.h"
#include "frames.h"
#include "rig.h"

#define MAGIC         0x47535447 /* "TGSG" */
#define STATE_ENTRIES 4096
#define FRAME_MAX     66000
#define MEMBERS       7 /* addresses in server groups and rules */
#define ENGINES       3 /* native, XDP, TC */

/*
 * An outcome's lowest byte: the reason, and whether the packet passed; or why there is none. If it passed, its new source and
 * destination port (0: its own) are above it.
 */
#define PASSED            0x80
#define SOURCE_SHIFT      8
#define DESTINATION_SHIFT 24
#define NOT_OFFERED \
	0x7f /* this engine does not take such a frame, or does not answer this question */
#define OTHERWISE  0x7c /* it passed, but not with the native core's ports and all else as it was */
#define INCOHERENT 0x7e /* several reasons were counted, or the verdict is none of the hook's */

struct scene_head {
	uint32_t magic;
	uint32_t mtu;
	uint32_t packets;
	uint16_t services;
	uint8_t groups;
	uint8_t rules;
	struct tg_zone zone;
	struct tg_zone other_zone;
	struct tg_addr addresses[MEMBERS];
} __attribute__((packed));

/* A rule of `zone`, and which requests it fits. */
struct rule_head {
	struct tg_rule rule;
	uint8_t operation; /* 0: both */
	uint8_t server;    /* place in the list of addresses, or ANY_SERVER */
} __attribute__((packed));
#define ANY_SERVER 0xff

struct packet_head {
	uint64_t at;
	uint32_t len;
	uint8_t interface;
	uint8_t out;
	uint8_t came_by;
	uint8_t zero;
} __attribute__((packed));

static struct tg_addr addresses[MEMBERS];

/* The engines ask for the members of server groups by host; here a host is a place in the scene's list. */
struct tg_addr host_address(enum host host, enum place place, enum family family)
{
	(void)place;
	(void)family;
	return addresses[host];
}

static void die(const char *what)
{
	fprintf(stderr, "model driver: %s\n", what);
	exit(1);
}

static void take(void *to, size_t size)
{
	if (size && fread(to, size, 1, stdin) != 1)
		die("the scene ends early");
}

static void take_rules(size_t count, struct recording *r)
{
	struct rule_head head;

	if (count > RULES_OF_A_SCENE)
		die("too many rules");
	for (r->rule_count = 0; r->rule_count < count; r->rule_count++) {
		take(&head, sizeof(head));
		if (head.server >= MEMBERS && head.server != ANY_SERVER)
			die("a rule's server that is not in the list");
		memcpy(&r->rules[r->rule_count], &head.rule, sizeof(head.rule));
		r->rules[r->rule_count].zone = ZONE;
		r->reaches[r->rule_count] = (struct rule_reach){
			.operation = head.operation,
			.one_server = head.server != ANY_SERVER,
			.server = head.server == ANY_SERVER ? 0 : head.server,
		};
	}
}

static void take_settings(const struct scene_head *head, struct recording *r)
{
	memset(r, 0, sizeof(*r));
	memcpy(addresses, head->addresses, sizeof(addresses));
	memcpy(&r->zone, &head->zone, sizeof(r->zone));
	memcpy(&r->other_zone, &head->other_zone, sizeof(r->other_zone));
	r->mtu = head->mtu;
	r->service_count = head->services;
	r->group_count = head->groups;
	if (r->service_count > sizeof(r->services) / sizeof(r->services[0]) ||
	    r->group_count > sizeof(r->groups) / sizeof(r->groups[0]))
		die("too many services or groups");
	take(r->services, r->service_count * sizeof(r->services[0]));
	for (size_t i = 0; i < r->group_count; i++) {
		uint8_t pair[2];

		take(pair, sizeof(pair));
		if (pair[0] >= MEMBERS || pair[1] >= MEMBERS)
			die("a group member that is not in the list");
		r->groups[i] = (struct server_group){pair[0], pair[1]};
	}
	take_rules(head->rules, r);
}

static enum interface read_interface(uint8_t wire)
{
	if (wire >= INTERFACES && wire != OWN && wire != UNGUARDED)
		die("an interface that does not exist");
	return wire;
}

static void take_step(struct case_step *step)
{
	static uint8_t frame[FRAME_MAX];
	struct packet_head head;

	take(&head, sizeof(head));
	if (head.len > sizeof(frame) || head.interface >= INTERFACES)
		die("a packet that cannot be");
	take(frame, head.len);
	*step = (struct case_step){
		.at = head.at,
		.frame = frame,
		.len = head.len,
		.interface = head.interface,
		.out = head.out,
		.came_by = read_interface(head.came_by),
	};
}

static const struct tg_zone *zone_of(const struct recording *r, enum interface interface)
{
	return interface == OTHER ? &r->other_zone : &r->zone;
}

/* The hook alone knows which packets were judged when they came in. */
static bool judged_before(const struct case_step *step)
{
	return step->out && step->came_by < INTERFACES &&
	       (step->came_by == OTHER) == (step->interface == OTHER);
}

static uint64_t outcome_of(uint8_t reason, bool passed, struct engine_ports ports)
{
	if (!passed)
		return reason;
	return reason | PASSED | (uint64_t)ports.source << SOURCE_SHIFT |
	       (uint64_t)ports.destination << DESTINATION_SHIFT;
}

/* `ports`: those of the packet, if it passes. */
static uint64_t run_native(const struct recording *r, const struct case_step *step,
			   struct engine_ports *ports)
{
	enum tg_reason reason;
	bool monitor = zone_of(r, step->interface)->flags & TG_ZONE_MONITOR;

	*ports = (struct engine_ports){};
	if (judged_before(step))
		return NOT_OFFERED;
	reason = engine_judge(step);
	*ports = engine_new_ports();
	return outcome_of(reason, (TG_REASON_PASSES(reason)) || monitor, *ports);
}

static uint64_t run_hook(struct rig *rig, enum hook hook, const struct case_step *step,
			 struct engine_ports ports)
{
	struct outcome outcome;
	int error = rig_run(rig, hook, step, &outcome);

	if (error == -EINVAL || error == -EMSGSIZE)
		return NOT_OFFERED;
	if (error)
		die("BPF_PROG_TEST_RUN does not work");
	if (outcome.odd_verdict || outcome.reason == OUTCOME_SEVERAL)
		return INCOHERENT;
	if (outcome.passed &&
	    frame_difference_from_native(hook, step, ports, &outcome) != FRAME_SAME)
		return OTHERWISE;
	return outcome_of(outcome.reason, outcome.passed, ports);
}

static bool run_scene(struct rig *rigs)
{
	struct scene_head head;
	struct recording recording;
	struct case_step step;
	size_t got = fread(&head, 1, sizeof(head), stdin);

	if (!got)
		return false;
	if (got != sizeof(head) || head.magic != MAGIC)
		die("this is no scene");
	take_settings(&head, &recording);
	engine_configure(&recording);
	for (int hook = 0; rigs && hook < 2; hook++)
		if (rig_configure(&rigs[hook], &recording))
			die("the maps cannot be filled");
	for (uint32_t i = 0; i < head.packets; i++) {
		struct engine_ports ports;
		uint64_t outcome[ENGINES] = {NOT_OFFERED, NOT_OFFERED, NOT_OFFERED};

		take_step(&step);
		outcome[0] = run_native(&recording, &step, &ports);
		for (int hook = 0; rigs && hook < 2; hook++)
			outcome[1 + hook] =
				run_hook(&rigs[hook], hook ? HOOK_TC : HOOK_XDP, &step, ports);
		if (fwrite(outcome, sizeof(outcome), 1, stdout) != 1)
			die("nobody reads the outcomes");
	}
	if (fflush(stdout))
		die("nobody reads the outcomes");
	return true;
}

static int tell_bits(uint64_t seed, char **names)
{
	for (; *names; names++)
		printf("%u\n", engine_name_bit(*names, seed));
	return fflush(stdout) ? 1 : 0;
}

static bool take_address(const char *digits, struct tg_addr *address)
{
	for (size_t i = 0; i < sizeof(address->bytes); i++)
		if (sscanf(digits + 2 * i, "%2hhx", &address->bytes[i]) != 1)
			return false;
	return true;
}

static int tell_places(uint64_t seed)
{
	char digits[33];
	unsigned int other, outer, inner, port;

	while (scanf("%u %u %u %32s %u", &other, &outer, &inner, digits, &port) == 5) {
		struct tg_source_key client = {.zone = other ? OTHER_ZONE : ZONE,
					       .vlan_outer = outer,
					       .vlan_inner = inner};
		struct engine_budget_places places;

		if (strlen(digits) != 2 * sizeof(client.address) ||
		    !take_address(digits, &client.address))
			die("an address that is none");
		places = engine_budget_places(&client, htons(port), seed);
		printf("%u %u\n", places.share, places.strangers);
	}
	return !feof(stdin) || fflush(stdout) ? 1 : 0;
}

int main(int argc, char **argv)
{
	static struct rig rigs[2];
	bool kernel;

	if (argc > 3 && !strcmp(argv[1], "bits"))
		return tell_bits(strtoull(argv[2], NULL, 0), argv + 3);
	if (argc == 3 && !strcmp(argv[1], "places"))
		return tell_places(strtoull(argv[2], NULL, 0));
	if (argc != 2)
		die("usage: driver OBJECT|-, driver bits SEED NAME..., or driver places SEED");
	kernel = strcmp(argv[1], "-");
	for (int i = 0; kernel && i < 2; i++) {
		const struct rig_options options = {.object = argv[1],
						    .virtual_clock = true,
						    .quick = true,
						    .state_entries = STATE_ENTRIES};

		if (rig_open(&rigs[i], &options))
			die("the programs cannot be loaded; this needs root");
	}
	while (run_scene(kernel ? rigs : NULL))
		;
	for (int i = 0; kernel && i < 2; i++)
		rig_close(&rigs[i]);
	engine_clear();
	return 0;
}
