// SPDX-License-Identifier: GPL-2.0-or-later
#include "replay.h"

#include "core_native.h"
#include "core/state.h"
#include "core/wire.h"
#include "live.h"
#include "log.h"
#include "policy_bank.h"
#include "prepare.h"
#include "program.h"

#include <bpf/bpf.h>
#include <errno.h>
#include <linux/bpf.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "prepare.skel.h"

#define SLOT       0
#define BANK       0
#define MTU        1500 /* only matters for fragments of blocks that would fit */
#define FRAME_ROOM 65600

/* What the programs return to the kernel; hook.h has its own names. */
#define TC_NEXT 0xffffffffU
#define TC_DROP 2

struct bench {
	struct program program;
	struct program_virtual virtual;
};

struct replay {
	struct maps maps;
	struct bench xdp;
	struct bench tc;          /* where that is the hook */
	struct prepare *preparer; /* likewise; else NULL */
	bool monitor;
	uint8_t frame[FRAME_ROOM];
};

/* Zones get the numbers from 1 on. */
static int fill_bank(struct replay *replay, const struct config *config,
		     const struct policy_image *image)
{
	uint16_t *number = calloc(config->zone_count + 1, sizeof(*number));
	uint64_t *seed = calloc(config->zone_count + 1, sizeof(*seed));
	const struct policy_place place = {
		.bank = BANK, .zone_number = number, .hash_seed = seed, .generation = 1};
	int err = number && seed ? 0 : -ENOMEM;

	for (size_t z = 0; z < config->zone_count && !err; z++) {
		number[z] = (uint16_t)(z + 1);
		if (getrandom(&seed[z], sizeof(*seed), 0) != sizeof(*seed))
			err = -EIO;
	}
	if (err)
		log_error("the settings cannot be stored: %s", strerror(-err));
	else
		err = policy_bank_fill(&replay->maps, NULL, &place, image);
	free(number);
	free(seed);
	return err;
}

static int fill(struct replay *replay, const struct config *config, size_t zone)
{
	struct tg_interface interface = {
		.mtu = MTU, .zone = {[BANK] = (uint16_t)(zone + 1)}, .state = TG_SLOT_UP};
	struct policy_image image;
	uint32_t slot = SLOT;
	int err = policy_compile(config, REPLAY_TICK_NS, &image);

	if (err)
		return err;
	err = fill_bank(replay, config, &image);
	policy_image_free(&image);
	if (err)
		return err;
	err = map_put(&replay->maps, MAP_interfaces, &slot, &interface);
	if (err)
		log_error("the settings cannot be stored: %s", strerror(-err));
	return err ? err : live_settle(&replay->maps, BANK);
}

static int open_preparer(struct replay *replay)
{
	uint32_t index = 0;
	int err;

	replay->preparer = prepare__open_and_load();
	if (!replay->preparer) {
		err = -errno;
		log_error("program prepare_tc cannot be loaded: %s", strerror(-err));
		return err;
	}
	err = bpf_map_update_elem(bpf_map__fd(replay->preparer->maps.under_test), &index,
				  &replay->tc.program.fd, BPF_ANY);
	if (err)
		log_error("map under_test: it cannot be filled: %s", strerror(-err));
	return err;
}

static int open_bench(struct replay *replay, struct bench *bench, enum place place)
{
	const struct program_target target = {
		.maps = &replay->maps, .slot = SLOT, .virtual_clock = true};
	int err = program_open(&bench->program, place, &target);

	return err ? err : program_load_virtual(&bench->program, &bench->virtual);
}

struct replay *replay_open(const struct config *config, size_t zone)
{
	const struct config_zone *settings = &config->zone[zone];
	const struct map_sizes defaults = {0};
	struct replay *replay = calloc(1, sizeof(*replay));
	int err;

	if (!replay) {
		log_error("memory for a replay cannot be had: %s", strerror(errno));
		return NULL;
	}
	replay->xdp.program.fd = replay->tc.program.fd = -1;
	replay->monitor = settings->settings.monitor;
	err = maps_create(&replay->maps, &defaults);
	if (!err)
		err = fill(replay, config, zone);
	if (!err)
		err = open_bench(replay, &replay->xdp, PLACE_XDP);
	if (!err && settings->hook == TG_HOOK_TC)
		err = open_bench(replay, &replay->tc, PLACE_INGRESS);
	if (!err && settings->hook == TG_HOOK_TC)
		err = open_preparer(replay);
	if (!err)
		return replay;
	replay_close(replay);
	return NULL;
}

void replay_close(struct replay *replay)
{
	if (!replay)
		return;
	prepare__destroy(replay->preparer);
	program_close(&replay->tc.program);
	program_close(&replay->xdp.program);
	maps_close(&replay->maps);
	free(replay);
}

static bool is_tagged(const uint8_t *frame, uint32_t len)
{
	uint16_t type = (uint16_t)(frame[12] << 8 | frame[13]);

	return len >= 18 && (type == WIRE_ETH_8021Q || type == WIRE_ETH_8021AD);
}

/* TC sees the outer tag beside the frame: the kernel has taken it out before. */
static int run_tc(struct replay *replay, const uint8_t *frame, uint32_t len, uint32_t *returned)
{
	struct __sk_buff context = {0};
	LIBBPF_OPTS(bpf_test_run_opts, opts, .data_in = frame, .data_size_in = len, .repeat = 1);
	bool tagged = is_tagged(frame, len);
	int err;

	if (!tagged && len <= PREPARE_DIRECT) {
		err = bpf_prog_test_run_opts(replay->tc.program.fd, &opts);
		*returned = opts.retval;
		return err;
	}
	if (tagged) {
		len -= 4;
		memcpy(&context.cb[0], frame + 12, 2);
		context.cb[1] = frame[14] << 8 | frame[15];
		memcpy(replay->frame, frame, 12);
		memcpy(replay->frame + 12, frame + 16, len - 12);
		opts.data_in = frame = replay->frame;
	}
	opts.data_size_in = len < PREPARE_DIRECT ? len : PREPARE_DIRECT;
	context.cb[3] = len - opts.data_size_in;
	memcpy(replay->preparer->bss->rest, frame + opts.data_size_in, context.cb[3]);
	opts.ctx_in = &context;
	opts.ctx_size_in = sizeof(context);
	err = bpf_prog_test_run_opts(bpf_program__fd(replay->preparer->progs.prepare_tc), &opts);
	*returned = opts.retval;
	return err;
}

static int run_xdp(const struct replay *replay, const uint8_t *frame, uint32_t len,
		   uint32_t *returned)
{
	LIBBPF_OPTS(bpf_test_run_opts, opts, .data_in = frame, .data_size_in = len, .repeat = 1);
	int err = bpf_prog_test_run_opts(replay->xdp.program.fd, &opts);

	*returned = opts.retval;
	return err;
}

/* The verdict has to be the one that belongs to the reason: else the bench is not what it should be. */
static int read_verdict(const struct replay *replay, bool tc, uint32_t returned,
			struct replay_verdict *verdict)
{
	const uint32_t pass = tc ? TC_NEXT : XDP_PASS, drop = tc ? TC_DROP : XDP_DROP;
	uint32_t reason = tc ? *replay->tc.virtual.reason : *replay->xdp.virtual.reason;

	verdict->reason = reason;
	verdict->passes = returned == pass;
	if ((returned == pass || returned == drop) && reason < TG_REASON_SLOTS &&
	    verdict->passes == (TG_REASON_PASSES(reason) || replay->monitor))
		return 0;
	log_error("the program returned %u with reason %u, which cannot be", returned, reason);
	return -EPROTO;
}

static void set_variables(const struct program_virtual *virtual, uint64_t jiffies)
{
	*virtual->now = jiffies;
	*virtual->reason = TG_NOT_UDP;
}

int replay_run(struct replay *replay, const uint8_t *frame, uint32_t len, uint64_t jiffies,
	       struct replay_verdict *verdict)
{
	bool tc = replay->preparer;
	uint32_t returned = 0;
	int err = 0;

	if (tc) {
		set_variables(&replay->tc.virtual, jiffies);
		err = run_tc(replay, frame, len, &returned);
	}
	/* Kernels make no TC packet that is very short, or longer than 16,064 bytes or a small MTU
	 * of `lo`. XDP has the same pipeline and the same tables. */
	if (tc && (err == -EINVAL || (!err && returned == PREPARE_TOO_LONG)))
		tc = false;
	if (!tc) {
		set_variables(&replay->xdp.virtual, jiffies);
		err = run_xdp(replay, frame, len, &returned);
	}
	if (!err)
		return read_verdict(replay, tc, returned, verdict);
	log_error("the program cannot be run on a frame of %u bytes: %s", len, strerror(-err));
	return err;
}

static int count_transfer(const void *key, const void *value, void *context)
{
	struct replay_transfers *transfers = context;

	(void)key;
	switch (transfer_state(value, true)) {
	case STATE_DONE:
		transfers->complete++;
		break;
	case STATE_ERROR:
		transfers->failed++;
		break;
	case STATE_SUPERSEDED: /* another took its place */
		break;
	default:
		transfers->unfinished++;
	}
	return 0;
}

static int count_request(const void *key, const void *value, void *context)
{
	const struct tg_request *request = value;
	struct replay_transfers *transfers = context;

	(void)key;
	transfers->unanswered += !request->answered;
	return 0;
}

int replay_count_transfers(const struct replay *replay, struct replay_transfers *transfers)
{
	int err;

	*transfers = (struct replay_transfers){0};
	err = map_walk(&replay->maps, MAP_transfers, count_transfer, transfers);
	if (!err)
		err = map_walk(&replay->maps, MAP_offers, count_transfer, transfers);
	if (!err)
		err = map_walk(&replay->maps, MAP_requests, count_request, transfers);
	return err;
}
