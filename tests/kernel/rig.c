// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Loading and running: see rig.h.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>
#include <bpf/bpf.h>
#include <bpf/btf.h>
#include <linux/bpf.h>

#include "prepare.h"
#include "rig.h"

#define ETHERNET_MIN   14
#define QUICK_SETTINGS 256
#define COUNTERS_BYTES (TG_SLOTS_MAX * TG_REASON_SLOTS * sizeof(struct tg_counter))

static const char *const program_names[RIG_PROGRAMS] = {"tidegate_xdp", "tidegate_tc_in",
							"tidegate_tc_out"};

static int complain(int error, const char *what, const char *which)
{
	fprintf(stderr, "kernel tests: %s %s: %s\n", what, which, strerror(-error));
	return error;
}

/* ---- global variables of the object ------------------------------------------------------------------------------ */

static struct bpf_map *section_map(struct bpf_object *object, const char *section)
{
	struct bpf_map *map;

	bpf_object__for_each_map(map, object)
	{
		const char *name = bpf_map__name(map);
		size_t len = strlen(name), tail = strlen(section);

		if (bpf_map__is_internal(map) && len >= tail && !strcmp(name + len - tail, section))
			return map;
	}
	return NULL;
}

static long variable_offset(struct bpf_object *object, const char *section, const char *variable)
{
	const struct btf *btf = bpf_object__btf(object);
	int id = btf ? btf__find_by_name_kind(btf, section, BTF_KIND_DATASEC) : -ENOENT;
	const struct btf_type *type;
	const struct btf_var_secinfo *info;

	if (id < 0)
		return id;
	type = btf__type_by_id(btf, id);
	info = btf_var_secinfos(type);
	for (int i = 0; i < btf_vlen(type); i++, info++) {
		const struct btf_type *var = btf__type_by_id(btf, info->type);

		if (!strcmp(btf__name_by_offset(btf, var->name_off), variable))
			return info->offset;
	}
	return -ENOENT;
}

void *rig_variable(struct bpf_object *object, const char *section, const char *variable)
{
	struct bpf_map *map = section_map(object, section);
	long offset = variable_offset(object, section, variable);
	size_t size;
	const char *base;

	if (!map || offset < 0)
		return NULL;
	base = bpf_map__initial_value(map, &size);
	return base ? (void *)(base + offset) : NULL;
}

/* A variable of a loaded object in memory that its programs share, wherever the compiler has put it. */
static int map_variable(struct bpf_object *object, const char *variable,
			struct rig_mapping *mapping)
{
	static const char *const sections[] = {".bss", ".data"};

	for (int i = 0; i < 2; i++) {
		struct bpf_map *map = section_map(object, sections[i]);
		long offset = variable_offset(object, sections[i], variable);
		long page = sysconf(_SC_PAGESIZE);

		if (!map || offset < 0)
			continue;
		mapping->bytes = (bpf_map__value_size(map) + page - 1) / page * page;
		mapping->begin = mmap(NULL, mapping->bytes, PROT_READ | PROT_WRITE, MAP_SHARED,
				      bpf_map__fd(map), 0);
		if (mapping->begin == MAP_FAILED) {
			mapping->begin = NULL;
			return complain(-errno, "map", variable);
		}
		mapping->variable = (char *)mapping->begin + offset;
		return 0;
	}
	return complain(-ENOENT, "find", variable);
}

static void unmap_variable(const struct rig_mapping *mapping)
{
	if (mapping->begin)
		munmap(mapping->begin, mapping->bytes);
}

/* ---- loading ------------------------------------------------------------------------------------------------------- */

static int set_constant(struct bpf_object *object, const char *name, const void *value, size_t size)
{
	void *place = rig_variable(object, ".rodata", name);

	if (!place)
		return complain(-ENOENT, "find the load-time setting", name);
	memcpy(place, value, size);
	return 0;
}

static int set_constants(struct bpf_object *object, enum interface interface, bool virtual_clock)
{
	uint32_t slot = RIG_SLOT(interface), strangers = RIG_STRANGERS;
	bool no_ethernet = interface == TUNNEL;
	int error;

	error = set_constant(object, "slot", &slot, sizeof(slot));
	if (!error)
		error = set_constant(object, "no_ethernet", &no_ethernet, sizeof(no_ethernet));
	if (!error)
		error = set_constant(object, "virtual_clock", &virtual_clock,
				     sizeof(virtual_clock));
	if (!error && virtual_clock)
		error = set_constant(object, "strangers_entries", &strangers, sizeof(strangers));
	return error;
}

/* Reading the counters of one slot after each packet takes longer than all else: a call, and two copies for each. */
static int share_counters(struct bpf_object *object)
{
	struct bpf_map *map = bpf_object__find_map_by_name(object, "counters");
	int error = map ? bpf_map__set_type(map, BPF_MAP_TYPE_ARRAY) : -ENOENT;

	if (!error)
		error = bpf_map__set_map_flags(map, BPF_F_MMAPABLE);
	return error ? complain(error, "share", "counters") : 0;
}

static bool is_state(const struct bpf_map *map)
{
	return bpf_map__type(map) == BPF_MAP_TYPE_LRU_HASH;
}

/* Emptying a table looks into each of its buckets. */
static int shrink_settings(struct bpf_object *object)
{
	struct bpf_map *map;
	int error = 0;

	bpf_object__for_each_map(map, object)
	{
		if (bpf_map__type(map) == BPF_MAP_TYPE_HASH &&
		    bpf_map__max_entries(map) > QUICK_SETTINGS && !error)
			error = bpf_map__set_max_entries(map, QUICK_SETTINGS);
	}
	return error ? complain(error, "shrink", "settings") : 0;
}

/* Of a map that holds what follows from packets; 0: as built. */
static uint32_t state_size(const struct bpf_map *map, const struct rig_options *options)
{
	const char *name = bpf_map__name(map);

	if (options->exchanges && (!strcmp(name, "transfers") || !strcmp(name, "udp_flows")))
		return options->exchanges;
	return options->state_entries;
}

int rig_share_maps(struct bpf_object *object, struct bpf_object *from)
{
	struct bpf_map *map;

	bpf_object__for_each_map(map, object)
	{
		const char *name = bpf_map__name(map);
		int fd, error;

		if (bpf_map__is_internal(map))
			continue;
		fd = bpf_object__find_map_fd_by_name(from, name);
		error = fd < 0 ? fd : bpf_map__reuse_fd(map, fd);
		if (error)
			return complain(error, "share the map", name);
	}
	return 0;
}

/* The first load's maps are made; the others share them. */
static int prepare_maps(struct rig *rig, struct bpf_object *object,
			const struct rig_options *options)
{
	struct bpf_map *map;

	if (rig->map_count)
		return rig_share_maps(object, rig->loads[0][0].object);
	bpf_object__for_each_map(map, object)
	{
		int error = 0;

		if (bpf_map__is_internal(map))
			continue;
		if (is_state(map) && state_size(map, options))
			error = bpf_map__set_max_entries(map, state_size(map, options));
		else if (options->virtual_clock && !strcmp(bpf_map__name(map), "strangers"))
			error = bpf_map__set_max_entries(map, RIG_STRANGERS);
		if (error)
			return complain(error, "set up the map", bpf_map__name(map));
		if (rig->map_count == RIG_MAPS_MAX)
			return complain(-E2BIG, "keep the map", bpf_map__name(map));
		rig->maps[rig->map_count++] = map;
	}
	return 0;
}

static int load_one(struct rig *rig, enum interface interface, bool xdp,
		    const struct rig_options *options)
{
	struct rig_load *load = &rig->loads[interface][xdp ? 0 : 1];
	struct bpf_program *program;
	int error;

	load->object = bpf_object__open_file(options->object, NULL);
	if (!load->object)
		return complain(-errno, "open", options->object);
	bpf_object__for_each_program(program, load->object)
	{
		const char *name = bpf_program__name(program);

		bpf_program__set_autoload(program, !strcmp(name, "tidegate_xdp") ? xdp : !xdp);
	}
	error = set_constants(load->object, interface, options->virtual_clock);
	if (!error && options->quick)
		error = share_counters(load->object);
	if (!error && options->quick)
		error = shrink_settings(load->object);
	if (!error)
		error = prepare_maps(rig, load->object, options);
	if (error)
		return error;
	error = bpf_object__load(load->object);
	if (error)
		return complain(error, "load", options->object);
	for (int i = 0; i < RIG_PROGRAMS; i++) {
		if ((i == RIG_XDP) != xdp)
			continue;
		program = bpf_object__find_program_by_name(load->object, program_names[i]);
		if (!program)
			return complain(-ENOENT, "find the program", program_names[i]);
		rig->programs[interface][i] = bpf_program__fd(program);
	}
	error = map_variable(load->object, "virtual_now", &load->clock);
	load->virtual_now = load->clock.variable;
	return error;
}

static uint32_t program_index(enum interface interface, bool out)
{
	return interface * 2 + out;
}

static int open_preparer(struct rig *rig, const char *path)
{
	struct bpf_program *program;
	struct bpf_map *map;
	int error;

	rig->preparer = bpf_object__open_file(path, NULL);
	if (!rig->preparer)
		return complain(-errno, "open", path);
	error = bpf_object__load(rig->preparer);
	if (error)
		return complain(error, "load", path);
	program = bpf_object__find_program_by_name(rig->preparer, "prepare_tc");
	map = bpf_object__find_map_by_name(rig->preparer, "under_test");
	if (!program || !map)
		return complain(-ENOENT, "find prepare_tc in", path);
	error = map_variable(rig->preparer, "rest", &rig->prepare_rest);
	if (error)
		return error;
	rig->prepare_program = bpf_program__fd(program);
	for (int interface = 0; interface < INTERFACES; interface++) {
		for (int out = 0; out < 2; out++) {
			uint32_t index = program_index(interface, out);
			int fd = rig->programs[interface][out ? RIG_TC_OUT : RIG_TC_IN];

			error = bpf_map_update_elem(bpf_map__fd(map), &index, &fd, BPF_ANY);
			if (error)
				return complain(error, "fill", "under_test");
		}
	}
	return 0;
}

static int map_counters(struct rig *rig)
{
	void *mapped = mmap(NULL, COUNTERS_BYTES, PROT_READ, MAP_SHARED, rig->counters, 0);

	if (mapped == MAP_FAILED)
		return complain(-errno, "map", "counters");
	rig->mapped = mapped;
	return 0;
}

static int map_known(struct rig *rig)
{
	void *cells = mmap(NULL, RIG_KNOWN_CELLS * sizeof(*rig->known), PROT_READ | PROT_WRITE,
			   MAP_SHARED, rig_map(rig, "known"), 0);

	if (cells == MAP_FAILED)
		return complain(-errno, "map", "known");
	rig->known = cells;
	return 0;
}

/* ---- records ------------------------------------------------------------------------------------------------------- */

static int take_event(void *context, void *data, size_t size)
{
	struct rig *rig = context;

	if (size != sizeof(*rig->events) || rig->event_count == RIG_EVENTS_MAX)
		return -E2BIG;
	memcpy(&rig->events[rig->event_count++], data, size);
	return 0;
}

static int open_ring(struct rig *rig)
{
	rig->ring = ring_buffer__new(rig_map(rig, "events"), take_event, rig, NULL);
	return rig->ring ? 0 : complain(-errno, "open", "events");
}

/* What the packet has told. */
static int read_events(struct rig *rig)
{
	int got;

	rig->event_count = 0;
	got = ring_buffer__consume(rig->ring);
	return got < 0 ? complain(got, "read", "events") : 0;
}

int rig_open(struct rig *rig, const struct rig_options *options)
{
	int error;

	memset(rig, 0, sizeof(*rig));
	rig->cpus = libbpf_num_possible_cpus();
	rig->per_cpu = calloc((size_t)rig->cpus * TG_REASON_SLOTS, sizeof(*rig->per_cpu));
	if (!rig->per_cpu)
		return complain(-ENOMEM, "read", "counters");
	for (unsigned int interface = 0;
	     interface < (options->interfaces ? options->interfaces : INTERFACES); interface++) {
		error = load_one(rig, interface, true, options);
		if (!error)
			error = load_one(rig, interface, false, options);
		if (error)
			return error;
	}
	rig->counters = rig_map(rig, "counters");
	if (rig->counters < 0)
		return complain(-ENOENT, "find the map", "counters");
	error = options->quick ? map_counters(rig) : 0;
	if (!error)
		error = map_known(rig);
	if (!error)
		error = open_ring(rig);
	if (error)
		return error;
	return options->preparer ? open_preparer(rig, options->preparer) : 0;
}

void rig_close(struct rig *rig)
{
	for (int i = 0; i < INTERFACES * 2; i++) {
		struct rig_load *load = &rig->loads[i / 2][i % 2];

		unmap_variable(&load->clock);
		bpf_object__close(load->object);
	}
	if (rig->mapped)
		munmap((void *)rig->mapped, COUNTERS_BYTES);
	if (rig->known)
		munmap(rig->known, RIG_KNOWN_CELLS * sizeof(*rig->known));
	unmap_variable(&rig->prepare_rest);
	bpf_object__close(rig->preparer);
	ring_buffer__free(rig->ring);
	free(rig->per_cpu);
	if (rig->rule_sets)
		close(rig->rule_sets);
	memset(rig, 0, sizeof(*rig));
}

int rig_map(const struct rig *rig, const char *name)
{
	for (unsigned int i = 0; i < rig->map_count; i++)
		if (!strcmp(bpf_map__name(rig->maps[i]), name))
			return bpf_map__fd(rig->maps[i]);
	return -1;
}

/* ---- running ------------------------------------------------------------------------------------------------------- */

const char *hook_name(enum hook hook)
{
	static const char *const names[HOOKS] = {"xdp", "tc", "tc, tag in metadata"};

	return names[hook];
}

int rig_program(const struct rig *rig, enum hook hook, const struct case_step *step)
{
	enum rig_program program = step->out ? RIG_TC_OUT : hook == HOOK_XDP ? RIG_XDP : RIG_TC_IN;

	return rig->programs[step->interface][program];
}

int rig_counters(struct rig *rig, enum interface interface, struct tg_counter *sums)
{
	LIBBPF_OPTS(bpf_map_batch_opts, opts);
	uint32_t before = RIG_SLOT(interface) * TG_REASON_SLOTS - 1, next;
	uint32_t keys[TG_REASON_SLOTS], count = TG_REASON_SLOTS;
	int error;

	if (rig->mapped) {
		memcpy(sums, &rig->mapped[before + 1], TG_REASON_SLOTS * sizeof(*sums));
		return 0;
	}
	error = bpf_map_lookup_batch(rig->counters, &before, &next, keys, rig->per_cpu, &count,
				     &opts);
	if (error || count != TG_REASON_SLOTS)
		return complain(error ? error : -EIO, "read", "counters");
	for (uint32_t i = 0; i < TG_REASON_SLOTS; i++) {
		sums[i] = (struct tg_counter){};
		for (unsigned int cpu = 0; cpu < rig->cpus; cpu++) {
			sums[i].packets += rig->per_cpu[i * rig->cpus + cpu].packets;
			sums[i].bytes += rig->per_cpu[i * rig->cpus + cpu].bytes;
		}
	}
	return 0;
}

static void compare_counters(struct rig *rig, enum interface interface,
			     const struct tg_counter *now, struct outcome *outcome)
{
	struct tg_counter *before = rig->before[interface];
	unsigned int grown = 0;

	outcome->reason = OUTCOME_NONE;
	for (unsigned int i = 0; i < TG_REASON_SLOTS; i++) {
		uint64_t packets = now[i].packets - before[i].packets;

		if (!packets)
			continue;
		grown += packets;
		outcome->reason = i;
		outcome->ip_bytes = now[i].bytes - before[i].bytes;
	}
	if (grown > 1)
		outcome->reason = OUTCOME_SEVERAL;
	memcpy(before, now, sizeof(rig->before[interface]));
}

static uint32_t came_in_by(const struct case_step *step)
{
	if (!step->out)
		return RIG_IFINDEX(step->interface);
	if (step->came_by == OWN)
		return 0;
	return step->came_by == UNGUARDED ? RIG_UNGUARDED_IFINDEX : RIG_IFINDEX(step->came_by);
}

static bool has_tag(const struct case_step *step)
{
	const uint8_t *type = step->frame + 12;

	return step->interface != TUNNEL && step->len >= ETHERNET_MIN + 4 &&
	       ((type[0] == 0x81 && type[1] == 0) || (type[0] == 0x88 && type[1] == 0xa8));
}

/* TEST_RUN of the TC program behind the one that prepares the packet: its outer tag, or its length, or both. */
static int run_prepared(struct rig *rig, const struct case_step *step, bool take_tag,
			struct __sk_buff *context, struct bpf_test_run_opts *opts)
{
	static uint8_t frame[70000];
	const uint8_t *after = opts->data_out;
	uint32_t len = step->len, more = 0;
	int error;

	memcpy(frame, step->frame, len);
	if (take_tag) {
		len -= 4;
		memcpy(frame + 12, step->frame + 16, len - 12);
		memcpy(&context->cb[0], step->frame + 12, 2);
		context->cb[1] = step->frame[14] << 8 | step->frame[15];
	}
	context->cb[2] = program_index(step->interface, step->out);
	if (len > PREPARE_DIRECT) {
		more = context->cb[3] = len - PREPARE_DIRECT;
		memcpy(rig->prepare_rest.variable, frame + PREPARE_DIRECT, more);
		len = PREPARE_DIRECT;
	}
	opts->data_in = frame;
	opts->data_size_in = len;
	error = bpf_prog_test_run_opts(rig->prepare_program, opts);
	/* Was that the packet? */
	if (!error && more && opts->retval != PREPARE_TOO_LONG &&
	    (opts->data_size_out != len + more || memcmp(after + len, frame + len, more)))
		return complain(-EBADMSG, "find the end of the frame behind", "prepare_tc");
	return error;
}

static int run_program(struct rig *rig, enum hook hook, const struct case_step *step,
		       struct outcome *outcome)
{
	static uint8_t after[70000];
	struct __sk_buff context = {.ingress_ifindex = came_in_by(step)};
	LIBBPF_OPTS(bpf_test_run_opts, opts, .data_in = step->frame, .data_size_in = step->len,
		    .data_out = after, .data_size_out = sizeof(after), .repeat = 1);
	bool tc = step->out || hook != HOOK_XDP;
	bool take_tag = tc && hook == HOOK_TC_TAG && has_tag(step);
	int error;

	if (step->len < ETHERNET_MIN)
		return -EINVAL;
	if (tc) {
		opts.ctx_in = &context;
		opts.ctx_size_in = sizeof(context);
	}
	if (take_tag || (tc && rig->preparer && step->len > PREPARE_DIRECT))
		error = run_prepared(rig, step, take_tag, &context, &opts);
	else
		error = bpf_prog_test_run_opts(rig_program(rig, hook, step), &opts);
	outcome->returned = opts.retval;
	outcome->after = after;
	outcome->after_len = opts.data_size_out;
	if (error && error != -EINVAL)
		complain(error, "run", hook_name(hook));
	return error;
}

int rig_run(struct rig *rig, enum hook hook, const struct case_step *step, struct outcome *outcome)
{
	struct tg_counter now[TG_REASON_SLOTS];
	bool xdp = hook == HOOK_XDP && !step->out;
	int error;

	memset(outcome, 0, sizeof(*outcome));
	*rig->loads[step->interface][xdp ? 0 : 1].virtual_now = step->at;
	error = run_program(rig, hook, step, outcome);
	if (error)
		return error;
	if (xdp) {
		outcome->passed = outcome->returned == XDP_PASS;
		outcome->odd_verdict = !outcome->passed && outcome->returned != XDP_DROP;
	} else {
		outcome->passed = (int32_t)outcome->returned == -1 || outcome->returned == 0;
		outcome->odd_verdict = !outcome->passed && outcome->returned != 2;
	}
	error = rig_counters(rig, step->interface, now);
	if (!error)
		error = read_events(rig);
	if (error)
		return error;
	compare_counters(rig, step->interface, now, outcome);
	return 0;
}
