// SPDX-License-Identifier: GPL-2.0-or-later
#include "web/tally.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* A configuration file of a few blocks takes milliseconds, an image at a window of 1 over a slow link half an hour. */
static const struct histogram_scale seconds_scale = {
	.count = 12,
	.bound = {0.003, 0.01, 0.03, 0.1, 0.3, 1, 3, 10, 30, 100, 300, 1000},
};

/* From one block (RFC 1350) to images of gigabytes. */
static const struct histogram_scale bytes_scale = {
	.count = 12,
	.bound = {512, 4096, 32768, 262144, 1048576, 4194304, 16777216, 67108864, 268435456,
		  1073741824, 4294967296, 17179869184},
};

/* From a telephone line to 10 Gbit/s. */
static const struct histogram_scale rate_scale = {
	.count = 12,
	.bound = {3e3, 1e4, 3e4, 1e5, 3e5, 1e6, 3e6, 1e7, 3e7, 1e8, 3e8, 1e9},
};

static struct tally_zone *zone_named(struct tally *tally, const char *name)
{
	struct tally_zone *grown;

	for (size_t i = 0; i < tally->zone_count; i++)
		if (!strcmp(tally->zone[i].name, name))
			return &tally->zone[i];
	if (tally->zone_count == TALLY_ZONES)
		return &tally->zone[TALLY_ZONES - 1];
	grown = reallocarray(tally->zone, tally->zone_count + 1, sizeof(*grown));
	if (!grown)
		return NULL;
	tally->zone = grown;
	grown += tally->zone_count++;
	memset(grown, 0, sizeof(*grown));
	snprintf(grown->name, sizeof(grown->name), "%s",
		 tally->zone_count == TALLY_ZONES ? TALLY_OTHERS : name);
	for (int i = 0; i < TALLY_OPERATIONS; i++) {
		histogram_init(&grown->seconds[i], &seconds_scale);
		histogram_init(&grown->bytes[i], &bytes_scale);
		histogram_init(&grown->rate[i], &rate_scale);
	}
	return grown;
}

void tally_expect(struct tally *tally, const char *zone)
{
	zone_named(tally, zone);
}

/* Whose table was full. The client takes a TID up by acknowledging: then it is a transfer. */
static enum tally_table table_of(const struct tg_event *event)
{
	uint32_t taken = event->operation == TG_WRITE ? event->data_packets : event->ack_packets;

	if (!event->server_port_be)
		return TALLY_REQUESTS;
	return taken ? TALLY_TRANSFERS : TALLY_OFFERS;
}

static void add_complete(struct tally_zone *zone, const struct record *record, int operation)
{
	uint64_t rate = record_rate(record);

	histogram_observe(&zone->seconds[operation],
			  record->time_ns > record->began_ns
				  ? (double)(record->time_ns - record->began_ns) / 1e9
				  : 0);
	histogram_observe(&zone->bytes[operation], (double)record->event.bytes);
	if (rate)
		histogram_observe(&zone->rate[operation], (double)rate);
}

static void add_end(struct tally *tally, struct tally_zone *zone, const struct record *record,
		    int operation)
{
	if (record->outcome >= OUTCOMES)
		return;
	zone->ended[operation][record->outcome]++;
	if (record->outcome == OUTCOME_COMPLETE)
		add_complete(zone, record, operation);
	if (record->outcome == OUTCOME_EVICTED)
		tally->evicted[table_of(&record->event)]++;
}

void tally_add(struct tally *tally, const struct record *record)
{
	int operation = record->event.operation == TG_WRITE ? TG_WRITE : TG_READ;
	struct tally_zone *zone;

	if (record->kind == RECORD_INCIDENT && record->incident < INCIDENTS)
		tally->incidents[record->incident]++;
	if (record->kind != RECORD_BEGIN && record->kind != RECORD_END)
		return;
	zone = zone_named(tally, record->zone);
	if (!zone)
		tally->unzoned++;
	else if (record->kind == RECORD_BEGIN)
		zone->begun[operation]++;
	else
		add_end(tally, zone, record, operation);
}

void tally_free(struct tally *tally)
{
	free(tally->zone);
	memset(tally, 0, sizeof(*tally));
}
