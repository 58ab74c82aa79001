/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The ground under the core in both worlds: compiled for BPF (types from vmlinux.h) and natively for the tests.
 * The only header of the core that knows which of them it is.
 */
#ifndef TIDEGATE_PLATFORM_H
#define TIDEGATE_PLATFORM_H

#if defined(__BPF__) || defined(__bpf__)
#include "vmlinux.h"
#define WIRE      /* the kernel lays packets out so that these loads are allowed; packed would split them into bytes */
#define CORE_SLOW __attribute__((noinline))
#else
#include <stdbool.h>
#include <stddef.h>
#include <linux/types.h>
typedef __u8 u8;
typedef __u16 u16;
typedef __u32 u32;
typedef __u64 u64;
typedef __s16 s16;
typedef __s64 s64;
#define WIRE      __attribute__((packed))
#define CORE_SLOW static __attribute__((noinline, unused))
#endif

#include "abi.h"

/*
 * CORE_SLOW marks what is off the path of running transfers. In BPF these are global functions, which the verifier
 * checks once and by themselves, so that the paths through the whole pipeline add up instead of multiplying. For it
 * their pointers may be NULL (they never are), and what they hand to maps has to be on their own stack or in `scratch`.
 */

#ifndef NULL
#define NULL ((void *)0)
#endif

#define CORE static __attribute__((always_inline, unused)) inline

#define likely(x)   __builtin_expect(!!(x), 1)
#define unlikely(x) __builtin_expect(!!(x), 0)

#if __BYTE_ORDER__ != __ORDER_LITTLE_ENDIAN__
#error "tidegate is built and tested for little-endian machines only"
#endif

CORE u16 be16(u16 x)
{
	return __builtin_bswap16(x);
}

/* The same number, of which the compiler knows nothing: a bound that follows stays where the verifier looks for it. */
CORE u32 opaque(u32 x)
{
	asm volatile("" : "+r"(x));
	return x;
}

/*
 * Calls step(i, context) for i = 0 … count-1 until it returns non-zero. In BPF a verified-once loop
 * (bpf_loop), natively a plain one. Defined by the hook, or by the test that includes the core.
 */
typedef long (*repeat_step)(u32 i, void *context);
CORE void repeat(u32 count, repeat_step step, void *context);

#endif
