// SPDX-License-Identifier: GPL-2.0-or-later
#include "config_same.h"

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
	if (strcmp(a->name, b->name) || a->hook != b->hook || a->default_deny != b->default_deny ||
	    a->interface_count != b->interface_count || a->service_count != b->service_count ||
	    a->rule_count != b->rule_count || !same_settings(&a->settings, &b->settings))
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

bool config_same(const struct config *a, const struct config *b)
{
	if (a->zone_count != b->zone_count || memcmp(&a->sizes, &b->sizes, sizeof(a->sizes)))
		return false;
	for (size_t i = 0; i < a->zone_count; i++)
		if (!same_zones(&a->zone[i], &b->zone[i]))
			return false;
	return true;
}
