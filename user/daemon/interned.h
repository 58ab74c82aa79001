/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Texts, each kept once however often it is used: thousands of transfers have a few files.
 */
#ifndef TIDEGATE_INTERNED_H
#define TIDEGATE_INTERNED_H

#include <stddef.h>
#include <stdint.h>

struct interned {
	struct interned_text *text; /* by number - 1 */
	uint32_t room;
	uint32_t free;    /* number of the first one that is not in use, 0: none */
	uint32_t *bucket; /* number of the first text, by hash */
	uint32_t buckets; /* a power of two, or 0 */
	uint32_t count;
};

/* The number of the text, which is used once more from now on; 0 if it is empty or memory is short. */
uint32_t interned_take(struct interned *interned, const char *text);
void interned_give_back(struct interned *interned, uint32_t number);

const char *interned_text(const struct interned *interned, uint32_t number); /* "" for 0 */
void interned_free(struct interned *interned);

#endif
