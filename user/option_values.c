// SPDX-License-Identifier: GPL-2.0-or-later
#include "option_values.h"

#include "address.h"
#include "config_prefix.h"
#include "mark.h"
#include "quantity.h"
#include "suggest.h"

#include <ctype.h>
#include <errno.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

/* Longest value that is repeated in a message; more tells nothing. */
#define SHOWN 40

static int take_number(const struct option_spec *o, const char *text, uint64_t *place,
		       struct complaint *why)
{
	const struct quantity number = {QUANTITY_COUNT, o->min, o->max, false};

	return quantity_parse(&number, text, place, why);
}

int choice_value(const struct choice *choices, const char *text, uint64_t *value,
		 struct complaint *why)
{
	struct suggestion near = suggestion_for(text);
	char words[160] = "";

	for (const struct choice *c = choices; c->word; c++) {
		size_t len = strlen(words);

		if (!strcmp(c->word, text)) {
			*value = c->value;
			return 0;
		}
		suggestion_offer(&near, c->word);
		snprintf(words + len, sizeof(words) - len, "%s%s", len ? "|" : "", c->word);
	}
	complain(why, "'%.*s' is not one of %s", SHOWN, text, words);
	if (near.nearest)
		complain_hint(why, "did you mean %s?", near.nearest);
	return -EINVAL;
}

static int take_path(const char *text, const char **place, struct complaint *why)
{
	if (*text != '/' || strlen(text) >= PATH_MAX - 64)
		return complain(why, "'%.*s' is not an absolute path of a sensible length", SHOWN,
				text);
	*place = text;
	return 0;
}

static int take_file(const char *text, const char **place, struct complaint *why)
{
	if (!*text)
		return complain(why, "an empty name is no file's");
	*place = text;
	return 0;
}

#define NAME_CHARACTERS "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._:@-"

int name_check(const char *text, struct complaint *why)
{
	size_t len = strlen(text);

	if (!len || len >= TG_ZONE_NAME || strspn(text, NAME_CHARACTERS) != len) {
		complain(why, "'%.*s' cannot be a name", SHOWN, text);
		complain_hint(why, "use 1 to %d letters, digits and . _ : @ -", TG_ZONE_NAME - 1);
		return -EINVAL;
	}
	return 0;
}

int title_check(const char *text, struct complaint *why)
{
	size_t len = strlen(text);

	if (!len || len >= TG_RULE_NAME || strspn(text, NAME_CHARACTERS " ") != len ||
	    *text == ' ' || text[len - 1] == ' ') {
		complain(why, "'%.*s' cannot be a name", SHOWN, text);
		complain_hint(why,
			      "use 1 to %d letters, digits and . _ : @ -, with spaces between them",
			      TG_RULE_NAME - 1);
		return -EINVAL;
	}
	return 0;
}

static int take_name(const char *text, const char **place, struct complaint *why)
{
	int err = name_check(text, why);

	if (!err)
		*place = text;
	return err;
}

/*
 * Splits off the next item of a comma-separated list: copies it and returns what follows the comma,
 * or NULL after the last. An item that does not fit is cut, which no port and no address survives.
 */
static const char *next_item(const char *text, char *item, size_t size)
{
	size_t len = strcspn(text, ","), kept = len < size ? len : size - 1;

	memcpy(item, text, kept);
	item[kept] = '\0';
	return text[len] ? text + len + 1 : NULL;
}

static void add_port(struct port_list *list, uint16_t port)
{
	for (size_t i = 0; i < list->count; i++)
		if (list->port[i] == port)
			return;
	list->port[list->count++] = port;
}

static int take_ports(const struct option_spec *o, const char *text, struct port_list *list,
		      struct complaint *why)
{
	static const struct quantity number = {QUANTITY_COUNT, 1, UINT16_MAX, false};
	char item[SHOWN + 1];
	uint64_t port;

	while (text) {
		text = next_item(text, item, sizeof(item));
		if (quantity_parse(&number, item, &port, why))
			return -EINVAL;
		if (list->count == o->max)
			return complain(why, "more than %zu ports", list->count);
		add_port(list, (uint16_t)port);
	}
	return 0;
}

/* Each server belongs to one group; the group being read is the list's next one. */
static bool is_member(const struct group_list *list, const struct tg_addr *address)
{
	for (size_t g = 0; g <= list->count; g++)
		for (size_t i = 0; i < list->group[g].count; i++)
			if (!memcmp(&list->group[g].address[i], address, sizeof(*address)))
				return true;
	return false;
}

int group_add(const struct option_spec *o, const char *text, struct group_list *list,
	      struct complaint *why)
{
	struct address_list *group = &list->group[list->count];
	struct tg_addr address;

	if (group->count == o->max)
		return complain(why, "more than %zu addresses", group->count);
	if (address_parse(text, &address))
		return complain(why, "'%.*s' is not an IPv4 or IPv6 address", SHOWN, text);
	if (is_member(list, &address))
		return complain(why, "%s is named twice", text);
	group->address[group->count++] = address;
	return 0;
}

int group_end(const struct option_spec *o, struct group_list *list, struct complaint *why)
{
	if (list->group[list->count].count < o->min) {
		complain(why, "one address is no group");
		complain_hint(why, "name the addresses that may answer for each other");
		return -EINVAL;
	}
	list->count++;
	return 0;
}

static int take_group(const struct option_spec *o, const char *text, struct group_list *list,
		      struct complaint *why)
{
	char item[ADDRESS_TEXT + 1];

	if (list->count == GROUPS_MAX)
		return complain(why, "more than %d groups", GROUPS_MAX);
	while (text) {
		text = next_item(text, item, sizeof(item));
		if (group_add(o, item, list, why))
			return -EINVAL;
	}
	return group_end(o, list, why);
}

static int take_address(const char *text, struct tg_addr *place, struct complaint *why)
{
	if (address_parse(text, place))
		return complain(why, "'%.*s' is not an IPv4 or IPv6 address", SHOWN, text);
	return 0;
}

/* 52:54:00:12:34:56, 52-54-00-12-34-56 or 525400123456 */
static int take_mac(const char *text, struct mac_address *place, struct complaint *why)
{
	struct mac_address mac = {.given = true};
	const char *at = text;
	char separator = text[0] && text[1] && strchr(":-", text[2]) ? text[2] : '\0';

	for (size_t i = 0; i < sizeof(mac.bytes); i++) {
		if (i && separator && *at++ != separator)
			break;
		if (!isxdigit((unsigned char)at[0]) || !isxdigit((unsigned char)at[1]))
			break;
		sscanf(at, "%2hhx", &mac.bytes[i]);
		at += 2;
		if (i + 1 < sizeof(mac.bytes) || *at)
			continue;
		*place = mac;
		return 0;
	}
	complain(why, "'%.*s' is not a hardware address", SHOWN, text);
	complain_hint(why, "write 52:54:00:12:34:56");
	return -EINVAL;
}

/* A word that is cut is none of the choices. */
static int take_words(const struct option_spec *o, const char *text, uint64_t *place,
		      struct complaint *why)
{
	uint64_t value, bits = 0;
	char item[SHOWN + 1];

	while (text) {
		text = next_item(text, item, sizeof(item));
		if (choice_value(o->choices, item, &value, why))
			return -EINVAL;
		bits |= value;
	}
	*place |= bits;
	return 0;
}

static int take_text(const char *text, struct text_list *list, struct complaint *why)
{
	if (!*text)
		return complain(why, "it is empty");
	if (list->count == TEXTS_MAX)
		return complain(why, "it is given more than %d times", TEXTS_MAX);
	list->text[list->count++] = text;
	return 0;
}

static int take_clients(const char *text, struct text_list *list, struct complaint *why)
{
	struct config_prefix prefix;
	char item[PREFIX_TEXT + 1];
	const char *rest = text;
	bool cut;

	do {
		rest = next_item(rest, item, sizeof(item));
		if (config_prefix_parse(item, &prefix, &cut, why))
			return -EINVAL;
	} while (rest);
	return take_text(text, list, why);
}

static int take_seconds(const struct option_spec *o, const char *text, uint64_t *place,
			struct complaint *why)
{
	size_t whole = strspn(text, "0123456789"), part = 0;
	uint64_t ms = 0;

	if (text[whole] == '.')
		part = strspn(text + whole + 1, "0123456789");
	if (!whole || whole > 9 || part > 3 || text[whole + (part ? part + 1 : 0)])
		return complain(why, "'%.*s' is not a number of seconds such as 2 or 0.5", SHOWN,
				text);
	for (size_t i = 0; i < whole; i++)
		ms = ms * 10 + (uint64_t)(text[i] - '0');
	for (size_t i = 0; i < 3; i++)
		ms = ms * 10 + (i < part ? (uint64_t)(text[whole + 1 + i] - '0') : 0);
	if (ms < o->min || ms > o->max)
		return complain(why, "it is not from %g to %g seconds", (double)o->min / 1000,
				(double)o->max / 1000);
	*place = ms;
	return 0;
}

int option_value(const struct option_spec *o, const char *text, void *place, struct complaint *why)
{
	switch (o->kind) {
	case OPTION_NUMBER:
		return take_number(o, text, place, why);
	case OPTION_CHOICE:
		return choice_value(o->choices, text, place, why);
	case OPTION_PATH:
		return take_path(text, place, why);
	case OPTION_FILE:
		return take_file(text, place, why);
	case OPTION_NAME:
		return take_name(text, place, why);
	case OPTION_PORTS:
		return take_ports(o, text, place, why);
	case OPTION_GROUP:
		return take_group(o, text, place, why);
	case OPTION_ADDRESS:
		return take_address(text, place, why);
	case OPTION_MAC:
		return take_mac(text, place, why);
	case OPTION_MARK:
		return mark_parse(text, place, why);
	case OPTION_WORDS:
		return take_words(o, text, place, why);
	case OPTION_CLIENTS:
		return take_clients(text, place, why);
	case OPTION_TEXTS:
		return take_text(text, place, why);
	case OPTION_SECONDS:
		return take_seconds(o, text, place, why);
	case OPTION_FLAG:
		break;
	}
	return -EINVAL;
}
