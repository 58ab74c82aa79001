// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What tidegate is measured against: programs that do nothing, and programs that do the least that a stateful filter has
 * to (parse, look one exchange up in a table of the same kind, note the packet there, count it).
 */
#include "vmlinux.h"
#include <bpf/bpf_helpers.h>

char LICENSE[] SEC("license") = "GPL";

SEC("xdp.frags")
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

#define ETHERTYPE_IPV4_BE 0x0008
#define PROTOCOL_UDP      17

struct anchor_key {
	__u64 source[2];
	__u64 destination[2];
	__u32 ports;
	__u32 zero;
	__u64 zone;
};

/* As large as what a transfer takes. */
struct anchor_value {
	__u64 seen;
	__u64 packets;
	__u64 rest[17];
};

struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 65536); /* user space says how many */
	__type(key, struct anchor_key);
	__type(value, struct anchor_value);
} exchanges SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 256);
	__type(key, __u32);
	__type(value, __u64);
} counts SEC(".maps");

/* Frame to key; false if it is no whole UDP header in IPv4 without options or in IPv6 without extensions. */
static __always_inline bool key_of(struct anchor_key *key, void *data, void *data_end)
{
	struct ethhdr *ethernet = data;
	struct iphdr *v4 = data + sizeof(*ethernet);
	struct ipv6hdr *v6 = data + sizeof(*ethernet);
	void *ports;

	if ((void *)(v4 + 1) > data_end)
		return false;
	if (ethernet->h_proto == ETHERTYPE_IPV4_BE) {
		if (v4->protocol != PROTOCOL_UDP)
			return false;
		key->source[0] = key->destination[0] = 0;
		key->source[1] = v4->saddr;
		key->destination[1] = v4->daddr;
		ports = v4 + 1;
	} else {
		if ((void *)(v6 + 1) > data_end || v6->nexthdr != PROTOCOL_UDP)
			return false;
		__builtin_memcpy(key->source, &v6->saddr, sizeof(key->source));
		__builtin_memcpy(key->destination, &v6->daddr, sizeof(key->destination));
		ports = v6 + 1;
	}
	if (ports + 8 > data_end)
		return false;
	key->ports = *(__u32 *)ports;
	key->zero = 0;
	key->zone = 1;
	return true;
}

static __always_inline bool note(void *data, void *data_end)
{
	struct anchor_value *value;
	struct anchor_key key;
	__u32 known = 1;
	__u64 *count;

	if (!key_of(&key, data, data_end))
		return false;
	value = bpf_map_lookup_elem(&exchanges, &key);
	if (!value)
		return false;
	value->packets++;
	value->seen = bpf_jiffies64();
	count = bpf_map_lookup_elem(&counts, &known);
	if (count)
		++*count;
	return true;
}

SEC("xdp.frags")
int anchor_xdp(struct xdp_md *ctx)
{
	return note((void *)(long)ctx->data, (void *)(long)ctx->data_end) ? XDP_PASS : XDP_DROP;
}

SEC("tc")
int anchor_tc(struct __sk_buff *ctx)
{
	return note((void *)(long)ctx->data, (void *)(long)ctx->data_end) ? 0 : 2;
}

/* Puts the packet's exchange into the table. */
SEC("xdp.frags")
int anchor_fill(struct xdp_md *ctx)
{
	struct anchor_value value = {};
	struct anchor_key key;

	if (!key_of(&key, (void *)(long)ctx->data, (void *)(long)ctx->data_end) ||
	    bpf_map_update_elem(&exchanges, &key, &value, BPF_ANY))
		return XDP_DROP;
	return XDP_PASS;
}
