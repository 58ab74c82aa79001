/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Writes metrics as Prometheus reads them: OpenMetrics 1.0.0, and the text format 0.0.4 before it, which names
 * counters and infos otherwise (prometheus.io/docs/specs/om/open_metrics_spec,
 * prometheus.io/docs/instrumenting/exposition_formats).
 */
#ifndef TIDEGATE_OPENMETRICS_H
#define TIDEGATE_OPENMETRICS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "web/histogram.h"

enum exposition_format { EXPOSE_TEXT, EXPOSE_OPENMETRICS };

/* What the reader's Accept header asks for; NULL: it has none. */
enum exposition_format exposition_negotiate(const char *accept);
const char *exposition_content_type(enum exposition_format format);

enum metric_type { METRIC_COUNTER, METRIC_GAUGE, METRIC_HISTOGRAM, METRIC_INFO };

/* Samples follow their family, and families are not split. */
struct exposition {
	enum exposition_format format;
	FILE *stream;
	char *text; /* of the stream */
	size_t bytes;
	const char *family;
	enum metric_type type;
};

/* 0 or -ENOMEM. */
int exposition_begin(struct exposition *x, enum exposition_format format);

/*
 * `family`: without the suffix of its samples (_total, _info). `unit`: "" or what the family's name ends with. `help`: a
 * sentence.
 */
void exposition_family(struct exposition *x, const char *family, enum metric_type type,
		       const char *unit, const char *help);

/* A label's value may be any bytes, and are written as UTF-8. A list ends with a name that is NULL. */
struct metric_label {
	const char *name;
	const char *value;
};

void exposition_count(struct exposition *x, const struct metric_label *labels, uint64_t value);
void exposition_value(struct exposition *x, const struct metric_label *labels, double value);
void exposition_histogram(struct exposition *x, const struct metric_label *labels,
			  const struct histogram *histogram);

/* The text, to be freed, and its length; NULL if memory was short. */
char *exposition_end(struct exposition *x, size_t *bytes);

/* The shortest text that is read as the same number, with a point or an exponent in it. */
#define METRIC_NUMBER 32
const char *metric_number(double value, char text[METRIC_NUMBER]);

#endif
