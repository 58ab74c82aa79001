// SPDX-License-Identifier: GPL-2.0-or-later
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "program.h"

void series_add(struct series *series, double value)
{
	if (series->count == SERIES_MAX)
		abort();
	series->values[series->count++] = value;
}

static int compare_doubles(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

double series_quantile(const struct series *series, double part)
{
	double sorted[SERIES_MAX];

	if (!series->count)
		abort();
	memcpy(sorted, series->values, series->count * sizeof(*sorted));
	qsort(sorted, series->count, sizeof(*sorted), compare_doubles);
	return sorted[(size_t)(part * (double)(series->count - 1) + 0.5)];
}

void row_print(const struct row *row)
{
	printf("{\"part\": \"program\", \"name\": \"%s\", \"ratio\": %.4f, \"low\": %.4f, "
	       "\"high\": %.4f, \"against\": \"%s\", \"value\": %.2f, \"base\": %.2f, \"unit\": "
	       "\"ns\"",
	       row->name, row->value / row->base, row->low / row->base, row->high / row->base,
	       row->against, row->value, row->base);
	if (row->at_most > 0)
		printf(", \"target\": {\"at_most\": %g}", row->at_most);
	if (row->at_most_ns > 0)
		printf(", \"target\": {\"value_at_most\": %g}", row->at_most_ns);
	if (row->trend > 0)
		printf(", \"trend\": %.4f, \"trend_against\": \"anchor program\"}\n", row->trend);
	else
		printf(", \"trend\": null}\n");
}
