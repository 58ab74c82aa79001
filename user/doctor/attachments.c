// SPDX-License-Identifier: GPL-2.0-or-later
#include "doctor/look.h"
#include "netlink.h"
#include "privilege.h"
#include "program.h"
#include "tc.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <linux/if_link.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>
#include <xdp/libxdp.h>

#define OTHERS_MAX 64

/* What BPF_PROG_QUERY reads, as <linux/bpf.h> of Linux 6.6 has it; this may be built with older headers. */
struct query {
	__u32 ifindex;
	__u32 attach_type;
	__u32 query_flags;
	__u32 attach_flags;
	__aligned_u64 program_ids;
	__u32 count;
	__u32 zero;
	__aligned_u64 program_flags;
	__aligned_u64 link_ids;
	__aligned_u64 link_flags;
	__u64 revision;
};

static void known_name(uint32_t id, char name[BPF_OBJ_NAME_LEN])
{
	program_kernel_name(id, name);
	if (!*name)
		snprintf(name, BPF_OBJ_NAME_LEN, "unknown");
}

static void note_unseen(const struct subject *subject, const char *which, int err,
			struct findings *findings)
{
	char what[96];

	snprintf(what, sizeof(what), "%s programs of %s", which, subject->name);
	finding_unseen(findings, what, "%s", strerror(-err));
}

/* ---- XDP -------------------------------------------------------------------------------------------------------- */

static void tell_xdp(const struct subject *subject, uint32_t id, const char *command,
		     struct findings *findings)
{
	struct finding *finding = finding_add(findings, FINDING_OTHER_XDP, subject->name, command);
	char name[BPF_OBJ_NAME_LEN];

	if (!finding)
		return;
	finding->harm = false;
	known_name(id, name);
	snprintf(finding->cause, sizeof(finding->cause),
		 "XDP program %s (%u) of somebody else %s; what it drops or redirects, tidegate "
		 "does "
		 "not know of",
		 name, id,
		 subject->xdp_id ? "is on the same interface"
				 : "sees packets before tidegate does");
}

/* Those that libxdp's dispatcher calls. False if it is no dispatcher, or cannot be looked at. */
static bool look_into_dispatcher(const struct subject *subject, struct findings *findings)
{
	struct xdp_multiprog *all;
	struct xdp_program *one = NULL;
	char command[FINDING_TEXT];

	privilege_admin(true);
	all = xdp_multiprog__get_from_ifindex((int)subject->ifindex);
	privilege_admin(false);
	if (libxdp_get_error(all))
		return false;
	if (xdp_multiprog__is_legacy(all)) {
		xdp_multiprog__close(all);
		return false;
	}
	while ((one = xdp_multiprog__next_prog(one, all))) {
		uint32_t id = xdp_program__id(one);

		snprintf(command, sizeof(command), "xdp-loader unload %s --id %u", subject->name,
			 id);
		if (id != subject->xdp_id)
			tell_xdp(subject, id, command, findings);
	}
	xdp_multiprog__close(all);
	return true;
}

static void look_at_xdp(const struct subject *subject, struct findings *findings)
{
	LIBBPF_OPTS(bpf_xdp_query_opts, query);
	int err = bpf_xdp_query((int)subject->ifindex, 0, &query);
	uint32_t id = query.drv_prog_id ? query.drv_prog_id : query.skb_prog_id;
	char command[FINDING_TEXT];

	if (err) {
		note_unseen(subject, "XDP", err, findings);
		return;
	}
	if (!id || id == subject->xdp_id || look_into_dispatcher(subject, findings))
		return;
	if (subject->xdp_id) {
		note_unseen(subject, "XDP", -EPERM, findings);
		return;
	}
	snprintf(command, sizeof(command), "ip link set dev %s %s off", subject->name,
		 query.drv_prog_id ? "xdp" : "xdpgeneric");
	tell_xdp(subject, id, command, findings);
}

/* ---- TC --------------------------------------------------------------------------------------------------------- */

static void tell_tc(const struct subject *subject, bool egress, const char *what,
		    const char *command, struct findings *findings)
{
	struct finding *finding = finding_add(findings, FINDING_OTHER_TC, subject->name, command);

	if (!finding)
		return;
	finding->harm = false;
	snprintf(finding->cause, sizeof(finding->cause),
		 "%s of somebody else is on %s of the same interface; what it drops, redirects or "
		 "changes, tidegate does not know of",
		 what, egress ? "egress" : "ingress");
}

/* `program`: kernel number, 0: none. */
static bool is_ours(const struct subject *subject, bool egress, uint32_t program)
{
	if (!program)
		return false;
	if (egress)
		return program == subject->egress_id;
	return program == subject->ingress_id || program == subject->mark_id;
}

static void look_at_tcx(const struct subject *subject, bool egress, struct findings *findings)
{
	uint32_t programs[OTHERS_MAX] = {0}, links[OTHERS_MAX] = {0};
	struct query query = {
		.ifindex = subject->ifindex,
		.attach_type = egress ? TC_ATTACH_TCX_EGRESS : TC_ATTACH_TCX_INGRESS,
		.program_ids = (uintptr_t)programs,
		.link_ids = (uintptr_t)links,
		.count = OTHERS_MAX,
	};
	char name[BPF_OBJ_NAME_LEN], what[64], command[FINDING_TEXT];

	if (syscall(__NR_bpf, BPF_PROG_QUERY, &query, sizeof(query))) {
		/* EINVAL, E2BIG: before 6.6 there is no TCX. */
		if (errno != EINVAL && errno != E2BIG)
			note_unseen(subject, "TC", -errno, findings);
		return;
	}
	for (uint32_t i = 0; i < query.count && i < OTHERS_MAX; i++) {
		if (is_ours(subject, egress, programs[i]))
			continue;
		known_name(programs[i], name);
		snprintf(what, sizeof(what), "TCX program %s (%u)", name, programs[i]);
		if (links[i])
			snprintf(command, sizeof(command), "bpftool link detach id %u", links[i]);
		else
			snprintf(command, sizeof(command), "bpftool net detach tcx_%s dev %s",
				 egress ? "egress" : "ingress", subject->name);
		tell_tc(subject, egress, what, command, findings);
	}
}

static void look_at_filters(const struct subject *subject, struct findings *findings)
{
	struct netlink_filter filter[OTHERS_MAX];
	int count = netlink_list_filters(subject->ifindex, filter, OTHERS_MAX);
	char what[128], command[FINDING_TEXT];

	if (count < 0)
		note_unseen(subject, "clsact", count, findings);
	for (int i = 0; i < count; i++) {
		const struct netlink_filter *f = &filter[i];

		if (is_ours(subject, f->egress, f->program))
			continue;
		snprintf(what, sizeof(what), "%s filter %s%s(preference %u)", f->kind, f->name,
			 *f->name ? " " : "", f->priority);
		snprintf(command, sizeof(command), "tc filter del dev %s %s pref %u", subject->name,
			 f->egress ? "egress" : "ingress", f->priority);
		tell_tc(subject, f->egress, what, command, findings);
	}
}

void look_at_attachments(const struct subjects *subjects, struct findings *findings)
{
	for (size_t i = 0; i < subjects->count; i++) {
		look_at_xdp(&subjects->list[i], findings);
		look_at_tcx(&subjects->list[i], false, findings);
		look_at_tcx(&subjects->list[i], true, findings);
		look_at_filters(&subjects->list[i], findings);
	}
}
