// SPDX-License-Identifier: GPL-2.0-or-later
#include "replay_report.h"

#include "address.h"
#include "reason_table.h"
#include "report.h"
#include "text.h"

#include <arpa/inet.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

static const char *reason_key(enum tg_reason reason)
{
	return reason < reason_count ? reasons[reason].key : "unknown";
}

/* Other UDP whose payload happens to begin like TFTP is not to be called so. */
static bool may_be_tftp(enum tg_reason reason)
{
	return reason != TG_SERVICE && reason != TG_UDP_REPLY && reason != TG_OUTGOING &&
	       reason != TG_UNMATCHED;
}

static const char *describe(const struct capture_frame *frame, const struct frame_facts *facts,
			    enum tg_reason reason, char text[FRAME_TFTP])
{
	*text = '\0';
	return may_be_tftp(reason) ? frame_tftp(frame, facts, text) : text;
}

static json_t *endpoint_json(const struct tg_addr *address, uint16_t port_be)
{
	char text[ADDRESS_TEXT];

	/* A later fragment has no ports. */
	return json_pack("{s:s, s:o}", "address", address_format(address, text), "port",
			 port_be ? json_integer(ntohs(port_be)) : json_null());
}

static void print_json(const struct capture_frame *frame, const struct frame_facts *facts,
		       const struct replay_verdict *verdict)
{
	const struct packet *p = &facts->packet;
	char text[FRAME_TFTP], time[MOMENT_TEXT];
	json_t *object =
		json_pack("{s:I, s:s?, s:s, s:s, s:I}", "frame", (json_int_t)frame->number, "time",
			  moment_text(frame->time, time), "verdict",
			  verdict_name(verdict->passes ? TG_PASS : TG_DROP), "reason",
			  reason_key(verdict->reason), "bytes", (json_int_t)frame->wire_bytes);

	if (facts->addressed) {
		json_object_set_new(object, "source", endpoint_json(&p->source, p->source_port_be));
		json_object_set_new(object, "destination",
				    endpoint_json(&p->destination, p->destination_port_be));
	}
	if (*describe(frame, facts, verdict->reason, text))
		json_object_set_new(object, "tftp", report_text(text));
	if (frame->cut)
		json_object_set_new(object, "cut", json_true());
	report_json_line(object);
}

/* Seconds since the first frame, which may be later. */
static void print_time(struct moment first, struct moment time)
{
	bool before = moment_before(time, first);
	uint64_t ns = before ? moment_span_ns(time, first) : moment_span_ns(first, time);

	report_part("%s%" PRIu64 ".%06u", before ? "-" : "", ns / 1000000000,
		    (unsigned int)(ns % 1000000000 / 1000));
}

static void print_text(const struct capture_frame *frame, const struct frame_facts *facts,
		       const struct replay_verdict *verdict, struct moment first)
{
	const struct packet *p = &facts->packet;
	char source[ENDPOINT_TEXT], destination[ENDPOINT_TEXT], text[FRAME_TFTP];

	report_part("%6" PRIu64 "  ", frame->number);
	print_time(first, frame->time);
	report_part("  %s  %-13s", verdict_name(verdict->passes ? TG_PASS : TG_DROP),
		    reason_key(verdict->reason));
	if (facts->addressed)
		report_part("  %s > %s", endpoint_format(&p->source, p->source_port_be, source),
			    endpoint_format(&p->destination, p->destination_port_be, destination));
	describe(frame, facts, verdict->reason, text);
	report_line("%s%s", *text ? "  " : "", text);
}

void replay_print_frame(const struct capture_frame *frame, const struct frame_facts *facts,
			const struct replay_verdict *verdict, struct moment first, bool json)
{
	if (json)
		print_json(frame, facts, verdict);
	else
		print_text(frame, facts, verdict, first);
}

/* The reasons of one verdict with their numbers; returns their sum. */
static uint64_t print_reasons(const char *head, const struct replay_sums *sums,
			      enum tg_verdict verdict)
{
	const char *comma = "  ";
	uint64_t sum = 0;

	for (size_t i = 0; i < reason_count; i++)
		if (i != TG_NOT_UDP && reasons[i].verdict == verdict)
			sum += sums->packets[i];
	report_part("%-10s%8" PRIu64, head, sum);
	for (size_t i = 0; i < reason_count; i++) {
		if (i == TG_NOT_UDP || reasons[i].verdict != verdict || !sums->packets[i])
			continue;
		report_part("%s%s %" PRIu64, comma, reasons[i].key, sums->packets[i]);
		comma = ", ";
	}
	report_line("%s", "");
	return sum;
}

static void print_oddities(const struct replay_sums *sums)
{
	if (sums->cut)
		report_line("%-10s%8" PRIu64 "  by the snapshot length; %" PRIu64
			    " of them before the end of their headers: those count as truncated",
			    "cut", sums->cut, sums->headers_cut);
	if (sums->steps_back)
		report_line("%-10s%8" PRIu64 "  back in the capture's time: no time passed there",
			    "steps", sums->steps_back);
}

void replay_print_summary(const struct replay_sums *sums, const struct replay_transfers *transfers,
			  bool monitor)
{
	uint64_t other = sums->packets[TG_NOT_UDP], dropped;

	report_line("%s%-10s%8" PRIu64 "  in %" PRIu64 ".%03u s: %" PRIu64 " UDP, %" PRIu64
		    " other",
		    sums->frames ? "\n" : "", "frames", sums->frames, sums->span_ns / 1000000000,
		    (unsigned int)(sums->span_ns / 1000000 % 1000), sums->frames - other, other);
	print_reasons("passed", sums, TG_PASS);
	dropped = print_reasons("dropped", sums, TG_DROP);
	report_line("%-10s%8" PRIu64 "  %" PRIu64 " complete, %" PRIu64
		    " ended by an ERROR, %" PRIu64 " unfinished; %" PRIu64
		    " request%s without an answer",
		    "transfers", transfers->complete + transfers->failed + transfers->unfinished,
		    transfers->complete, transfers->failed, transfers->unfinished,
		    transfers->unanswered, text_plural(transfers->unanswered));
	print_oddities(sums);
	if (!dropped)
		report_line("Nothing would have been dropped.");
	else
		report_line("%" PRIu64 " packet%s would have been dropped%s. `tidegate explain "
			    "REASON` tells what a reason means.",
			    dropped, text_plural(dropped), monitor ? ", but for --monitor" : "");
}
