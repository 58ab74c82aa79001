/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The commands. Each is one file cmd_*.c; main.c holds the table.
 */
#ifndef TIDEGATE_COMMAND_H
#define TIDEGATE_COMMAND_H

#include "settings.h"

/* Where the configuration is, unless said otherwise. */
#define CONFIG_FILE "/etc/tidegate/tidegate.conf"

enum exit_code {
	EXIT_FINE = 0,
	EXIT_FAILED = 1,
	EXIT_USAGE = 2,
	EXIT_FOUND = 3, /* doctor: there are findings */
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
	COMMAND_APPLY = 1 << 10,
	COMMAND_CONFIRM = 1 << 11,
	COMMAND_POLICY = 1 << 12,
	COMMAND_RUN = 1 << 13,
	COMMAND_EVENTS = 1 << 14,
	COMMAND_TOP = 1 << 15,
	COMMAND_DOCTOR = 1 << 16,
	COMMAND_ALL = (1 << 17) - 1,
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

/*
 * For commands that change what is up, and already have the privileges: opens, and mends what others left; `*registry`
 * is to be freed by free(). 0, or a negative errno also if nothing is up.
 */
struct registry;
int command_open_change(struct instance *instance, const struct settings *settings,
			const char *name, struct registry **registry);

/* Every interface that is guarded needs a few dozen descriptors while it comes up. */
void command_raise_file_limit(void);

/* A signal waits from here on until a change is complete, or undone. */
void command_hold_signals(void);

int cmd_up(const struct settings *settings);
int cmd_apply(const struct settings *settings);
int cmd_confirm(const struct settings *settings);
int cmd_policy(const struct settings *settings);
int cmd_down(const struct settings *settings);
int cmd_run(const struct settings *settings);
int cmd_status(const struct settings *settings);
int cmd_doctor(const struct settings *settings);
int cmd_flows(const struct settings *settings);
int cmd_events(const struct settings *settings);
int cmd_top(const struct settings *settings);
int cmd_stats(const struct settings *settings);
int cmd_replay(const struct settings *settings);
int cmd_check(const struct settings *settings);
int cmd_explain(const struct settings *settings);
int cmd_help(const struct settings *settings);
int cmd_version(const struct settings *settings);

#endif
