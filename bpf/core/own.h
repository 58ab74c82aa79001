/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The client's own addresses as text (%{…} in file patterns), and where they occur in a name.
 *
 * All texts are followed at once, one shift and one mask for each byte (Baeza-Yates and Gonnet's shift-and): bit n of a
 * text's place in `matched` is set as long as the bytes read last are the text's first n + 1. Letter case does not count.
 */
#ifndef TIDEGATE_OWN_H
#define TIDEGATE_OWN_H

#include "core/store.h"

#define OWN_MAC_BYTES 6

/* Places: the three texts of the MAC address share a word; the longest of the others have 32 and 39 bytes. */
#define OWN_DASHES_AT 12
#define OWN_COLONS_AT 29
#define OWN_WORD_MAC  0
#define OWN_WORD_HEX  1
#define OWN_WORD_IP   2
#define OWN_BIT(at)   (1ULL << ((at)&63))

/*
 * All bytes that texts hold differ in their low five bits, letter case aside, and these are their symbols. Bit n of such
 * a word: the byte with symbol n is one of them.
 */
#define OWN_SIGNS   (0x3ffU << ('0' & 31) | 1U << ('.' & 31) | 1U << (':' & 31) | 1U << ('-' & 31))
#define OWN_LETTERS (0x3fU << ('a' & 31))

CORE bool own_may_be(u8 c)
{
	u32 row = c >> 5, symbols = 0;

	if (row == '0' >> 5)
		symbols = OWN_SIGNS;
	else if (row == 'A' >> 5 || row == 'a' >> 5)
		symbols = OWN_LETTERS;
	return symbols >> (c & 31) & 1;
}

/* The row of `places` for a byte that is about to be written. Read back, so that the verifier sees its bounds. */
CORE u64 *own_row(struct name_walk *w, u8 c)
{
	w->symbol = c;
	return w->places[w->symbol & (OWN_SYMBOLS - 1)];
}

CORE u8 own_digit(u32 digit)
{
	/* 1 above 9. A branch for each digit would be many for the verifier. */
	u32 letter = (9 - digit) >> 31;

	return '0' + digit + letter * ('A' - '0' - 10);
}

/* The next byte of the address as it is usually written. */
CORE void own_write(struct name_walk *w, u8 c)
{
	own_row(w, c)[OWN_WORD_IP] |= OWN_BIT(w->at);
	w->at++;
}

CORE void own_write_mac(struct name_walk *w, const struct packet *p)
{
	for (u32 i = 0; i < 2 * OWN_MAC_BYTES; i++) {
		u8 byte = p->source_mac[i / 2];
		u32 digit = i % 2 ? byte & 15 : byte >> 4;
		u32 apart = i + i / 2; /* with a separator before every other digit */

		own_row(w, own_digit(digit))[OWN_WORD_MAC] |= OWN_BIT(i) |
							      OWN_BIT(OWN_DASHES_AT + apart) |
							      OWN_BIT(OWN_COLONS_AT + apart);
	}
	for (u32 i = 1; i < OWN_MAC_BYTES; i++) {
		own_row(w, '-')[OWN_WORD_MAC] |= OWN_BIT(OWN_DASHES_AT + 3 * i - 1);
		own_row(w, ':')[OWN_WORD_MAC] |= OWN_BIT(OWN_COLONS_AT + 3 * i - 1);
	}
	w->own_len[TG_OWN_MAC] = 12;
	w->own_len[TG_OWN_DASHES] = 17;
	w->own_len[TG_OWN_COLONS] = 17;
}

static long own_write_octet(u32 i, void *context)
{
	struct name_walk *w = *(struct name_walk **)context;
	u32 octet = w->address[12 + (i & 3)];

	if (i)
		own_write(w, '.');
	if (octet >= 100)
		own_write(w, '0' + octet / 100);
	if (octet >= 10)
		own_write(w, '0' + octet / 10 % 10);
	own_write(w, '0' + octet % 10);
	return 0;
}

CORE u32 own_group(const struct name_walk *w, u32 i)
{
	return (u32)w->address[2 * (i & 7)] << 8 | w->address[2 * (i & 7) + 1];
}

/*
 * RFC 5952 4.2: the first of the longest runs of two zero groups or more. Which groups are zero is told without branches:
 * the verifier would follow all 256 combinations.
 */
CORE void own_find_run(struct name_walk *w)
{
	u32 zeros = 0, begins, length = 1;

	for (u32 i = 0; i < 8; i++)
		zeros |= (own_group(w, i) - 1) >> 31 << i;
	begins = zeros; /* bit n: `length` zero groups begin at n */
	for (u32 i = 1; i < 8; i++) {
		if (!(begins & zeros >> i))
			break;
		begins &= zeros >> i;
		length = i + 1;
	}
	w->run = 8;
	w->run_end = 8;
	if (length < 2)
		return;
	begins &= -begins;
	w->run = (begins & 0xaa ? 1 : 0) | (begins & 0xcc ? 2 : 0) | (begins & 0xf0 ? 4 : 0);
	w->run_end = w->run + length;
}

static long own_write_group(u32 i, void *context)
{
	struct name_walk *w = *(struct name_walk **)context;
	u32 group = own_group(w, i);

	if (i >= w->run && i < w->run_end) {
		if (i == w->run)
			own_write(w, ':');
		if (i == 7)
			own_write(w, ':');
		return 0;
	}
	if (i)
		own_write(w, ':');
	if (group >> 12)
		own_write(w, own_digit(group >> 12));
	if (group >> 8)
		own_write(w, own_digit(group >> 8 & 15));
	if (group >> 4)
		own_write(w, own_digit(group >> 4 & 15));
	own_write(w, own_digit(group & 15));
	return 0;
}

struct own_hex {
	struct name_walk *walk;
	u32 first; /* byte of the address */
};

static long own_write_hex_digit(u32 i, void *context)
{
	const struct own_hex *hex = context;
	struct name_walk *w = hex->walk;
	u8 byte = w->address[(hex->first + i / 2) & 15];
	u32 digit = i % 2 ? byte & 15 : byte >> 4;

	own_row(w, own_digit(digit))[OWN_WORD_HEX] |= OWN_BIT(i);
	return 0;
}

/* The address from that byte on, without anything between its digits. */
CORE void own_write_hex(struct name_walk *w, u32 first)
{
	struct own_hex hex = {.walk = w, .first = first};

	w->own_len[TG_OWN_HEX] = 2 * (16 - first);
	repeat(2 * (16 - first), own_write_hex_digit, &hex);
}

/*
 * The own texts of the packet's source into the scratch memory's walk. IPv6 text is that of RFC 5952 4, always
 * hexadecimal: addresses with an IPv4 one in them (its section 5) are not seen on a wire.
 */
CORE_SLOW int own_prepare(const struct packet *p)
{
	struct core_scratch *scratch = scratch_find();
	struct name_walk *w;

	if (!p || !scratch)
		return 0;
	w = &scratch->name_walk;
	__builtin_memset(w->matched, 0, sizeof(w->matched));
	__builtin_memset(w->places, 0, sizeof(w->places));
	__builtin_memset(w->own_len, 0, sizeof(w->own_len));
	__builtin_memcpy(w->address, p->source.bytes, sizeof(w->address));
	w->at = 0;
	if (p->has_mac)
		own_write_mac(w, p);
	if (p->ipv6) {
		own_find_run(w);
		own_write_hex(w, 0);
		repeat(8, own_write_group, &w);
	} else {
		own_write_hex(w, 12);
		repeat(4, own_write_octet, &w);
	}
	w->own_len[TG_OWN_IP] = w->at;
	return 0;
}

/* A byte that no text holds: nothing that was read before it counts. */
CORE void own_break(struct name_walk *w)
{
	__builtin_memset(w->matched, 0, sizeof(w->matched));
}

/* A byte of the name. */
CORE void own_follow(struct name_walk *w, u8 c)
{
	const u64 begin = OWN_BIT(0) | OWN_BIT(OWN_DASHES_AT) | OWN_BIT(OWN_COLONS_AT);
	const u64 *row = w->places[c & (OWN_SYMBOLS - 1)];

	if (!own_may_be(c)) {
		own_break(w);
		return;
	}
	w->matched[OWN_WORD_MAC] = (w->matched[OWN_WORD_MAC] << 1 | begin) & row[OWN_WORD_MAC];
	w->matched[OWN_WORD_HEX] = (w->matched[OWN_WORD_HEX] << 1 | 1) & row[OWN_WORD_HEX];
	w->matched[OWN_WORD_IP] = (w->matched[OWN_WORD_IP] << 1 | 1) & row[OWN_WORD_IP];
}

/* The answer to a test (TG_TEST) about the bytes read last. */
CORE_SLOW int own_holds(const struct name_walk *w, u32 test)
{
	u32 text = test >> 8 & 7, k = test & 63, len;
	u64 matched;

	if (!w)
		return false;
	len = w->own_len[text];
	matched = w->matched[OWN_WORD_MAC];
	if (text == TG_OWN_DASHES)
		matched >>= OWN_DASHES_AT;
	else if (text == TG_OWN_COLONS)
		matched >>= OWN_COLONS_AT;
	else if (text == TG_OWN_HEX)
		matched = w->matched[OWN_WORD_HEX];
	else if (text == TG_OWN_IP)
		matched = w->matched[OWN_WORD_IP];
	switch (test >> 6 & 3) {
	case TG_TEST_WHOLE:
		return len && len == k && (matched & OWN_BIT(len - 1));
	case TG_TEST_WITHIN:
		return len && len <= k && (matched & OWN_BIT(len - 1));
	case TG_TEST_PREFIX:
		return (matched & OWN_BIT(k - 1)) != 0;
	default:
		return (matched & (OWN_BIT(k) - 1)) != 0;
	}
}

#endif
