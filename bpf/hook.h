/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * All that differs between XDP and TC: where the bytes are, which tags the kernel took out of the frame, how much of
 * the packet is there, and what a verdict is called. And what both need from the kernel: the clock and the loop.
 */
#ifndef TIDEGATE_HOOK_H
#define TIDEGATE_HOOK_H

#include "maps.h"
#include "core/judge.h"
#include "core/mark.h"
#include "core/parse.h"
#include "core/quote.h"

/* Load-time settings: constants to the verifier. */
const volatile __u32 slot = 0;           /* the interface that this load guards, in `interfaces` */
const volatile bool no_ethernet = false; /* its frames begin with the IP header */
const volatile bool virtual_clock = false; /* tests and replays set `virtual_now` themselves */

__u64 virtual_now = 0;    /* jiffies */
__u32 virtual_reason = 0; /* enum tg_reason, for them to read; what leaves as not UDP writes none */

/* What a hook returns to the kernel for each verdict. In TC "next" lets the filters behind this one see the packet. */
#define HOOK_TC_NEXT (-1) /* TCX_NEXT, TC_ACT_UNSPEC */
#define HOOK_TC_DROP 2    /* TCX_DROP, TC_ACT_SHOT */

#define HOOK_SOURCE_MAC 6 /* where it stands in an Ethernet frame */

/* So much is made readable of a packet whose headers are not in its linear part. */
#define HOOK_HEADER_BYTES 256U

/* For bpf_l4_csum_replace(): two bytes changed, and a checksum of 0 (none, RFC 768) stays. Ports are not in the pseudo
 * header, so what hardware has still to fill in stays as it is. */
#define HOOK_CHECKSUM_KEEPS_0 (1ULL << 5) /* BPF_F_MARK_MANGLED_0 */
#define HOOK_CHECKSUM_PORT    (HOOK_CHECKSUM_KEEPS_0 | sizeof(u16))

/*
 * What the XDP program hands to the TC program behind it, in front of the packet. Where generic XDP had to copy the
 * packet (6.18), TC sees it from its IP header on, and so much of the metadata less; what matters stands in the rest.
 */
#define HOOK_META_MAGIC 0x74676d31U
#define HOOK_META_LESS  14 /* bytes: an Ethernet header */
struct hook_mark {
	u32 magic;
	u32 mark;
	u32 mask;
} WIRE;

struct hook_meta {
	u64 zero[2];
	struct hook_mark mark;
};
#define HOOK_META_BYTES 28 /* at most 32 (6.1), in words of 4 */

/* Who judges: fixed for as long as one packet is looked at. */
struct hook {
	struct packet packet;
	const struct tg_zone *zone;
};

CORE void repeat(u32 count, repeat_step step, void *context)
{
	bpf_loop(count, step, context, 0);
}

CORE u64 hook_jiffies(void)
{
	return bpf_jiffies64();
}

/* The virtual clock's jiffies last a millisecond. */
CORE u64 event_clock_ns(void)
{
	return virtual_clock ? virtual_now * 1000000 : bpf_ktime_get_boot_ns();
}

CORE u32 event_slot(void)
{
	return slot;
}

CORE u64 hook_now(void)
{
	return virtual_clock ? virtual_now : hook_jiffies();
}

/* The bank whose policy is live at this moment; a trial that has ended gives it back to the other one. */
CORE u32 hook_bank(u64 now)
{
	u64 choice = live_choice();

	return (choice ^ (now > choice >> 1)) & 1;
}

enum hook_found {
	HOOK_UNFILLED,  /* user space has not filled the settings: nothing passes */
	HOOK_UNGUARDED, /* the live policy has no zone for the interface: everything passes */
	HOOK_GUARDED,
};

/*
 * A bridge's access port shows no tags, and a tag with VLAN id 0 is none either (802.1Q 6.9.1). Without a branch: the verifier
 * would follow both.
 */
CORE void hook_vlan(struct packet *p, u16 untagged_vlan)
{
	u32 none = ((u32)p->vlan_outer - 1) >> 16; /* 0xffff, or 0 with a tag */

	p->vlan_outer |= untagged_vlan & none;
}

/* Settings of the interface, for the packet and beside it. A second always has jiffies. */
CORE enum hook_found hook_find(struct packet *p, const struct tg_zone **zone)
{
	const struct tg_interface *interface = interface_find(slot);

	p->now = hook_now();
	p->bank = hook_bank(p->now);
	if (!interface)
		return HOOK_UNFILLED;
	p->zone = interface->zone[p->bank & 1];
	if (unlikely(!p->zone))
		return interface->state == TG_SLOT_FREE ? HOOK_UNFILLED : HOOK_UNGUARDED;
	p->settings = p->bank * TG_SLOTS_MAX + p->zone;
	*zone = zone_find(p->settings);
	if (!*zone || !(*zone)->second)
		return HOOK_UNFILLED;
	p->mtu = interface->mtu;
	hook_vlan(p, interface->untagged_vlan);
	return HOOK_GUARDED;
}

/* Most traffic is something else, and leaves here. */
CORE bool hook_is_other(void *data, void *data_end)
{
	return !no_ethernet && parse_is_plainly_other(data, data_end);
}

/* In a zone that monitors everything does. */
CORE bool hook_passes(const struct hook *hook, enum tg_reason reason)
{
	return TG_REASON_PASSES(reason) || (hook->zone->flags & TG_ZONE_MONITOR);
}

/* Counts the reason and says whether the packet passes. */
CORE bool hook_leave(const struct hook *hook, enum tg_reason reason)
{
	counter_add(slot, reason, hook->packet.ip_bytes);
	if (virtual_clock)
		virtual_reason = reason;
	if (TG_REASON_PASSES(reason))
		return true;
	judge_refuses(&hook->packet, hook->zone, reason);
	return hook->zone->flags & TG_ZONE_MONITOR;
}

/* How many bytes of text the hook has to copy from p->payload_offset. */
CORE u32 hook_text_len(const struct packet *p, struct tftp_text *text)
{
	u32 len = p->payload_bytes;

	if (len > TG_REQUEST_MAX)
		len = TG_REQUEST_MAX;
	text->len = len;
	/* Or the compiler folds this bound and the caller's into one that is lost. */
	return opaque(len);
}

/* ---- XDP ---- */

/* Does the frame reach up to `end_offset`? The linear part usually does. */
CORE bool hook_xdp_reaches(struct xdp_md *ctx, u32 end_offset)
{
	void *data = (void *)(long)ctx->data;
	void *data_end = (void *)(long)ctx->data_end;

	return data + end_offset <= data_end || end_offset <= bpf_xdp_get_buff_len(ctx);
}

/* The same number, 1 to TG_REQUEST_MAX, in a form in which verifiers up to 6.1 see that it is not 0. */
CORE u32 hook_text_bounded(u32 len)
{
	return ((len - 1) & (TG_REQUEST_MAX - 1)) + 1;
}

/* Copies the text to the scratch memory, and the requester's hardware address; false if it can't be read. */
CORE_SLOW int hook_xdp_text(struct xdp_md *ctx, struct packet *p)
{
	struct core_scratch *scratch = scratch_find();
	u32 len;

	if (!p || !scratch)
		return false;
	if (!no_ethernet &&
	    !bpf_xdp_load_bytes(ctx, HOOK_SOURCE_MAC, p->source_mac, sizeof(p->source_mac)))
		p->has_mac = 1;
	len = hook_text_len(p, &scratch->text);
	if (!len || len > TG_REQUEST_MAX)
		return false;
	len = hook_text_bounded(len);
	return !bpf_xdp_load_bytes(ctx, p->payload_offset, scratch->text.bytes, len);
}

CORE enum tg_reason hook_xdp_judge(struct xdp_md *ctx, struct hook *hook)
{
	struct packet *p = &hook->packet;

	if (unlikely(!hook_xdp_reaches(ctx, p->end_offset)))
		return TG_TRUNCATED;
	if (unlikely(tftp_has_text(p)) && !hook_xdp_text(ctx, p))
		return TG_TRUNCATED;
	return judge(p, hook->zone);
}

CORE_SLOW enum tg_reason hook_xdp_parse(struct xdp_md *ctx, struct packet *p)
{
	if (!p)
		return TG_STATE_FULL;
	__builtin_memset(p, 0, sizeof(*p));
	return parse_frame(p, (void *)(long)ctx->data, (void *)(long)ctx->data_end, !no_ethernet);
}

CORE enum tg_reason hook_xdp_read(struct xdp_md *ctx, struct packet *p)
{
	enum tg_reason reason = parse_plain_frame(p, (void *)(long)ctx->data,
						  (void *)(long)ctx->data_end, !no_ethernet);

	return likely(reason != PARSE_CHAIN) ? reason : hook_xdp_parse(ctx, p);
}

/* Drivers without room for metadata hand the packet on without a mark. */
CORE void hook_xdp_mark(struct xdp_md *ctx, const struct tg_zone *zone)
{
	struct hook_meta *meta;

	if (bpf_xdp_adjust_meta(ctx, -HOOK_META_BYTES))
		return;
	meta = (void *)(long)ctx->data_meta;
	if ((void *)meta + HOOK_META_BYTES > (void *)(long)ctx->data)
		return;
	meta->zero[0] = 0;
	meta->zero[1] = 0;
	meta->mark.magic = HOOK_META_MAGIC;
	meta->mark.mark = zone->mark;
	meta->mark.mask = zone->mark_mask;
}

/* `marks`: the program is one that marks. */
CORE int hook_xdp(struct xdp_md *ctx, bool marks)
{
	enum hook_found found;
	enum tg_reason reason;
	struct hook hook;

	if (likely(hook_is_other((void *)(long)ctx->data, (void *)(long)ctx->data_end)))
		return XDP_PASS;
	__builtin_memset(&hook, 0, sizeof(hook));
	reason = hook_xdp_read(ctx, &hook.packet);
	if (reason == TG_NOT_UDP)
		return XDP_PASS;
	found = hook_find(&hook.packet, &hook.zone);
	if (unlikely(found != HOOK_GUARDED))
		return found == HOOK_UNGUARDED ? XDP_PASS : XDP_DROP;
	if (reason == PARSED)
		reason = hook_xdp_judge(ctx, &hook);
	if (!hook_leave(&hook, reason))
		return XDP_DROP;
	if (marks && mark_is_due(&hook.packet, hook.zone, reason))
		hook_xdp_mark(ctx, hook.zone);
	return XDP_PASS;
}

/* ---- TC ---- */

/* The outer tag may be beside the frame. */
CORE void hook_tc_tag(const struct __sk_buff *ctx, struct packet *p)
{
	p->tags = ctx->vlan_present ? 1 : 0;
	p->vlan_outer = ctx->vlan_present ? ctx->vlan_tci & 0xfff : 0;
}

/* Headers that are not in the linear part are pulled there. */
CORE_SLOW enum tg_reason hook_tc_parse(struct __sk_buff *ctx, struct packet *p, bool pull)
{
	u32 len = ctx->len;

	if (!p)
		return TG_STATE_FULL;
	if (pull && bpf_skb_pull_data(ctx, len < HOOK_HEADER_BYTES ? len : HOOK_HEADER_BYTES))
		return TG_TRUNCATED;
	__builtin_memset(p, 0, sizeof(*p));
	hook_tc_tag(ctx, p);
	return parse_frame(p, (void *)(long)ctx->data, (void *)(long)ctx->data_end, !no_ethernet);
}

CORE enum tg_reason hook_tc_read(struct __sk_buff *ctx, struct packet *p)
{
	enum tg_reason reason;

	hook_tc_tag(ctx, p);
	reason = parse_plain_frame(p, (void *)(long)ctx->data, (void *)(long)ctx->data_end,
				   !no_ethernet);
	if (unlikely(reason == PARSE_CHAIN))
		reason = hook_tc_parse(ctx, p, false);
	if (unlikely(reason == TG_TRUNCATED))
		reason = hook_tc_parse(ctx, p, true);
	return reason;
}

CORE_SLOW int hook_tc_text(struct __sk_buff *ctx, struct packet *p)
{
	struct core_scratch *scratch = scratch_find();
	u32 len;

	if (!p || !scratch)
		return false;
	if (!no_ethernet &&
	    !bpf_skb_load_bytes(ctx, HOOK_SOURCE_MAC, p->source_mac, sizeof(p->source_mac)))
		p->has_mac = 1;
	len = hook_text_len(p, &scratch->text);
	if (!len || len > TG_REQUEST_MAX)
		return false;
	len = hook_text_bounded(len);
	return !bpf_skb_load_bytes(ctx, p->payload_offset, scratch->text.bytes, len);
}

/* Was this outgoing packet judged when it came in through an interface of the same zone? */
CORE bool hook_tc_judged_before(const struct packet *p, u32 ingress_ifindex)
{
	return p->egress && ingress_ifindex && zone_of_ifindex(ingress_ifindex, p->bank) == p->zone;
}

CORE enum tg_reason hook_tc_judge(struct __sk_buff *ctx, struct hook *hook)
{
	struct packet *p = &hook->packet;

	if (unlikely(p->end_offset > ctx->len))
		return TG_TRUNCATED;
	if (unlikely(tftp_has_text(p)) && !hook_tc_text(ctx, p))
		return TG_TRUNCATED;
	return judge(p, hook->zone);
}

/* One port of the UDP header at `udp_offset`, and its checksum. 0, or a negative errno. */
CORE long hook_tc_port(struct __sk_buff *ctx, u32 udp_offset, bool destination, u16 old_be,
		       u16 new_be)
{
	u32 checksum = udp_offset + offsetof(struct wire_udp, checksum_be);
	u32 port = udp_offset + (destination ? offsetof(struct wire_udp, destination_be)
					     : offsetof(struct wire_udp, source_be));
	long error = bpf_l4_csum_replace(ctx, checksum, old_be, new_be, HOOK_CHECKSUM_PORT);

	return error ? error : bpf_skb_store_bytes(ctx, port, &new_be, sizeof(new_be), 0);
}

/* Writes the port that the packet has from now on: on the path of running transfers, so not a function of its own. */
CORE long hook_tc_translate(struct __sk_buff *ctx, const struct packet *p)
{
	u32 udp_offset = p->payload_offset - sizeof(struct wire_udp);
	bool destination = p->new_destination_port_be;

	return hook_tc_port(ctx, udp_offset, destination,
			    destination ? p->service_port_be : p->source_port_be,
			    destination ? p->new_destination_port_be : p->new_source_port_be);
}

/* The quoted packet's checksum, if it has one, makes up for its port; else the error's own has to. */
CORE void hook_tc_requote(struct __sk_buff *ctx, const struct packet *p, const struct quote *q)
{
	bool destination = p->new_destination_port_be;
	u16 old_be = destination ? p->destination_port_be : p->source_port_be;
	u16 new_be = destination ? p->new_destination_port_be : p->new_source_port_be;
	u32 checksum = q->icmp_offset + offsetof(struct wire_icmp, checksum_be);

	if (!new_be || new_be == old_be)
		return;
	if (!q->has_checksum && bpf_l4_csum_replace(ctx, checksum, old_be, new_be, sizeof(new_be)))
		return;
	hook_tc_port(ctx, q->udp_offset, destination, old_be, new_be);
}

CORE bool hook_tc_quote_read(struct __sk_buff *ctx, struct packet *p, struct quote *q)
{
	u16 untagged_vlan = p->vlan_outer; /* by hook_find() */

	hook_tc_tag(ctx, p);
	if (!quote_read(p, q, (void *)(long)ctx->data, (void *)(long)ctx->data_end, !no_ethernet))
		return false;
	hook_vlan(p, untagged_vlan);
	return true;
}

/* An ICMP packet: it passes, but what it may quote has the ports of the side that it goes to. `p`: zeroed. */
CORE_SLOW int hook_tc_icmp(struct __sk_buff *ctx, struct packet *p)
{
	const struct tg_zone *zone;
	struct quote q = {};
	u32 len = ctx->len;

	if (!p || hook_find(p, &zone) != HOOK_GUARDED || !translate_on(zone))
		return 0;
	if (bpf_skb_pull_data(ctx, len < HOOK_HEADER_BYTES ? len : HOOK_HEADER_BYTES) ||
	    !hook_tc_quote_read(ctx, p, &q))
		return 0;
	quote_judge(p, zone);
	hook_tc_requote(ctx, p, &q);
	return 0;
}

CORE bool hook_is_icmp(const struct packet *p)
{
	return p->next_header == WIRE_IP_ICMP || p->next_header == WIRE_IP_ICMPV6;
}

/* Gives the packet, which passes, what it gets on its way. */
CORE enum tg_reason hook_tc_finish(struct __sk_buff *ctx, const struct hook *hook,
				   enum tg_reason reason)
{
	const struct packet *p = &hook->packet;

	if (unlikely(p->new_source_port_be | p->new_destination_port_be) &&
	    hook_passes(hook, reason) && hook_tc_translate(ctx, p))
		reason = TG_STATE_FULL;
	if (unlikely(mark_is_due(p, hook->zone, reason)))
		ctx->mark = (ctx->mark & ~hook->zone->mark_mask) | hook->zone->mark;
	return reason;
}

CORE int hook_tc(struct __sk_buff *ctx, bool egress)
{
	u32 ingress_ifindex = ctx->ingress_ifindex;
	enum hook_found found;
	enum tg_reason reason;
	struct hook hook;

	if (likely(hook_is_other((void *)(long)ctx->data, (void *)(long)ctx->data_end))) {
		if (unlikely(parse_is_plainly_icmp((void *)(long)ctx->data,
						   (void *)(long)ctx->data_end))) {
			__builtin_memset(&hook, 0, sizeof(hook));
			hook_tc_icmp(ctx, &hook.packet);
		}
		return HOOK_TC_NEXT;
	}
	__builtin_memset(&hook, 0, sizeof(hook));
	reason = hook_tc_read(ctx, &hook.packet);
	if (reason == TG_NOT_UDP) {
		if (unlikely(hook_is_icmp(&hook.packet))) {
			__builtin_memset(&hook, 0, sizeof(hook));
			hook_tc_icmp(ctx, &hook.packet);
		}
		return HOOK_TC_NEXT;
	}
	found = hook_find(&hook.packet, &hook.zone);
	if (unlikely(found != HOOK_GUARDED))
		return found == HOOK_UNGUARDED ? HOOK_TC_NEXT : HOOK_TC_DROP;
	hook.packet.egress = egress;
	hook.packet.own = egress && !ingress_ifindex;
	if (hook_tc_judged_before(&hook.packet, ingress_ifindex))
		reason = TG_JUDGED_BEFORE;
	else if (reason == PARSED)
		reason = hook_tc_judge(ctx, &hook);
	reason = hook_tc_finish(ctx, &hook, reason);
	return hook_leave(&hook, reason) ? HOOK_TC_NEXT : HOOK_TC_DROP;
}

/* Behind the XDP program that marks: what it has said goes where XDP does not reach. */
CORE int hook_tc_mark(struct __sk_buff *ctx)
{
	void *meta = (void *)(long)ctx->data_meta;
	const struct hook_mark *mark;

	if (meta + HOOK_META_BYTES > (void *)(long)ctx->data)
		return HOOK_TC_NEXT;
	mark = meta + offsetof(struct hook_meta, mark) - HOOK_META_LESS;
	if (likely(mark->magic != HOOK_META_MAGIC))
		mark = meta + offsetof(struct hook_meta, mark);
	if (mark->magic == HOOK_META_MAGIC)
		ctx->mark = (ctx->mark & ~mark->mask) | mark->mark;
	return HOOK_TC_NEXT;
}

#endif
