// SPDX-License-Identifier: GPL-2.0-or-later
// sources: tests/fuzz/walk.c tests/fuzz/ledger.c tests/fuzz/books.c tests/fuzz/sides.c tests/fuzz/changes.c tests/fuzz/anatomy.c tests/fuzz/grammar.c tests/native/engine.c tests/cases/frame.c tests/cases/modifiers.c tests/cases/packets.c tests/cases/scene*.c
// libfuzzer: -max_len=4096 -len_control=10 -dict=tests/fuzz/words.dict
/*
 * Conversations through parser and judge. Whatever the bytes say:
 *   - nothing crashes, and no look goes beyond the end of a frame (address sanitizer);
 *   - neither verdict nor state depends on what lies behind the frame, behind the IP packet or the datagram within it, on
 *     the contents of files, or on what earlier packets left in the scratch memory;
 *   - what passes is what the books say may pass, and the state's counters are theirs (ledger.h);
 *   - a dropped packet changes nothing, any other only what is its own (ledger.h);
 *   - with single-port, no port but a TID or the service changes, and no client reaches another's TID (ledger.h);
 *   - a frame that is cut passes for nothing;
 *   - waiting opens nothing: what is dropped now is dropped later;
 *   - every outcome is one of abi.h's reasons, and the stored state is sound.
 * FUZZ_SHOW=1 shows the packets of a reproducer.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "engine.h"
#include "ledger.h"
#include "must.h"
#include "walk.h"

#define TAIL          2048 /* bytes behind the frame */
#define LONG_FRAME    (1 << 17)
#define MORE_PADDING  18
#define HEADERS       127 /* no multiple of 13 */
#define TFTP_CONTENTS 4   /* behind opcode and block */

/* The frame with other bytes wherever no reader may look. */
static struct case_step with_other_bytes(const struct case_step *step, const struct anatomy *a)
{
	static uint8_t frame[LONG_FRAME];
	struct case_step other = *step;
	size_t from;

	if (!a || step->len + MORE_PADDING > LONG_FRAME)
		return other;
	memcpy(frame, step->frame, step->len);
	other.frame = frame;
	other.len += MORE_PADDING;
	memset(frame + step->len, 0x5a, MORE_PADDING);
	from = a->later_fragment ? a->ip_end : a->datagram_end;
	for (size_t i = from; i < step->len; i++)
		frame[i] = ~frame[i];
	/* The contents of DATA: the opcode is the payload's first two bytes. */
	if (!a->later_fragment && a->payload_bytes > TFTP_CONTENTS && !frame[a->payload_at] &&
	    frame[a->payload_at + 1] == 3)
		for (size_t i = a->payload_at + TFTP_CONTENTS; i < a->datagram_end; i++)
			frame[i] = ~frame[i];
	return other;
}

static bool same_ports(struct engine_ports a, struct engine_ports b)
{
	return a.source == b.source && a.destination == b.destination;
}

/* Judges the step in different company; it counts once. MOMENT_BEFORE is kept. */
static enum tg_reason judge_three_times(const struct case_step *step, const struct anatomy *a)
{
	struct case_step other = with_other_bytes(step, a);
	struct engine_ports ports;
	enum tg_reason reason;

	engine_dirty(0xaa);
	reason = engine_judge(step);
	ports = engine_new_ports();
	engine_keep(MOMENT_AFTER);
	engine_bring_back(MOMENT_BEFORE);
	engine_dirty(0);
	must(engine_judge_with_tail(step, TAIL, 0xff) == reason,
	     "the verdict depends on bytes behind the frame");
	must(engine_is_as(MOMENT_AFTER), "the state depends on bytes behind the frame");
	must(same_ports(ports, engine_new_ports()), "the ports depend on bytes behind the frame");
	engine_bring_back(MOMENT_BEFORE);
	engine_dirty(0xff);
	must(engine_judge_with_tail(&other, TAIL, 0) == reason,
	     "the verdict depends on bytes behind the datagram");
	must(engine_is_as(MOMENT_AFTER), "the state depends on bytes behind the datagram");
	must(same_ports(ports, engine_new_ports()),
	     "the ports depend on bytes behind the datagram");
	return reason;
}

/* Passing for such a reason means that a request, a transfer or a first fragment let it. */
static bool is_admitted(enum tg_reason reason)
{
	switch (reason) {
	case TG_FIRST_REPLY:
	case TG_REQUEST:
	case TG_DATA:
	case TG_ACK:
	case TG_OACK:
	case TG_ERROR:
	case TG_GROUP_DATA:
	case TG_FRAGMENT_FOLLOWS:
	case TG_FRAGMENT_AHEAD:
		return true;
	default:
		return false;
	}
}

/* Refused because of what the address did before, so that it may pass later. */
static bool is_limited(enum tg_reason reason)
{
	switch (reason) {
	case TG_RULE_RATE:
	case TG_RULE_TRANSFERS:
	case TG_SOURCE_RATE:
	case TG_SOURCE_TRANSFERS:
	case TG_HELD_OFF:
	case TG_UNACKNOWLEDGED:
	case TG_REQUEST_BUDGET:
		return true;
	default:
		return false;
	}
}

/* Refused because another TID, or another transfer, has the client's port: which may fall silent, or end. */
static bool is_after_another(const struct recording *recording, enum tg_reason reason)
{
	return (recording->zone.flags & TG_ZONE_SINGLE_PORT) &&
	       (reason == TG_SURPLUS_TID || reason == TG_SUPERSEDED);
}

/*
 * What is dropped now is not taken for TFTP after any wait; once its transfer has run out it may still pass as other UDP. A request
 * to one server hides, as long as it is alive, one to all from the same port: so not where there are such.
 */
static void waiting_opens_nothing(const struct recording *recording, const struct case_step *step)
{
	static const uint64_t waits[] = {1999, 10001, 35001, 45001, 120001, 1020001};
	struct case_step later = *step;

	if ((recording->zone.flags & TG_ZONE_BROADCAST) || ledger_waits_long())
		return;
	later.at += waits[(step->at + step->len) % (sizeof(waits) / sizeof(waits[0]))];
	must(!is_admitted(engine_judge(&later)), "what was dropped passes after a wait");
	engine_bring_back(MOMENT_AFTER);
}

/* One packet of a reproducer. */
static void show(const struct case_step *step, const struct event *event)
{
	const struct anatomy *a = event->anatomy;
	const uint8_t *payload = a ? step->frame + a->payload_at : NULL;

	fprintf(stderr, "%10llu %s if %u, %u bytes", (unsigned long long)step->at,
		step->out ? "out" : "in ", (unsigned int)step->interface, step->len);
	if (a && !a->later_fragment)
		fprintf(stderr, ", .%u:%u > .%u:%u, opcode %u, block %u, payload %zu%s",
			a->source.bytes[15], a->source_port, a->destination.bytes[15],
			a->destination_port, payload[1],
			(unsigned int)(payload[2] << 8 | payload[3]), a->payload_bytes,
			a->first_fragment ? ", first fragment" : "");
	fprintf(stderr, ": %s", reason_name(event->reason));
	if (event->ports.source)
		fprintf(stderr, ", from port %u", event->ports.source);
	if (event->ports.destination)
		fprintf(stderr, ", came to port %u", event->came_to);
	fprintf(stderr, "\n");
}

/* A frame that ends within its headers or its IP packet, cut at another place for each packet. */
static void cut_is_dropped(const struct case_step *step, const struct anatomy *a, size_t number)
{
	struct case_step shorter = *step;
	size_t end = a ? a->ip_end : step->len;

	shorter.len = number * 13 % (end < HEADERS ? end : HEADERS);
	must(!is_admitted(engine_judge(&shorter)), "a cut packet passes");
	must(engine_is_as(MOMENT_BEFORE), "a cut packet changed the state");
}

static void judge_step(const struct recording *recording, const struct case_step *step,
		       size_t number)
{
	struct event event = {.step = step};
	struct anatomy anatomy;
	const char *fault;

	if (anatomy_read(step->frame, step->len, step->interface != TUNNEL, &anatomy))
		event.anatomy = &anatomy;
	engine_keep(MOMENT_BEFORE);
	if (step->len)
		cut_is_dropped(step, event.anatomy, number);
	event.reason = judge_three_times(step, event.anatomy);
	event.ports = engine_new_ports();
	event.came_to = anatomy.destination_port;
	if (event.ports.destination)
		anatomy.destination_port = event.ports.destination;
	must(event.reason < TG_REASON_SLOTS && strcmp(reason_name(event.reason), "no reason"),
	     "an outcome without a name");
	must(!engine_is_plainly_other(step) || event.reason == TG_NOT_UDP,
	     "the first look sees something else than the parser");
	if (getenv("FUZZ_SHOW"))
		show(step, &event);
	changes_check(&event);
	ledger_enter(&event);
	fault = engine_fault();
	must(!fault, fault);
	if (!TG_REASON_PASSES(event.reason) && !is_limited(event.reason) &&
	    !is_after_another(recording, event.reason))
		waiting_opens_nothing(recording, step);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
	struct recording recording;

	walk_record(bytes, len, &recording);
	engine_configure(&recording);
	ledger_open(&recording);
	for (size_t i = 0; i < recording.count; i++)
		judge_step(&recording, &recording.steps[i], i);
	recording_free(&recording);
	engine_clear();
	return 0;
}
