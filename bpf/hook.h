/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * All that differs between XDP and TC: where the bytes are, which tags the kernel took out of the frame, how much of
 * the packet is there, and what a verdict is called. And what both need from the kernel: the clock and the loop.
 */
#ifndef TIDEGATE_HOOK_H
#define TIDEGATE_HOOK_H

#include "maps.h"
#include "core/judge.h"
#include "core/parse.h"

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

/* Settings of the interface. A second always has jiffies. */
CORE enum hook_found hook_settings(struct hook *hook)
{
	const struct tg_interface *interface = interface_find(slot);
	struct packet *p = &hook->packet;

	p->now = hook_now();
	p->bank = hook_bank(p->now);
	if (!interface)
		return HOOK_UNFILLED;
	p->zone = interface->zone[p->bank & 1];
	if (unlikely(!p->zone))
		return interface->state == TG_SLOT_FREE ? HOOK_UNFILLED : HOOK_UNGUARDED;
	p->settings = p->bank * TG_SLOTS_MAX + p->zone;
	hook->zone = zone_find(p->settings);
	if (!hook->zone || !hook->zone->second)
		return HOOK_UNFILLED;
	p->mtu = interface->mtu;
	return HOOK_GUARDED;
}

/* Most traffic is something else, and leaves here. */
CORE bool hook_is_other(void *data, void *data_end)
{
	return !no_ethernet && parse_is_plainly_other(data, data_end);
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

CORE int hook_xdp(struct xdp_md *ctx)
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
	found = hook_settings(&hook);
	if (unlikely(found != HOOK_GUARDED))
		return found == HOOK_UNGUARDED ? XDP_PASS : XDP_DROP;
	if (reason == PARSED)
		reason = hook_xdp_judge(ctx, &hook);
	return hook_leave(&hook, reason) ? XDP_PASS : XDP_DROP;
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

CORE int hook_tc(struct __sk_buff *ctx, bool egress)
{
	u32 ingress_ifindex = ctx->ingress_ifindex;
	enum hook_found found;
	enum tg_reason reason;
	struct hook hook;

	if (likely(hook_is_other((void *)(long)ctx->data, (void *)(long)ctx->data_end)))
		return HOOK_TC_NEXT;
	__builtin_memset(&hook, 0, sizeof(hook));
	reason = hook_tc_read(ctx, &hook.packet);
	if (reason == TG_NOT_UDP)
		return HOOK_TC_NEXT;
	found = hook_settings(&hook);
	if (unlikely(found != HOOK_GUARDED))
		return found == HOOK_UNGUARDED ? HOOK_TC_NEXT : HOOK_TC_DROP;
	hook.packet.egress = egress;
	hook.packet.own = egress && !ingress_ifindex;
	if (hook_tc_judged_before(&hook.packet, ingress_ifindex))
		reason = TG_JUDGED_BEFORE;
	else if (reason == PARSED)
		reason = hook_tc_judge(ctx, &hook);
	return hook_leave(&hook, reason) ? HOOK_TC_NEXT : HOOK_TC_DROP;
}

#endif
