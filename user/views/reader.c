// SPDX-License-Identifier: GPL-2.0-or-later
#include "views/reader.h"

#include "daemon/hub.h"
#include "log.h"
#include "report.h"
#include "text.h"
#include "time_now.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <poll.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#define READ_BYTES (64 << 10)
/* The longest line that makes sense: all tables full, at the most that one flow takes. */
#define LINE_MAX_BYTES (1UL << 30)

struct reader {
	char path[sizeof(((struct sockaddr_un *)NULL)->sun_path)];
	const char *command;
	int fd;
	char *text; /* what was read and not taken yet, from `begin` to `end` */
	size_t begin;
	size_t end;
	size_t searched; /* up to here there is no end of a line */
	size_t room;
	json_t *message; /* the last one */
	char said[200];  /* the daemon's own words */
};

static const char *const kind_names[] = {
	[READER_METAINFO] = "metainfo", [READER_RECORD] = "record", [READER_FLOWS] = "flows",
	[READER_STATS] = "stats",       [READER_LOST] = "lost",
};

#define KINDS (sizeof(kind_names) / sizeof(*kind_names))

/* The group whose members may connect: the socket's. */
static void hint_group(const char *path)
{
	struct stat status;
	const struct group *group = stat(path, &status) ? NULL : getgrgid(status.st_gid);

	log_hint("members of the group %s may read: `usermod --append --groups %s USER`, and log "
		 "in anew; or be root",
		 group ? group->gr_name : "tidegate", group ? group->gr_name : "tidegate");
}

static void explain_connect(const struct reader *reader, int err)
{
	if (err == ENOENT || err == ECONNREFUSED) {
		log_error("%s: no daemon runs (nobody listens on %s)", reader->command,
			  reader->path);
		log_hint("`systemctl start tidegate` or `tidegate run` starts it; --socket names "
			 "another socket");
		return;
	}
	log_error("%s: %s: %s", reader->command, reader->path, strerror(err));
	if (err == EACCES || err == EPERM)
		hint_group(reader->path);
	else if (err == EAGAIN)
		log_hint("the daemon does not answer: look at its log");
}

static int connect_to(struct reader *reader)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};

	memcpy(address.sun_path, reader->path, sizeof(address.sun_path));
	reader->fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (reader->fd >= 0 &&
	    !connect(reader->fd, (const struct sockaddr *)&address, sizeof(address)))
		return 0;
	explain_connect(reader, errno);
	return -1;
}

/* A request is short, and the socket's buffer empty, so it goes out at once or not at all. */
static int ask(const struct reader *reader, const json_t *request)
{
	char *text = json_dumps(request, JSON_COMPACT);
	size_t len = text ? strlen(text) : 0;
	ssize_t sent = -1;

	if (text) {
		text[len++] = '\n';
		sent = send(reader->fd, text, len, MSG_NOSIGNAL);
	}
	free(text);
	if (sent == (ssize_t)len)
		return 0;
	log_error("%s: the daemon at %s takes no request: %s", reader->command, reader->path,
		  sent < 0 ? strerror(errno) : "it is too long");
	return -1;
}

struct reader *reader_open(const char *path, const char *command, json_t *request)
{
	struct reader *reader = calloc(1, sizeof(*reader));

	if (!path)
		path = HUB_SOCKET;
	if (!reader || strlen(path) >= sizeof(reader->path)) {
		log_error("%s: %.40s…: %s", command, path,
			  strerror(reader ? ENAMETOOLONG : ENOMEM));
		json_decref(request);
		free(reader);
		return NULL;
	}
	snprintf(reader->path, sizeof(reader->path), "%s", path);
	reader->command = command;
	if (connect_to(reader) || ask(reader, request)) {
		reader_close(reader);
		reader = NULL;
	}
	json_decref(request);
	return reader;
}

void reader_close(struct reader *reader)
{
	if (!reader)
		return;
	if (reader->fd >= 0)
		close(reader->fd);
	json_decref(reader->message);
	free(reader->text);
	free(reader);
}

int reader_fd(const struct reader *reader)
{
	return reader->fd;
}

/* Makes room behind what is there. */
static int make_room(struct reader *reader)
{
	char *grown;

	if (reader->begin) {
		memmove(reader->text, reader->text + reader->begin, reader->end - reader->begin);
		reader->end -= reader->begin;
		reader->searched -= reader->begin;
		reader->begin = 0;
	}
	if (reader->room - reader->end >= READ_BYTES)
		return 0;
	if (reader->room >= LINE_MAX_BYTES)
		return -EMSGSIZE;
	grown = realloc(reader->text, reader->room * 2 + READ_BYTES);
	if (!grown)
		return -ENOMEM;
	reader->text = grown;
	reader->room = reader->room * 2 + READ_BYTES;
	return 0;
}

/* 1: something was read; 0: there is nothing; or a negative errno. */
static int fill(struct reader *reader)
{
	int err = make_room(reader);
	ssize_t got;

	if (err)
		return err;
	got = recv(reader->fd, reader->text + reader->end, reader->room - reader->end, 0);
	if (got > 0) {
		reader->end += (size_t)got;
		return 1;
	}
	if (got < 0 && (errno == EAGAIN || errno == EINTR))
		return 0;
	return got ? -errno : -EPIPE;
}

/* The next whole line, without its end: its length; 0: there is none yet. An empty line is none. */
static size_t take_line(struct reader *reader, const char **line)
{
	char *at = reader->text + reader->searched, *newline;

	newline = reader->end > reader->searched ? memchr(at, '\n', reader->end - reader->searched)
						 : NULL;
	if (!newline) {
		reader->searched = reader->end;
		return 0;
	}
	*line = reader->text + reader->begin;
	reader->begin = reader->searched = (size_t)(newline - reader->text) + 1;
	return (size_t)(newline - *line);
}

static const char *skip_blanks(const char *at, const char *end)
{
	while (at < end && (*at == ' ' || *at == '\t' || *at == '\r'))
		at++;
	return at;
}

/* Documents of flows stay text: {"flows": TEXT}. */
static bool is_flows(const char *line, size_t len, struct reader_message *message)
{
	static const char *const words[] = {"{", "\"flows\"", ":"};
	const char *at = line, *end = line + len;

	for (size_t i = 0; i < sizeof(words) / sizeof(*words); i++) {
		size_t word = strlen(words[i]);

		at = skip_blanks(at, end);
		if ((size_t)(end - at) < word || memcmp(at, words[i], word))
			return false;
		at += word;
	}
	while (end > at && end[-1] != '}')
		end--;
	if (end == at)
		return false;
	*message = (struct reader_message){
		.kind = READER_FLOWS, .text = at, .text_len = (size_t)(end - 1 - at)};
	return true;
}

/* 1: it is for the caller; 0: it is of a kind that is not known; or a negative errno. */
static int understand(struct reader *reader, const char *line, size_t len,
		      struct reader_message *message)
{
	const char *said;

	if (is_flows(line, len, message))
		return 1;
	reader->message = json_loadb(line, len, 0, NULL);
	if (!json_is_object(reader->message))
		return -EPROTO;
	said = json_string_value(json_object_get(reader->message, "error"));
	if (said) {
		char safe[TEXT_SAFE(sizeof(reader->said))];

		snprintf(reader->said, sizeof(reader->said), "%s", said);
		snprintf(reader->said, sizeof(reader->said), "%s",
			 text_safe(reader->said, false, safe));
		return -EREMOTEIO;
	}
	for (size_t i = 0; i < KINDS; i++) {
		const json_t *body = json_object_get(reader->message, kind_names[i]);

		if (!body)
			continue;
		*message = (struct reader_message){
			.kind = (enum reader_kind)i,
			.body = body,
			.lost = i == READER_LOST ? (uint64_t)json_integer_value(body) : 0,
		};
		if (i == READER_METAINFO &&
		    json_integer_value(json_object_get(body, "schema")) != REPORT_SCHEMA)
			return -EPROTONOSUPPORT;
		return 1;
	}
	return 0;
}

int reader_next(struct reader *reader, int timeout_ms, struct reader_message *message)
{
	int64_t until = time_now_ms(CLOCK_MONOTONIC) + timeout_ms;
	const char *line;
	size_t len;
	struct pollfd wait = {.fd = reader->fd, .events = POLLIN};
	int got;

	json_decref(reader->message);
	reader->message = NULL;
	for (;;) {
		while ((len = take_line(reader, &line))) {
			got = understand(reader, line, len, message);
			if (got)
				return got;
			json_decref(reader->message);
			reader->message = NULL;
		}
		got = fill(reader);
		if (got < 0)
			return got;
		if (got)
			continue;
		if (timeout_ms >= 0) {
			int64_t left = until - time_now_ms(CLOCK_MONOTONIC);

			timeout_ms = left > 0 ? (int)left : 0;
		}
		if (!timeout_ms || poll(&wait, 1, timeout_ms) <= 0)
			return 0;
	}
}

void reader_explain(const struct reader *reader, int err)
{
	switch (err) {
	case -EPIPE:
	case -ECONNRESET:
		log_error("%s: the daemon has ended, or hung up", reader->command);
		break;
	case -EREMOTEIO:
		log_error("%s: the daemon at %s: %s", reader->command, reader->path, reader->said);
		break;
	case -EPROTONOSUPPORT:
		log_error("%s: the daemon at %s speaks another version", reader->command,
			  reader->path);
		log_hint("restart the daemon, or use the tidegate that belongs to it");
		break;
	case -EPROTO:
		log_error("%s: what comes from %s is no JSON: no daemon of tidegate's",
			  reader->command, reader->path);
		break;
	default:
		log_error("%s: %s: %s", reader->command, reader->path, strerror(-err));
	}
}
