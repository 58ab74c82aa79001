// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Verifier gate: every program, with every value of its load-time settings, from both compilers.
 */
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <bpf/bpf.h>
#include <linux/bpf.h>

#include "kernel.h"
#include "rig.h"

struct variant {
	const char *compiler;
	const char *object;
	const char *program;
	bool virtual_clock;
	bool no_ethernet;
};

static double now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1e3 + t.tv_nsec / 1e6;
}

static struct bpf_object *open_variant(const struct variant *v)
{
	struct bpf_object *object = bpf_object__open_file(v->object, NULL);
	struct bpf_program *program;
	bool *clock, *link;

	if (!object)
		return NULL;
	bpf_object__for_each_program(program, object)
		bpf_program__set_autoload(program, !strcmp(bpf_program__name(program), v->program));
	clock = rig_variable(object, ".rodata", "virtual_clock");
	link = rig_variable(object, ".rodata", "no_ethernet");
	if (!clock || !link) {
		bpf_object__close(object);
		return NULL;
	}
	*clock = v->virtual_clock;
	*link = v->no_ethernet;
	return object;
}

/*
 * The first object of a compiler makes the maps, which takes longer than small programs do, and stays in *first; the others
 * share them, as the programs of all interfaces do.
 */
static void load_variant(const struct variant *v, struct bpf_object **first, struct report *r)
{
	struct bpf_object *object = open_variant(v);
	struct bpf_prog_info info = {};
	uint32_t size = sizeof(info);
	struct bpf_program *program;
	double begin = now_ms(), took;
	int error;

	if (!report(r, object != NULL, "gate: %s cannot be opened, or has not the settings",
		    v->object))
		return;
	error = *first ? rig_share_maps(object, *first) : 0;
	if (!error)
		error = bpf_object__load(object);
	took = now_ms() - begin;
	program = bpf_object__find_program_by_name(object, v->program);
	if (report(r, !error && program, "gate: %s of %s: %s", v->program, v->compiler,
		   strerror(-error)) &&
	    !bpf_obj_get_info_by_fd(bpf_program__fd(program), &info, &size))
		printf("gate: %-9s %-15s clock %-7s %-11s %7u instructions verified, %5u bytes, "
		       "%6.1f ms\n",
		       v->compiler, v->program, v->virtual_clock ? "virtual" : "kernel",
		       v->no_ethernet ? "no ethernet" : "ethernet", info.verified_insns,
		       info.xlated_prog_len, took);
	if (!*first && !error)
		*first = object;
	else
		bpf_object__close(object);
}

void kernel_gate(const struct kernel_objects *objects, struct report *r)
{
	/* The second number: variants by the two settings, of which some programs have none. */
	static const struct {
		const char *name;
		unsigned int variants;
	} programs[] = {{"tidegate_xdp", 4},      {"tidegate_tc_in", 4},   {"tidegate_tc_out", 4},
			{"tidegate_xdp_mark", 4}, {"tidegate_tc_mark", 1}, {"tidegate_clock", 1},
			{"tidegate_stand_in", 1}};
	const char *const paths[] = {objects->clang14, objects->clang19};
	static const char *const compilers[] = {"clang 14", "clang 19"};
	const unsigned int count = sizeof(programs) / sizeof(programs[0]);
	struct bpf_object *first[2] = {};

	for (unsigned int i = 0; i < 2 * count * 4; i++) {
		struct variant v = {
			.compiler = compilers[i / 4 / count],
			.object = paths[i / 4 / count],
			.program = programs[i / 4 % count].name,
			.virtual_clock = i & 1,
			.no_ethernet = i & 2,
		};

		if (i % 4 >= programs[i / 4 % count].variants)
			continue;
		if (!v.object)
			report_skip(r, "gate: %s: there is no clang-19", v.program);
		else
			load_variant(&v, &first[i / 4 / count], r);
	}
	bpf_object__close(first[0]);
	bpf_object__close(first[1]);
}
