/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Keeps the interfaces as the live policy wants them: guards those that come and that a zone names, forgets those that go, and
 * puts back what somebody took off an interface. What commands do is respected: `down` takes an interface out of
 * the policy.
 */
#ifndef TIDEGATE_WATCH_H
#define TIDEGATE_WATCH_H

#include "daemon/loader.h"
#include "records/record_log.h"

struct watch;

/* All are borrowed. NULL, explained, on failure. */
struct watch *watch_new(struct followed *followed, struct loader *loader, struct record_log *log);
void watch_free(struct watch *watch);
int watch_fd(const struct watch *watch); /* readable: watch_read() */

/* Reads what the kernel tells, and acts on it. */
void watch_read(struct watch *watch);

/* Looks at everything: after a change of the policy, and once a second. */
void watch_look(struct watch *watch);

/* Takes up what could not be done, because a command was at work. True if there is still something. */
bool watch_retry(struct watch *watch);

/* What the loader has done. */
void watch_loaded(struct watch *watch);

#endif
