// SPDX-License-Identifier: GPL-2.0-or-later
#include "log.h"

#include <bpf/libbpf.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <xdp/libxdp.h>

static bool debugging;
static _Thread_local char kernel_message[256];
static int progress_width;
static _Thread_local bool muted;

static void print(const char *head, const char *format, va_list args)
{
	if (muted)
		return;
	/* Results and messages may go to the same terminal. */
	fflush(stdout);
	flockfile(stderr);
	log_progress_end();
	fputs(head, stderr);
	vfprintf(stderr, format, args);
	fputc('\n', stderr);
	funlockfile(stderr);
}

void log_mute(bool mute)
{
	muted = mute;
}

void log_error(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	print("tidegate: ", format, args);
	va_end(args);
}

void log_hint(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	print("hint: ", format, args);
	va_end(args);
}

void log_notice(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	print("tidegate: notice: ", format, args);
	va_end(args);
}

void log_detail(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	print("  ", format, args);
	va_end(args);
}

void log_progress(const char *format, ...)
{
	va_list args;
	int width;

	va_start(args, format);
	fputc('\r', stderr);
	width = vfprintf(stderr, format, args);
	va_end(args);
	if (width > progress_width)
		progress_width = width;
}

void log_progress_end(void)
{
	if (progress_width)
		fprintf(stderr, "\r%*s\r", progress_width, "");
	progress_width = 0;
}

void log_line(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	print("", format, args);
	va_end(args);
}

/* libbpf reports a netlink extended ack as a warning of this form. */
static void keep_kernel_message(const char *line)
{
	static const char mark[] = "Kernel error message: ";
	const char *found = strstr(line, mark);

	if (!found)
		return;
	snprintf(kernel_message, sizeof(kernel_message), "%s", found + sizeof(mark) - 1);
	kernel_message[strcspn(kernel_message, "\n")] = '\0';
}

static int take_line(bool chatter, const char *format, va_list args)
{
	char line[1024];
	va_list copy;

	if (chatter && !debugging)
		return 0;
	va_copy(copy, args);
	vsnprintf(line, sizeof(line), format, copy);
	va_end(copy);
	keep_kernel_message(line);
	/* Verifier logs are longer than any buffer here. */
	return debugging ? vfprintf(stderr, format, args) : 0;
}

static int take_libbpf(enum libbpf_print_level level, const char *format, va_list args)
{
	return take_line(level == LIBBPF_DEBUG, format, args);
}

static int take_libxdp(enum libxdp_print_level level, const char *format, va_list args)
{
	return take_line(level == LIBXDP_DEBUG, format, args);
}

void log_capture_libraries(bool debug)
{
	debugging = debug;
	libbpf_set_print(take_libbpf);
	libxdp_set_print(take_libxdp);
}

bool log_debugging(void)
{
	return debugging;
}

const char *log_kernel_said(void)
{
	return *kernel_message ? kernel_message : NULL;
}

void log_forget(void)
{
	*kernel_message = '\0';
}
