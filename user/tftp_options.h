/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The options of one side of a TFTP exchange (RFC 2347, 2348, 2349, 7440), and the words for them.
 */
#ifndef TIDEGATE_TFTP_OPTIONS_H
#define TIDEGATE_TFTP_OPTIONS_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>
#include <linux/types.h>

#include "abi.h"

/* The values hold where their bit says so. */
struct tftp_options {
	uint8_t bits; /* enum tg_option */
	uint8_t timeout_s;
	uint16_t blksize;
	uint16_t windowsize;
	uint64_t tsize;
	bool tsize_unknown; /* it was there, but its value was not kept */
};

struct tftp_option {
	const char *name; /* on the wire; NULL ends the table */
	uint8_t bit;      /* enum tg_option */
	bool valued;      /* its number is told, too */
};

/* In the order in which they are shown. */
extern const struct tftp_option tftp_option_table[];

/* The number of a valued option. */
uint64_t tftp_option_value(const struct tftp_options *options, uint8_t bit);

/* {"blksize": 1432, …}: a new reference. And back; what is not there, and TG_OPT_ANY, stays zero. */
json_t *tftp_options_json(const struct tftp_options *options);
void tftp_options_read(const json_t *object, struct tftp_options *options);

#endif
