/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Settings of the configuration file that an option of the command line has, too.
 */
#ifndef TIDEGATE_CONFIG_MEANING_H
#define TIDEGATE_CONFIG_MEANING_H

#include "options.h"

/* Bounds and the member of struct settings are the option's. */
struct config_meaning {
	const char *setting; /* NULL ends the table */
	const char *option;
	const struct choice *words; /* for options that are flags */
};

extern const struct config_meaning zone_meanings[];
extern const struct config_meaning sizes_meanings[];
extern const struct config_meaning service_meanings[];

/* The words for what is a number in the structures. */
extern const struct choice config_booleans[];
extern const struct choice config_actions[];    /* enum tg_action */
extern const struct choice config_operations[]; /* enum tg_operation */
extern const struct choice config_modes[];      /* enum tg_mode */

/* The word that stands for the value, or NULL. */
const char *choice_word(const struct choice *choices, uint64_t value);

#endif
