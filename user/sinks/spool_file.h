/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The bytes of a spool's segment; spool.h describes them. Nothing here speaks.
 */
#ifndef TIDEGATE_SPOOL_FILE_H
#define TIDEGATE_SPOOL_FILE_H

#include <stddef.h>
#include <stdint.h>

#define SPOOL_ENTRY 8 /* bytes before a row's own */

/* Writes the head into an empty file. Returns its bytes or a negative errno. */
int spool_file_begin(int fd, const char *head);

/* Writes a row with what stands before it; `out` has room for SPOOL_ENTRY + `len` bytes. */
void spool_file_entry(char *out, uint64_t number, const char *row, uint32_t len);

/* Writes at `offset`, the end: all, or a negative errno, and the file ends there as before. */
int spool_file_write(int fd, uint64_t offset, const char *bytes, size_t len);

/* Reads the head: the line, to be freed, and its bytes in the file. 0, or a negative errno: -EBADMSG if it is none. */
int spool_file_head(int fd, char **head, uint64_t *size);

#define SPOOL_WINDOW (256 << 10) /* bytes read at once; more than one row */

struct spool_rows {
	uint64_t number; /* of the segment; given, as the next */
	size_t most;
	char *text; /* room for SPOOL_WINDOW bytes */
	size_t len;
	size_t count;
	size_t bad;   /* rows left out, whose sum is wrong */
	uint64_t end; /* offset behind the last of them; where it began: nothing more can be read */
};

/* Reads rows from offset `from` on, not beyond `to`: at the most one window. 0 or a negative errno. */
int spool_file_rows(int fd, uint64_t from, uint64_t to, struct spool_rows *rows);

#endif
