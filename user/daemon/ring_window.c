// SPDX-License-Identifier: GPL-2.0-or-later
#include "daemon/ring_window.h"

#include <errno.h>
#include <linux/bpf.h>
#include <stdbool.h>
#include <sys/mman.h>
#include <unistd.h>

#define VIEW_BYTES (128 << 10)
#define LENGTH_OF  (~(BPF_RINGBUF_BUSY_BIT | BPF_RINGBUF_DISCARD_BIT))

static void *map(const struct ring_window *window, uint64_t bytes, int protection, uint64_t offset)
{
	void *mapped = mmap(NULL, bytes, protection, MAP_SHARED, window->fd, (off_t)offset);

	return mapped == MAP_FAILED ? NULL : mapped;
}

int ring_window_open(struct ring_window *window, int fd, uint64_t size)
{
	*window = (struct ring_window){.fd = fd, .size = size};
	window->page = (uint64_t)sysconf(_SC_PAGESIZE);
	window->consumed = map(window, window->page, PROT_READ | PROT_WRITE, 0);
	if (!window->consumed)
		return -errno;
	window->produced = map(window, window->page, PROT_READ, window->page);
	return window->produced ? 0 : -errno;
}

static void drop_view(struct ring_window *window)
{
	if (window->view_bytes)
		munmap((void *)window->view, window->view_bytes);
	window->view_bytes = 0;
}

void ring_window_close(struct ring_window *window)
{
	drop_view(window);
	if (window->consumed)
		munmap(window->consumed, window->page);
	if (window->produced)
		munmap((void *)window->produced, window->page);
	*window = (struct ring_window){.fd = -1};
}

/* `bytes` at this place of the buffer, which follows itself in the file, so that what wraps is in one piece. */
static const char *look_at(struct ring_window *window, uint64_t at, uint64_t bytes)
{
	uint64_t begin = at & ~(window->page - 1);

	if (window->view_bytes && at >= window->view_at &&
	    at + bytes <= window->view_at + window->view_bytes)
		return window->view + (at - window->view_at);
	drop_view(window);
	window->view_bytes = VIEW_BYTES < window->size ? VIEW_BYTES : window->size;
	if (at + bytes > begin + window->view_bytes)
		return NULL; /* longer than anything that is written here */
	window->view = map(window, window->view_bytes, PROT_READ, 2 * window->page + begin);
	if (!window->view) {
		window->view_bytes = 0;
		return NULL;
	}
	window->view_at = begin;
	return window->view + (at - begin);
}

int ring_window_read(struct ring_window *window, ring_window_take take, void *context)
{
	uint64_t at = __atomic_load_n(window->consumed, __ATOMIC_ACQUIRE);
	int count = 0;

	while (at < __atomic_load_n(window->produced, __ATOMIC_ACQUIRE)) {
		uint64_t place = at & (window->size - 1);
		const char *head = look_at(window, place, BPF_RINGBUF_HDR_SZ);
		uint32_t length, bytes;

		if (!head)
			return -EIO;
		length = __atomic_load_n((const uint32_t *)head, __ATOMIC_ACQUIRE);
		if (length & BPF_RINGBUF_BUSY_BIT)
			break; /* it is being written */
		bytes = length & LENGTH_OF;
		head = look_at(window, place, BPF_RINGBUF_HDR_SZ + bytes);
		if (!head)
			return -EIO;
		if (!(length & BPF_RINGBUF_DISCARD_BIT)) {
			take(head + BPF_RINGBUF_HDR_SZ, bytes, context);
			count++;
		}
		at += (BPF_RINGBUF_HDR_SZ + bytes + 7) / 8 * 8;
		__atomic_store_n(window->consumed, at, __ATOMIC_RELEASE);
	}
	return count;
}
