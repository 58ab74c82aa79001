/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Rows of text that wait on disk, first in, first out. A directory of segments: files that are only appended to, and
 * removed when all their rows are done. One thread appends, another reads; neither waits for the other's disk.
 *
 *   segment NUMBER.rows   number in 16 hexadecimal digits, counting up
 *   head                  "TGSPOOL1", length and CRC-32 of a line that the rows have in common (their columns), the line
 *   row                   length, CRC-32 of the segment's number, the length and the bytes; the bytes, \n included
 *
 * Numbers are 32 bits in the machine's byte order. A row whose sum is wrong is left out; what is torn off at the end
 * of a segment (the machine stopped) is cut off. Both are counted. What is done of a segment is not written down: after
 * a crash, up to a segment comes again, so whoever takes rows has to know them again.
 *
 * Rows are with the kernel when spool_append() returns, so they outlive the process. spool_sync() brings them to the disk,
 * so that they outlive the machine. spool_open() explains what fails, the others are silent.
 */
#ifndef TIDEGATE_SPOOL_H
#define TIDEGATE_SPOOL_H

#include <stddef.h>
#include <stdint.h>

#define SPOOL_SEGMENT (1 << 20)  /* bytes at the most; an eighth of a small spool */
#define SPOOL_ROW     (64 << 10) /* bytes of a row at the most, \n included */

struct spool;

/* The oldest rows; spool_batch_free() frees what it holds. */
struct spool_batch {
	char *head;
	char *rows;
	size_t len;
	size_t count; /* of rows, 0: there is none */
	/* where it ends */
	uint64_t segment;
	uint64_t offset;
};

/*
 * Opens the directory, which is made if only its last part is missing, and reads through what waits there. New rows have
 * `head`, a line without \n. 0, or a negative errno: -EBUSY if another process has it. `max`: bytes of all segments.
 */
int spool_open(const char *directory, uint64_t max, const char *head, struct spool **spool);

/* The rest waits for the next spool_open(). */
void spool_close(struct spool *spool);

/*
 * Appends `len` bytes of rows, each ending with \n, as many as have room; so many it says in `*taken`. 0, or a negative
 * errno if the disk takes no more.
 */
int spool_append(struct spool *spool, const char *rows, size_t len, size_t *taken);

/* Up to `most` of the oldest rows that have one head. They stay. 0 or a negative errno. */
int spool_read(struct spool *spool, size_t most, struct spool_batch *batch);
void spool_batch_free(struct spool_batch *batch);

/* The rows of the latest spool_read() are done. */
void spool_done(struct spool *spool, const struct spool_batch *batch);

/* Brings all to the disk; the other thread goes on meanwhile. 0 or a negative errno. */
int spool_sync(struct spool *spool);

uint64_t spool_rows(struct spool *spool);    /* that wait */
uint64_t spool_bytes(struct spool *spool);   /* of all segments */
uint64_t spool_damaged(struct spool *spool); /* rows that could not be read, since it was opened */

#endif
