// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The measure of all firewalls: drops everything, and looks at nothing.
 */
#include "vmlinux.h"
#include <bpf/bpf_helpers.h>

char LICENSE[] SEC("license") = "GPL";

SEC("xdp")
int drop_all(struct xdp_md *ctx)
{
	(void)ctx;
	return XDP_DROP;
}
