// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The programs. Each takes a packet through the same steps (docs/design.md): enter, parse, read, track, decide, leave.
 */
#include "vmlinux.h"
#include "hook.h"
#include <xdp/xdp_helpers.h>

char LICENSE[] SEC("license") = "GPL";

/*
 * In a dispatcher that several XDP programs share: before those that do not care (50), like other filters. It is said
 * here because libxdp reads it from the loaded program's BTF, too, when it puts a program back.
 */
struct {
	__uint(priority, 10);
	__uint(XDP_PASS, 1); /* only what passes here is shown to the next program */
} XDP_RUN_CONFIG(tidegate_xdp);

SEC("xdp.frags")
int tidegate_xdp(struct xdp_md *ctx)
{
	return hook_xdp(ctx, false);
}

/* A program of its own for zones that mark: newer kernels take nothing into a dispatcher that makes room for metadata. */
struct {
	__uint(priority, 10);
	__uint(XDP_PASS, 1);
} XDP_RUN_CONFIG(tidegate_xdp_mark);

SEC("xdp.frags")
int tidegate_xdp_mark(struct xdp_md *ctx)
{
	return hook_xdp(ctx, true);
}

SEC("tc")
int tidegate_tc_mark(struct __sk_buff *ctx)
{
	return hook_tc_mark(ctx);
}

SEC("tc")
int tidegate_tc_in(struct __sk_buff *ctx)
{
	return hook_tc(ctx, false);
}

SEC("tc")
int tidegate_tc_out(struct __sk_buff *ctx)
{
	return hook_tc(ctx, true);
}

/*
 * What an XDP program that is to join a dispatcher is verified against before there is one: extensions need something to
 * extend. Never attached.
 */
SEC("xdp")
int tidegate_stand_in(struct xdp_md *ctx)
{
	(void)ctx;
	return XDP_PASS;
}

/* The kernel's jiffies, for user space that shows ages. Run by BPF_PROG_RUN. */
struct clock_context {
	__u64 jiffies;
};

SEC("syscall")
int tidegate_clock(struct clock_context *ctx)
{
	ctx->jiffies = hook_jiffies();
	return 0;
}
