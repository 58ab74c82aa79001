// SPDX-License-Identifier: GPL-2.0-or-later
#include "config_source.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/*
 * Copies the part of `path` that `err` is about: the first that does not exist, or the directory
 * that may not be entered or is none.
 */
static void blamed_part(const char *path, int err, char part[PATH_MAX])
{
	struct stat status;
	size_t good = 0;

	for (size_t len = 1; len < PATH_MAX && len <= strlen(path); len++) {
		if (path[len] && path[len] != '/')
			continue;
		memcpy(part, path, len);
		part[len] = '\0';
		if (stat(part, &status)) {
			if (err != ENOENT && good)
				part[good] = '\0';
			return;
		}
		good = len;
	}
}

void config_source_explain(const char *path, int err, struct complaint *why)
{
	char part[PATH_MAX] = "";

	blamed_part(path, err, part);
	if (err == ENOENT && strcmp(part, path))
		complain(why, "there is no directory %.200s", part);
	else if (err == ENOENT)
		complain(why, "there is no such file");
	else if (err == ENOTDIR)
		complain(why, "%.200s is not a directory", part);
	else if (err == EACCES && strcmp(part, path))
		complain(why, "the directory %.180s may not be entered", part);
	else
		complain(why, "it cannot be opened: %s", strerror(err));
	if (err == EACCES)
		complain_hint(why, "look at its owner and mode, or run it as root");
}

static int check_kind(const struct stat *status, size_t max, struct complaint *why)
{
	if (S_ISDIR(status->st_mode)) {
		complain(why, "it is a directory, not a file");
		complain_hint(why,
			      "`include \"DIR\"` in a file reads all files DIR/*.conf in order");
		return -EISDIR;
	}
	if (!S_ISREG(status->st_mode))
		return complain(why, "it is not a regular file");
	if ((size_t)status->st_size > max) {
		complain(why, "a configuration larger than %d MiB is not read",
			 CONFIG_FILE_MAX >> 20);
		return -EFBIG;
	}
	return 0;
}

/* A carriage return alone ends a line too, as on other systems: else a comment would hide what looks like the next line. */
static void end_lines(struct config_source *source)
{
	source->text[source->size] = '\0';
	for (size_t i = 0; i < source->size; i++)
		if (source->text[i] == '\r' && source->text[i + 1] != '\n')
			source->text[i] = '\n';
}

/* No more than it had at first, though the file may be growing. */
static int read_all(int fd, size_t expected, struct config_source *source, struct complaint *why)
{
	size_t room = expected + 1;
	ssize_t got = 1;

	source->text = malloc(room + 1);
	while (source->text && source->size < room &&
	       (got = read(fd, source->text + source->size, room - source->size)) > 0)
		source->size += (size_t)got;
	if (source->text && got >= 0 && source->size <= expected) {
		end_lines(source);
		return 0;
	}
	complain(why, "it cannot be read: %s",
		 !source->text ? strerror(ENOMEM)
		 : got < 0     ? strerror(errno)
			       : "it grows while it is being read");
	return -EIO;
}

static int read_open_file(int fd, size_t max, struct config_source *source, struct complaint *why)
{
	struct stat status;
	int err;

	if (fstat(fd, &status))
		return complain(why, "it cannot be opened: %s", strerror(errno));
	err = check_kind(&status, max, why);
	if (err)
		return err;
	source->device = status.st_dev;
	source->inode = status.st_ino;
	return read_all(fd, (size_t)status.st_size, source, why);
}

int config_source_read(const char *path, size_t max, struct config_source *source,
		       struct complaint *why)
{
	int fd, err;

	*source = (struct config_source){.path = strdup(path)};
	/* O_NONBLOCK: a FIFO without a writer would block. */
	fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	if (fd < 0) {
		err = -errno;
		config_source_explain(path, -err, why);
	} else {
		err = source->path ? read_open_file(fd, max, source, why)
				   : complain(why, "%s", strerror(ENOMEM));
		close(fd);
	}
	if (err)
		config_source_free(source);
	return err;
}

int config_source_copy(const char *name, const char *text, size_t size,
		       struct config_source *source, struct complaint *why)
{
	*source = (struct config_source){
		.path = strdup(name), .text = malloc(size + 1), .size = size};
	if (!source->path || !source->text) {
		config_source_free(source);
		complain(why, "%s", strerror(ENOMEM));
		return -ENOMEM;
	}
	memcpy(source->text, text, size);
	end_lines(source);
	return 0;
}

int config_source_relative(const char *own, const char *text, char path[PATH_MAX])
{
	const char *slash = strrchr(own, '/');
	int directory = *text == '/' || !slash ? 0 : (int)(slash - own + 1);
	int len = snprintf(path, PATH_MAX, "%.*s%s", directory, own, text);

	return *text && len < PATH_MAX ? 0 : -EINVAL;
}

void config_source_free(struct config_source *source)
{
	free(source->path);
	free(source->text);
	*source = (struct config_source){0};
}
