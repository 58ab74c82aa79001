// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * BPF_PROG_TEST_RUN repeats one frame, and a table of a million entries of which one is looked up costs what a table of one costs.
 * These programs stand in front of the one that is measured, write another peer into the frame each time, and go on with it.
 *
 * Why the difference to the same with an empty program behind is what the measured program costs:
 *   - what these programs do and read (peers one after another, which the processor fetches ahead) is the same for both;
 *   - what they write is as wide as what the measured program reads there, or wider, so that loads find it in the store
 *     buffer and do not wait for the cache;
 *   - peers are in random order (user space shuffles them after the tables were filled), so that neither buckets nor
 *     entries come in an order that the processor foresees. All of them have their turn before one comes again.
 */
#include "vmlinux.h"
#include <bpf/bpf_helpers.h>

#include "vary.h"

char LICENSE[] SEC("license") = "GPL";

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, 1); /* user space says how many */
	__type(key, __u32);
	__type(value, struct vary_peer);
} peers SEC(".maps");

/* Those of XDP and those of TC must not be mixed. */
#define TARGETS(name)                                  \
	struct {                                       \
		__uint(type, BPF_MAP_TYPE_PROG_ARRAY); \
		__uint(max_entries, VARY_TARGETS);     \
		__type(key, __u32);                    \
		__type(value, __u32);                  \
	} name SEC(".maps")
TARGETS(targets_xdp);
TARGETS(targets_tc);

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct vary_settings);
} settings SEC(".maps");

/* A bounded offset, in a form that the compiler does not take apart. */
static __always_inline void *place(void *data, __u32 offset)
{
	asm volatile("" : "+r"(offset));
	return data + (offset & (VARY_REACH - 1));
}

/* Which program goes on; -1 if the frame is too short for what the settings say. */
static __always_inline long vary(void *data, void *data_end)
{
	__u32 only = 0, index;
	struct vary_settings *s = bpf_map_lookup_elem(&settings, &only);
	void *address, *port, *counted, *restored;
	const struct vary_peer *peer;

	if (!s)
		return -1;
	index = s->first + s->position;
	peer = bpf_map_lookup_elem(&peers, &index);
	address = place(data, s->address_offset);
	port = place(data, s->port_offset);
	counted = place(data, s->counted_offset);
	restored = place(data, s->restored_offset);
	if (!peer || address + 8 > data_end || port + 2 > data_end || counted + 2 > data_end ||
	    restored + 2 > data_end)
		return -1;
	if (s->ipv6)
		*(__u64 *)address = peer->address6_be;
	else
		*(__u32 *)address = peer->address4_be;
	*(__u16 *)port = peer->port_be;
	if (s->counted_offset)
		*(__u16 *)counted = __builtin_bswap16(s->counted_first + s->round);
	if (s->restored_offset)
		*(__u16 *)restored = s->restored_be;
	if (++s->position >= s->count) {
		s->position = 0;
		s->round++;
	}
	return s->target;
}

SEC("xdp.frags")
int vary_xdp(struct xdp_md *ctx)
{
	long target = vary((void *)(long)ctx->data, (void *)(long)ctx->data_end);

	if (target >= 0)
		bpf_tail_call(ctx, &targets_xdp, target);
	return XDP_ABORTED;
}

SEC("tc")
int vary_tc(struct __sk_buff *ctx)
{
	long target = vary((void *)(long)ctx->data, (void *)(long)ctx->data_end);

	if (target >= 0)
		bpf_tail_call(ctx, &targets_tc, target);
	return 2;
}
