/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The two faces of `tidegate top`: each reads until its end and shows the model.
 */
#ifndef TIDEGATE_TOP_VIEW_H
#define TIDEGATE_TOP_VIEW_H

#include "settings.h"
#include "views/reader.h"
#include "views/top_model.h"

/* Milliseconds of CLOCK_MONOTONIC. */
uint64_t top_clock_ms(void);

/*
 * Takes what comes within `timeout_ms` (-1: waits for ever), and all that waits behind it, into the model; no further than
 * to a look at the flows, for which `*looked` becomes true. 0, or a negative errno of reader_next(), or -ENOMEM; silently.
 */
int top_take(struct reader *reader, struct top_model *model, int timeout_ms, bool *looked);

/* A full screen; `count` looks at the most if it is not 0. An enum exit_code; what failed is explained. */
int top_screen(struct reader *reader, struct top_model *model, const struct settings *settings);

/* A table, or with --json a document, for every look. Likewise. */
int top_batch(struct reader *reader, struct top_model *model, const struct settings *settings);

#endif
