// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The measure of the cost figures: programs that do nothing.
 */
#include "vmlinux.h"
#include <bpf/bpf_helpers.h>

char LICENSE[] SEC("license") = "GPL";

SEC("xdp")
int empty_xdp(struct xdp_md *ctx)
{
	(void)ctx;
	return XDP_PASS;
}

SEC("tc")
int empty_tc(struct __sk_buff *ctx)
{
	(void)ctx;
	return 0;
}

/* What the next program changes in a packet is undone before each run: a UDP header behind Ethernet and IPv4. */
#define UDP_OFFSET 34

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, __u64);
} header SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_PROG_ARRAY);
	__uint(max_entries, 1);
	__uint(key_size, sizeof(__u32));
	__uint(value_size, sizeof(__u32));
} next SEC(".maps");

SEC("tc")
int rewind_tc(struct __sk_buff *ctx)
{
	__u32 only = 0;
	__u64 *udp = bpf_map_lookup_elem(&header, &only);

	if (udp)
		bpf_skb_store_bytes(ctx, UDP_OFFSET, udp, sizeof(*udp), 0);
	bpf_tail_call(ctx, &next, 0);
	return 2;
}
