// SPDX-License-Identifier: GPL-2.0-or-later
#include "daemon/interned.h"

#include "hash_index.h"

#include <stdlib.h>
#include <string.h>

#define FIRST_ROOM 64

struct interned_text {
	char *text; /* owned; NULL: not in use */
	uint32_t uses;
	uint32_t hash;
	uint32_t next; /* in its bucket, or not in use */
};

/* Names come from clients, but who has rules has few, and others fill no more than the ledger. */
static uint32_t hash_of(const char *text)
{
	uint64_t hash = 0;

	for (; *text; text++)
		hash = hash_word(hash, (unsigned char)*text);
	return hash_end(hash);
}

static struct interned_text *at(const struct interned *interned, uint32_t number)
{
	return &interned->text[number - 1];
}

static void file(struct interned *interned, uint32_t number)
{
	uint32_t *bucket = &interned->bucket[at(interned, number)->hash & (interned->buckets - 1)];

	at(interned, number)->next = *bucket;
	*bucket = number;
}

/* Twice as many, with as many buckets. */
static int grow(struct interned *interned)
{
	uint32_t room = interned->room ? interned->room * 2 : FIRST_ROOM;
	struct interned_text *text = reallocarray(interned->text, room, sizeof(*text));
	uint32_t *bucket;

	if (!text)
		return -1;
	interned->text = text;
	bucket = calloc(room, sizeof(*bucket));
	if (!bucket)
		return -1;
	free(interned->bucket);
	interned->bucket = bucket;
	interned->buckets = room;
	for (uint32_t number = 1; number <= interned->room; number++)
		file(interned, number); /* all are in use */
	for (uint32_t number = room; number > interned->room; number--) {
		*at(interned, number) = (struct interned_text){.next = interned->free};
		interned->free = number;
	}
	interned->room = room;
	return 0;
}

uint32_t interned_take(struct interned *interned, const char *text)
{
	uint32_t hash = hash_of(text), number;

	if (!*text)
		return 0;
	for (number = interned->buckets ? interned->bucket[hash & (interned->buckets - 1)] : 0;
	     number; number = at(interned, number)->next)
		if (at(interned, number)->hash == hash &&
		    !strcmp(at(interned, number)->text, text)) {
			at(interned, number)->uses++;
			return number;
		}
	if (!interned->free && grow(interned))
		return 0;
	number = interned->free;
	at(interned, number)->text = strdup(text);
	if (!at(interned, number)->text)
		return 0;
	interned->free = at(interned, number)->next;
	at(interned, number)->uses = 1;
	at(interned, number)->hash = hash;
	file(interned, number);
	interned->count++;
	return number;
}

void interned_give_back(struct interned *interned, uint32_t number)
{
	uint32_t *link;

	if (!number || --at(interned, number)->uses)
		return;
	link = &interned->bucket[at(interned, number)->hash & (interned->buckets - 1)];
	while (*link != number)
		link = &at(interned, *link)->next;
	*link = at(interned, number)->next;
	free(at(interned, number)->text);
	*at(interned, number) = (struct interned_text){.next = interned->free};
	interned->free = number;
	interned->count--;
}

const char *interned_text(const struct interned *interned, uint32_t number)
{
	return number ? at(interned, number)->text : "";
}

void interned_free(struct interned *interned)
{
	for (uint32_t number = 1; number <= interned->room; number++)
		free(at(interned, number)->text);
	free(interned->text);
	free(interned->bucket);
	*interned = (struct interned){0};
}
