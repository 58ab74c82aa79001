// SPDX-License-Identifier: GPL-2.0-or-later
#include "sinks/pg_session.h"

#include <ctype.h>
#include <errno.h>
#include <libpq-fe.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "sinks/columns.h"
#include "time_now.h"

#define STATE 5 /* letters of an SQLSTATE, PostgreSQL documentation appendix A */

struct pg_session {
	PGconn *connection;
	struct pg_stop *stop;
};

/* ---- what the server says ----------------------------------------------------------------------------------------- */

/* The first line, without the SQLSTATE that a verbose message has; that to `state`, if there is one. */
static void first_line(const char *message, char state[STATE + 1], char *line, size_t room)
{
	snprintf(line, room, "%s", message);
	line[strcspn(line, "\n")] = '\0';
	*state = '\0';
	for (char *at = strstr(line, ":  "); at; at = strstr(at + 1, ":  ")) {
		char *code = at + 3;

		if (strspn(code, "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789") != STATE ||
		    strncmp(code + STATE, ": ", 2))
			continue;
		memcpy(state, code, STATE);
		state[STATE] = '\0';
		memmove(code, code + STATE + 2, strlen(code + STATE + 2) + 1);
		return;
	}
}

/* Classes of SQLSTATEs: what comes back by itself, and what is in the rows. */
static enum pg_outcome judge(const char *state)
{
	static const char *const away[] = {"08", "25", "40", "53", "55", "57", "58", "XX"};

	if (!*state)
		return PG_AWAY;
	if (!strncmp(state, "22", 2) || !strncmp(state, "23", 2) || !strncmp(state, "54", 2))
		return PG_BAD_ROW;
	for (size_t i = 0; i < sizeof(away) / sizeof(*away); i++)
		if (!strncmp(state, away[i], 2))
			return PG_AWAY;
	return PG_REFUSED;
}

static void hint(struct complaint *why, const char *state)
{
	if (!strcmp(state, "42501"))
		complain_hint(why,
			      "in the database: CREATE SCHEMA tidegate AUTHORIZATION role; "
			      "GRANT TEMPORARY ON DATABASE name TO role; see docs/databases.md");
	else if (!strncmp(state, "28", 2))
		complain_hint(why,
			      "see pg_hba.conf of the server; a password belongs into ~/.pgpass, "
			      "or the file that PGPASSFILE names");
	else if (!strcmp(state, "3D000"))
		complain_hint(why, "createdb makes a database");
	else if (!strcmp(state, "25006"))
		complain_hint(
			why,
			"target_session_attrs=read-write in the connection string finds the server "
			"that may be written");
}

static enum pg_outcome take_message(const char *message, const char *sqlstate,
				    struct complaint *why)
{
	char line[sizeof(why->what)], state[STATE + 1];

	first_line(message && *message ? message : "the connection is lost", state, line,
		   sizeof(line));
	if (sqlstate)
		snprintf(state, sizeof(state), "%s", sqlstate);
	complain(why, "%s", line);
	hint(why, state);
	return judge(state);
}

static enum pg_outcome take_error(struct pg_session *session, const PGresult *result,
				  struct complaint *why)
{
	const char *primary = result ? PQresultErrorField(result, PG_DIAG_MESSAGE_PRIMARY) : NULL;
	const char *state = result ? PQresultErrorField(result, PG_DIAG_SQLSTATE) : NULL;

	if (!primary || PQstatus(session->connection) == CONNECTION_BAD)
		state = "08006";
	return take_message(primary ? primary : PQerrorMessage(session->connection), state, why);
}

/* ---- waiting ------------------------------------------------------------------------------------------------------ */

/* Until the socket is ready for `events`: 0, or -ETIMEDOUT, or -ECANCELED if everything is to stop. */
static int wait_for(struct pg_session *session, short events, int64_t deadline_ms, bool stop_now)
{
	struct pollfd polled[2] = {{.fd = PQsocket(session->connection), .events = events},
				   {.fd = session->stop->fd, .events = POLLIN}};

	for (;;) {
		int64_t left = deadline_ms - time_now_ms(CLOCK_MONOTONIC);
		int n;

		if (left <= 0)
			return polled[1].fd < 0 ? -ECANCELED : -ETIMEDOUT;
		n = poll(polled, 2, left > INT32_MAX ? INT32_MAX : (int)left);
		if (n < 0 && errno != EINTR)
			return -errno;
		if (n > 0 && polled[0].revents)
			return 0;
		if (n > 0 && polled[1].revents) {
			int64_t at = atomic_load(&session->stop->at_ms);

			if (stop_now)
				return -ECANCELED;
			deadline_ms = at < deadline_ms ? at : deadline_ms;
			polled[1].fd = -1;
		}
	}
}

static enum pg_outcome no_answer(struct complaint *why, int err, const char *what)
{
	if (err == -ECANCELED)
		complain(why, "%s: the daemon ends", what);
	else
		complain(why, "%s: %s", what, err == -ETIMEDOUT ? "no answer" : strerror(-err));
	return PG_AWAY;
}

/* Sends what is in libpq's buffer; the server may have something to say meanwhile. 0 or a negative errno. */
static int flush(struct pg_session *session, int64_t deadline_ms)
{
	int more, err;

	while ((more = PQflush(session->connection)) == 1) {
		err = wait_for(session, POLLIN | POLLOUT, deadline_ms, false);
		if (err)
			return err;
		if (!PQconsumeInput(session->connection))
			return -ECONNRESET;
	}
	return more ? -ECONNRESET : 0;
}

/* The next result, or NULL: that was all. 0 or a negative errno. */
static int next_result(struct pg_session *session, int64_t deadline_ms, PGresult **result)
{
	int err = flush(session, deadline_ms);

	while (!err && PQisBusy(session->connection)) {
		err = wait_for(session, POLLIN, deadline_ms, false);
		if (!err && !PQconsumeInput(session->connection))
			break; /* the result says why */
	}
	*result = err && err != -ECONNRESET ? NULL : PQgetResult(session->connection);
	return err == -ECONNRESET ? 0 : err;
}

/* ---- statements --------------------------------------------------------------------------------------------------- */

static bool put_rows(struct pg_session *session, const struct spool_batch *rows)
{
	return PQputCopyData(session->connection, rows->rows, (int)rows->len) == 1 &&
	       PQputCopyEnd(session->connection, NULL) == 1;
}

/*
 * Runs statements as one transaction, where `rows` go into the COPY among them. The last result to `*last`, if it is
 * wanted, to be cleared.
 */
static enum pg_outcome run(struct pg_session *session, const char *sql,
			   const struct spool_batch *rows, PGresult **last, struct complaint *why)
{
	int64_t deadline_ms = time_now_ms(CLOCK_MONOTONIC) + PG_ANSWER_MS;
	enum pg_outcome outcome = PG_DONE;
	PGresult *result;
	int err;

	if (!PQsendQuery(session->connection, sql))
		return take_error(session, NULL, why);
	while (!(err = next_result(session, deadline_ms, &result)) && result) {
		ExecStatusType status = PQresultStatus(result);

		if (status == PGRES_COPY_IN) {
			/* libpq repeats this result for ever if the rows cannot be sent. */
			if (!rows || !put_rows(session, rows)) {
				PQclear(result);
				return take_error(session, NULL, why);
			}
			rows = NULL;
		} else if (status != PGRES_COMMAND_OK && status != PGRES_TUPLES_OK &&
			   outcome == PG_DONE) {
			outcome = take_error(session, result, why);
		}
		if (last)
			PQclear(*last);
		if (last)
			*last = result;
		else
			PQclear(result);
	}
	if (err)
		return no_answer(why, err, "the server");
	if (outcome == PG_DONE && PQstatus(session->connection) == CONNECTION_BAD)
		outcome = take_error(session, NULL, why);
	return outcome;
}

enum pg_outcome pg_store(struct pg_session *session, const struct spool_batch *batch,
			 uint64_t *stored, struct complaint *why)
{
	/* One message to the server, so one transaction; the table is empty after it. */
	static const char form[] =
		"COPY tidegate_stage (%s) FROM STDIN;"
		"INSERT INTO tidegate.records (%s) SELECT %s FROM tidegate_stage "
		"ON CONFLICT DO NOTHING";
	size_t room = sizeof(form) + 3 * strlen(batch->head);
	char *sql = malloc(room);
	PGresult *last = NULL;
	enum pg_outcome outcome;

	*stored = 0;
	if (!sql)
		return no_answer(why, -ENOMEM, "a batch");
	snprintf(sql, room, form, batch->head, batch->head, batch->head);
	outcome = run(session, sql, batch, &last, why);
	if (outcome == PG_DONE)
		*stored = strtoull(PQcmdTuples(last), NULL, 10);
	PQclear(last);
	free(sql);
	return outcome;
}

/* ---- the tables --------------------------------------------------------------------------------------------------- */

static enum pg_outcome make_tables(struct pg_session *session, bool schema, struct complaint *why)
{
	/* Two daemons that come to an empty database wait for each other. */
	static const char form[] = "SELECT pg_advisory_xact_lock(8390042714201347429);%s\n%s";
	static const char made[] = "CREATE SCHEMA IF NOT EXISTS tidegate;";
	char *tables = columns_schema(COLUMNS_POSTGRESQL);
	size_t room = tables ? sizeof(form) + sizeof(made) + strlen(tables) : 0;
	char *sql = room ? malloc(room) : NULL;
	enum pg_outcome outcome = PG_AWAY;

	if (sql) {
		snprintf(sql, room, form, schema ? "" : made, tables);
		outcome = run(session, sql, NULL, NULL, why);
	} else {
		complain(why, "memory is short");
	}
	free(tables);
	free(sql);
	return outcome;
}

static enum pg_outcome check_version(struct pg_session *session, struct complaint *why)
{
	PGresult *last = NULL;
	enum pg_outcome outcome =
		run(session, "SELECT max(version) FROM tidegate.schema_version", NULL, &last, why);
	int version = outcome == PG_DONE && PQntuples(last) == 1 ? atoi(PQgetvalue(last, 0, 0)) : 0;

	PQclear(last);
	if (outcome != PG_DONE || version == COLUMNS_VERSION)
		return outcome;
	complain(why, "the tables in the schema tidegate have version %d, and this tidegate has %d",
		 version, COLUMNS_VERSION);
	complain_hint(
		why, "ALTER SCHEMA tidegate RENAME TO tidegate_%d; new ones are made by themselves",
		version);
	return PG_REFUSED;
}

static enum pg_outcome use_tables(struct pg_session *session, struct complaint *why)
{
	static const char look[] =
		"SELECT (SELECT count(*) FROM pg_namespace WHERE nspname = 'tidegate'), "
		"count(*) FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace "
		"WHERE n.nspname = 'tidegate' AND c.relname IN ('records', 'schema_version')";
	PGresult *last = NULL;
	enum pg_outcome outcome = run(session, look, NULL, &last, why);
	bool schema = false;
	int tables = 0;

	if (outcome == PG_DONE) {
		schema = *PQgetvalue(last, 0, 0) != '0';
		tables = atoi(PQgetvalue(last, 0, 1));
	}
	PQclear(last);
	if (outcome != PG_DONE)
		return outcome;
	if (tables == 1) {
		complain(why,
			 "the schema tidegate has tables of these names that are not tidegate's");
		complain_hint(why, "rename that schema: ALTER SCHEMA tidegate RENAME TO ...");
		return PG_REFUSED;
	}
	if (!tables)
		outcome = make_tables(session, schema, why);
	return outcome == PG_DONE ? check_version(session, why) : outcome;
}

/* Where rows come first. Not LIKE records: for that one would have to be allowed to read them. */
static enum pg_outcome make_stage(struct pg_session *session, struct complaint *why)
{
	static const char form[] =
		"CREATE TEMPORARY TABLE tidegate_stage (%s) ON COMMIT DELETE ROWS";
	char *columns = columns_definitions(COLUMNS_POSTGRESQL);
	size_t room = columns ? sizeof(form) + strlen(columns) : 0;
	char *sql = room ? malloc(room) : NULL;
	enum pg_outcome outcome = PG_AWAY;

	if (sql) {
		snprintf(sql, room, form, columns);
		outcome = run(session, sql, NULL, NULL, why);
	} else {
		complain(why, "memory is short");
	}
	free(columns);
	free(sql);
	return outcome;
}

/* ---- connecting --------------------------------------------------------------------------------------------------- */

bool pg_connection_is_valid(const char *connection, struct complaint *why)
{
	char *message = NULL;
	PQconninfoOption *options = PQconninfoParse(connection, &message);
	bool password = false;

	if (!options) {
		complain(why, "%s", message ? message : "memory is short");
		why->what[strcspn(why->what, "\n")] = '\0';
		PQfreemem(message);
		return false;
	}
	for (PQconninfoOption *o = options; o->keyword; o++)
		password = password || (!strcmp(o->keyword, "password") && o->val && *o->val);
	PQconninfoFree(options);
	if (password) {
		complain(why, "the connection string has a password");
		complain_hint(why, "put it into ~/.pgpass, or a file that passfile= names");
	}
	return !password;
}

static void say_nothing(void *context, const char *message)
{
	(void)context;
	(void)message;
}

/* connect_timeout (which PQconnectPoll() leaves to us) for each host. */
static int connect_limit_ms(PGconn *connection)
{
	PQconninfoOption *options = PQconninfo(connection);
	int each_ms = 0, hosts = 1;

	for (PQconninfoOption *o = options; o && o->keyword; o++) {
		if (o->val && !strcmp(o->keyword, "connect_timeout"))
			each_ms = 1000 * atoi(o->val);
		if (o->val && !strcmp(o->keyword, "host"))
			for (const char *c = o->val; *c; c++)
				hosts += *c == ',';
	}
	PQconninfoFree(options);
	return hosts * (each_ms > 0 && each_ms < 60000 ? each_ms : PG_CONNECT_MS);
}

static enum pg_outcome wait_connected(struct pg_session *session, int most_ms,
				      struct complaint *why)
{
	int limit_ms = connect_limit_ms(session->connection), err = 0;
	int64_t deadline_ms =
		time_now_ms(CLOCK_MONOTONIC) + (most_ms && most_ms < limit_ms ? most_ms : limit_ms);
	PostgresPollingStatusType next = PGRES_POLLING_WRITING;
	enum pg_outcome outcome;

	while (!err && next != PGRES_POLLING_OK && next != PGRES_POLLING_FAILED) {
		err = wait_for(session, next == PGRES_POLLING_READING ? POLLIN : POLLOUT,
			       deadline_ms, true);
		if (!err)
			next = PQconnectPoll(session->connection);
	}
	if (err)
		return no_answer(why, err, "the server");
	if (next == PGRES_POLLING_OK)
		return PG_DONE;
	outcome = take_message(PQerrorMessage(session->connection), NULL, why);
	return outcome == PG_BAD_ROW ? PG_REFUSED : outcome;
}

static PGconn *start(const char *connection)
{
	/* The connection string comes before what it may not change, and after what it may. */
	static const char *const keywords[] = {
		"connect_timeout",  "keepalives_idle",  "keepalives_interval",
		"keepalives_count", "tcp_user_timeout", "fallback_application_name",
		"dbname",           "client_encoding",  NULL};
	const char *const values[] = {"10",       "30",       "10",   "3", "10000",
				      "tidegate", connection, "UTF8", NULL};
	PGconn *made = PQconnectStartParams(keywords, values, 1);

	if (made) {
		PQsetNoticeProcessor(made, say_nothing, NULL);
		PQsetErrorVerbosity(made, PQERRORS_VERBOSE); /* for the SQLSTATE */
	}
	return made;
}

static enum pg_outcome begin(struct pg_session *session, int most_ms, struct complaint *why)
{
	char settings[128];
	enum pg_outcome outcome;

	if (!session->connection) {
		complain(why, "memory is short");
		return PG_AWAY;
	}
	if (PQstatus(session->connection) == CONNECTION_BAD)
		return take_message(PQerrorMessage(session->connection), NULL, why);
	outcome = wait_connected(session, most_ms, why);
	if (outcome != PG_DONE)
		return outcome;
	PQsetnonblocking(session->connection, 1);
	snprintf(settings, sizeof(settings),
		 "SET statement_timeout = %d; SET search_path = pg_catalog", PG_STATEMENT_MS);
	outcome = run(session, settings, NULL, NULL, why);
	if (outcome == PG_DONE)
		outcome = use_tables(session, why);
	if (outcome == PG_DONE)
		outcome = make_stage(session, why);
	return outcome == PG_BAD_ROW ? PG_REFUSED : outcome;
}

enum pg_outcome pg_connect(const char *connection, struct pg_stop *stop, int most_ms,
			   struct pg_session **session, struct complaint *why)
{
	struct pg_session *made = calloc(1, sizeof(*made));
	enum pg_outcome outcome;

	*why = (struct complaint){0};
	if (!made) {
		complain(why, "memory is short");
		return PG_AWAY;
	}
	made->stop = stop;
	made->connection = start(connection);
	outcome = begin(made, most_ms, why);
	if (outcome == PG_DONE)
		*session = made;
	else
		pg_disconnect(made);
	return outcome;
}

void pg_disconnect(struct pg_session *session)
{
	if (!session)
		return;
	PQfinish(session->connection);
	free(session);
}
