/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The meaning of the configuration file: values within their bounds, nothing that contradicts itself.
 */
#ifndef TIDEGATE_CONFIG_CHECK_H
#define TIDEGATE_CONFIG_CHECK_H

#include "config.h"
#include "config_parse.h"

struct config_claim;
struct config_sink_claim;
struct config_reference;

struct config_check {
	struct config *config;
	bool alone;                 /* it may read no other file */
	size_t bytes;               /* of all files read so far */
	struct config_claim *claim; /* see config_claim.h */
	size_t claim_count;
	const struct config_text *sizes;    /* the file that has them */
	const struct config_text *daemon;   /* likewise */
	struct config_sink_claim *sink;     /* of each sink; see config_sink.c */
	struct config_reference *reference; /* zones that sinks name */
	size_t reference_count;
	size_t interfaces;
	size_t rules;
	size_t values; /* patterns, prefixes and VLANs */
	unsigned int errors;
	unsigned int warnings; /* that were told */
};

#define CONFIG_ERRORS_MAX   20
#define CONFIG_WARNINGS_MAX 20
#define CONFIG_VALUES_MAX   (1 << 20)

/*
 * Adds what a file says to check->config. The text has to stay until config_check_end(). Returns 0,
 * or a negative errno with all mistakes (or the first CONFIG_ERRORS_MAX) explained.
 */
int config_check_file(struct config_check *check, const struct config_text *text, cfg_t *tree);

/* What only shows when all files are read. 0, or a negative errno with all mistakes explained. */
int config_check_whole(struct config_check *check);
void config_check_end(struct config_check *check);

#endif
