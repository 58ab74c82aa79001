/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A guarded interface, with all that findings depend on: its zone, its hook, and what the host does with its packets.
 */
#ifndef TIDEGATE_SUBJECT_H
#define TIDEGATE_SUBJECT_H

#include "attach.h"
#include "doctor/findings.h"
#include "registry.h"

#include <net/if.h>

/* What becomes of packets of the interface; bits, several may hold. */
enum subject_role {
	SUBJECT_SERVER = 1 << 0, /* a server on this host is asked */
	SUBJECT_CLIENT = 1 << 1, /* this host asks */
	SUBJECT_ROUTED = 1 << 2,
	SUBJECT_BRIDGED = 1 << 3,
};

enum subject_family {
	SUBJECT_IPV4 = 1 << 0,
	SUBJECT_IPV6 = 1 << 1,
};

struct subject {
	uint32_t ifindex;
	char name[IF_NAMESIZE];
	char zone[TG_ZONE_NAME];
	char master[IF_NAMESIZE]; /* its bridge or bond; "": none */
	bool bridge_port;
	bool tags_expected; /* VLANs are used on it */
	uint32_t flags;     /* enum tg_zone_flag */
	uint16_t tftp_port; /* the first of those where requests are recognised; host order */
	uint64_t hook;      /* enum tg_hook as asked */
	bool xdp_native;
	uint32_t xdp_id; /* kernel numbers of our programs; 0: none there */
	uint32_t ingress_id;
	uint32_t mark_id; /* at ingress, too: what takes over the marks of XDP */
	uint32_t egress_id;
	unsigned int roles;          /* enum subject_role */
	unsigned int local_families; /* enum subject_family: of this host's addresses there */
	unsigned int routed_families;
	/* of admitted packets that come in; mask 0: tidegate leaves their mark alone */
	uint32_t mark;
	uint32_t mark_mask;
	bool single_port; /* clients see answers from the port that they asked */
};

struct subjects {
	struct subject *list; /* owned */
	size_t count;
};

/* Does the zone let nothing in through this interface but what it has judged? */
static inline bool subject_enforces(const struct subject *subject)
{
	return !(subject->flags & (TG_ZONE_MONITOR | TG_ZONE_UNMATCHED_PASS));
}

/* The interface as routing sees it. */
static inline const char *subject_upper(const struct subject *subject)
{
	return *subject->master ? subject->master : subject->name;
}

/*
 * Those of the registry that are there and guarded. 0 or a negative errno, explained; what cannot be looked at is noted
 * in `findings`. Free the result.
 */
int subjects_read(const struct owner *owner, const struct registry *registry,
		  struct subjects *subjects, struct findings *findings);
void subjects_free(struct subjects *subjects);

#endif
