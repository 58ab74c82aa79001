// SPDX-License-Identifier: GPL-2.0-or-later
#include "config_meaning.h"

static const struct choice monitoring[] = {{"enforce", false}, {"monitor", true}, {0}};
static const struct choice negated[] = {{"true", false}, {"false", true}, {0}};

const struct choice config_booleans[] = {{"true", true}, {"false", false}, {0}};
const struct choice config_actions[] = {{"allow", TG_ALLOW}, {"deny", TG_DENY}, {0}};
const struct choice config_operations[] = {{"read", TG_READ}, {"write", TG_WRITE}, {0}};
const struct choice config_modes[] = {
	{"octet", TG_OCTET}, {"netascii", TG_NETASCII}, {"binary", TG_BINARY}, {0}};

const struct config_meaning zone_meanings[] = {
	{"hook", "hook", NULL},
	{"mode", "monitor", monitoring},
	{"requests", "requests", NULL},
	{"unmatched", "unmatched", NULL},
	{"track-udp", "no-track-udp", negated},
	{"tftp-ports", "tftp-port", NULL},
	{"broadcast", "broadcast", config_booleans},
	{"multicast", "multicast", config_booleans},
	{"udpport", "udpport", config_booleans},
	{"single-port", "single-port", config_booleans},
	{"mark", "mark", NULL},
	{"mark-udp", "mark-udp", config_booleans},
	{"slack", "slack", NULL},
	{0},
};

const struct config_meaning sizes_meanings[] = {
	{"requests", "max-requests", NULL},
	{"offers", "max-offers", NULL},
	{"transfers", "max-transfers", NULL},
	{"udp-flows", "max-udp-flows", NULL},
	{"fragments", "max-fragments", NULL},
	{"sources", "max-sources", NULL},
	{0},
};

const struct config_meaning service_meanings[] = {
	{"port", "allow-udp", NULL},
	{0},
};

const char *choice_word(const struct choice *choices, uint64_t value)
{
	while (choices->word && choices->value != value)
		choices++;
	return choices->word;
}
