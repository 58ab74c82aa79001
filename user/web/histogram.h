/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A histogram with fixed buckets.
 */
#ifndef TIDEGATE_HISTOGRAM_H
#define TIDEGATE_HISTOGRAM_H

#include <stddef.h>
#include <stdint.h>

#define HISTOGRAM_BUCKETS 16 /* at the most */

/* Upper bounds, rising; each belongs to its bucket. What is above the last one counts in another bucket. */
struct histogram_scale {
	size_t count;
	double bound[HISTOGRAM_BUCKETS];
};

struct histogram {
	const struct histogram_scale *scale;
	uint64_t bucket[HISTOGRAM_BUCKETS +
			1]; /* not cumulative; the last in use is for what is above all bounds */
	uint64_t count;
	double sum;
};

void histogram_init(struct histogram *histogram, const struct histogram_scale *scale);
void histogram_observe(struct histogram *histogram, double value);

#endif
