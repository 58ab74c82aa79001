// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * `tidegate replay`: what the filter would have made of a capture.
 */
#include "command.h"

#include "policy_edit.h"
#include "log.h"
#include "privilege.h"
#include "replay_report.h"
#include "report.h"
#include "time_now.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define OUTPUT_BYTES   (1 << 20)
#define PROGRESS_EVERY 8192 /* frames */
#define PROGRESS_S     2

struct run {
	bool json;
	struct config config;
	size_t zone; /* index of the one that counts */
	struct capture *capture;
	struct replay *replay;
	struct virtual_clock clock;
	uint64_t began; /* jiffies */
	struct replay_sums sums;
	bool progress; /* is shown */
	time_t shown_at;
};

static void show_progress(struct run *run)
{
	time_t now;

	if (!run->progress || run->sums.frames % PROGRESS_EVERY)
		return;
	now = time_now_s(CLOCK_MONOTONIC);
	if (now - run->shown_at < PROGRESS_S)
		return;
	run->shown_at = now;
	log_progress("%" PRIu64 " frames", run->sums.frames);
}

/* What the program says of a frame, and what need not be asked. */
static int judge_frame(struct run *run, const struct capture_frame *frame,
		       const struct frame_facts *facts, struct replay_verdict *verdict)
{
	if (frame->found == LINK_OTHER) {
		*verdict = (struct replay_verdict){TG_NOT_UDP, true};
		return 0;
	}
	if (frame->found == LINK_SHORT) {
		*verdict = (struct replay_verdict){TG_TRUNCATED,
						   run->config.zone[run->zone].settings.monitor};
		return 0;
	}
	/* The zeros of what was not captured must not be taken for headers. */
	return replay_run(run->replay, frame->bytes,
			  facts->headers_cut ? frame->captured : frame->len, run->clock.jiffies,
			  verdict);
}

static int take_frame(struct run *run, const struct capture_frame *frame)
{
	struct replay_sums *sums = &run->sums;
	struct replay_verdict verdict;
	struct frame_facts facts;
	int err;

	if (!sums->frames++)
		sums->first = frame->time;
	virtual_clock_show(&run->clock, frame->time);
	frame_read(frame, &facts);
	err = judge_frame(run, frame, &facts, &verdict);
	if (err)
		return err;
	sums->cut += frame->cut;
	sums->headers_cut += facts.headers_cut;
	sums->packets[verdict.reason]++;
	replay_print_frame(frame, &facts, &verdict, sums->first, run->json);
	show_progress(run);
	return ferror(stdout) ? -EIO : 0;
}

static int play(struct run *run)
{
	struct capture_frame frame;
	int err = 1;

	virtual_clock_init(&run->clock, REPLAY_TICK_NS);
	run->began = run->clock.jiffies;
	run->progress = isatty(STDERR_FILENO) && !isatty(STDOUT_FILENO);
	run->shown_at = time_now_s(CLOCK_MONOTONIC);
	while (err > 0) {
		err = capture_next(run->capture, &frame);
		if (err > 0 && take_frame(run, &frame))
			err = -1;
	}
	log_progress_end();
	return err;
}

static int summarize(struct run *run)
{
	struct replay_transfers transfers;
	int err;

	if (run->json)
		return 0;
	err = replay_count_transfers(run->replay, &transfers);
	if (err)
		return err;
	run->sums.steps_back = run->clock.steps_back;
	run->sums.span_ns = (run->clock.jiffies - run->began) * REPLAY_TICK_NS;
	replay_print_summary(&run->sums, &transfers, run->config.zone[run->zone].settings.monitor);
	return 0;
}

static int replay(struct run *run)
{
	int err = privilege_check(PRIVILEGE_CHANGE, "replay");

	if (err)
		return err;
	run->replay = replay_open(&run->config, run->zone);
	/* What follows reads what others have written, and needs nothing. */
	privilege_drop_all();
	if (!run->replay)
		return -EIO;
	err = capture_begin(run->capture);
	if (!err)
		err = play(run);
	return err ? err : summarize(run);
}

/* The zone of that name; without a name the only one. -ENOENT, explained, if there is none. */
static int choose_zone(struct run *run, const struct settings *settings)
{
	const struct config *config = &run->config;
	ssize_t index = settings->zone ? config_zone_named(config, settings->zone) : 0;

	if (index >= 0 && (settings->zone || config->zone_count == 1)) {
		run->zone = (size_t)index;
		return 0;
	}
	if (settings->zone)
		log_error("%s: it has no zone %s", settings->config, settings->zone);
	else
		log_error("%s: it has %zu zones", settings->config, config->zone_count);
	log_hint("choose one with --zone:");
	for (size_t i = 0; i < config->zone_count; i++)
		log_detail("%s", config->zone[i].name);
	return -ENOENT;
}

static int take_settings(struct run *run, const struct settings *settings)
{
	run->json = settings->json;
	if (settings->config)
		return config_load(settings->config, &run->config) || choose_zone(run, settings)
			       ? EXIT_FAILED
			       : EXIT_FINE;
	if (!settings->zone)
		return policy_edit_put(&run->config, "replay", "replay", settings) ? EXIT_FAILED
										   : EXIT_FINE;
	log_error("--zone: replay looks for it in the file of --config, which is missing");
	return EXIT_USAGE;
}

static int play_file(struct run *run, const char *path)
{
	int err = -EIO;

	run->capture = capture_open(path);
	if (!run->capture)
		return err;
	if (!isatty(STDOUT_FILENO))
		setvbuf(stdout, NULL, _IOFBF, OUTPUT_BYTES);
	err = replay(run);
	replay_close(run->replay);
	capture_close(run->capture);
	return err;
}

int cmd_replay(const struct settings *settings)
{
	struct run run = {0};
	int code = take_settings(&run, settings);

	if (!code) {
		int err = play_file(&run, settings->operands[0]);

		code = report_finish() || err ? EXIT_FAILED : EXIT_FINE;
	}
	config_free(&run.config);
	return code;
}
