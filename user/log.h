/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the user is told besides results, on standard error. From any thread: a line is never mixed with another.
 *
 * Convention of user/: a function that returns a negative errno has explained the failure here
 * already, unless its description says that it is silent. Callers pass the number on and add
 * nothing.
 */
#ifndef TIDEGATE_LOG_H
#define TIDEGATE_LOG_H

#include <stdbool.h>

/* "tidegate: <what>: <why>" */
__attribute__((format(printf, 1, 2))) void log_error(const char *format, ...);
/* "hint: <way out>", after log_error(). */
__attribute__((format(printf, 1, 2))) void log_hint(const char *format, ...);
/* "tidegate: notice: …": something that the user should know, but nothing failed. */
__attribute__((format(printf, 1, 2))) void log_notice(const char *format, ...);
/* A continuation line of an error or notice, indented. */
__attribute__((format(printf, 1, 2))) void log_detail(const char *format, ...);
/* A line as it stands, with nothing before it: FILE:LINE:COLUMN: …, and what follows that. */
__attribute__((format(printf, 1, 2))) void log_line(const char *format, ...);

/* With `mute`, nothing is told for the calling thread: of what is tried again and again, only the first failure counts. */
void log_mute(bool mute);

/* How far a long command is, in a line that is overwritten; log_progress_end() clears it. */
__attribute__((format(printf, 1, 2))) void log_progress(const char *format, ...);
void log_progress_end(void);

/*
 * Takes over what libbpf and libxdp print: shown only with `debug`, else kept for
 * log_kernel_said().
 */
void log_capture_libraries(bool debug);
bool log_debugging(void);

/*
 * The kernel's own words (netlink extended ack) to the calling thread since log_forget(), or NULL;
 * valid until its next library call.
 */
const char *log_kernel_said(void);
void log_forget(void);

#endif
