/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Part of abi.h: the automaton that a policy's file patterns are compiled to (core/name.h, core/own.h).
 */
#ifndef TIDEGATE_AUTOMATA_H
#define TIDEGATE_AUTOMATA_H

/*
 * `automata`: a cell of the automaton that all file patterns are compiled to (docs/design.md tells how). A state is the
 * index of its base, and never 0: that is the state which nothing leads out of.
 *   cell[base + class]         if its owner is `base`: where a byte of that class leads (tg_policy.class_of)
 *   cell[base + TG_CLASS_END]  likewise: the number of the rule set that a name has which ends here
 *   cell[base]                 if its owner has TG_CELL_INFO: where every other byte leads, or (TG_CELL_FAIL) which
 *                              state to ask instead; that one never fails
 * A state with TG_STATE_TEST in its number takes no byte, but asks for the client's own text: the low bits of its info
 * are a test (TG_TEST), whose yes leads to `next`, and its no to the `next` of the cell behind.
 */
struct tg_cell {
	__u32 owner;
	__u32 next;
};
#define TG_CELL_INFO   (1U << 31)
#define TG_CELL_FAIL   (1U << 30)
#define TG_STATE_TEST  (1U << 31)
#define TG_CLASS_END   1
#define TG_CLASS_FIRST 2
#define TG_TESTS_MAX   8 /* one after the other */

/* What %{…} stands for: texts of the client's own, and what is asked about the bytes that were read last. */
enum tg_own_text {
	TG_OWN_MAC = 0,    /* 525400123456 */
	TG_OWN_DASHES = 1, /* 52-54-00-12-34-56 */
	TG_OWN_COLONS = 2, /* 52:54:00:12:34:56 */
	TG_OWN_HEX = 3,    /* C0A80101, or 32 digits */
	TG_OWN_IP = 4,     /* 192.168.1.1, or RFC 5952 */
};
#define TG_OWN_TEXTS 5

enum tg_own_test {
	TG_TEST_WHOLE = 0,   /* are they the text, and is it k bytes long? */
	TG_TEST_WITHIN = 1,  /* are they the text, and is it at most k bytes long? */
	TG_TEST_PREFIX = 2,  /* are the last k bytes the text's first k? */
	TG_TEST_PREFIXES = 3 /* or so for any smaller number but 0? */
};
#define TG_TEST(text, test, k) ((__u32)(text) << 8 | (__u32)(test) << 6 | (__u32)(k))

#endif
