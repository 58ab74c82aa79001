/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What prepare.bpf.c and those who run it have to agree on.
 */
#ifndef TIDEGATE_PREPARE_H
#define TIDEGATE_PREPARE_H

/* So many bytes of a longer packet are given to BPF_PROG_TEST_RUN, which takes less than a page; the rest is put into
 * the variable `rest`. */
#define PREPARE_DIRECT 2048
#define PREPARE_REST   65536

/* Instead of a verdict: the kernel allows no such length (16064 at TC ingress, else the MTU of lo); something else failed. */
#define PREPARE_TOO_LONG 76
#define PREPARE_FAILED   77

#endif
