/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the host does beside tidegate that gets into its way, and the way out. Each kind is looked for by one file here,
 * which adds to this list and prints nothing.
 */
#ifndef TIDEGATE_FINDINGS_H
#define TIDEGATE_FINDINGS_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

/* X(name in C, in JSON and text) */
#define FINDING_KINDS(X)                                                                         \
	X(NETFILTER_DROPS, "netfilter-drops")   /* a rule or policy drops what was admitted */   \
	X(HELPER_MISSING, "helper-missing")     /* addresses are translated without a helper */  \
	X(HELPER_NEEDLESS, "helper-needless")   /* it opens what nothing needs open */           \
	X(BRIDGE_NETFILTER, "bridge-netfilter") /* bridged packets meet rules for routed ones */ \
	X(OTHER_XDP, "other-xdp")                                                                \
	X(OTHER_TC, "other-tc")                                                                  \
	X(VLAN_STRIPPED, "vlan-stripped") /* XDP cannot see tags */                              \
	X(UDP_MERGED, "udp-merged")       /* datagrams are joined before they are judged */

enum finding_kind {
#define X(name, text) FINDING_##name,
	FINDING_KINDS(X)
#undef X
};

const char *finding_name(enum finding_kind kind);

#define FINDING_INTERFACE 16
#define FINDING_TEXT      512

struct finding {
	enum finding_kind kind;
	bool harm; /* TFTP suffers; else something is superfluous, or should be known */
	char interface[FINDING_INTERFACE];
	char cause[FINDING_TEXT];
	char command[FINDING_TEXT];   /* for a shell; mends it. "": none does */
	char other_way[FINDING_TEXT]; /* "": none */
};

/* What could not be looked at. */
struct unseen {
	char what[96];
	char why[160];
};

struct findings {
	struct finding *finding; /* owned */
	size_t count;
	struct unseen *unseen; /* owned */
	size_t unseen_count;
};

/*
 * Adds a finding. The texts are to be filled by the caller: NULL if memory is short, or if the same command is there
 * already for the same interface: then that finding stands for both.
 */
struct finding *finding_add(struct findings *findings, enum finding_kind kind,
			    const char *interface, const char *command);
/* Notes it, once. */
__attribute__((format(printf, 3, 4))) void finding_unseen(struct findings *findings,
							  const char *what, const char *why, ...);

/* Arrays of objects; see the manual page for their members. */
json_t *findings_json(const struct findings *findings);
json_t *findings_unseen_json(const struct findings *findings);

void findings_free(struct findings *findings);

#endif
