// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Somebody else's XDP program, for tests that need one in the way (tests/vm/inside).
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
