/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The meaning of the configuration file: values within their bounds, nothing that contradicts itself.
 */
#ifndef TIDEGATE_CONFIG_CHECK_H
#define TIDEGATE_CONFIG_CHECK_H

#include "config.h"
#include "config_parse.h"

/* What may be there once only, in all files together. */
struct config_claim {
	const char *kind; /* "zone" or "interfaces" */
	const struct config_text *text;
	const struct config_token *token; /* the name */
	const struct config_token *zone;  /* the name of the zone that has the interface */
};

struct config_check {
	struct config *config;
	struct config_claim *claim;
	size_t claim_count;
	const struct config_text *sizes; /* the file that has them */
	size_t interfaces;
	unsigned int errors;
};

#define CONFIG_ERRORS_MAX 20

/*
 * Adds what a file says to check->config. The text has to stay until config_check_end(). Returns 0,
 * or a negative errno with all mistakes (or the first CONFIG_ERRORS_MAX) explained.
 */
int config_check_file(struct config_check *check, const struct config_text *text, cfg_t *tree);
void config_check_end(struct config_check *check);

#endif
