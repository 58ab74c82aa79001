// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Records in an SQLite file. Each write is one transaction. In WAL mode that waits for no disk (only checkpoints do),
 * readers do not hold it up, and nothing that fails leaves half a batch.
 */
#include "sinks/sink.h"

#include <errno.h>
#include <fcntl.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "log.h"
#include "sinks/columns.h"

#define BUSY_MS   5000 /* that another program may keep us from writing */
#define FILE_MODE 0640

/* WAL files shrink to so many bytes after a reader that kept them from being checkpointed has gone. */
static const char settings[] = "PRAGMA synchronous = NORMAL; PRAGMA journal_size_limit = 16777216";

struct sqlite_sink {
	const char *path; /* the configuration's */
	sqlite3 *db;
	sqlite3_stmt *insert;
	struct column_value *value; /* of a row, by column */
};

static int explain_system(const char *path, int err)
{
	log_error("cannot write %s: %s", path, strerror(-err));
	if (err == -ENOENT)
		log_hint("make the directory in which it stands");
	else if (err == -EACCES || err == -EPERM || err == -EROFS)
		log_hint("the daemon's user has to be able to write the file and its directory, "
			 "where SQLite keeps two more");
	return err;
}

/* What SQLite says, as a negative errno, explained. */
static int explain(const struct sqlite_sink *sink, int code)
{
	int system = sink->db ? sqlite3_system_errno(sink->db) : 0;

	switch (code & 0xff) {
	case SQLITE_NOTADB:
		log_error("%s is not an SQLite database", sink->path);
		log_hint("name a file that is one, or none yet");
		return -EINVAL;
	case SQLITE_CORRUPT:
		log_error("the database %s is damaged: %s", sink->path, sqlite3_errmsg(sink->db));
		log_hint("move it away, and see what `sqlite3 %s .recover` gets out of it",
			 sink->path);
		return -EBADMSG;
	case SQLITE_FULL:
		return explain_system(sink->path, -ENOSPC);
	case SQLITE_BUSY:
	case SQLITE_LOCKED:
		log_error("another program has kept %s locked for %d s", sink->path,
			  BUSY_MS / 1000);
		log_hint("look for one that has a transaction open: fuser %s", sink->path);
		return -EBUSY;
	case SQLITE_NOMEM:
		return explain_system(sink->path, -ENOMEM);
	case SQLITE_READONLY:
	case SQLITE_PERM:
		return explain_system(sink->path, -EACCES);
	case SQLITE_CANTOPEN:
	case SQLITE_IOERR:
		if (system)
			return explain_system(sink->path, -system);
	}
	log_error("the database %s: %s", sink->path,
		  sink->db ? sqlite3_errmsg(sink->db) : sqlite3_errstr(code));
	return -EIO;
}

static int execute(const struct sqlite_sink *sink, const char *sql)
{
	int code = sqlite3_exec(sink->db, sql, NULL, NULL, NULL);

	return code == SQLITE_OK ? 0 : explain(sink, code);
}

/* The first value of the first row: a number, or the length of a text; -ENODATA (silent) if there is no row. */
static int ask(const struct sqlite_sink *sink, const char *sql, char *text, size_t room)
{
	sqlite3_stmt *statement;
	int code = sqlite3_prepare_v2(sink->db, sql, -1, &statement, NULL), value = -ENODATA;

	if (code == SQLITE_OK)
		code = sqlite3_step(statement);
	if (code == SQLITE_ROW) {
		value = sqlite3_column_int(statement, 0);
		if (text)
			snprintf(text, room, "%s", (const char *)sqlite3_column_text(statement, 0));
	}
	/* Before it is finalized: that forgets the message. */
	if (code != SQLITE_ROW && code != SQLITE_DONE)
		value = explain(sink, code);
	sqlite3_finalize(statement);
	return value;
}

/* ---- opening ------------------------------------------------------------------------------------------------------ */

/* SQLite itself would make it readable for everybody. */
static int make_file(const char *path)
{
	int fd = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, FILE_MODE), err = 0;

	if (fd < 0)
		return errno == EEXIST ? 0 : explain_system(path, -errno);
	if (fchmod(fd, FILE_MODE))
		err = explain_system(path, -errno);
	close(fd);
	return err;
}

static int use_wal(const struct sqlite_sink *sink)
{
	char mode[16] = "";
	int persist = 1, err = ask(sink, "PRAGMA journal_mode = WAL", mode, sizeof(mode));

	if (err < 0)
		return err;
	if (strcmp(mode, "wal")) {
		log_error("the database %s cannot have a write-ahead log", sink->path);
		log_hint("it needs a local file system, no network file system");
		return -EOPNOTSUPP;
	}
	/* So that users who may only read find the files that they need when we are gone. */
	sqlite3_file_control(sink->db, NULL, SQLITE_FCNTL_PERSIST_WAL, &persist);
	return execute(sink, settings);
}

/* Is this file ours? -ENODATA: it has no table yet. */
static int check_version(const struct sqlite_sink *sink)
{
	int tables = ask(sink,
			 "SELECT sum(CASE name WHEN 'records' THEN 1 WHEN 'schema_version' THEN 2 "
			 "ELSE 0 END) "
			 "FROM sqlite_master WHERE type = 'table'",
			 NULL, 0);
	int version;

	if (tables <= 0)
		return tables ? tables : -ENODATA;
	version = tables == 3 ? ask(sink, "SELECT max(version) FROM schema_version", NULL, 0) : 0;
	if (version < 0 && version != -ENODATA)
		return version;
	if (version == COLUMNS_VERSION)
		return 0;
	if (tables != 3 || version <= 0)
		log_error("the database %s has tables of these names that are not tidegate's",
			  sink->path);
	else
		log_error("the tables in %s have version %d, and this tidegate has %d", sink->path,
			  version, COLUMNS_VERSION);
	log_hint("move the file away, or name another one: a new one is made by itself");
	return -EINVAL;
}

/* Two that open a new file at the same time wait for each other. */
static int make_tables(const struct sqlite_sink *sink)
{
	char *schema = columns_schema(COLUMNS_SQLITE);
	int err = schema ? execute(sink, "BEGIN IMMEDIATE") : explain_system(sink->path, -ENOMEM);

	if (!err)
		err = execute(sink, schema);
	if (!err)
		err = execute(sink, "COMMIT");
	free(schema);
	return err;
}

static int prepare(struct sqlite_sink *sink)
{
	char *names = columns_names(), *sql = NULL;
	size_t size;
	FILE *out = open_memstream(&sql, &size);
	int code;

	if (!names || !out || !(sink->value = calloc(column_count, sizeof(*sink->value)))) {
		free(names);
		if (out)
			fclose(out);
		free(sql);
		return explain_system(sink->path, -ENOMEM);
	}
	fprintf(out, "INSERT INTO records (%s) VALUES (?", names);
	for (size_t i = 1; i < column_count; i++)
		fputs(", ?", out);
	fputs(") ON CONFLICT (run, number) DO NOTHING", out);
	fclose(out);
	code = sqlite3_prepare_v3(sink->db, sql, -1, SQLITE_PREPARE_PERSISTENT, &sink->insert,
				  NULL);
	free(names);
	free(sql);
	return code == SQLITE_OK ? 0 : explain(sink, code);
}

static void close_database(struct sqlite_sink *sink)
{
	sqlite3_finalize(sink->insert);
	sqlite3_close(sink->db);
	free(sink->value);
	*sink = (struct sqlite_sink){.path = sink->path};
}

static int open_database(struct sqlite_sink *sink)
{
	int err = make_file(sink->path), code;

	if (err)
		return err;
	/* NOMUTEX: one thread at a time has it. */
	code = sqlite3_open_v2(sink->path, &sink->db,
			       SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE,
			       NULL);
	err = code == SQLITE_OK ? 0 : explain(sink, code);
	if (!err) {
		sqlite3_busy_timeout(sink->db, BUSY_MS);
		err = check_version(sink);
	}
	if (!err || err == -ENODATA) {
		int wal = use_wal(sink);

		err = wal ? wal : err;
	}
	if (err == -ENODATA)
		err = make_tables(sink);
	if (!err)
		err = prepare(sink);
	if (err)
		close_database(sink);
	return err;
}

static int sqlite_open(const struct config_sink *config, void **state, bool first)
{
	struct sqlite_sink *sink = calloc(1, sizeof(*sink));
	int err;

	(void)first;
	if (!sink)
		return explain_system(config->path, -ENOMEM);
	sink->path = config->path;
	err = open_database(sink);
	if (err)
		free(sink);
	else
		*state = sink;
	return err;
}

/* ---- writing ------------------------------------------------------------------------------------------------------ */

static int insert(struct sqlite_sink *sink, const struct record *record)
{
	int code = SQLITE_OK;

	for (size_t i = 0; i < column_count && code == SQLITE_OK; i++) {
		struct column_value *value = &sink->value[i];

		column_value(i, record, value);
		if (value->form == COLUMN_NUMBER)
			code = sqlite3_bind_int64(sink->insert, (int)i + 1, value->number);
		else if (value->form == COLUMN_STRING)
			code = sqlite3_bind_text(sink->insert, (int)i + 1, value->string, -1,
						 SQLITE_STATIC);
		else
			code = sqlite3_bind_null(sink->insert, (int)i + 1);
	}
	if (code == SQLITE_OK)
		code = sqlite3_step(sink->insert);
	if (code == SQLITE_OK || code == SQLITE_DONE)
		code = sqlite3_reset(sink->insert);
	/* It will not be taken the next time either. */
	if ((code & 0xff) == SQLITE_CONSTRAINT || (code & 0xff) == SQLITE_TOOBIG) {
		sqlite3_reset(sink->insert);
		return -EMSGSIZE;
	}
	return code == SQLITE_OK ? 0 : explain(sink, code);
}

/* One transaction; of a record that cannot be a row, those before it. */
static int sqlite_write(void *state, const struct record *records, size_t count, size_t *written)
{
	struct sqlite_sink *sink = state;
	int err = execute(sink, "BEGIN IMMEDIATE"), ended;
	size_t i = 0;

	*written = 0;
	while (!err && i < count) {
		err = insert(sink, &records[i]);
		i += !err;
	}
	if (!err || err == -EMSGSIZE)
		ended = execute(sink, "COMMIT");
	else
		ended = err;
	if (!ended)
		*written = i;
	else if (sink->db && !sqlite3_get_autocommit(sink->db)) {
		sqlite3_reset(sink->insert);
		sqlite3_exec(sink->db, "ROLLBACK", NULL, NULL, NULL);
	}
	return ended ? ended : err;
}

static int sqlite_reopen(void *state)
{
	close_database(state);
	return open_database(state);
}

static void sqlite_close(void *state)
{
	close_database(state);
	free(state);
}

const struct sink_driver sink_sqlite = {
	.type = SINK_SQLITE,
	.open = sqlite_open,
	.write = sqlite_write,
	.reopen = sqlite_reopen,
	.close = sqlite_close,
};
