/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What is measured, under which names: one function for each group of families. Labels are names from the
 * configuration, of interfaces, and words of this program; never a client, a server, a port or a file.
 */
#ifndef TIDEGATE_METRICS_H
#define TIDEGATE_METRICS_H

#include "web/openmetrics.h"
#include "web/tally.h"
#include "web/web.h"

struct metrics {
	const struct measures *measures; /* NULL: they could not be read */
	const struct tally *tally;
	const struct web_sources *sources; /* for the sinks */
	uint64_t records_missed;           /* that the tally has not seen */
	uint64_t started_ns;               /* CLOCK_REALTIME */
	unsigned int viewers;              /* of the status page */
};

void metrics_write(struct exposition *x, const struct metrics *metrics);

#endif
