// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * State that proves nothing cannot push out state that does: a transfer runs on through floods of spoofed requests, of
 * answers to them, of other UDP and of fragments, each many times the size of its map. And the program tells the time.
 */
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <bpf/bpf.h>

#include "kernel.h"
#include "rig.h"

#define ENTRIES 1024
#define FLOOD   (20 * ENTRIES)

static void play_before(void)
{
	allow_udp(5000);
	other_zone()->flags |= TG_ZONE_SINGLE_PORT;
	read_begins(TID);
	read_goes_on(TID, 2, 10, 512);
	expect(REQUEST, through(OTHER, client_rrq("f")));
	expect(FIRST_REPLY, through(OTHER, server_data(TID, 1, 512)));
	expect(ACK, through(OTHER, client_ack(TFTP_PORT, 1)));
}

static void play_after(void)
{
	read_goes_on(TID, 11, 20, 512);
	expect(DATA, server_data(TID, 21, 3));
	expect(ACK, client_ack(TID, 21));
	/* The way to a TID behind the service port is still known, too, and the same request once more opens no other. */
	expect(DATA, through(OTHER, server_data(TID, 2, 512)));
	expect(ACK, through(OTHER, client_ack(TFTP_PORT, 2)));
	expect(REQUEST, through(OTHER, client_rrq("f")));
	expect(SURPLUS_TID, through(OTHER, server_data(TID2, 1, 512)));
	expect(DATA, through(OTHER, server_data(TID, 3, 512)));
	expect(ACK, through(OTHER, client_ack(TFTP_PORT, 3)));
	/* After a silence the client has begun anew. */
	after_ms(2001);
	expect(REQUEST, through(OTHER, client_rrq("f")));
	expect(FIRST_REPLY, through(OTHER, server_data(TID2, 1, 512)));
	expect(SUPERSEDED, through(OTHER, server_data(TID, 4, 512)));
	expect(ACK, through(OTHER, client_ack(TFTP_PORT, 1)));
}

/* The spoofed side is OTHER_CLIENT with every port, many times over in VLANs. */
static struct datagram *spoofed(unsigned int i, struct datagram *d)
{
	return tagged(1 + i / 60000, d);
}

static void play_requests(void)
{
	for (unsigned int i = 0; i < FLOOD; i++)
		expect(REQUEST,
		       spoofed(i, from_host(OTHER_CLIENT,
					    from_port(1 + i % 60000, client_rrq("flood")))));
}

static void play_answers(void)
{
	for (unsigned int i = 0; i < FLOOD; i++) {
		uint16_t port = 1 + i % 60000;

		expect(REQUEST,
		       spoofed(i, from_host(OTHER_CLIENT, from_port(port, client_rrq("flood")))));
		expect(FIRST_REPLY,
		       spoofed(i, to_host(OTHER_CLIENT, to_port(port, server_data(TID, 1, 512)))));
	}
}

static void play_udp(void)
{
	for (unsigned int i = 0; i < FLOOD; i++)
		expect(OUTGOING,
		       leaving(udp(SERVER, 1 + i % 60000, STRANGER, 1000 + i / 60000, 10)));
}

static void play_fragments(void)
{
	for (unsigned int i = 0; i < FLOOD; i++)
		expect(SERVICE, first_fragment(i, 64, udp(STRANGER, 1, SERVER, 5000, 100)));
}

static unsigned int run(struct rig *rig, void (*play)(void), bool configure)
{
	struct scenario scenario = {
		.name = "flood", .places = ROUTER, .families = IPV4, .play = play};
	struct recording recording;
	unsigned int wrong = 0;

	record_scenario(&scenario, ROUTER, IPV4, &recording);
	if (configure && rig_configure(rig, &recording))
		wrong++;
	for (size_t i = 0; i < recording.count; i++) {
		struct outcome outcome;

		if (rig_run(rig, HOOK_XDP, &recording.steps[i], &outcome) ||
		    outcome.reason != recording.steps[i].expected)
			wrong++;
	}
	recording_free(&recording);
	return wrong;
}

void kernel_flood(const char *object, struct report *r)
{
	static const struct {
		const char *name;
		void (*play)(void);
	} floods[] = {
		{"requests", play_requests},
		{"answered requests", play_answers},
		{"other UDP", play_udp},
		{"fragments", play_fragments},
	};
	const struct rig_options options = {
		.object = object, .virtual_clock = true, .state_entries = ENTRIES};
	struct rig rig;

	if (!report(r, !rig_open(&rig, &options), "flood: the programs cannot be set up"))
		return rig_close(&rig);
	for (unsigned int i = 0; i < sizeof(floods) / sizeof(floods[0]); i++) {
		unsigned int before = run(&rig, play_before, true);
		unsigned int during = run(&rig, floods[i].play, false);
		unsigned int after = run(&rig, play_after, false);

		printf("flood: %u %s on maps of %u entries: %u packets of the transfer wrong "
		       "afterwards\n",
		       FLOOD, floods[i].name, ENTRIES, after);
		report(r, !before && !during,
		       "flood: %s: %u packets before and %u of the flood were judged otherwise",
		       floods[i].name, before, during);
		report(r, !after, "flood: %s pushed the transfer out", floods[i].name);
	}
	rig_close(&rig);
}

/* Jiffies and the monotonic clock start together but for the wrap five minutes after boot that jiffies begin with. */
void kernel_clock(const char *object, struct report *r)
{
	struct {
		uint64_t jiffies;
	} first = {}, second = {};
	LIBBPF_OPTS(bpf_test_run_opts, opts, .ctx_in = &first, .ctx_size_in = sizeof(first));
	struct bpf_object *o = bpf_object__open_file(object, NULL);
	struct timespec pause = {.tv_nsec = 50000000};
	struct bpf_program *program;
	int error = 0;

	if (!report(r, o != NULL, "clock: %s cannot be opened", object))
		return;
	bpf_object__for_each_program(program, o) bpf_program__set_autoload(
		program, !strcmp(bpf_program__name(program), "tidegate_clock"));
	error = bpf_object__load(o);
	program = bpf_object__find_program_by_name(o, "tidegate_clock");
	if (!error && program)
		error = bpf_prog_test_run_opts(bpf_program__fd(program), &opts);
	nanosleep(&pause, NULL);
	opts.ctx_in = &second;
	if (!error && program)
		error = bpf_prog_test_run_opts(bpf_program__fd(program), &opts);
	report(r, !error && program, "clock: %s", strerror(-error));
	/* 50 ms are 5 to 50 ticks; a busy machine may take longer, but not ten seconds. */
	report(r, second.jiffies >= first.jiffies + 4 && second.jiffies < first.jiffies + 10000,
	       "clock: %llu and 50 ms later %llu", (unsigned long long)first.jiffies,
	       (unsigned long long)second.jiffies);
	bpf_object__close(o);
}
