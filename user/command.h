/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The commands. Each is one file cmd_*.c; main.c holds the table.
 */
#ifndef TIDEGATE_COMMAND_H
#define TIDEGATE_COMMAND_H

#include "settings.h"

enum exit_code {
	EXIT_FINE = 0,
	EXIT_FAILED = 1,
	EXIT_USAGE = 2,
};

/* Bits of option_spec.commands. */
enum command_bit {
	COMMAND_UP = 1 << 0,
	COMMAND_DOWN = 1 << 1,
	COMMAND_STATUS = 1 << 2,
	COMMAND_FLOWS = 1 << 3,
	COMMAND_STATS = 1 << 4,
	COMMAND_EXPLAIN = 1 << 5,
	COMMAND_HELP = 1 << 6,
	COMMAND_VERSION = 1 << 7,
	COMMAND_REPLAY = 1 << 8,
	COMMAND_CHECK = 1 << 9,
	COMMAND_ALL = (1 << 10) - 1,
};

struct command {
	const char *name;
	unsigned int bit;
	int (*run)(const struct settings *settings); /* returns an enum exit_code */
	int operands_min;
	int operands_max;
	const char *operands; /* for the usage line */
	const char *summary;
	const char *text; /* for `tidegate help COMMAND`; lines end in \n */
};

/* Ends with an entry whose name is NULL. */
extern const struct command commands[];

const struct command *command_find(const char *name); /* NULL if there is none */

/* Can each operand be an interface's name, each once? 0, or -EINVAL, explained. */
int command_check_interfaces(const struct settings *settings);

/*
 * For commands that only read: checks privileges, gives the rest up, opens. 0, or a negative errno
 * also if nothing is up.
 */
struct instance;
int command_open_running(struct instance *instance, const struct settings *settings,
			 const char *name);

/* A signal waits from here on until a change is complete, or undone. */
void command_hold_signals(void);

int cmd_up(const struct settings *settings);
int cmd_down(const struct settings *settings);
int cmd_status(const struct settings *settings);
int cmd_flows(const struct settings *settings);
int cmd_stats(const struct settings *settings);
int cmd_replay(const struct settings *settings);
int cmd_check(const struct settings *settings);
int cmd_explain(const struct settings *settings);
int cmd_help(const struct settings *settings);
int cmd_version(const struct settings *settings);

#endif
