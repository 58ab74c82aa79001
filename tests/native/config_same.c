// SPDX-License-Identifier: GPL-2.0-or-later
#include "config_same.h"

#include "records/record_filter.h"

#include <string.h>

static bool same_bytes(const void *a, const void *b, size_t size)
{
	return !size || !memcmp(a, b, size);
}

static bool same_prefixes(const struct prefix_list *a, const struct prefix_list *b)
{
	if (a->count != b->count)
		return false;
	for (size_t i = 0; i < a->count; i++)
		if (memcmp(&a->prefix[i].address, &b->prefix[i].address, sizeof(struct tg_addr)) ||
		    a->prefix[i].bits != b->prefix[i].bits)
			return false;
	return true;
}

static bool same_patterns(const struct config_rule *a, const struct config_rule *b)
{
	if (a->pattern_count != b->pattern_count)
		return false;
	for (size_t i = 0; i < a->pattern_count; i++)
		if (strcmp(a->pattern[i].text, b->pattern[i].text))
			return false;
	return true;
}

static bool same_rules(const struct config_rule *a, const struct config_rule *b)
{
	return !strcmp(a->name, b->name) && a->action == b->action &&
	       a->operation == b->operation && a->modes == b->modes &&
	       same_prefixes(&a->clients, &b->clients) && same_prefixes(&a->servers, &b->servers) &&
	       a->vlan_count == b->vlan_count &&
	       same_bytes(a->vlan, b->vlan, a->vlan_count * sizeof(*a->vlan)) &&
	       same_patterns(a, b) && a->any_case == b->any_case &&
	       a->max_blksize == b->max_blksize && a->max_windowsize == b->max_windowsize &&
	       a->max_size == b->max_size && a->rate_mhz == b->rate_mhz && a->burst == b->burst &&
	       a->max_transfers == b->max_transfers;
}

static bool same_ports(const struct port_list *a, const struct port_list *b)
{
	return a->count == b->count && same_bytes(a->port, b->port, a->count * sizeof(*a->port));
}

static bool same_settings(const struct zone_settings *a, const struct zone_settings *b)
{
	return a->monitor == b->monitor && a->requests == b->requests &&
	       a->unmatched == b->unmatched && a->no_track_udp == b->no_track_udp &&
	       same_ports(&a->allow_udp, &b->allow_udp) &&
	       same_ports(&a->tftp_ports, &b->tftp_ports) && a->broadcast == b->broadcast &&
	       a->multicast == b->multicast && a->udpport == b->udpport &&
	       a->single_port == b->single_port && a->mark.value == b->mark.value &&
	       a->mark.mask == b->mark.mask && a->mark_udp == b->mark_udp &&
	       !memcmp(&a->groups, &b->groups, sizeof(a->groups)) && a->slack == b->slack &&
	       !memcmp(&a->timers, &b->timers, sizeof(a->timers)) &&
	       !memcmp(&a->abuse, &b->abuse, sizeof(a->abuse));
}

static bool same_services(const struct config_service *a, const struct config_service *b)
{
	return !strcmp(a->name, b->name) && same_ports(&a->ports, &b->ports) &&
	       same_prefixes(&a->sources, &b->sources);
}

static bool same_zones(const struct config_zone *a, const struct config_zone *b)
{
	if (strcmp(a->name, b->name) || strcmp(a->bridge, b->bridge) || a->hook != b->hook ||
	    a->default_deny != b->default_deny || a->interface_count != b->interface_count ||
	    a->service_count != b->service_count || a->rule_count != b->rule_count ||
	    !same_settings(&a->settings, &b->settings))
		return false;
	for (size_t i = 0; i < a->interface_count; i++)
		if (strcmp(a->interface[i], b->interface[i]))
			return false;
	for (size_t i = 0; i < a->service_count; i++)
		if (!same_services(&a->service[i], &b->service[i]))
			return false;
	for (size_t i = 0; i < a->rule_count; i++)
		if (!same_rules(&a->rule[i], &b->rule[i]))
			return false;
	return true;
}

static bool same_text(const char *a, const char *b)
{
	return a && b ? !strcmp(a, b) : a == b;
}

static bool same_filters(const struct record_filter *a, const struct record_filter *b)
{
	if (a->kinds != b->kinds || a->outcomes != b->outcomes ||
	    !same_prefixes(&a->clients, &b->clients) || a->zone_count != b->zone_count ||
	    a->file_count != b->file_count)
		return false;
	for (size_t i = 0; i < a->zone_count; i++)
		if (strcmp(a->zone[i], b->zone[i]))
			return false;
	for (size_t i = 0; i < a->file_count; i++)
		if (strcmp(a->file[i], b->file[i]))
			return false;
	return true;
}

static bool same_sinks(const struct config_sink *a, const struct config_sink *b)
{
	return !strcmp(a->name, b->name) && a->type == b->type && same_text(a->path, b->path) &&
	       same_text(a->connection, b->connection) && same_text(a->spool, b->spool) &&
	       a->spool_max == b->spool_max && a->format == b->format &&
	       same_filters(a->filter, b->filter);
}

static bool same_daemons(const struct config_daemon *a, const struct config_daemon *b)
{
	return same_text(a->group, b->group) &&
	       !memcmp(&a->listen, &b->listen, sizeof(a->listen)) &&
	       a->listen_port_be == b->listen_port_be && a->status_page == b->status_page;
}

bool config_same(const struct config *a, const struct config *b)
{
	if (a->zone_count != b->zone_count || memcmp(&a->sizes, &b->sizes, sizeof(a->sizes)))
		return false;
	if (a->sink_count != b->sink_count || !same_daemons(&a->daemon, &b->daemon))
		return false;
	for (size_t i = 0; i < a->sink_count; i++)
		if (!same_sinks(&a->sink[i], &b->sink[i]))
			return false;
	for (size_t i = 0; i < a->zone_count; i++)
		if (!same_zones(&a->zone[i], &b->zone[i]))
			return false;
	return true;
}
