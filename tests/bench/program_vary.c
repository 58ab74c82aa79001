// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <net/if.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>
#include <bpf/bpf.h>
#include <linux/if_link.h>

#include "program.h"

static int complain(int error, const char *what)
{
	fprintf(stderr, "%s: %s\n", what, strerror(-error));
	return error;
}

/* The values of an array that user space writes while the programs read. */
static void *map_values(struct vary *vary, const char *name, size_t bytes, int *error)
{
	struct bpf_map *map = bpf_object__find_map_by_name(vary->object, name);
	void *values = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_SHARED, bpf_map__fd(map), 0);

	if (values != MAP_FAILED)
		return values;
	*error = complain(-errno, name);
	return NULL;
}

int vary_open(struct vary *vary, const char *path, uint32_t peers)
{
	static const char *const names[2][2] = {{"vary_xdp", "targets_xdp"},
						{"vary_tc", "targets_tc"}};
	int error;

	*vary = (struct vary){.link = -1, .peer_max = peers};
	vary->object = bpf_object__open_file(path, NULL);
	if (!vary->object)
		return complain(-errno, path);
	error = bpf_map__set_max_entries(bpf_object__find_map_by_name(vary->object, "peers"),
					 peers);
	if (!error)
		error = bpf_object__load(vary->object);
	if (error)
		return complain(error, path);
	for (int hook = HOOK_XDP; hook <= HOOK_TC; hook++) {
		vary->program[hook] = bpf_program__fd(
			bpf_object__find_program_by_name(vary->object, names[hook][0]));
		vary->targets[hook] =
			bpf_map__fd(bpf_object__find_map_by_name(vary->object, names[hook][1]));
	}
	vary->peer_bytes = (peers * sizeof(*vary->peers) + 4095) & ~4095UL;
	vary->settings = map_values(vary, "settings", 4096, &error);
	vary->peers = map_values(vary, "peers", vary->peer_bytes, &error);
	return error;
}

void vary_close(struct vary *vary)
{
	vary_release(vary);
	if (vary->peers)
		munmap(vary->peers, vary->peer_bytes);
	if (vary->settings)
		munmap(vary->settings, 4096);
	bpf_object__close(vary->object);
}

int vary_target(struct vary *vary, enum hook hook, int program)
{
	uint32_t number = vary->target_count;
	int error;

	if (number == VARY_TARGETS)
		return complain(-E2BIG, "targets");
	error = bpf_map_update_elem(vary->targets[hook], &number, &program, BPF_ANY);
	if (error)
		return complain(error, "target");
	vary->target_count++;
	return (int)number;
}

uint32_t vary_add_peers(struct vary *vary, uint32_t address4, uint64_t address6, uint32_t count)
{
	uint32_t first = vary->peer_count;

	if (count > vary->peer_max - first) {
		fprintf(stderr, "there is no room for %u peers\n", count);
		abort();
	}
	for (uint32_t i = 0; i < count; i++)
		vary->peers[first + i] = (struct vary_peer){
			.address4_be = __builtin_bswap32(address4 + i),
			.address6_be = __builtin_bswap64(address6 + i),
			.port_be = __builtin_bswap16(1024 + i % 60000),
		};
	vary->peer_count += count;
	return first;
}

/* Fisher and Yates, with Marsaglia's xorshift. */
void vary_shuffle(struct vary *vary, uint32_t first, uint32_t count)
{
	struct vary_peer *peers = vary->peers + first;
	uint64_t state = 0x9e3779b97f4a7c15ULL;

	for (uint32_t i = count; i > 1; i--) {
		struct vary_peer peer = peers[i - 1];
		uint32_t other;

		state ^= state << 13;
		state ^= state >> 7;
		state ^= state << 17;
		other = (state >> 32) % i;
		peers[i - 1] = peers[other];
		peers[other] = peer;
	}
}

int vary_hold(struct vary *vary)
{
	LIBBPF_OPTS(bpf_link_create_opts, opts, .flags = XDP_FLAGS_SKB_MODE);
	int fd =
		bpf_link_create(vary->program[HOOK_XDP], (int)if_nametoindex("lo"), BPF_XDP, &opts);

	if (fd < 0)
		return complain(fd, "attach to the loopback interface of a namespace");
	vary->link = fd;
	return 0;
}

void vary_release(struct vary *vary)
{
	if (vary->link >= 0)
		close(vary->link);
	vary->link = -1;
}

/* Of this thread alone: what the kernel waits for, and what others do meanwhile, is no packet's cost. */
static double thread_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
	return t.tv_sec * 1e9 + t.tv_nsec;
}

int program_run(int program, const struct case_step *step, uint32_t repeat, double *ns)
{
	LIBBPF_OPTS(bpf_test_run_opts, opts, .data_in = step->frame, .data_size_in = step->len,
		    .repeat = (int)repeat);
	double begin = thread_ns();
	int error = bpf_prog_test_run_opts(program, &opts);

	if (ns)
		*ns = thread_ns() - begin;
	return error ? complain(error, step->what) : 0;
}
