// SPDX-License-Identifier: GPL-2.0-or-later
#include "daemon/daemon.h"

#include "command.h"
#include "daemon/bring_up.h"
#include "daemon/hub.h"
#include "daemon/incident.h"
#include "daemon/outlets.h"
#include "daemon/sweep.h"
#include "daemon/watch.h"
#include "log.h"
#include "report.h"
#include "text.h"
#include "time_now.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <systemd/sd-daemon.h>
#include <systemd/sd-event.h>
#include <time.h>
#include <unistd.h>

#define TICK_US  1000000
#define BUSY     16   /* records at once: then more come, and are waited for, */
#define BUSY_US  4000 /* so that not each of them wakes everybody up */
#define RETRY_US 5000 /* until a command that is at work is asked for the lock again */

struct daemon {
	const struct settings *settings;
	struct record_log *log;
	struct hub *hub;
	struct outlets *outlets;
	struct followed followed;
	struct ledger *ledger;
	struct teller teller;
	struct loader *loader;
	struct watch *watch;
	struct ring *ring; /* NULL while nothing is up; also the next */
	struct sweep *sweep;
	uint32_t transfers_id; /* of the map whose transfers are in the ledger */
	uint64_t generation;   /* that was told last */
	uint64_t started_ns;   /* CLOCK_REALTIME */
	uint64_t open;         /* ledger_count(), for other threads */
	bool hangs;            /* a sink does */
	sd_event *event;
	sd_event_source *ring_source;
	sd_event_source *ring_timer;
	sd_event_source *sweep_source;
	sd_event_source *tick;
	sd_event_source *retry;
};

/* ---- what is followed ---------------------------------------------------------------------------------------------- */

static void arm(sd_event_source *timer, uint64_t after_us)
{
	sd_event_source_set_time_relative(timer, after_us);
	sd_event_source_set_enabled(timer, SD_EVENT_ONESHOT);
}

/* Nobody may use the maps from now on. */
static void stop_following(void *context)
{
	struct daemon *daemon = context;

	loader_pause(daemon->loader);
	outlets_follow(daemon->outlets, NULL);
	if (daemon->ring)
		ring_drain(daemon->ring);
	if (daemon->followed.gone)
		sweep_give_up(&daemon->teller, daemon->ledger);
	daemon->ring_source = sd_event_source_disable_unref(daemon->ring_source);
	sd_event_source_set_enabled(daemon->ring_timer, SD_EVENT_OFF);
	sd_event_source_set_enabled(daemon->sweep_source, SD_EVENT_OFF);
	sweep_free(daemon->sweep);
	ring_close(daemon->ring);
	daemon->sweep = NULL;
	daemon->ring = NULL;
}

/* Takes what there is; while much comes, not at once again. */
static int take_records(sd_event_source *source, int fd, uint32_t revents, void *context)
{
	struct daemon *daemon = context;

	(void)source;
	(void)fd;
	(void)revents;
	if (ring_drain(daemon->ring) < BUSY)
		return 0;
	sd_event_source_set_enabled(daemon->ring_source, SD_EVENT_OFF);
	arm(daemon->ring_timer, BUSY_US);
	return 0;
}

static int take_more_records(sd_event_source *source, uint64_t now_us, void *context)
{
	struct daemon *daemon = context;

	(void)now_us;
	if (ring_drain(daemon->ring) < BUSY)
		sd_event_source_set_enabled(daemon->ring_source, SD_EVENT_ON);
	else
		arm(source, BUSY_US);
	return 0;
}

static int start_following(struct daemon *daemon)
{
	struct followed *followed = &daemon->followed;
	uint32_t id = map_kernel_id(&followed->instance.maps, MAP_transfers);

	if (daemon->transfers_id && id != daemon->transfers_id)
		sweep_give_up(&daemon->teller, daemon->ledger);
	daemon->transfers_id = id;
	daemon->generation = followed->registry->policy.generation;
	daemon->ring = ring_open(followed, &daemon->teller, daemon->ledger);
	if (daemon->ring)
		daemon->sweep = sweep_new(followed, &daemon->teller, daemon->ledger, daemon->ring);
	if (!daemon->sweep ||
	    sd_event_add_io(daemon->event, &daemon->ring_source, ring_fd(daemon->ring), EPOLLIN,
			    take_records, daemon) < 0) {
		followed_close(followed);
		return -ENOMEM;
	}
	loader_resume(daemon->loader);
	outlets_follow(daemon->outlets, &followed->instance);
	return 0;
}

static void tell_generation(struct daemon *daemon)
{
	struct record record = incident_new(INCIDENT_POLICY_CHANGED);
	uint64_t generation = daemon->followed.registry->policy.generation;

	if (generation == daemon->generation)
		return;
	daemon->generation = generation;
	record.event.bytes = generation;
	record_log_append(daemon->log, &record);
	record_log_flush(daemon->log);
}

/* Looks at what runs now, and adapts. 0 or a negative errno, explained. */
static int follow(struct daemon *daemon, bool thoroughly)
{
	int news = followed_refresh(&daemon->followed, thoroughly), err = 0;

	switch (news) {
	case FOLLOWED_OPENED:
		err = start_following(daemon);
		break;
	case FOLLOWED_CLOSED:
		log_notice("the firewall was taken down; as soon as it is up again, it is looked "
			   "after");
		daemon->transfers_id = 0;
		break;
	default:
		err = news < 0 ? news : 0;
		break;
	}
	if (!err && daemon->followed.open)
		tell_generation(daemon);
	return err;
}

/* ---- what happens -------------------------------------------------------------------------------------------------- */

static void retry_soon(struct daemon *daemon)
{
	arm(daemon->retry, RETRY_US);
}

/* After the watch was at work: it may have found another policy, or a command that has the lock. */
static void after_watch(struct daemon *daemon)
{
	if (daemon->followed.open)
		tell_generation(daemon);
	if (watch_retry(daemon->watch))
		retry_soon(daemon);
}

static int on_retry(sd_event_source *source, uint64_t now_us, void *context)
{
	struct daemon *daemon = context;

	(void)source;
	(void)now_us;
	follow(daemon, true);
	after_watch(daemon);
	return 0;
}

static int on_links(sd_event_source *source, int fd, uint32_t revents, void *context)
{
	struct daemon *daemon = context;

	(void)source;
	(void)fd;
	(void)revents;
	watch_read(daemon->watch);
	after_watch(daemon);
	return 0;
}

static int on_loaded(sd_event_source *source, int fd, uint32_t revents, void *context)
{
	struct daemon *daemon = context;

	(void)source;
	(void)fd;
	(void)revents;
	watch_loaded(daemon->watch);
	return 0;
}

static int on_reader(sd_event_source *source, int fd, uint32_t revents, void *context)
{
	struct daemon *daemon = context;

	(void)source;
	(void)fd;
	(void)revents;
	hub_accept(daemon->hub);
	return 0;
}

static int on_sweep(sd_event_source *source, void *context)
{
	struct daemon *daemon = context;

	if (!daemon->sweep || sweep_step(daemon->sweep) <= 0)
		sd_event_source_set_enabled(source, SD_EVENT_OFF);
	__atomic_store_n(&daemon->open, ledger_count(daemon->ledger), __ATOMIC_RELAXED);
	return 0;
}

static void tell_status(struct daemon *daemon)
{
	const struct registry *registry = daemon->followed.registry;
	unsigned int guarded = 0;

	if (!daemon->followed.open) {
		sd_notify(0, "STATUS=the firewall is down, by hand");
		return;
	}
	for (uint32_t slot = 0; slot < TG_SLOTS_MAX; slot++)
		guarded += registry->interface[slot].state != TG_SLOT_FREE;
	sd_notifyf(0, "STATUS=%u interface%s guarded, %zu transfer%s open, policy %llu", guarded,
		   text_plural(guarded), ledger_count(daemon->ledger),
		   text_plural(ledger_count(daemon->ledger)),
		   (unsigned long long)registry->policy.generation);
}

static int on_tick(sd_event_source *source, uint64_t now_us, void *context)
{
	struct daemon *daemon = context;

	(void)now_us;
	arm(source, TICK_US);
	follow(daemon, true);
	if (daemon->followed.open) {
		watch_look(daemon->watch);
		after_watch(daemon);
	}
	if (daemon->ring)
		ring_count_lost(daemon->ring);
	if (daemon->sweep && !sweep_begin(daemon->sweep))
		sd_event_source_set_enabled(daemon->sweep_source, SD_EVENT_ON);
	tell_status(daemon);
	return 0;
}

/* ---- signals ------------------------------------------------------------------------------------------------------- */

static int on_end(sd_event_source *source, const struct signalfd_siginfo *info, void *context)
{
	struct daemon *daemon = context;

	(void)source;
	(void)info;
	return sd_event_exit(daemon->event, EXIT_FINE);
}

static const char *config_path(const struct daemon *daemon)
{
	return daemon->settings->config ? daemon->settings->config : CONFIG_FILE;
}

static void reload(struct daemon *daemon)
{
	struct config config;
	struct bring_up how = {.bpffs = daemon->settings->bpffs, .config = &config, .reload = true};
	int err = config_load(config_path(daemon), &config);

	if (!err) {
		err = bring_up(&how);
		if (err)
			config_free(&config);
	}
	if (err) {
		log_notice("%s: it was not applied; what ran before runs on", config_path(daemon));
		return;
	}
	outlets_reload(daemon->outlets, &config);
	follow(daemon, true);
	watch_look(daemon->watch);
	after_watch(daemon);
}

static int on_hangup(sd_event_source *source, const struct signalfd_siginfo *info, void *context)
{
	(void)source;
	(void)info;
	sd_notifyf(0, "RELOADING=1\nMONOTONIC_USEC=%llu",
		   (unsigned long long)time_now_ns(CLOCK_MONOTONIC) / 1000);
	reload(context);
	sd_notify(0, "READY=1");
	return 0;
}

/* ---- the parts ----------------------------------------------------------------------------------------------------- */

static json_t *counts(void *context)
{
	struct daemon *daemon = context;
	const struct record_cursor behind = record_log_place(daemon->log, 0);
	char started[REPORT_TIME];

	return json_pack("{s:i, s:s, s:I, s:I, s:i, s:o}", "pid", (int)getpid(), "started",
			 report_time(daemon->started_ns, started), "records",
			 (json_int_t)(behind.next - 1), "open_transfers",
			 (json_int_t)__atomic_load_n(&daemon->open, __ATOMIC_RELAXED), "readers",
			 (int)hub_readers(daemon->hub), "sinks", outlets_counts(daemon->outlets));
}

static int add_timers(struct daemon *daemon)
{
	sd_event *event = daemon->event;
	int err = sd_event_add_time_relative(event, &daemon->tick, CLOCK_MONOTONIC, 0, 1, on_tick,
					     daemon);

	if (err >= 0)
		err = sd_event_add_time_relative(event, &daemon->retry, CLOCK_MONOTONIC, 0, 1,
						 on_retry, daemon);
	if (err >= 0)
		err = sd_event_add_time_relative(event, &daemon->ring_timer, CLOCK_MONOTONIC, 0, 1,
						 take_more_records, daemon);
	if (err >= 0)
		err = sd_event_add_defer(event, &daemon->sweep_source, on_sweep, daemon);
	if (err < 0)
		return err;
	sd_event_source_set_enabled(daemon->retry, SD_EVENT_OFF);
	sd_event_source_set_enabled(daemon->ring_timer, SD_EVENT_OFF);
	sd_event_source_set_enabled(daemon->sweep_source, SD_EVENT_OFF);
	return sd_event_source_set_priority(daemon->sweep_source, SD_EVENT_PRIORITY_IDLE);
}

static int add_descriptors(struct daemon *daemon)
{
	sd_event *event = daemon->event;
	int err = sd_event_add_io(event, NULL, watch_fd(daemon->watch), EPOLLIN, on_links, daemon);

	if (err >= 0)
		err = sd_event_add_io(event, NULL, loader_fd(daemon->loader), EPOLLIN, on_loaded,
				      daemon);
	if (err >= 0)
		err = sd_event_add_io(event, NULL, hub_fd(daemon->hub), EPOLLIN, on_reader, daemon);
	return err;
}

static int add_signals(struct daemon *daemon)
{
	sd_event *event = daemon->event;
	int err = sd_event_add_signal(event, NULL, SIGTERM, on_end, daemon);

	if (err >= 0)
		err = sd_event_add_signal(event, NULL, SIGINT, on_end, daemon);
	if (err >= 0)
		err = sd_event_add_signal(event, NULL, SIGHUP, on_hangup, daemon);
	return err;
}

static int make_parts(struct daemon *daemon)
{
	int err;

	daemon->loader = loader_start(&daemon->followed);
	if (!daemon->loader)
		return -ENOMEM;
	daemon->watch = watch_new(&daemon->followed, daemon->loader, daemon->log);
	if (!daemon->watch)
		return -EIO;
	err = sd_event_new(&daemon->event);
	if (err >= 0)
		err = add_timers(daemon);
	if (err >= 0)
		err = add_descriptors(daemon);
	if (err >= 0)
		err = add_signals(daemon);
	if (err >= 0)
		err = sd_event_set_watchdog(daemon->event, true);
	if (err < 0)
		log_error("the main loop cannot be made: %s", strerror(-err));
	return err < 0 ? err : 0;
}

static int loop(struct daemon *daemon)
{
	int err = follow(daemon, true), code;

	if (!err && !daemon->followed.open) {
		log_error("%s: the firewall has vanished", daemon->settings->bpffs);
		err = -ENOENT;
	}
	if (err)
		return EXIT_FAILED;
	loader_wait(daemon->loader); /* from now on interfaces may come */
	sd_notify(0, "READY=1");
	code = sd_event_loop(daemon->event);
	sd_notify(0, "STOPPING=1");
	if (code >= 0)
		return code;
	log_error("the main loop: %s", strerror(-code));
	return EXIT_FAILED;
}

static void end_parts(struct daemon *daemon)
{
	followed_close(&daemon->followed);
	watch_free(daemon->watch);
	loader_stop(daemon->loader);
	sd_event_source_unref(daemon->tick);
	sd_event_source_unref(daemon->retry);
	sd_event_source_unref(daemon->ring_timer);
	sd_event_source_unref(daemon->sweep_source);
	sd_event_unref(daemon->event);
}

/* The firewall is up, and the records have where to go. */
static int run_parts(struct daemon *daemon)
{
	int code = make_parts(daemon) ? EXIT_FAILED : loop(daemon);

	end_parts(daemon);
	return code;
}

static int run_with_log(struct daemon *daemon, struct config *config)
{
	struct bring_up how = {.bpffs = daemon->settings->bpffs, .config = config};
	int err = bring_up(&how), code = EXIT_FAILED;

	if (!err) {
		daemon->outlets = outlets_start(config, daemon->log);
		if (daemon->outlets)
			code = run_parts(daemon);
	} else {
		config_free(config);
	}
	record_log_close(daemon->log);
	hub_close(daemon->hub); /* whose readers may ask for counts of the others */
	daemon->hangs = !outlets_stop(daemon->outlets);
	/* What never came to work leaves the host as it was. */
	if (!err && (daemon->settings->down_on_exit || (code != EXIT_FINE && how.fresh)) &&
	    bring_down(daemon->settings->bpffs))
		code = EXIT_FAILED;
	return code;
}

static int run_with_config(struct daemon *daemon, struct config *config)
{
	const struct hub_sources sources = {
		.bpffs = daemon->settings->bpffs,
		.log = daemon->log,
		.counts = counts,
		.context = daemon,
	};
	const char *path = daemon->settings->socket ? daemon->settings->socket : HUB_SOCKET;
	int code = EXIT_FAILED;

	daemon->hub =
		hub_open(path, config->daemon.group ? config->daemon.group : HUB_GROUP, &sources);
	if (daemon->hub)
		code = run_with_log(daemon, config);
	else
		config_free(config);
	return code;
}

int daemon_run(const struct settings *settings)
{
	struct daemon daemon = {.settings = settings};
	struct config config;
	int code = EXIT_FAILED;

	if (config_load(config_path(&daemon), &config)) {
		if (!settings->config)
			log_hint("`tidegate run` reads that file; --config names another one");
		return EXIT_FAILED;
	}
	daemon.started_ns = time_now_ns(CLOCK_REALTIME);
	daemon.log = record_log_new(RECORD_LOG_ROOM);
	daemon.ledger = ledger_new();
	daemon.teller = (struct teller){.log = daemon.log, .followed = &daemon.followed};
	followed_init(&daemon.followed, settings->bpffs, stop_following, &daemon);
	if (daemon.log && daemon.ledger) {
		code = run_with_config(&daemon, &config);
	} else {
		log_error("run: %s", strerror(ENOMEM));
		config_free(&config);
	}
	ledger_free(daemon.ledger);
	if (!daemon.hangs)
		record_log_free(daemon.log);
	return code;
}
