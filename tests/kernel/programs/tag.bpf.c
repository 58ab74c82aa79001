// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * BPF_PROG_TEST_RUN takes no VLAN tag in the packet's metadata. This program puts one there, as a network card that
 * strips tags does, and goes on with the program under test.
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

/* cb[0]: tag protocol (network order), cb[1]: tag, cb[2]: index of the program under test. */
SEC("tc")
int tag_tc(struct __sk_buff *ctx)
{
	__u32 index = ctx->cb[2];

	if (bpf_skb_vlan_push(ctx, ctx->cb[0], ctx->cb[1]))
		return 77;
	bpf_tail_call(ctx, &under_test, index);
	return 78;
}
