// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What BPF_PROG_TEST_RUN cannot give to a TC program: a VLAN tag in the packet's metadata, where a network card that
 * strips tags puts it, and a packet larger than a page. This program makes both and goes on with the one under test.
 */
#include "vmlinux.h"
#include <bpf/bpf_helpers.h>

char LICENSE[] SEC("license") = "GPL";

struct {
	__uint(type, BPF_MAP_TYPE_PROG_ARRAY);
	__uint(max_entries, 16);
	__type(key, __u32);
	__type(value, __u32);
} under_test SEC(".maps");

/* cb[0]: tag protocol (network order) or 0, cb[1]: tag, cb[2]: index of the program under test, cb[3]: length or 0. */
SEC("tc")
int prepare_tc(struct __sk_buff *ctx)
{
	__u32 protocol = ctx->cb[0], tag = ctx->cb[1], index = ctx->cb[2], len = ctx->cb[3];

	if (len && bpf_skb_change_tail(ctx, len, 0))
		return 76;
	if (protocol && bpf_skb_vlan_push(ctx, protocol, tag))
		return 77;
	bpf_tail_call(ctx, &under_test, index);
	return 78;
}
