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
	{"up", COMMAND_UP, cmd_up, 0, INT_MAX, "[IFACE…]",
	 "guard interfaces, or change how they are guarded",
	 "Loads the filter, attaches it to the interfaces and returns: no process stays. On "
	 "interfaces that are up\n"
	 "already, programs and settings are replaced without a gap and without losing a "
	 "transfer.\n"
	 "Without interfaces, a configuration file says what is guarded and how: that of --config, "
	 "or\n"
	 "/etc/tidegate/tidegate.conf; what it does not name is not guarded any more.\n"
	 "The command fails, and changes nothing, if local UDP listeners would become unreachable, "
	 "unless they are\n"
	 "named by --allow-udp (in the file: a service), or --force or --monitor is given.\n"},
	{"apply", COMMAND_APPLY, cmd_apply, 1, 1, "FILE", "make what runs what the file says",
	 "Replaces the whole policy at once, or not at all: each packet sees the old one or the "
	 "new "
	 "one. Transfers\n"
	 "go on. Interfaces that are in no zone of the file are released. With --confirm the "
	 "kernel "
	 "goes back by\n"
	 "itself unless `tidegate confirm` follows in time.\n"},
	{"confirm", COMMAND_CONFIRM, cmd_confirm, 0, 0, "", "keep the policy that is on trial",
	 "Ends the trial that --confirm began. Exit code 1 if there is none, or it is over.\n"},
	{"run", COMMAND_RUN, cmd_run, 0, 0, "",
	 "the daemon: bring the firewall up, and look after it",
	 "Does what `tidegate up` does with a configuration file, and stays in the foreground: "
	 "tells of "
	 "transfers and\n"
	 "denials, guards interfaces as they appear, puts back programs that were taken off, "
	 "removes "
	 "state that is over.\n"
	 "SIGHUP reads the file again. When it ends, however that comes, the filter stays in "
	 "place.\n"},
	{"down", COMMAND_DOWN, cmd_down, 0, INT_MAX, "[IFACE…]", "take the filter off",
	 "Of all interfaces, or of those named. With the last one the state goes as well.\n"},
	{"policy", COMMAND_POLICY, cmd_policy, 0, 3, "[test read|write NAME]",
	 "the policy that runs; what it says of a request",
	 "Prints the running policy as a configuration file, which `tidegate apply` accepts; with "
	 "--json, its rules and\n"
	 "how many requests each has decided. `tidegate policy test --from CLIENT --to SERVER "
	 "read|write NAME` tells\n"
	 "what would become of a request, and which rule decides: in the running policy, or in the "
	 "file of --config,\n"
	 "for which no privileges are needed. Exit code 0 whatever the verdict.\n"},
	{"status", COMMAND_STATUS, cmd_status, 0, 0, "",
	 "what is guarded, how, and what memory it takes",
	 "Shows what is attached by now, not only what was, and what `tidegate doctor` finds.\n"},
	{"doctor", COMMAND_DOCTOR, cmd_doctor, 0, 0, "", "what gets into its way on this host",
	 "Looks for rules of netfilter that drop what tidegate admits, for helpers that are "
	 "missing "
	 "or needless, bridges\n"
	 "that send packets through the rules for routed ones, programs of others, VLAN tags that "
	 "XDP cannot see and\n"
	 "datagrams that are merged; says what each is, and the command that mends it. Changes "
	 "nothing. Exit code 0 if\n"
	 "there is nothing, 3 if something was found, 1 if not all could be looked at, or it "
	 "failed.\n"},
	{"flows", COMMAND_FLOWS, cmd_flows, 0, 0, "", "requests, transfers and other tracked UDP",
	 "Lists what is alive by now. In tables, OFFER is a transfer identifier that the client "
	 "has not used yet.\n"
	 "With --watch again and again; whoever is not root then reads it from the daemon.\n"},
	{"top", COMMAND_TOP, cmd_top, 0, 0, "", "running transfers, as they go on",
	 "A screen with the running transfers, those that have ended a moment ago and how, and "
	 "what "
	 "was denied and by\n"
	 "which rule. F1 shows its keys. Reads from the daemon (`tidegate run`), so it needs no "
	 "root.\n"},
	{"events", COMMAND_EVENTS, cmd_events, 0, 0, "", "records of what happens, as it happens",
	 "A line for each transfer that begins or ends, each request that is denied, samples of "
	 "other drops, and incidents;\n"
	 "with --json an object a line. Reads from the daemon (`tidegate run`), so it needs no "
	 "root. Ends with it, or by ^C.\n"},
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
	 "Prints a line for each frame, and a summary; with --json an object for each. Exit "
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
