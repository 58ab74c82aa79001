// SPDX-License-Identifier: GPL-2.0-or-later
#include "web/metrics.h"

#include "reason_table.h"

#define LABELS(...) ((const struct metric_label[]){__VA_ARGS__, {NULL, NULL}})

static const char *const operation_names[TALLY_OPERATIONS] = {
	[TG_READ] = "read",
	[TG_WRITE] = "write",
};

static const char *const event_names[TG_EVENT_KINDS] = {
	[TG_EVENT_BEGIN] = "begin",
	[TG_EVENT_END] = "end",
	[TG_EVENT_DENIED] = "denied",
	[TG_EVENT_DROP] = "drop",
};

/* ---- what the kernel counts ------------------------------------------------------------------------------------- */

/*
 * All reasons, so that the first packet of each is a step from 0, which rates need; bytes, which are for graphs, only of
 * those that came.
 */
static void write_reasons(struct exposition *x, const struct measures *m, bool bytes)
{
	for (size_t i = 0; i < m->interface_count; i++) {
		const struct measured_interface *interface = &m->interface[i];

		for (size_t j = 0; j < reason_count; j++) {
			const struct tg_counter *counter = &interface->reason[reasons[j].number];

			if (reasons[j].number == TG_NOT_UDP || (bytes && !counter->packets))
				continue;
			exposition_count(x,
					 LABELS({"zone", interface->zone},
						{"interface", interface->name},
						{"verdict", verdict_name(reasons[j].verdict)},
						{"reason", reasons[j].key}),
					 bytes ? counter->bytes : counter->packets);
		}
	}
}

static void write_packets(struct exposition *x, const struct measures *m)
{
	exposition_family(
		x, "tidegate_packets", METRIC_COUNTER, "",
		"UDP packets that were judged. What a reason means: tidegate explain REASON.");
	write_reasons(x, m, false);
	exposition_family(x, "tidegate_packet_bytes", METRIC_COUNTER, "bytes",
			  "Bytes of these packets, from the IP header on.");
	write_reasons(x, m, true);
	exposition_family(x, "tidegate_requests_accepted", METRIC_COUNTER, "",
			  "TFTP request datagrams that passed, repeats included.");
	for (size_t i = 0; i < m->interface_count; i++)
		exposition_count(
			x,
			LABELS({"zone", m->interface[i].zone}, {"interface", m->interface[i].name}),
			m->interface[i].reason[TG_REQUEST].packets);
}

static uint64_t all_of(const struct tg_event_counter *counter)
{
	return counter->sent + counter->lost + counter->suppressed;
}

static void write_requests(struct exposition *x, const struct measures *m)
{
	exposition_family(x, "tidegate_requests_denied", METRIC_COUNTER, "",
			  "TFTP request datagrams that were refused (in zones that monitor: would "
			  "have been).");
	exposition_count(x, NULL, all_of(&m->events[TG_EVENT_DENIED]));
	exposition_family(
		x, "tidegate_rule_requests", METRIC_COUNTER, "",
		"TFTP request datagrams that each rule has decided since the policy was applied.");
	for (size_t i = 0; i < m->rule_count; i++)
		exposition_count(
			x,
			LABELS({"zone", m->rule[i].zone}, {"rule", m->rule[i].name},
			       {"action", m->rule[i].action == TG_ALLOW ? "allow" : "deny"}),
			m->rule[i].decided.packets);
}

static void write_running(struct exposition *x, const struct measures *m)
{
	exposition_family(
		x, "tidegate_transfers_running", METRIC_GAUGE, "",
		"Transfers that go on: taken up by the client, not over, not silent for too long.");
	for (size_t i = 0; i < m->zone_count; i++)
		for (int op = TG_READ; op < TALLY_OPERATIONS; op++)
			exposition_count(x,
					 LABELS({"zone", m->zone[i].name},
						{"operation", operation_names[op]}),
					 m->zone[i].running[op]);
	exposition_family(
		x, "tidegate_zone_enforcing", METRIC_GAUGE, "",
		"1: what is refused is dropped; 0: the zone monitors, and everything passes.");
	for (size_t i = 0; i < m->zone_count; i++)
		exposition_count(x, LABELS({"zone", m->zone[i].name}), m->zone[i].enforces);
}

static void write_tables(struct exposition *x, const struct measures *m)
{
	exposition_family(x, "tidegate_table_entries", METRIC_GAUGE, "",
			  "Entries in a state table, those included whose time has run out and "
			  "that nobody has swept.");
	for (size_t i = 0; i < m->table_count; i++)
		exposition_count(x, LABELS({"table", m->table[i].name}), m->table[i].entries);
	exposition_family(
		x, "tidegate_table_entries_max", METRIC_GAUGE, "",
		"Entries that fit into a state table; then the longest unused one is evicted.");
	for (size_t i = 0; i < m->table_count; i++)
		exposition_count(x, LABELS({"table", m->table[i].name}), m->table[i].entries_max);
	exposition_family(x, "tidegate_memory_bytes", METRIC_GAUGE, "bytes",
			  "Kernel memory of all maps.");
	exposition_count(x, NULL, m->memory_bytes);
}

static void write_records(struct exposition *x, const struct measures *m)
{
	static const struct {
		const char *family, *help;
		size_t offset;
	} families[] = {
		{"tidegate_records_sent", "Records that the programs wrote to the ring buffer.",
		 offsetof(struct tg_event_counter, sent)},
		{"tidegate_records_lost",
		 "Records that found no room in the ring buffer: the daemon was too slow, or away.",
		 offsetof(struct tg_event_counter, lost)},
		{"tidegate_records_suppressed",
		 "Records that were left out by design, because so many are told in a second and "
		 "no more.",
		 offsetof(struct tg_event_counter, suppressed)},
	};

	for (size_t i = 0; i < sizeof(families) / sizeof(*families); i++) {
		exposition_family(x, families[i].family, METRIC_COUNTER, "", families[i].help);
		for (int kind = TG_EVENT_BEGIN; kind < TG_EVENT_KINDS; kind++)
			exposition_count(x, LABELS({"kind", event_names[kind]}),
					 *(const __u64 *)((const char *)&m->events[kind] +
							  families[i].offset));
	}
}

static void write_policy(struct exposition *x, const struct measures *m)
{
	exposition_family(x, "tidegate_policy_generation", METRIC_GAUGE, "",
			  "Counts the policies that were applied since the first; 0: none is.");
	exposition_count(x, NULL, m->generation);
	exposition_family(x, "tidegate_policy_applied_timestamp_seconds", METRIC_GAUGE, "seconds",
			  "When the policy was applied.");
	exposition_value(x, NULL, (double)m->applied_ns / 1e9);
	exposition_family(x, "tidegate_policy_rules", METRIC_GAUGE, "", "Rules of the policy.");
	exposition_count(x, NULL, m->rules);
	exposition_family(
		x, "tidegate_policy_on_trial", METRIC_GAUGE, "",
		"1: the policy goes back to the one before it unless somebody confirms it.");
	exposition_count(x, NULL, m->trial);
}

/* ---- what the records add up to --------------------------------------------------------------------------------- */

static void write_transfers(struct exposition *x, const struct tally *t)
{
	exposition_family(
		x, "tidegate_transfers_begun", METRIC_COUNTER, "",
		"Transfers whose client has taken up the server's answer, since the daemon began.");
	for (size_t i = 0; i < t->zone_count; i++)
		for (int op = TG_READ; op < TALLY_OPERATIONS; op++)
			exposition_count(x,
					 LABELS({"zone", t->zone[i].name},
						{"operation", operation_names[op]}),
					 t->zone[i].begun[op]);
	exposition_family(x, "tidegate_transfers_ended", METRIC_COUNTER, "",
			  "Transfers that are over, and requests that came to nothing, since the "
			  "daemon began.");
	for (size_t i = 0; i < t->zone_count; i++)
		for (int op = TG_READ; op < TALLY_OPERATIONS; op++)
			for (int o = OUTCOME_NONE + 1; o < OUTCOMES; o++)
				exposition_count(x,
						 LABELS({"zone", t->zone[i].name},
							{"operation", operation_names[op]},
							{"outcome", record_outcome_name(o)}),
						 t->zone[i].ended[op][o]);
}

static void write_histograms(struct exposition *x, const struct tally *t)
{
	static const struct {
		const char *family, *unit, *help;
		size_t offset;
	} families[] = {
		{"tidegate_transfer_duration_seconds", "seconds",
		 "Complete transfers, from the server's first packet to the last acknowledgement.",
		 offsetof(struct tally_zone, seconds)},
		{"tidegate_transfer_size_bytes", "bytes",
		 "Complete transfers, by the file's size as it was sent.",
		 offsetof(struct tally_zone, bytes)},
		{"tidegate_transfer_rate_bytes_per_second", "bytes_per_second",
		 "Complete transfers of 1 ms or more, by bytes of the file in a second.",
		 offsetof(struct tally_zone, rate)},
	};

	for (size_t f = 0; f < sizeof(families) / sizeof(*families); f++) {
		exposition_family(x, families[f].family, METRIC_HISTOGRAM, families[f].unit,
				  families[f].help);
		for (size_t i = 0; i < t->zone_count; i++) {
			const struct tally_zone *zone = &t->zone[i];
			const struct histogram *of =
				(const void *)((const char *)zone + families[f].offset);

			for (int op = TG_READ; op < TALLY_OPERATIONS; op++)
				exposition_histogram(x,
						     LABELS({"zone", zone->name},
							    {"operation", operation_names[op]}),
						     &of[op]);
		}
	}
}

static void write_evictions(struct exposition *x, const struct tally *t)
{
	static const char *const names[TALLY_TABLES] = {
		[TALLY_REQUESTS] = "requests",
		[TALLY_OFFERS] = "offers",
		[TALLY_TRANSFERS] = "transfers",
	};

	exposition_family(x, "tidegate_table_evictions", METRIC_COUNTER, "",
			  "Entries that were pushed out of a full table while they were alive, as "
			  "far as the daemon saw them.");
	for (int i = 0; i < TALLY_TABLES; i++)
		exposition_count(x, LABELS({"table", names[i]}), t->evicted[i]);
	exposition_family(x, "tidegate_incidents", METRIC_COUNTER, "",
			  "What happened to the firewall itself.");
	for (int i = INCIDENT_NONE + 1; i < INCIDENTS; i++)
		exposition_count(x, LABELS({"incident", record_incident_name(i)}), t->incidents[i]);
}

/* ---- sinks, and ourselves ------------------------------------------------------------------------------------------ */

/* Every family once over all sinks; their counts change meanwhile, and no matter. */
static void write_sinks(struct exposition *x, const struct web_sources *sources)
{
	static const struct {
		const char *family, *help;
		enum metric_type type;
		size_t offset;
	} families[] = {
		{"tidegate_sink_records_written", "Records that a sink has written.",
		 METRIC_COUNTER, offsetof(struct sink_counts, written)},
		{"tidegate_sink_records_lost",
		 "Records that a sink was too slow for, or that what is behind it has refused.",
		 METRIC_COUNTER, offsetof(struct sink_counts, lost)},
		{"tidegate_sink_errors", "Failed attempts of a sink to open or to write.",
		 METRIC_COUNTER, offsetof(struct sink_counts, errors)},
		{"tidegate_sink_spooled_records",
		 "Records that wait on disk for a database that is away.", METRIC_GAUGE,
		 offsetof(struct sink_counts, spooled)},
	};
	struct sink_counts counts;
	const char *name;

	if (!sources->sink)
		return;
	for (size_t f = 0; f < sizeof(families) / sizeof(*families); f++) {
		exposition_family(x, families[f].family, families[f].type, "", families[f].help);
		for (size_t i = 0; sources->sink(sources->sinks, i, &name, &counts); i++)
			exposition_count(
				x, LABELS({"sink", name}),
				*(const uint64_t *)((const char *)&counts + families[f].offset));
	}
	exposition_family(x, "tidegate_sink_open", METRIC_GAUGE, "",
			  "1: the sink can write; 0: what is behind it is away.");
	for (size_t i = 0; sources->sink(sources->sinks, i, &name, &counts); i++)
		exposition_count(x, LABELS({"sink", name}), counts.open);
}

static void write_daemon(struct exposition *x, const struct metrics *metrics)
{
	exposition_family(x, "tidegate_build", METRIC_INFO, "", "What runs.");
	exposition_count(x, LABELS({"version", TG_VERSION}), 1);
	exposition_family(x, "tidegate_start_time_seconds", METRIC_GAUGE, "seconds",
			  "When the daemon began to count.");
	exposition_value(x, NULL, (double)metrics->started_ns / 1e9);
	exposition_family(x, "tidegate_measured", METRIC_GAUGE, "",
			  "1: the firewall's counters could be read; 0: what comes from them is "
			  "missing here.");
	exposition_count(x, NULL, metrics->measures != NULL);
	exposition_family(x, "tidegate_records_missed", METRIC_COUNTER, "",
			  "Records that these metrics have missed, because they came too fast.");
	exposition_count(x, NULL, metrics->records_missed + metrics->tally->unzoned);
	exposition_family(x, "tidegate_status_page_viewers", METRIC_GAUGE, "",
			  "Status pages that are open.");
	exposition_count(x, NULL, metrics->viewers);
}

void metrics_write(struct exposition *x, const struct metrics *metrics)
{
	const struct measures *m = metrics->measures;

	write_daemon(x, metrics);
	if (m) {
		write_policy(x, m);
		write_packets(x, m);
		write_requests(x, m);
		write_running(x, m);
		write_tables(x, m);
		write_records(x, m);
	}
	write_transfers(x, metrics->tally);
	write_histograms(x, metrics->tally);
	write_evictions(x, metrics->tally);
	write_sinks(x, metrics->sources);
}
