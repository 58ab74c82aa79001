// SPDX-License-Identifier: GPL-2.0-or-later
#include "web/histogram.h"

void histogram_init(struct histogram *histogram, const struct histogram_scale *scale)
{
	*histogram = (struct histogram){.scale = scale};
}

void histogram_observe(struct histogram *histogram, double value)
{
	const struct histogram_scale *scale = histogram->scale;
	size_t i = 0;

	while (i < scale->count && value > scale->bound[i])
		i++;
	histogram->bucket[i]++;
	histogram->count++;
	histogram->sum += value;
}
