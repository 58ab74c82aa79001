/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The running firewall as the daemon sees it: opened, with its register and policy read, and opened anew when somebody
 * took it down and up again. Commands that are run by hand change it under the daemon's eyes, so nothing is believed longer than
 * until the next followed_refresh().
 */
#ifndef TIDEGATE_FOLLOWED_H
#define TIDEGATE_FOLLOWED_H

#include <pthread.h>

#include "config.h"
#include "instance.h"

struct followed {
	const char *path; /* of the bpffs directory; borrowed */
	/* Called before the maps are closed: nobody may use them from then on. */
	void (*closing)(void *context);
	void *context;
	bool gone; /* the firewall itself is: somebody took it down; for closing() */
	bool open; /* something is up; what follows but `lock` holds only then */
	struct instance instance;
	struct registry *registry;
	struct tg_rule *rules;     /* of the live policy, registry->policy.rules of them */
	struct config config;      /* the live policy */
	uint64_t other_generation; /* of the policy in the other bank: it may be live again */
	uint32_t hz;
	int clock; /* clock_open() */
	int mark;  /* daemon_mark_take() */
	struct {
		pthread_mutex_t mutex;
		unsigned int users; /* parts of this process that hold it */
		bool alone;
		struct bpffs dir;
	} lock;
};

enum followed_news {
	FOLLOWED_SAME,
	FOLLOWED_CHANGED, /* the policy, or which one is live */
	FOLLOWED_OPENED,  /* it is another firewall than before, or the first one */
	FOLLOWED_CLOSED,  /* it was taken down */
};

void followed_init(struct followed *followed, const char *path, void (*closing)(void *context),
		   void *context);
void followed_close(struct followed *followed);

/*
 * Looks again. `thoroughly`: is it still the same firewall, too? An enum followed_news, or a negative errno, explained: then it is
 * closed.
 */
int followed_refresh(struct followed *followed, bool thoroughly);

/* Reads the register again, after a change of one's own. 0 or a negative errno. */
int followed_reread(struct followed *followed);

/*
 * The lock that commands take, too, for parts of the daemon that change different interfaces: it is held until all have given
 * it back. `alone`: nobody else in this process may have it. 0; -EWOULDBLOCK, silently, if it has to be tried again later;
 * -ENOENT, silently, if the firewall is not there any more; or another negative errno. Any thread.
 */
int followed_lock(struct followed *followed, bool alone);
void followed_unlock(struct followed *followed);

int followed_jiffies(const struct followed *followed,
		     uint64_t *jiffies); /* 0 or a negative errno, silently */

#endif
