/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Programs that are about to be attached are loaded side by side: verifying is nearly all of what `up` takes, and the
 * kernel verifies on as many processors as there are.
 */
#ifndef TIDEGATE_AHEAD_H
#define TIDEGATE_AHEAD_H

#include <stddef.h>

#include "program.h"

struct ahead_job {
	struct program *program; /* gets the loaded program; fd -1 if that failed. Close it. */
	enum place place;
	struct program_target target;
	bool shared; /* PLACE_XDP: for a dispatcher of libxdp, if the kernel can do that; else alone */
};

/*
 * Loads them by as many threads as there are processors for this one, and returns when all is done. With one processor, or
 * while all that libbpf says is shown, nothing is loaded. Failures are silent: whoever attaches what is missing loads it by
 * himself, and explains it.
 */
void ahead_load(const struct ahead_job *job, size_t count);

#endif
