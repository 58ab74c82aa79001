// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * tidegate: the table of commands, and nothing else.
 */
#include "command.h"

#include "help.h"
#include "log.h"
#include "options.h"

#include <limits.h>
#include <stddef.h>

const struct command commands[] = {
	{"up", COMMAND_UP, cmd_up, 1, INT_MAX, "IFACE…",
	 "guard interfaces, or change how they are guarded",
	 "Loads the filter, attaches it to the interfaces and returns: no process stays. On "
	 "interfaces that are up\n"
	 "already, programs and settings are replaced without a gap and without losing a "
	 "transfer.\n"
	 "The command fails, and changes nothing, if local UDP listeners would become unreachable, "
	 "unless they are\n"
	 "named by --allow-udp, or --force or --monitor is given.\n"},
	{"down", COMMAND_DOWN, cmd_down, 0, INT_MAX, "[IFACE…]", "take the filter off",
	 "Of all interfaces, or of those named. With the last one the state goes as well.\n"},
	{"status", COMMAND_STATUS, cmd_status, 0, 0, "",
	 "what is guarded, how, and what memory it takes",
	 "Shows what is attached by now, not only what was.\n"},
	{"flows", COMMAND_FLOWS, cmd_flows, 0, 0, "", "requests, transfers and other tracked UDP",
	 "Lists what is alive by now. In tables, OFFER is a transfer identifier that the client "
	 "has not used yet.\n"},
	{"stats", COMMAND_STATS, cmd_stats, 0, 0, "", "packets and bytes by reason",
	 "With --monitor, drops are those that there would have been.\n"},
	{"replay", COMMAND_REPLAY, cmd_replay, 1, 1, "FILE",
	 "what the filter would have made of a capture",
	 "Runs the filter's program on each frame of a pcap or pcapng file (-: standard input), as "
	 "it "
	 "would come in\n"
	 "at a forwarding host with one zone; the capture's time is the clock. Nothing that runs "
	 "is "
	 "touched.\n"
	 "Prints a line for each UDP packet, and a summary; with --json a line for each frame. "
	 "Exit "
	 "code 0 also\n"
	 "where packets would have been dropped; 1 if the file is damaged.\n"},
	{"check", COMMAND_CHECK, cmd_check, 0, 1, "[FILE]", "is the configuration file right?",
	 "Reads /etc/tidegate/tidegate.conf, or FILE, and what it includes, and says what is "
	 "wrong. Nothing is\n"
	 "changed, and no privileges are needed. See tidegate.conf(5).\n"},
	{"explain", COMMAND_EXPLAIN, cmd_explain, 0, 1, "[REASON]",
	 "what a reason means and what to do", "Without an argument: all of them.\n"},
	{"help", COMMAND_HELP, cmd_help, 0, 1, "[COMMAND]", "this text, or that of a command",
	 "With --json: commands and options for programs.\n"},
	{"version", COMMAND_VERSION, cmd_version, 0, 0, "", "print the version", ""},
	{0},
};

int main(int argc, char **argv)
{
	struct settings settings;
	const struct command *command;
	const char *name;

	settings_init(&settings);
	if (options_parse(argc, argv, &settings, &name))
		return EXIT_USAGE;
	log_capture_libraries(settings.debug);
	if (settings.version)
		return cmd_version(&settings);
	if (!name && settings.help)
		return cmd_help(&settings);
	command = help_find_command(name);
	if (!command)
		return EXIT_USAGE;
	if (settings.help)
		return help_command(command, &settings);
	if (help_check_operands(command, &settings))
		return EXIT_USAGE;
	return command->run(&settings);
}
