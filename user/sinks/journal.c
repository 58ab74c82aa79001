// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * systemd's journal, in native fields: TIDEGATE_… for each column of a record.
 */
#include "sinks/sink.h"

#include <ctype.h>
#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/uio.h>
#include <unistd.h>

/* Where in this file a record is sent says nothing. */
#define SD_JOURNAL_SUPPRESS_LOCATION
#include <systemd/sd-journal.h>

#include "log.h"
#include "sinks/told.h"

#define JOURNAL_SOCKET "/run/systemd/journal/socket"
#define ENTRY_FIELDS   80
#define ENTRY_BYTES    8192 /* the longest entry has less than 4000 */

/* journalctl MESSAGE_ID=… finds all of a kind. Random numbers, made once. */
static const char *const message_ids[RECORD_KINDS] = {
	[RECORD_BEGIN] = "339ac8856e234d2a8d5e7575a9fcb50b",
	[RECORD_END] = "35c947e1464146f687a4f276a7f3011f",
	[RECORD_DENIED] = "85fbf1ef37a54ccfa9bc570c1fcfc424",
	[RECORD_DROP] = "1991dc0e3a7446f7b22baf02d19c8f4e",
	[RECORD_INCIDENT] = "e544ab8092b8405eb258ec9753f27876",
};

struct entry {
	struct iovec field[ENTRY_FIELDS];
	int count;
	size_t used;
	char text[ENTRY_BYTES];
};

__attribute__((format(printf, 2, 3))) static void add(struct entry *entry, const char *format, ...)
{
	char *text = entry->text + entry->used;
	size_t left = sizeof(entry->text) - entry->used;
	va_list args;
	int len;

	va_start(args, format);
	len = vsnprintf(text, left, format, args);
	va_end(args);
	if (len < 0 || (size_t)len >= left || entry->count == ENTRY_FIELDS)
		return;
	entry->field[entry->count++] = (struct iovec){text, (size_t)len};
	entry->used += (size_t)len + 1;
}

static void add_column(void *context, const char *name, const char *value)
{
	char upper[64];
	size_t i = 0;

	for (; name[i] && i + 1 < sizeof(upper); i++)
		upper[i] = (char)toupper((unsigned char)name[i]);
	upper[i] = '\0';
	add(context, "TIDEGATE_%s=%s", upper, value);
}

static void describe(const struct record *record, struct entry *entry)
{
	char message[RECORD_LINE];

	entry->count = 0;
	entry->used = 0;
	told_message(record, message);
	add(entry, "MESSAGE=%s", message);
	add(entry, "MESSAGE_ID=%s", message_ids[record->kind]);
	add(entry, "PRIORITY=%d", told_severity(record));
	add(entry, "SYSLOG_IDENTIFIER=tidegate");
	told_fields(record, add_column, entry);
}

static int explain(const struct config_sink *config, int err)
{
	log_error("sink \"%s\": the journal: %s", config->name, strerror(-err));
	if (err == -ENOENT)
		log_hint("systemd-journald does not run here");
	return err;
}

/* sd_journal_sendv() would drop in silence what nobody listens for. */
static int check_there(void)
{
	return access(JOURNAL_SOCKET, W_OK) ? -errno : 0;
}

struct journal_sink {
	const struct config_sink *config;
	struct entry entry;
};

static int journal_open(const struct config_sink *config, void **state, bool first)
{
	struct journal_sink *sink = calloc(1, sizeof(*sink));
	int err = sink ? check_there() : -ENOMEM;

	if (err)
		explain(config, err);
	if (err && !(first && err == -ENOENT)) {
		free(sink);
		return err;
	}
	sink->config = config;
	*state = sink;
	return 0;
}

static int journal_write(void *state, const struct record *records, size_t count, size_t *written)
{
	struct journal_sink *sink = state;
	int err = check_there();

	*written = 0;
	for (; *written < count && !err; *written += !err) {
		describe(&records[*written], &sink->entry);
		err = sd_journal_sendv(sink->entry.field, sink->entry.count);
	}
	if (err && err != -EMSGSIZE)
		explain(sink->config, err);
	/* What it calls EAGAIN, it does not wait for. */
	return err == -EAGAIN ? -ECONNREFUSED : err;
}

static void journal_close(void *state)
{
	free(state);
}

const struct sink_driver sink_journal = {
	.type = SINK_JOURNAL,
	.open = journal_open,
	.write = journal_write,
	.close = journal_close,
};
