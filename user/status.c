// SPDX-License-Identifier: GPL-2.0-or-later
#include "status.h"

#include "address.h"
#include "budget_use.h"
#include "clock.h"
#include "doctor/doctor.h"
#include "log.h"
#include "mark.h"
#include "policy_bank.h"
#include "report.h"
#include "status_text.h"
#include "zone.h"

#include <arpa/inet.h>
#include <errno.h>
#include <string.h>

static const char *hook_name(uint8_t hook)
{
	return hook == TG_HOOK_TC ? "tc" : hook == TG_HOOK_GENERIC ? "generic" : "xdp";
}

static const char *mode_name(uint32_t flags)
{
	return flags & TG_ZONE_MONITOR ? "monitor" : "enforce";
}

static const char *requests_name(uint32_t flags)
{
	if ((flags & TG_ZONE_REQUESTS_IN) && (flags & TG_ZONE_REQUESTS_OUT))
		return "both";
	return flags & TG_ZONE_REQUESTS_IN ? "in" : "out";
}

static const char *egress_name(const struct tg_interface *record,
			       const struct attachment *attachment)
{
	enum method method = attachment->point[PLACE_EGRESS].method;

	if (method != METHOD_NONE)
		return method_name(method);
	/* None is wanted on loopback. */
	return record->egress == TG_EGRESS_NONE && record->state == TG_SLOT_UP ? "none" : "missing";
}

/* With XDP it takes a program of its own to hand marks on. */
static const char *marks_name(const struct tg_interface *record, const struct tg_zone *zone,
			      const struct attachment *attachment)
{
	if (!zone_filled(zone) || !zone->mark_mask)
		return "none";
	return record->hook == TG_HOOK_TC || attachment->point[PLACE_MARK].method ? "set"
										  : "missing";
}

static json_t *interface_json(const struct tg_interface *record, uint32_t slot,
			      const struct tg_zone *zone, const struct attachment *attachment,
			      bool present)
{
	enum place place = record->hook == TG_HOOK_TC ? PLACE_INGRESS : PLACE_XDP;
	enum method ingress = attachment->point[place].method;
	enum method xdp = attachment->point[PLACE_XDP].method;

	return json_pack(
		"{s:o, s:i, s:i, s:o, s:s, s:s?, s:s, s:s, s:s, s:s?, s:b, s:b, s:s, s:i, s:o, "
		"s:I}",
		"name", report_text(record->name), "ifindex", (int)record->ifindex, "slot",
		(int)slot, "zone", *zone->name ? report_text(zone->name) : json_null(), "hook",
		hook_name(record->hook), "xdp_mode", xdp == METHOD_NONE ? NULL : method_name(xdp),
		"ingress", ingress == METHOD_NONE ? "missing" : "attached", "egress",
		egress_name(record, attachment), "mode",
		zone_filled(zone) ? mode_name(zone->flags) : "unguarded", "requests",
		zone_filled(zone) ? requests_name(zone->flags) : NULL, "present", present,
		"interrupted", record->state == TG_SLOT_CHANGING, "marks",
		marks_name(record, zone, attachment), "mtu", (int)record->mtu, "untagged_vlan",
		record->untagged_vlan ? json_integer(record->untagged_vlan) : json_null(),
		"since_boot_ms", (json_int_t)(record->since_ns / 1000000));
}

/* One interface of the register, with what is really attached. */
static int add_interface(json_t *list, const struct instance *instance,
			 const struct registry *registry, uint32_t slot)
{
	struct tg_interface record = registry->interface[slot];
	struct attachment attachment;
	char name[IF_NAMESIZE];
	bool present = interface_name(record.ifindex, name);
	int err = 0;

	attachment_init(&attachment, record.ifindex);
	if (present)
		err = attachment_read(&instance->owner, record.ifindex, &attachment);
	if (err)
		return err;
	if (present && (attachment_has_ingress(&attachment) || attachment_has_egress(&attachment)))
		memcpy(record.name, name, sizeof(record.name));
	else if (strcmp(record.name, name))
		present = false; /* gone, or its number was given to another one */
	json_array_append_new(list,
			      interface_json(&record, slot,
					     &registry->zone[registry_zone_of(registry, slot)],
					     &attachment, present));
	attachment_release(&attachment);
	return 0;
}

static json_t *timers_json(const struct tg_zone *zone)
{
	json_t *object = json_object();

	for (const struct timer_spec *t = timer_specs; t->name; t++) {
		uint32_t jiffies;

		memcpy(&jiffies, (const char *)zone + t->zone_offset, sizeof(jiffies));
		json_object_set_new(object, t->key,
				    json_integer((json_int_t)jiffies * 1000 / zone->second));
	}
	return object;
}

static json_t *tftp_ports_json(const struct tg_zone *zone)
{
	json_t *list = json_array();

	for (size_t i = 0; i < TG_TFTP_PORTS; i++)
		if (!i || zone->tftp_port_be[i] != zone->tftp_port_be[0])
			json_array_append_new(list, json_integer(ntohs(zone->tftp_port_be[i])));
	return list;
}

/* What the zones' lists are gathered into; by zone number. */
struct lists {
	uint32_t bank; /* that is live */
	json_t *services[TG_SLOTS_MAX];
	json_t *groups[TG_SLOTS_MAX]; /* objects: first member → array of members */
};

static int gather_service(const void *key, const void *value, void *context)
{
	const struct tg_service_key *service = key;
	struct lists *lists = context;
	uint32_t number = service->settings - lists->bank * TG_SLOTS_MAX;

	(void)value;
	if (number < TG_SLOTS_MAX && lists->services[number])
		json_array_append_new(lists->services[number],
				      json_integer(ntohs(service->port_be)));
	return 0;
}

static int gather_member(const void *key, const void *value, void *context)
{
	const struct tg_group_key *member = key;
	struct lists *lists = context;
	uint32_t number = member->settings - lists->bank * TG_SLOTS_MAX;
	char first[ADDRESS_TEXT], text[ADDRESS_TEXT];
	json_t *groups, *group;

	if (number >= TG_SLOTS_MAX || !lists->groups[number])
		return 0;
	groups = lists->groups[number];
	address_format(value, first);
	group = json_object_get(groups, first);
	if (!group) {
		group = json_array();
		json_object_set_new(groups, first, group);
	}
	json_array_append_new(group, json_string(address_format(&member->server, text)));
	return 0;
}

static json_t *sorted_ports(const json_t *list)
{
	json_t *sorted = json_array(), *port;
	size_t i;

	for (json_int_t last = -1, next; json_array_size(sorted) < json_array_size(list);
	     last = next) {
		next = INT64_MAX;
		json_array_foreach(list, i, port) if (json_integer_value(port) > last &&
						      json_integer_value(port) < next) next =
			json_integer_value(port);
		json_array_append_new(sorted, json_integer(next));
	}
	return sorted;
}

static json_t *groups_json(json_t *groups)
{
	json_t *list = json_array(), *group;
	const char *first;

	json_object_foreach(groups, first, group) json_array_append(list, group);
	return list;
}

/* null where there is none. NULL, explained, if it cannot be read. */
static json_t *budget_json(const struct instance *instance, uint32_t id, const struct tg_zone *zone,
			   uint64_t now)
{
	struct budget_use use;

	if (budget_use_read(&instance->maps, id, zone, now, &use))
		return NULL;
	if (!use.rate_mhz)
		return json_null();
	return json_pack("{s:f, s:I, s:I, s:I, s:I}", "rate", (double)use.rate_mhz / 1000, "burst",
			 (json_int_t)use.burst, "used", (json_int_t)use.used, "reserve_used",
			 (json_int_t)use.reserve_used, "proved_for_ms", (json_int_t)use.proved_ms);
}

static json_t *mark_json(const struct tg_zone *zone)
{
	const struct zone_mark mark = {zone->mark, zone->mark_mask};
	char text[MARK_TEXT];

	return mark.mask ? json_string(mark_format(&mark, text)) : json_null();
}

static json_t *zone_json(uint32_t id, const struct tg_zone *zone, const struct lists *lists)
{
	uint32_t flags = zone->flags;

	return json_pack("{s:i, s:o, s:s, s:s, s:s, s:b, s:b, s:b, s:b, s:o, s:o, s:o, s:i, s:i, "
			 "s:o, s:i, s:s, s:b, s:o, s:b}",
			 "id", (int)id, "name", report_text(zone->name), "mode", mode_name(flags),
			 "requests", requests_name(flags), "unmatched",
			 flags & TG_ZONE_UNMATCHED_PASS ? "pass" : "drop", "track_udp",
			 !!(flags & TG_ZONE_TRACK_UDP), "broadcast", !!(flags & TG_ZONE_BROADCAST),
			 "multicast", !!(flags & TG_ZONE_MULTICAST), "udpport",
			 !!(flags & TG_ZONE_UDPPORT), "tftp_ports", tftp_ports_json(zone),
			 "services", sorted_ports(lists->services[id]), "server_groups",
			 groups_json(lists->groups[id]), "slack", (int)zone->slack,
			 "request_bytes_max", (int)zone->request_max, "timers_ms",
			 timers_json(zone), "rules", zone->rule_end - zone->rule_first, "default",
			 flags & TG_ZONE_DEFAULT_DENY ? "deny" : "allow", "single_port",
			 !!(flags & TG_ZONE_SINGLE_PORT), "mark", mark_json(zone), "mark_udp",
			 !!(flags & TG_ZONE_MARK_UDP));
}

static int add_zone(json_t *list, const struct instance *instance, uint32_t id,
		    const struct tg_zone *zone, const struct lists *lists, uint64_t now)
{
	json_t *budget = budget_json(instance, id, zone, now), *json;

	if (!budget)
		return -EIO;
	json = zone_json(id, zone, lists);
	json_object_set_new(json, "request_budget", budget);
	json_array_append_new(list, json);
	return 0;
}

static int add_zones(json_t *list, const struct instance *instance, const struct registry *registry)
{
	struct lists lists = {.bank = registry->live.bank};
	uint64_t now;
	int err = clock_jiffies(&now);

	if (err)
		return err;

	for (uint32_t id = 0; id < TG_SLOTS_MAX; id++) {
		if (!zone_filled(&registry->zone[id]))
			continue;
		lists.services[id] = json_array();
		lists.groups[id] = json_object();
	}
	err = map_walk(&instance->maps, MAP_services, gather_service, &lists);
	if (!err)
		err = map_walk(&instance->maps, MAP_server_groups, gather_member, &lists);
	for (uint32_t id = 0; id < TG_SLOTS_MAX; id++) {
		if (!lists.services[id])
			continue;
		if (!err)
			err = add_zone(list, instance, id, &registry->zone[id], &lists, now);
		json_decref(lists.services[id]);
		json_decref(lists.groups[id]);
	}
	return err;
}

static uint64_t add_maps(json_t *list, const struct instance *instance)
{
	uint64_t sum = 0;

	for (int id = 0; id < MAPS; id++) {
		uint64_t bytes = map_memory_bytes(&instance->maps, id);

		/* Most are not banked, and have no such pins. */
		for (uint32_t bank = 0; bank < TG_BANKS; bank++)
			bytes += bank_map_memory_bytes(&instance->dir, id, bank);
		sum += bytes;
		json_array_append_new(
			list, json_pack("{s:s, s:I, s:I}", "name", map_name(id), "entries_max",
					(json_int_t)map_entries_max(&instance->maps, id),
					"memory_bytes", (json_int_t)bytes));
	}
	return sum;
}

static json_t *empty_document(const struct settings *settings)
{
	json_t *document = report_document();

	json_object_set_new(document, "up", json_false());
	json_object_set_new(document, "bpffs", json_string(settings->bpffs));
	json_object_set_new(document, "abi", json_integer(TG_ABI));
	json_object_set_new(document, "policy", json_null());
	json_object_set_new(document, "interfaces", json_array());
	json_object_set_new(document, "zones", json_array());
	json_object_set_new(document, "maps", json_array());
	json_object_set_new(document, "memory_bytes", json_integer(0));
	json_object_set_new(document, "findings", json_array());
	json_object_set_new(document, "unseen", json_array());
	return document;
}

static json_t *trial_json(const struct live *live)
{
	if (live->kind != LIVE_TRIAL)
		return json_null();
	return json_pack("{s:I}", "left_ms", (json_int_t)live->left_ms);
}

json_t *status_policy(const struct instance *instance, const struct registry *registry)
{
	const struct tg_policy *policy = &registry->policy;
	char time[REPORT_TIME];

	return json_pack("{s:I, s:s, s:i, s:I, s:o}", "generation", (json_int_t)policy->generation,
			 "applied", report_time(policy->applied_ns, time), "rules",
			 (int)policy->rules, "memory_bytes",
			 (json_int_t)policy_bank_bytes(&instance->dir, registry->live.bank),
			 "trial", trial_json(&registry->live));
}

static int add_findings(json_t *document, const struct instance *instance,
			const struct registry *registry)
{
	struct findings findings;
	int err = doctor_look(instance, registry, &findings);

	json_object_set_new(document, "findings", findings_json(&findings));
	json_object_set_new(document, "unseen", findings_unseen_json(&findings));
	findings_free(&findings);
	return err;
}

/* NULL, explained, if something cannot be read. */
static json_t *gather(const struct instance *instance, const struct registry *registry,
		      const struct settings *settings)
{
	json_t *document = empty_document(settings);
	int err = 0;

	if (!registry_is_empty(registry)) {
		json_object_set_new(document, "up", json_true());
		json_object_set_new(document, "policy", status_policy(instance, registry));
	}
	for (uint32_t slot = 0; slot < TG_SLOTS_MAX && !err; slot++)
		if (registry->interface[slot].state != TG_SLOT_FREE)
			err = add_interface(json_object_get(document, "interfaces"), instance,
					    registry, slot);
	if (!err)
		err = add_zones(json_object_get(document, "zones"), instance, registry);
	if (!err)
		err = add_findings(document, instance, registry);
	if (err) {
		json_decref(document);
		return NULL;
	}
	json_object_set_new(
		document, "memory_bytes",
		json_integer((json_int_t)add_maps(json_object_get(document, "maps"), instance)));
	return document;
}

int status_print_change(const struct instance *instance, const struct registry *registry,
			const struct settings *settings)
{
	json_t *document = gather(instance, registry, settings);

	if (!document)
		return -EIO;
	findings_warn(document);
	if (settings->json) {
		report_json(document, settings);
		return 0;
	}
	status_text_change(document);
	json_decref(document);
	return 0;
}

int status_print(const struct instance *instance, const struct registry *registry,
		 const struct settings *settings)
{
	json_t *document = gather(instance, registry, settings);

	if (!document)
		return -EIO;
	if (settings->json) {
		report_json(document, settings);
		return 0;
	}
	status_text(document, settings);
	json_decref(document);
	return 0;
}

void status_print_nothing(const struct settings *settings)
{
	if (settings->json)
		report_json(empty_document(settings), settings);
	else
		report_line("nothing is up in %s", settings->bpffs);
}
