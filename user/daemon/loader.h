/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A thread that does what takes the kernel's verifier a tenth of a second and more, so that records go on and interfaces that
 * appear need not wait: it keeps programs in stock for interfaces to come, and gives guarded ones the programs that they
 * lack.
 */
#ifndef TIDEGATE_LOADER_H
#define TIDEGATE_LOADER_H

#include "daemon/followed.h"

/* Loaded TC programs for an interface with this slot. */
struct spare {
	uint32_t slot;
	int ingress; /* descriptors, owned */
	int egress;
};

struct loader;

/* `followed` is borrowed and has to be open as long as the loader works. NULL if memory is short. */
struct loader *loader_start(struct followed *followed);
void loader_stop(struct loader *loader);

/* Begins to work for the firewall that is followed now; and stops: waits for what is under way, and forgets the stock. */
void loader_resume(struct loader *loader);
void loader_pause(struct loader *loader);

/* Waits until something is in stock, for a few seconds at the most. */
void loader_wait(struct loader *loader);

/*
 * Takes programs out of the stock for a slot that is free by now. 0; -EAGAIN: some are being loaded; -ENOENT: that cannot be
 * done. The lock is held.
 */
int loader_take(struct loader *loader, const struct registry *registry, bool no_ethernet,
		struct spare *spare);
void spare_release(struct spare *spare);

/*
 * An interface gets those of the programs that `hook` (enum tg_hook) asks for which it has not. `lacking`: somebody took them off,
 * which is told when they are back.
 */
struct loader_job {
	uint32_t slot;
	uint32_t ifindex;
	uint64_t hook;
	bool lacking;
	int result; /* when it was done: 0 or a negative errno, explained */
};
/* Queues it, unless a job for this slot waits already. */
void loader_ask(struct loader *loader, const struct loader_job *job);
/* Gives back a job that was done; false: there is none. */
bool loader_done(struct loader *loader, struct loader_job *job);
/* Becomes readable when one was; borrowed. */
int loader_fd(const struct loader *loader);

#endif
