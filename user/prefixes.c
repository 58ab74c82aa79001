// SPDX-License-Identifier: GPL-2.0-or-later
#include "prefixes.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

int prefix_compare(const struct config_prefix *a, const struct config_prefix *b)
{
	int order = memcmp(&a->address, &b->address, sizeof(a->address));

	return order ? order : (a->bits > b->bits) - (a->bits < b->bits);
}

bool prefix_contains(const struct config_prefix *outer, const struct config_prefix *inner)
{
	const uint8_t *a = outer->address.bytes, *b = inner->address.bytes;
	unsigned int whole = outer->bits / 8, rest = outer->bits % 8;

	if (outer->bits > inner->bits || memcmp(a, b, whole))
		return false;
	return !rest || !((a[whole] ^ b[whole]) >> (8 - rest));
}

int prefixes_add(struct prefix_list *list, const struct prefix_list *more)
{
	struct config_prefix *grown;

	if (!more->count)
		return 0;
	grown = reallocarray(list->prefix, list->count + more->count, sizeof(*grown));
	if (!grown)
		return -ENOMEM;
	memcpy(grown + list->count, more->prefix, more->count * sizeof(*grown));
	list->prefix = grown;
	list->count += more->count;
	return 0;
}

static int compare(const void *a, const void *b)
{
	return prefix_compare(a, b);
}

/* If the two are the halves of a prefix, `low` becomes it. */
static bool join_halves(struct config_prefix *low, const struct config_prefix *high)
{
	struct config_prefix whole = *low;

	if (low->bits != high->bits || !low->bits)
		return false;
	whole.bits--;
	if (low->address.bytes[whole.bits / 8] >> (7 - whole.bits % 8) & 1 ||
	    !prefix_contains(&whole, high))
		return false;
	*low = whole;
	return true;
}

void prefixes_reduce(struct prefix_list *list)
{
	struct config_prefix *kept = list->prefix;
	size_t count = 0;

	if (!list->count)
		return;
	qsort(kept, list->count, sizeof(*kept), compare);
	for (size_t i = 0; i < list->count; i++) {
		if (count && prefix_contains(&kept[count - 1], &kept[i]))
			continue;
		kept[count++] = kept[i];
		while (count > 1 && join_halves(&kept[count - 2], &kept[count - 1]))
			count--;
	}
	list->count = count;
}

bool prefixes_contain(const struct prefix_list *outer, const struct prefix_list *inner)
{
	size_t at = 0;

	for (size_t i = 0; i < inner->count; i++) {
		const struct config_prefix *wanted = &inner->prefix[i];

		while (at < outer->count && !prefix_contains(&outer->prefix[at], wanted) &&
		       prefix_compare(&outer->prefix[at], wanted) < 0)
			at++;
		if (at == outer->count || !prefix_contains(&outer->prefix[at], wanted))
			return false;
	}
	return true;
}

bool prefixes_equal(const struct prefix_list *a, const struct prefix_list *b)
{
	if (a->count != b->count)
		return false;
	for (size_t i = 0; i < a->count; i++)
		if (prefix_compare(&a->prefix[i], &b->prefix[i]))
			return false;
	return true;
}

void prefixes_free(struct prefix_list *list)
{
	free(list->prefix);
	*list = (struct prefix_list){0};
}
