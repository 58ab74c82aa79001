/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * One of the two banks of the maps: a compiled policy goes in as a whole, and is taken out again. A bank may be written
 * only while the other one is live and no program can see this one any more.
 */
#ifndef TIDEGATE_POLICY_BANK_H
#define TIDEGATE_POLICY_BANK_H

#include "maps.h"
#include "policy_image.h"

/* Where an image goes, and what does not follow from the configuration. */
struct policy_place {
	uint32_t bank;
	const uint16_t *zone_number; /* of each zone of the image */
	const uint64_t *hash_seed;   /* likewise */
	uint64_t generation;         /* at least 1 */
	uint64_t applied_ns;         /* CLOCK_REALTIME */
	const char *text;            /* that config_load_text() reads as this policy */
	size_t text_bytes;           /* 0: none is kept */
};

/*
 * Fills the bank, which has to be empty; `dir` may be NULL for maps that are not pinned. 0 or a negative errno; then the
 * bank holds a part.
 */
int policy_bank_fill(const struct maps *maps, const struct bpffs *dir,
		     const struct policy_place *place, const struct policy_image *image);

/* What the bank holds; generation 0: nothing. 0 or a negative errno. */
int policy_bank_read(const struct maps *maps, uint32_t bank, struct tg_policy *policy);

/* Settings by zone number; free numbers are zero. 0 or a negative errno. */
int policy_bank_zones(const struct maps *maps, uint32_t bank, struct tg_zone zone[TG_SLOTS_MAX]);

/* The rules of a policy that was read from the bank; to be freed. NULL, explained, on failure. */
struct tg_rule *policy_bank_rules(const struct maps *maps, uint32_t bank,
				  const struct tg_policy *policy);

/* The one of `count` rules with this tg_rule.id, or NULL. `*last`: where the caller's last one was; many ask for the same. */
const struct tg_rule *policy_rule_find(const struct tg_rule *rules, uint32_t count, uint32_t id,
				       uint32_t *last);

/*
 * The text of a policy that was read from the bank, NUL-terminated; to be freed. Silent: 0, or a negative errno, also if the
 * policy is not there any more.
 */
int policy_bank_text(const struct bpffs *dir, uint32_t bank, const struct tg_policy *policy,
		     char **text);

/* Waits until no program sees the bank any more; it may not be live. 0 or a negative errno. */
int policy_bank_retire(const struct maps *maps, const struct bpffs *dir, uint32_t bank);

/* Empties a retired bank, or what an interrupted policy_bank_fill() has left. 0 or a negative errno. */
int policy_bank_clear(const struct maps *maps, const struct bpffs *dir, uint32_t bank);

/* Kernel memory of those maps that are as large as the bank's policy needs, in bytes. */
uint64_t policy_bank_bytes(const struct bpffs *dir, uint32_t bank);

#endif
