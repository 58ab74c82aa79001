// SPDX-License-Identifier: GPL-2.0-or-later
#include "option_values.h"

#include "address.h"
#include "log.h"
#include "number.h"

#include <errno.h>
#include <limits.h>
#include <stdbool.h>
#include <string.h>

/* Longest value that is repeated in a message; more tells nothing. */
#define SHOWN 40

static void bad_number(const struct option_spec *o, const char *text, int err, uint64_t min,
		       uint64_t max)
{
	if (err == -ERANGE)
		log_error("--%s: %.*s is out of range", o->name, SHOWN, text);
	else if (*text)
		log_error("--%s: '%.*s' is not a number", o->name, SHOWN, text);
	else
		log_error("--%s: a number is missing", o->name);
	log_hint("give whole numbers from %llu to %llu", (unsigned long long)min,
		 (unsigned long long)max);
}

static int take_number(const struct option_spec *o, const char *text, uint64_t *place)
{
	int err = number_parse(text, o->min, o->max, place);

	if (!err)
		return 0;
	bad_number(o, text, err, o->min, o->max);
	return -EINVAL;
}

static int take_choice(const struct option_spec *o, const char *text, uint64_t *place)
{
	for (const struct choice *c = o->choices; c->word; c++) {
		if (!strcmp(c->word, text)) {
			*place = c->value;
			return 0;
		}
	}
	log_error("--%s: '%.*s' is not one of %s", o->name, SHOWN, text, o->argument);
	return -EINVAL;
}

static int take_path(const struct option_spec *o, const char *text, const char **place)
{
	if (*text != '/' || strlen(text) >= PATH_MAX - 64) {
		log_error("--%s: '%.*s' is not an absolute path of a sensible length", o->name,
			  SHOWN, text);
		return -EINVAL;
	}
	*place = text;
	return 0;
}

static int take_name(const struct option_spec *o, const char *text, const char **place)
{
	static const char allowed[] =
		"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._:@-";
	size_t len = strlen(text);

	if (!len || len >= TG_ZONE_NAME || strspn(text, allowed) != len) {
		log_error("--%s: '%.*s' cannot be a name", o->name, SHOWN, text);
		log_hint("use 1 to %d letters, digits and . _ : @ -", TG_ZONE_NAME - 1);
		return -EINVAL;
	}
	*place = text;
	return 0;
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

static int take_ports(const struct option_spec *o, const char *text, struct port_list *list)
{
	char item[SHOWN + 1];
	uint64_t port;

	while (text) {
		int err;

		text = next_item(text, item, sizeof(item));
		err = number_parse(item, 1, UINT16_MAX, &port);
		if (err) {
			bad_number(o, item, err, 1, UINT16_MAX);
			return -EINVAL;
		}
		if (list->count == o->max) {
			log_error("--%s: more than %zu ports", o->name, list->count);
			return -EINVAL;
		}
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

static int take_member(const struct option_spec *o, const char *text, struct group_list *list)
{
	struct address_list *group = &list->group[list->count];
	struct tg_addr address;

	if (group->count == o->max) {
		log_error("--%s: more than %zu addresses", o->name, group->count);
		return -EINVAL;
	}
	if (address_parse(text, &address)) {
		log_error("--%s: '%s' is not an IPv4 or IPv6 address", o->name, text);
		return -EINVAL;
	}
	if (is_member(list, &address)) {
		log_error("--%s: %s is named twice", o->name, text);
		return -EINVAL;
	}
	group->address[group->count++] = address;
	return 0;
}

static int take_group(const struct option_spec *o, const char *text, struct group_list *list)
{
	struct address_list *group = &list->group[list->count];
	char item[ADDRESS_TEXT + 1];

	if (list->count == GROUPS_MAX) {
		log_error("--%s: more than %d groups", o->name, GROUPS_MAX);
		return -EINVAL;
	}
	while (text) {
		text = next_item(text, item, sizeof(item));
		if (take_member(o, item, list))
			return -EINVAL;
	}
	if (group->count < o->min) {
		log_error("--%s: one address is no group", o->name);
		log_hint("write --%s %s", o->name, o->argument);
		return -EINVAL;
	}
	list->count++;
	return 0;
}

int option_value(const struct option_spec *o, const char *text, void *place)
{
	switch (o->kind) {
	case OPTION_NUMBER:
		return take_number(o, text, place);
	case OPTION_CHOICE:
		return take_choice(o, text, place);
	case OPTION_PATH:
		return take_path(o, text, place);
	case OPTION_NAME:
		return take_name(o, text, place);
	case OPTION_PORTS:
		return take_ports(o, text, place);
	case OPTION_GROUP:
		return take_group(o, text, place);
	case OPTION_FLAG:
		break;
	}
	return -EINVAL;
}
