// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * `tidegate help`: text for people, and the tables as JSON for the completion and for the check of
 * the man page.
 */
#include "help.h"

#include "log.h"
#include "options.h"
#include "report.h"
#include "suggest.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#define HELP_COLUMN 22
#define HELP_WIDTH  100

const struct command *help_find_command(const char *name)
{
	const struct command *command = name ? command_find(name) : NULL;
	struct suggestion near;

	if (command)
		return command;
	if (!name) {
		log_error("a command is missing");
		log_hint("`tidegate help` lists the commands; `tidegate up IFACE` brings the "
			 "firewall up");
		return NULL;
	}
	near = suggestion_for(name);
	for (const struct command *c = commands; c->name; c++)
		suggestion_offer(&near, c->name);
	log_error("unknown command '%.40s'", name);
	if (near.nearest)
		log_hint("did you mean %s?", near.nearest);
	else
		log_hint("`tidegate help` lists the commands");
	return NULL;
}

int help_check_operands(const struct command *command, const struct settings *settings)
{
	if (settings->operand_count < command->operands_min)
		log_error("%s: an argument is missing", command->name);
	else if (settings->operand_count > command->operands_max)
		log_error("%s: '%.40s' is one argument too many", command->name,
			  settings->operands[command->operands_max]);
	else
		return 0;
	log_hint("usage: tidegate %s%s%s [options]", command->name, *command->operands ? " " : "",
		 command->operands);
	return -EINVAL;
}

/* Prints words, wrapped, the following lines indented. */
static void print_wrapped(int indent, const char *text)
{
	int column = indent;

	while (*text) {
		int len = (int)strcspn(text, " ");

		if (column > indent && column + 1 + len > HELP_WIDTH) {
			report_part("\n%*s", indent, "");
			column = indent;
		} else if (column > indent) {
			report_part(" ");
			column++;
		}
		report_part("%.*s", len, text);
		column += len;
		text += len + (text[len] == ' ');
	}
	report_part("\n");
}

static void print_option(const struct option_spec *o)
{
	char head[128];

	snprintf(head, sizeof(head), "  %c%c%s--%s%s%s", o->letter ? '-' : ' ',
		 o->letter ? o->letter : ' ', o->letter ? ", " : "  ", o->name,
		 o->argument ? " " : "", o->argument ? o->argument : "");
	if (strlen(head) + 2 > HELP_COLUMN + 2)
		report_part("%s\n%*s", head, HELP_COLUMN + 2, "");
	else
		report_part("%-*s", HELP_COLUMN + 2, head);
	print_wrapped(HELP_COLUMN + 2, o->help);
}

static void print_options(const char *title, unsigned int bit, bool global)
{
	bool any = false;

	for (const struct option_spec *o = options; o->name; o++) {
		if ((o->commands == COMMAND_ALL) != global || !(o->commands & bit))
			continue;
		if (!any)
			report_part("\n%s:\n", title);
		any = true;
		print_option(o);
	}
}

int help_command(const struct command *command, const struct settings *settings)
{
	if (settings->json)
		return cmd_help(settings);
	report_part("usage: tidegate %s%s%s [options]\n\n%s", command->name,
		    *command->operands ? " " : "", command->operands, command->text);
	print_options("options", command->bit, false);
	print_options("global options", COMMAND_ALL, true);
	return report_finish();
}

static void print_command(const struct command *c)
{
	int len = snprintf(NULL, 0, "%s %s", c->name, c->operands);

	if (strstr(c->operands, "…"))
		len -= 2; /* one column but three bytes */
	report_part("  %s %s", c->name, c->operands);
	if (len >= HELP_COLUMN) {
		report_part("\n");
		len = -2;
	}
	report_part("%*s", HELP_COLUMN - len, "");
	print_wrapped(HELP_COLUMN + 2, c->summary);
}

static void print_overview(void)
{
	report_part("usage: tidegate COMMAND [options]\n\n"
		    "A stateful firewall for TFTP: it reads the request, admits exactly the "
		    "answers that the request can\n"
		    "have, and closes the way when the transfer ends.\n\ncommands:\n");
	for (const struct command *c = commands; c->name; c++)
		print_command(c);
	print_options("global options", COMMAND_ALL, true);
	report_part("\n`tidegate help COMMAND` lists the options of a command. Exit codes: 0 fine, "
		    "1 the operation failed, "
		    "2 usage.\n");
}

static json_t *option_words(const struct option_spec *o)
{
	json_t *words = json_array();

	for (const struct choice *c = o->choices; c && c->word; c++)
		json_array_append_new(words, json_string(c->word));
	return words;
}

static json_t *option_commands(const struct option_spec *o)
{
	json_t *names = json_array();

	for (const struct command *c = commands; c->name; c++)
		if (c->bit & o->commands)
			json_array_append_new(names, json_string(c->name));
	return names;
}

static void print_tables(const struct settings *settings)
{
	json_t *document = report_document(), *list = json_array();

	for (const struct command *c = commands; c->name; c++)
		json_array_append_new(list,
				      json_pack("{s:s, s:s, s:s}", "name", c->name, "operands",
						c->operands, "summary", c->summary));
	json_object_set_new(document, "commands", list);
	list = json_array();
	for (const struct option_spec *o = options; o->name; o++) {
		char letter[2] = {o->letter};

		json_array_append_new(list, json_pack("{s:s, s:s, s:s?, s:o, s:o, s:b, s:s}",
						      "name", o->name, "letter", letter, "argument",
						      o->argument, "words", option_words(o),
						      "commands", option_commands(o), "global",
						      o->commands == COMMAND_ALL, "help", o->help));
	}
	json_object_set_new(document, "options", list);
	report_json(document, settings);
}

int cmd_help(const struct settings *settings)
{
	const struct command *command;

	if (settings->json) {
		print_tables(settings);
		return report_finish();
	}
	if (settings->operand_count) {
		command = help_find_command(settings->operands[0]);
		return command ? help_command(command, settings) : EXIT_USAGE;
	}
	print_overview();
	return report_finish();
}
