// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The programs. Each takes a packet through the same steps (docs/design.md): enter, parse, read, track, decide, leave.
 */
#include "vmlinux.h"
#include "hook.h"

char LICENSE[] SEC("license") = "GPL";

SEC("xdp.frags")
int tidegate_xdp(struct xdp_md *ctx)
{
	return hook_xdp(ctx);
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
