/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Reads a BPF ring buffer (Documentation/bpf/ringbuf.rst) through a small window. libbpf maps all of it, twice, which would
 * be a quarter of the memory that the daemon may take.
 */
#ifndef TIDEGATE_RING_WINDOW_H
#define TIDEGATE_RING_WINDOW_H

#include <stddef.h>
#include <stdint.h>

struct ring_window {
	int fd;        /* of the map; borrowed */
	uint64_t size; /* of the buffer, in bytes: a power of two */
	uint64_t page;
	uint64_t *consumed; /* mapped, as what follows */
	const uint64_t *produced;
	const char *view; /* of `view_bytes`, from `view_at` on */
	uint64_t view_at;
	uint64_t view_bytes; /* 0: nothing is mapped */
};

/* 0 or a negative errno, silently; ring_window_close() follows in both cases. `size`: entries of the map. */
int ring_window_open(struct ring_window *window, int fd, uint64_t size);
void ring_window_close(struct ring_window *window);

/*
 * Hands on each record that is complete, in order. How many, or a negative errno, silently. Only one process may read, and
 * one thread of it at a time; take() may not call this.
 */
typedef void (*ring_window_take)(const void *record, size_t bytes, void *context);
int ring_window_read(struct ring_window *window, ring_window_take take, void *context);

#endif
