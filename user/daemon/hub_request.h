/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a reader of the socket asks for (hub.h).
 */
#ifndef TIDEGATE_HUB_REQUEST_H
#define TIDEGATE_HUB_REQUEST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "complaint.h"
#include "records/record_filter.h"

#define HUB_EVERY_MIN_MS 100
#define HUB_EVERY_MAX_MS 3600000

/* A document that is asked for once, or again and again. */
struct hub_wish {
	bool asked;
	uint64_t every_ms; /* 0: once */
};

struct hub_request {
	bool records;
	struct record_filter filter; /* owned */
	uint64_t backlog;
	struct hub_wish flows;
	struct hub_wish stats;
};

/* Reads a line of `len` bytes. Silent: 0, or -EINVAL with `*why` filled; hub_request_free() follows in both cases. */
int hub_request_parse(const char *line, size_t len, struct hub_request *request,
		      struct complaint *why);
void hub_request_free(struct hub_request *request);

#endif
