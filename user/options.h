/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The options as data: one table serves the parser, the help, the completion and the check of the
 * man page.
 */
#ifndef TIDEGATE_OPTIONS_H
#define TIDEGATE_OPTIONS_H

#include <stddef.h>
#include <stdint.h>

#include "settings.h"

enum option_kind {
	OPTION_FLAG,    /* bool */
	OPTION_NUMBER,  /* uint64_t, min to max */
	OPTION_CHOICE,  /* uint64_t, one of `choices` */
	OPTION_PATH,    /* const char *, absolute */
	OPTION_FILE,    /* const char *, absolute or not */
	OPTION_NAME,    /* const char *, a zone's name */
	OPTION_PORTS,   /* struct port_list, at most `max` ports; repetition adds */
	OPTION_GROUP,   /* struct group_list; repetition adds a group */
	OPTION_ADDRESS, /* struct tg_addr */
	OPTION_MAC,     /* struct mac_address */
	OPTION_MARK,    /* struct zone_mark */
	OPTION_WORDS,   /* uint64_t, bits of `choices`, with commas between; repetition adds */
	OPTION_CLIENTS, /* struct text_list, prefixes with commas between; repetition adds; also the next */
	OPTION_TEXTS,   /* struct text_list */
	OPTION_SECONDS, /* uint64_t, milliseconds from `min` to `max`, given as seconds */
};

/* Of OPTION_SECONDS whose `argument` is in brackets, where none is given: milliseconds. */
#define OPTION_SECONDS_DEFAULT 2000

/* Is the option's value optional? Then only a word that begins with a digit is taken for it. */
#define option_value_optional(o) ((o)->argument && (o)->argument[0] == '[')

struct choice {
	const char *word; /* NULL ends the list */
	uint64_t value;
};

struct option_spec {
	const char *name; /* without the dashes; NULL ends the table */
	char letter;      /* 0: none */
	enum option_kind kind;
	const char *argument; /* its name in the help; NULL for flags */
	uint64_t min;
	uint64_t max;
	const struct choice *choices;
	size_t offset;         /* into struct settings */
	unsigned int commands; /* enum command_bit; COMMAND_ALL: global */
	const char *help;
};

extern const struct option_spec options[];

/* The option of this name (without the dashes), or NULL. */
const struct option_spec *option_named(const char *name);

/* The settings of an empty command line. */
void settings_init(struct settings *settings);

/*
 * Reads argv[1…] into `*settings`; options may stand before and after the command, `--` ends them.
 * `*command_name` becomes the first operand, or NULL. Moves operands within argv. Returns 0, or
 * -EINVAL after having explained what is wrong with the command line.
 */
int options_parse(int argc, char **argv, struct settings *settings, const char **command_name);

#endif
