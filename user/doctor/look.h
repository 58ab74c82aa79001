/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What is looked for besides rules; each in the file of its name. What cannot be looked at is noted.
 */
#ifndef TIDEGATE_LOOK_H
#define TIDEGATE_LOOK_H

#include "doctor/judge.h"

/* bridge.c: bridged packets that are sent through the rules of IP (br_netfilter). */
void look_at_bridges(const struct ruleset *ruleset, const struct subjects *subjects,
		     struct findings *findings);

/* attachments.c: programs of others on the same interfaces. */
void look_at_attachments(const struct subjects *subjects, struct findings *findings);

/* offloads.c: what network cards and GRO do to packets before they are judged. */
void look_at_offloads(const struct subjects *subjects, struct findings *findings);

/* The part of offloads.c that decides: whether these features of the interface are on, and can be switched off. */
struct feature {
	bool on;
	bool fixed;
};
struct features {
	struct feature vlan_stripping; /* rx-vlan-offload */
	struct feature gro;
	struct feature gro_list;       /* rx-gro-list */
	struct feature gro_forwarding; /* rx-udp-gro-forwarding */
	bool veth; /* tags come beside the frame as long as the other end sends them so, whatever rx-vlan-offload is */
};
void judge_features(const struct subject *subject, const struct features *features,
		    struct findings *findings);

#endif
