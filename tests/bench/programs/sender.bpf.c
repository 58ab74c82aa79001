// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Fills in one frame, and sends it out of an interface: run by BPF_PROG_TEST_RUN with live frames (sender.c). Frames come
 * back to it from whoever received them, so it writes anew all that a receiver could have changed: the headers.
 */
#include "vmlinux.h"
#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>
#include "tests/bench/sender.h"

#define ETH_BYTES 14
#define IP4_BYTES 20
#define IP6_BYTES 40

char LICENSE[] SEC("license") = "GPL";

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct template);
} templates SEC(".maps");

const volatile struct {
	__u32 ifindex;
	__u32 frame_bytes; /* of each frame before it is cut to the template's length */
	__u32 ipv6;
	__u32 source_hosts_be; /* the address bits that are drawn: the last four bytes' */
	__u32 destination_hosts_be;
} sending = {};

__u64 random_state = 1;
__u32 first, count = 1; /* the templates that take turns */
__u32 in_turn;          /* each once, in their order; else at random */
__u64 sent;
__u64 period_ns; /* from one frame to the next at least, 0: none */
__u64 due_ns;

/* xorshift64*, Vigna 2016. */
static __always_inline __u64 draw(void)
{
	__u64 x = random_state;

	x ^= x >> 12;
	x ^= x << 25;
	x ^= x >> 27;
	random_state = x;
	return x * 2685821657736338717ULL;
}

/* Frames wait for one another here, since a run of many frames is one system call. */
static long still_early(__u64 i, void *context)
{
	(void)i;
	(void)context;
	return bpf_ktime_get_ns() >= due_ns;
}

static __always_inline void pace(void)
{
	__u64 now = bpf_ktime_get_ns();

	if (now > due_ns + 1000000)
		due_ns = now;
	bpf_loop(1 << 20, still_early, NULL, 0);
	due_ns += period_ns;
}

static __always_inline __u32 words_of(__u32 x)
{
	return (x & 0xffff) + (x >> 16);
}

static __always_inline __u16 checksum(__u64 sum)
{
	sum = (sum & 0xffff) + (sum >> 16);
	sum = (sum & 0xffff) + (sum >> 16);
	return ~sum;
}

static __always_inline __u16 port_drawn(__u16 x)
{
	return bpf_htons(x | 1024);
}

static __always_inline __u16 block_of(struct template *t, __u32 index, __u64 r)
{
	__u32 before = index - 1;
	struct template *data;

	if (t->vary & VARY_BLOCK)
		return bpf_htons(r);
	if (t->vary & NEXT_BLOCK)
		return bpf_htons(++t->block);
	data = bpf_map_lookup_elem(&templates, &before);
	return data && data->block > ACK_LAG ? bpf_htons(data->block - ACK_LAG) : 0;
}

/* What varies in UDP and TFTP headers; returns the sum of the words that were filled in. */
static __always_inline __u32 vary_udp(__u8 *udp, struct template *t, __u32 index, __u64 r)
{
	__u16 *words = (__u16 *)udp;
	__u32 sum = 0;

	if (t->vary & VARY_SOURCE_PORT)
		sum += words[0] = port_drawn(r >> 32);
	if (t->vary & VARY_DESTINATION_PORT)
		sum += words[1] = port_drawn(r >> 48);
	if (t->vary & (VARY_BLOCK | NEXT_BLOCK | LAST_BLOCK))
		sum += words[5] = block_of(t, index, r * 2654435761);
	return sum;
}

/* Random bits of hosts into the addresses; returns their sum for a checksum. */
static __always_inline __u64 vary_hosts(__u32 *source_be, __u32 *destination_be,
					const struct template *t, __u64 r, __u64 other)
{
	__u64 sum = 0;

	if (t->vary & VARY_SOURCE) {
		__u32 host = (__u32)r & sending.source_hosts_be;

		*source_be |= host;
		sum += words_of(host);
	}
	if (t->vary & VARY_DESTINATION) {
		__u32 host = (__u32)other & sending.destination_hosts_be;

		*destination_be |= host;
		sum += words_of(host);
	}
	return sum;
}

static __always_inline void vary_ip4(__u8 *frame, struct template *t, __u32 index)
{
	__u8 *ip = frame + ETH_BYTES;
	__u64 r = draw(), other = draw(), sum = t->ip_sum;

	if (t->vary & VARY_IP_ID)
		sum += *(__u16 *)(ip + 4) = other >> 48;
	sum += vary_hosts((__u32 *)(ip + 12), (__u32 *)(ip + 16), t, r, other);
	if (t->ip_sum)
		*(__u16 *)(ip + 10) = checksum(sum);
	vary_udp(ip + IP4_BYTES, t, index, r);
}

static __always_inline void vary_ip6(__u8 *frame, struct template *t, __u32 index)
{
	__u8 *ip = frame + ETH_BYTES;
	__u64 r = draw(), other = draw(), sum = t->udp_sum;

	sum += vary_hosts((__u32 *)(ip + 20), (__u32 *)(ip + 36), t, r, other);
	if (t->vary & VARY_FRAGMENT_ID)
		*(__u32 *)(ip + IP6_BYTES + 4) = other >> 32;
	sum += vary_udp(ip + IP6_BYTES, t, index, r);
	if (t->udp_sum) {
		__u16 value = checksum(sum);

		*(__u16 *)(ip + IP6_BYTES + 6) = value ? value : 0xffff;
	}
}

static __always_inline __u32 next_template(void)
{
	if (in_turn)
		return first + sent % count;
	return first + (__u32)(((draw() >> 32) * count) >> 32);
}

SEC("xdp")
int send_frame(struct xdp_md *ctx)
{
	__u8 *frame = (void *)(long)ctx->data, *end = (void *)(long)ctx->data_end;
	__u32 index = next_template(), length;
	struct template *t;

	if (period_ns)
		pace();
	t = bpf_map_lookup_elem(&templates, &index);
	if (!t || frame + HEAD_BYTES > end)
		return XDP_DROP;
	__builtin_memcpy(frame, t->head, HEAD_BYTES);
	if (sending.ipv6)
		vary_ip6(frame, t, index);
	else
		vary_ip4(frame, t, index);
	length = t->length;
	sent++;
	if (length != sending.frame_bytes &&
	    bpf_xdp_adjust_tail(ctx, (int)length - (int)sending.frame_bytes))
		return XDP_DROP;
	return bpf_redirect(sending.ifindex, 0);
}
