// SPDX-License-Identifier: GPL-2.0-or-later
#include "policy_random.h"

#include "address.h"
#include "automaton.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PATTERN 64
#define PATTERNS \
	40 /* that rules choose from: any number of random ones is too large an automaton */

#define PICK(list) (list)[random_below(sizeof(list) / sizeof(*(list)))]

static uint64_t state;
static char patterns[PATTERNS][PATTERN];

void random_seed(uint64_t seed)
{
	state = seed;
}

/* splitmix64 */
uint32_t random_below(uint32_t n)
{
	uint64_t x = state += 0x9e3779b97f4a7c15ULL;

	x = (x ^ x >> 30) * 0xbf58476d1ce4e5b9ULL;
	x = (x ^ x >> 27) * 0x94d049bb133111ebULL;
	return (uint32_t)((x ^ x >> 31) >> 32) % n;
}

bool random_percent(uint32_t often)
{
	return random_below(100) < often;
}

static void *room(size_t count, size_t size)
{
	void *memory = calloc(count, size);

	if (!memory)
		abort();
	return memory;
}

/* ---- policies ------------------------------------------------------------------------------------------------ */

/* 10.{0,1}.{0…3}.{0…7} and fd00::{0,1}:…:{0…7} */
static struct tg_addr random_address(bool ipv4)
{
	struct tg_addr address = {0};

	if (ipv4) {
		address.bytes[10] = address.bytes[11] = 0xff;
		address.bytes[12] = 10;
		address.bytes[13] = (uint8_t)random_below(2);
		address.bytes[14] = (uint8_t)random_below(4);
	} else {
		address.bytes[0] = 0xfd;
		address.bytes[7] = (uint8_t)random_below(2);
	}
	address.bytes[15] = (uint8_t)random_below(8);
	return address;
}

static struct config_prefix random_prefix(uint32_t narrow)
{
	static const unsigned int wide_v4[] = {96, 104, 111, 112, 118, 119, 120};
	static const unsigned int wide_v6[] = {0, 8, 48, 63, 64, 100};
	bool ipv4 = random_percent(70);
	struct config_prefix prefix = {.address = random_address(ipv4)};

	if (random_percent(narrow))
		prefix.bits = 125 + random_below(4);
	else if (random_percent(20))
		prefix.bits = ipv4 ? 96 + random_below(33) : random_below(129);
	else
		prefix.bits = ipv4 ? PICK(wide_v4) : PICK(wide_v6);
	address_mask(&prefix.address, prefix.bits);
	return prefix;
}

static void random_prefixes(struct prefix_list *list, uint32_t narrow)
{
	if (random_percent(60 - narrow / 2))
		return;
	list->count = 1 + random_below(4);
	list->prefix = room(list->count, sizeof(*list->prefix));
	for (size_t i = 0; i < list->count; i++)
		list->prefix[i] = random_prefix(narrow);
}

static uint16_t random_vlan(void)
{
	static const uint16_t vlans[] = {0, 0, 1, 2, 10, 4094};

	return PICK(vlans);
}

/* A valid one, of a few pieces. Placeholders behind stars make automata that are too large. */
static void random_pattern(char text[PATTERN])
{
	static const char *const pieces[] = {"a",  "b",   "A", "ab", "/",      "b/",
					     "*",  "**",  "?", ".x", "[ab]",   "[!a]",
					     "/*", "**/", "c", "b.", "%{mac}", "\\*"};
	struct complaint why;

	do {
		size_t len = 0;

		for (uint32_t i = 1 + random_below(5); i; i--)
			len += (size_t)snprintf(text + len, PATTERN - len, "%s", PICK(pieces));
	} while (pattern_check(text, &why) || (strchr(text, '%') && strchr(text, '*')));
}

static void random_limits(struct config_rule *rule)
{
	if (random_percent(30))
		rule->max_blksize = random_percent(50) ? 512 : 1468;
	if (random_percent(30))
		rule->max_windowsize = 4;
	if (random_percent(30))
		rule->max_size = 1000;
	if (random_percent(20)) {
		rule->rate_mhz = 1 + random_below(5000);
		rule->burst = 1 + random_below(3);
	}
	if (random_percent(20))
		rule->max_transfers = 1 + random_below(3);
}

static void random_rule(struct config_rule *rule, size_t number, uint32_t narrow,
			bool with_patterns)
{
	snprintf(rule->name, sizeof(rule->name), "rule %zu", number);
	rule->where.line = number;
	rule->action = random_percent(50) ? TG_ALLOW : TG_DENY;
	rule->operation = random_percent(50) ? 0 : TG_READ + random_below(2);
	rule->modes = random_percent(60) ? 0 : (1 + random_below(7)) << TG_OCTET;
	random_prefixes(&rule->clients, narrow);
	random_prefixes(&rule->servers, narrow);
	if (random_percent(40)) {
		rule->vlan_count = 1 + random_below(3);
		rule->vlan = room(rule->vlan_count, sizeof(*rule->vlan));
		for (size_t i = 0; i < rule->vlan_count; i++)
			rule->vlan[i] = random_vlan();
	}
	if (with_patterns && random_percent(70)) {
		rule->pattern_count = 1 + random_below(4);
		rule->pattern = room(rule->pattern_count, sizeof(*rule->pattern));
		for (size_t i = 0; i < rule->pattern_count; i++)
			rule->pattern[i].text = strdup(PICK(patterns));
		rule->any_case = random_percent(30);
	}
	if (rule->action == TG_ALLOW)
		random_limits(rule);
}

void random_config(struct config *config, size_t rules, bool with_patterns)
{
	/* Many rules that take much would leave nothing to those behind them. */
	uint32_t narrow = rules > 100 ? 95 : random_below(100);
	size_t number = 0;

	for (size_t i = 0; i < PATTERNS && with_patterns; i++)
		random_pattern(patterns[i]);
	*config = (struct config){.zone_count = 1 + random_below(4)};
	config->zone = room(config->zone_count, sizeof(*config->zone));
	for (size_t z = 0; z < config->zone_count; z++) {
		struct config_zone *zone = &config->zone[z];
		size_t left = rules - number;

		snprintf(zone->name, sizeof(zone->name), "zone%zu", z);
		zone_settings_init(&zone->settings);
		zone->settings.broadcast = random_percent(50);
		zone->default_deny = random_percent(50);
		zone->rule_count =
			z + 1 == config->zone_count ? left : random_below((uint32_t)left + 1);
		zone->rule = room(zone->rule_count + 1, sizeof(*zone->rule));
		for (size_t r = 0; r < zone->rule_count; r++)
			random_rule(&zone->rule[r], number++, narrow, with_patterns);
	}
}

/* ---- requests ------------------------------------------------------------------------------------------------ */

static struct tg_addr address_in(const struct prefix_list *list)
{
	struct tg_addr address = random_address(random_percent(70)), masked;
	const struct config_prefix *prefix;

	if (!list->count)
		return address;
	prefix = &list->prefix[random_below((uint32_t)list->count)];
	masked = address;
	address_mask(&masked, prefix->bits);
	for (size_t i = 0; i < sizeof(address.bytes); i++)
		address.bytes[i] = address.bytes[i] ^ masked.bytes[i] ^ prefix->address.bytes[i];
	return address;
}

/* A name that the pattern matches, mostly. `c` stands for any byte, `star` for any bytes. */
static size_t fill_in(const char *pattern, const struct policy_question *question, char *name)
{
	static const char *const stars[] = {"", "a", "ab", "cc", "b.x"};
	size_t len = 0;

	for (const char *c = pattern; *c && len < RANDOM_NAME - 20; c++) {
		if (*c == '%') {
			for (size_t i = 0; i < sizeof(question->mac); i++)
				len += (size_t)sprintf(name + len, "%02x", question->mac[i]);
			c = strchr(c, '}');
		} else if (*c == '*') {
			len += (size_t)sprintf(name + len, "%s", PICK(stars));
		} else if (*c == '?') {
			name[len++] = "abc"[random_below(3)];
		} else if (*c == '[') {
			name[len++] = c[1] == '!' ? 'b' : 'a';
			c = strchr(c, ']');
		} else {
			if (*c == '\\')
				c++;
			name[len++] = *c;
		}
	}
	name[len] = '\0';
	return len;
}

static void random_name(const struct config_rule *like, const struct policy_question *question,
			char name[RANDOM_NAME])
{
	static const char *const detours[] = {"/", "./", "../", "\\", ".", "C", ".."};
	char plain[RANDOM_NAME] = "";
	size_t at;

	if (like && like->pattern_count)
		fill_in(like->pattern[random_below((uint32_t)like->pattern_count)].text, question,
			plain);
	else
		for (uint32_t i = 0, len = random_below(8); i < len; i++)
			plain[i] = "abcABC./x*"[random_below(10)];
	at = random_below((uint32_t)strlen(plain) + 1);
	snprintf(name, RANDOM_NAME, "%.*s%s%.*s", (int)at, plain,
		 random_percent(20) ? PICK(detours) : "", RANDOM_NAME / 2, plain + at);
	if (!*name)
		snprintf(name, RANDOM_NAME, "c");
}

static void random_options(struct policy_question *question)
{
	static const uint64_t blksizes[] = {0, 8, 512, 513, 1468, 1469, 65464};
	static const uint64_t windowsizes[] = {0, 1, 4, 5, 64};

	question->blksize = PICK(blksizes);
	question->windowsize = PICK(windowsizes);
	question->has_tsize = random_percent(50);
	question->tsize = 998 + random_below(5);
}

void random_question(const struct config *config, struct policy_question *question,
		     char name[RANDOM_NAME])
{
	static const struct prefix_list anywhere;
	size_t z = random_below((uint32_t)config->zone_count);
	const struct config_zone *zone = &config->zone[z];
	const struct config_rule *like = NULL;

	if (zone->rule_count && random_percent(60))
		like = &zone->rule[random_below((uint32_t)zone->rule_count)];
	*question = (struct policy_question){
		.zone = z,
		.client = address_in(like ? &like->clients : &anywhere),
		.server = address_in(like ? &like->servers : &anywhere),
		.operation = like && like->operation ? like->operation : TG_READ + random_below(2),
		.mode = TG_OCTET + random_below(3),
		.name = name,
		.vlan = like && like->vlan_count
				? like->vlan[random_below((uint32_t)like->vlan_count)]
				: random_vlan(),
		.has_mac = random_percent(80),
		.mac = {0x52, 0x54, 0, 0, 0xab, (uint8_t)random_below(4)},
	};
	if (random_percent(2))
		question->server.bytes[12] = 224;
	random_options(question);
	random_name(like, question, name);
}
