// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What BPF_PROG_TEST_RUN cannot give to a TC program: a VLAN tag in the packet's metadata, where the kernel puts the
 * outer one before TC sees the packet, and a packet larger than a page. This program makes both and goes on with the
 * one to be run. For `tidegate replay` and for the tests; no interface ever gets it.
 */
#include "vmlinux.h"
#include <bpf/bpf_helpers.h>

#include "prepare.h"

char LICENSE[] SEC("license") = "GPL";

struct {
	__uint(type, BPF_MAP_TYPE_PROG_ARRAY);
	__uint(max_entries, 16);
	__type(key, __u32);
	__type(value, __u32);
} under_test SEC(".maps");

/* The bytes of a long packet from PREPARE_DIRECT on. */
__u8 rest[PREPARE_REST] = {};

/* cb[0]: tag protocol (network order) or 0, cb[1]: tag, cb[2]: index of the program to be run, cb[3]: how many bytes
 * are in `rest`. */
SEC("tc")
int prepare_tc(struct __sk_buff *ctx)
{
	__u32 protocol = ctx->cb[0], tag = ctx->cb[1], index = ctx->cb[2], more = ctx->cb[3];

	if (more) {
		if (more > PREPARE_REST || bpf_skb_change_tail(ctx, PREPARE_DIRECT + more, 0))
			return PREPARE_TOO_LONG;
		/* The same number, in a form in which verifiers up to 6.1 see that it is not 0. */
		asm volatile("" : "+r"(more));
		more = ((more - 1) & (PREPARE_REST - 1)) + 1;
		if (bpf_skb_store_bytes(ctx, PREPARE_DIRECT, rest, more, 0))
			return PREPARE_FAILED;
	}
	if (protocol && bpf_skb_vlan_push(ctx, protocol, tag))
		return PREPARE_FAILED;
	bpf_tail_call(ctx, &under_test, index);
	return PREPARE_FAILED;
}
