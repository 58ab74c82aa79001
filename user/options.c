// SPDX-License-Identifier: GPL-2.0-or-later
#include "options.h"

#include "command.h"
#include "daemon/hub.h"
#include "log.h"
#include "option_values.h"
#include "records/record.h"
#include "suggest.h"
#include "views/top_column.h"

#include <ctype.h>
#include <errno.h>
#include <stdbool.h>
#include <string.h>

#define MAP_SIZE_MAX 16777216

static const struct choice hooks[] = {
	{"xdp", TG_HOOK_XDP},
	{"generic", TG_HOOK_GENERIC},
	{"tc", TG_HOOK_TC},
	{0},
};

static const struct choice request_directions[] = {
	{"in", TG_ZONE_REQUESTS_IN},
	{"out", TG_ZONE_REQUESTS_OUT},
	{"both", TG_ZONE_REQUESTS_IN | TG_ZONE_REQUESTS_OUT},
	{0},
};

static const struct choice unmatched[] = {
	{"drop", 0},
	{"pass", TG_ZONE_UNMATCHED_PASS},
	{0},
};

static const struct choice modes[] = {
	{"octet", TG_OCTET},
	{"netascii", TG_NETASCII},
	{"binary", TG_BINARY},
	{0},
};

static const struct choice kinds[] = {
	{"begin", 1 << RECORD_BEGIN},       {"end", 1 << RECORD_END},
	{"denied", 1 << RECORD_DENIED},     {"drop", 1 << RECORD_DROP},
	{"incident", 1 << RECORD_INCIDENT}, {0},
};

static const struct choice outcomes[] = {
	{"complete", 1 << OUTCOME_COMPLETE},
	{"client-error", 1 << OUTCOME_CLIENT_ERROR},
	{"server-error", 1 << OUTCOME_SERVER_ERROR},
	{"probe", 1 << OUTCOME_PROBE},
	{"superseded", 1 << OUTCOME_SUPERSEDED},
	{"idle", 1 << OUTCOME_IDLE},
	{"unanswered", 1 << OUTCOME_UNANSWERED},
	{"unacknowledged", 1 << OUTCOME_UNACKNOWLEDGED},
	{"evicted", 1 << OUTCOME_EVICTED},
	{0},
};

static const struct choice columns[] = {
	{"client", TOP_CLIENT}, {"file", TOP_FILE},   {"done", TOP_DONE},
	{"bytes", TOP_BYTES},   {"rate", TOP_RATE},   {"repeats", TOP_REPEATS},
	{"age", TOP_AGE},       {"state", TOP_STATE}, {0},
};

#define AT(member)    .offset = offsetof(struct settings, member)
#define ZONE(member)  AT(zone_settings.member)
#define ZONE_COMMANDS (COMMAND_UP | COMMAND_REPLAY)
#define SIZE(member)                                                                        \
	OPTION_NUMBER, "N", 1, MAP_SIZE_MAX, NULL, offsetof(struct settings, sizes.member), \
		COMMAND_UP

/* clang-format off: a table */
const struct option_spec options[] = {
	{"json", 'j', OPTION_FLAG, .commands = COMMAND_ALL, AT(json), .help = "print JSON"},
	{"pretty", 'p', OPTION_FLAG, .commands = COMMAND_ALL, AT(pretty),
	 .help = "indent JSON; implies --json"},
	{"numeric", 'n', OPTION_FLAG, .commands = COMMAND_ALL, AT(numeric),
	 .help = "print ports of services as numbers only"},
	{"bpffs", 0, OPTION_PATH, "DIR", .commands = COMMAND_ALL, AT(bpffs),
	 .help = "where the state is pinned (default /sys/fs/bpf/tidegate)"},
	{"debug", 0, OPTION_FLAG, .commands = COMMAND_ALL, AT(debug),
	 .help = "show what libbpf, libxdp and the kernel's verifier say"},
	{"help", 'h', OPTION_FLAG, .commands = COMMAND_ALL, AT(help),
	 .help = "explain the command"},
	{"version", 'V', OPTION_FLAG, .commands = COMMAND_ALL, AT(version),
	 .help = "print the version"},

	{"hook", 0, OPTION_CHOICE, "xdp|generic|tc", .choices = hooks, .commands = ZONE_COMMANDS,
	 AT(hook),
	 .help = "where incoming packets are judged: native XDP, or generic XDP where the driver "
		 "has no "
		 "native one (xdp, the default); generic XDP; or TC ingress"},
	{"config", 0, OPTION_FILE, "FILE",
	 .commands = COMMAND_UP | COMMAND_REPLAY | COMMAND_POLICY | COMMAND_RUN, AT(config),
	 .help = "take zones, interfaces and settings from this configuration file; replay: those "
		 "of one zone; policy test: instead of the policy that runs"},
	{"zone", 0, OPTION_NAME, "NAME",
	 .commands = ZONE_COMMANDS | COMMAND_POLICY | COMMAND_EVENTS, AT(zone),
	 .help = "the interfaces share the state and settings of this zone (default: each has its "
		 "own, "
		 "named after it); replay, policy test: the zone that is meant (default: the only "
		 "one); events: of this zone only"},
	{"monitor", 0, OPTION_FLAG, .commands = ZONE_COMMANDS, ZONE(monitor),
	 .help = "pass everything, and count what would have been dropped"},
	{"requests", 0, OPTION_CHOICE, "in|out|both", .choices = request_directions,
	 .commands = ZONE_COMMANDS, ZONE(requests),
	 .help = "from where TFTP requests are admitted: coming in, going out, or both (default)"},
	{"unmatched", 0, OPTION_CHOICE, "drop|pass", .choices = unmatched,
	 .commands = ZONE_COMMANDS, ZONE(unmatched),
	 .help = "what happens to UDP that belongs to nothing (default drop)"},
	{"no-track-udp", 0, OPTION_FLAG, .commands = ZONE_COMMANDS, ZONE(no_track_udp),
	 .help = "do not admit replies to other UDP that goes out"},
	{"allow-udp", 0, OPTION_PORTS, "PORT[,PORT…]", 1, PORTS_MAX, .commands = ZONE_COMMANDS,
	 ZONE(allow_udp),
	 .help = "UDP ports that are reachable from outside, besides 67, 68, 546, 547 and 4011"},
	{"tftp-port", 0, OPTION_PORTS, "PORT[,PORT…]", 1, TG_TFTP_PORTS, .commands = ZONE_COMMANDS,
	 ZONE(tftp_ports),
	 .help = "ports on which TFTP requests are recognised (default 69, at most 4)"},
	{"broadcast", 0, OPTION_FLAG, .commands = ZONE_COMMANDS, ZONE(broadcast),
	 .help = "admit requests to a broadcast or multicast address"},
	{"multicast", 0, OPTION_FLAG, .commands = ZONE_COMMANDS, ZONE(multicast),
	 .help = "admit multicast transfers (RFC 2090)"},
	{"udpport", 0, OPTION_FLAG, .commands = ZONE_COMMANDS, ZONE(udpport),
	 .help = "let servers move a transfer to another port (option udpport)"},
	{"single-port", 0, OPTION_FLAG, .commands = ZONE_COMMANDS, ZONE(single_port),
	 .help = "let the client's side see each transfer as one flow with the port that it asked; "
		 "takes --hook tc"},
	{"mark", 0, OPTION_MARK, "VALUE/MASK", .commands = ZONE_COMMANDS, ZONE(mark),
	 .help = "mark TFTP packets that are admitted and come in, for one rule of the firewall "
		 "behind"},
	{"mark-udp", 0, OPTION_FLAG, .commands = ZONE_COMMANDS, ZONE(mark_udp),
	 .help = "mark replies to other UDP, too"},
	{"server-group", 0, OPTION_GROUP, "ADDRESS,ADDRESS…", 2, GROUP_MEMBERS_MAX,
	 .commands = ZONE_COMMANDS, ZONE(groups),
	 .help = "these server addresses may answer for each other"},
	{"slack", 0, OPTION_NUMBER, "N", 2, 64, .commands = ZONE_COMMANDS, ZONE(slack),
	 .help = "blocks that a sender may be ahead without having agreed on a window (2 to 64, "
		 "default 8)"},
	{"max-requests", 0, SIZE(requests),
	 .help = "requests that are remembered (default 65536); the --max-… sizes are set by the "
		 "first `up`"},
	{"max-offers", 0, SIZE(offers),
	 .help = "server answers that await the client's acknowledgement (default 65536)"},
	{"max-transfers", 0, SIZE(transfers), .help = "transfers (default 65536)"},
	{"max-udp-flows", 0, SIZE(udp_flows),
	 .help = "tracked exchanges of other UDP (default 65536)"},
	{"max-fragments", 0, SIZE(fragments), .help = "fragmented datagrams (default 16384)"},
	{"max-sources", 0, SIZE(sources),
	 .help = "addresses whose requests are counted (default 65536)"},
	{"force", 0, OPTION_FLAG, .commands = COMMAND_UP | COMMAND_APPLY, AT(force),
	 .help = "go up although local UDP listeners become unreachable"},
	{"discard-state", 0, OPTION_FLAG, .commands = COMMAND_UP, AT(discard_state),
	 .help = "take down what an incompatible version or another network namespace left, and "
		 "start anew"},
	{"confirm", 0, OPTION_NUMBER, "SECONDS", 5, 3600, .commands = COMMAND_UP | COMMAND_APPLY,
	 AT(confirm_s),
	 .help = "go back to the policy before after so long, by itself, unless `tidegate confirm` "
		 "comes first (5 to 3600)"},

	{"from", 0, OPTION_ADDRESS, "ADDRESS", .commands = COMMAND_POLICY, AT(from),
	 .help = "policy test: the client that asks"},
	{"to", 0, OPTION_ADDRESS, "ADDRESS", .commands = COMMAND_POLICY, AT(to),
	 .help = "policy test: the server that is asked"},
	{"mac", 0, OPTION_MAC, "MAC", .commands = COMMAND_POLICY, AT(mac),
	 .help = "policy test: the client's hardware address, for patterns with %{mac}"},
	{"vlan", 0, OPTION_NUMBER, "N", 0, 4095, .commands = COMMAND_POLICY, AT(vlan),
	 .help = "policy test: the outer VLAN tag (default 0: none)"},
	{"mode", 0, OPTION_CHOICE, "octet|netascii|binary", .choices = modes,
	 .commands = COMMAND_POLICY, AT(mode),
	 .help = "policy test: the transfer mode (default octet)"},
	{"blksize", 0, OPTION_NUMBER, "N", 8, 65464, .commands = COMMAND_POLICY, AT(blksize),
	 .help = "policy test: the block size that is asked for"},
	{"windowsize", 0, OPTION_NUMBER, "N", 1, 65535, .commands = COMMAND_POLICY, AT(windowsize),
	 .help = "policy test: the window that is asked for"},
	{"tsize", 0, OPTION_NUMBER, "BYTES", 0, INT64_MAX, .commands = COMMAND_POLICY, AT(tsize),
	 .help = "policy test: the file's size as a write announces it"},

	{"kind", 0, OPTION_WORDS, "begin|end|denied|drop|incident", .choices = kinds,
	 .commands = COMMAND_EVENTS, AT(kinds),
	 .help = "only records of these kinds, with commas between them (default: all)"},
	{"outcome", 0, OPTION_WORDS,
	 "complete|client-error|server-error|probe|superseded|idle|unanswered|unacknowledged|"
	 "evicted",
	 .choices = outcomes, .commands = COMMAND_EVENTS, AT(outcomes),
	 .help = "of the ends, only those (default: all)"},
	{"client", 0, OPTION_CLIENTS, "PREFIX[,PREFIX…]", .commands = COMMAND_EVENTS, AT(clients),
	 .help = "only of clients with these addresses"},
	{"file", 0, OPTION_TEXTS, "PATTERN", .commands = COMMAND_EVENTS, AT(files),
	 .help = "only of files whose name fits this shell pattern, in which * also stands for /; "
		 "may "
		 "be given several times"},
	{"backlog", 0, OPTION_NUMBER, "N", 0, 1000000, .commands = COMMAND_EVENTS, AT(backlog),
	 .help = "first the latest N records that the daemon still has (default 0)"},
	{"watch", 0, OPTION_SECONDS, "[SECONDS]", 100, 3600000, .commands = COMMAND_FLOWS,
	 AT(watch_ms),
	 .help = "again and again, every so many seconds (default 2), in place on a terminal; with "
		 "--json a document a line. Without root, from the daemon"},
	{"batch", 'b', OPTION_FLAG, .commands = COMMAND_TOP, AT(batch),
	 .help = "print tables one after another instead of a screen; --json implies it"},
	{"interval", 0, OPTION_SECONDS, "SECONDS", 100, 3600000, .commands = COMMAND_TOP,
	 AT(interval_ms), .help = "seconds between two looks (default 1)"},
	{"count", 0, OPTION_NUMBER, "N", 1, 1000000000, .commands = COMMAND_TOP, AT(count),
	 .help = "end after so many looks (default: go on)"},
	{"sort", 0, OPTION_CHOICE, "client|file|done|bytes|rate|repeats|age|state",
	 .choices = columns, .commands = COMMAND_TOP, AT(sort),
	 .help = "the column by which rows are sorted (default rate)"},
	{"socket", 0, OPTION_PATH, "PATH",
	 .commands = COMMAND_RUN | COMMAND_EVENTS | COMMAND_TOP | COMMAND_FLOWS, AT(socket),
	 .help = "the daemon's socket (default " HUB_SOCKET ")"},
	{"down-on-exit", 0, OPTION_FLAG, .commands = COMMAND_RUN, AT(down_on_exit),
	 .help = "take the filter off when the daemon is told to end"},

	{"zeros", 0, OPTION_FLAG, .commands = COMMAND_STATS, AT(zeros),
	 .help = "also print reasons that never occurred"},
	{0},
};
/* clang-format on */

_Static_assert(sizeof(options) / sizeof(*options) <= 64, "parse.given has a bit for each");

/* What one run of the parser has seen. */
struct parse {
	struct settings *settings;
	uint64_t given; /* bit n: options[n] */
	char **argv;
	int argc;
	int next; /* index of the argument to read next */
};

void settings_init(struct settings *settings)
{
	*settings = (struct settings){
		.bpffs = "/sys/fs/bpf/tidegate",
		.hook = TG_HOOK_XDP,
		.mode = TG_OCTET,
		.tsize = UINT64_MAX,
		.interval_ms = 1000,
		.sort = TOP_RATE,
	};
	zone_settings_init(&settings->zone_settings);
}

static const struct option_spec *find_long(const char *name, size_t len)
{
	for (const struct option_spec *o = options; o->name; o++)
		if (strlen(o->name) == len && !strncmp(o->name, name, len))
			return o;
	return NULL;
}

const struct option_spec *option_named(const char *name)
{
	return find_long(name, strlen(name));
}

static const struct option_spec *find_letter(char letter)
{
	for (const struct option_spec *o = options; o->name; o++)
		if (o->letter == letter)
			return o;
	return NULL;
}

static int unknown_option(const char *name, size_t len)
{
	char word[64];
	struct suggestion near;

	log_error("unknown option --%.*s", (int)len, name);
	if (len >= sizeof(word))
		return -EINVAL;
	memcpy(word, name, len);
	word[len] = '\0';
	near = suggestion_for(word);
	for (const struct option_spec *o = options; o->name; o++)
		suggestion_offer(&near, o->name);
	if (near.nearest)
		log_hint("did you mean --%s?", near.nearest);
	else
		log_hint("`tidegate help COMMAND` lists the options of a command");
	return -EINVAL;
}

/* `value` is what stood after '=', or NULL. */
static int take_option(struct parse *parse, const struct option_spec *o, const char *value)
{
	void *place = (char *)parse->settings + o->offset;
	struct complaint why;
	int err;

	parse->given |= 1ULL << (o - options);
	if (o->kind == OPTION_FLAG) {
		if (value) {
			log_error("--%s: it takes no value", o->name);
			return -EINVAL;
		}
		*(bool *)place = true;
		return 0;
	}
	if (!value && option_value_optional(o) &&
	    (parse->next == parse->argc || !isdigit((unsigned char)*parse->argv[parse->next]))) {
		*(uint64_t *)place = OPTION_SECONDS_DEFAULT;
		return 0;
	}
	if (!value && parse->next < parse->argc)
		value = parse->argv[parse->next++];
	if (!value) {
		log_error("--%s: a value is missing", o->name);
		log_hint("write --%s %s", o->name, o->argument);
		return -EINVAL;
	}
	err = option_value(o, value, place, &why);
	if (err)
		log_error("--%s: %s", o->name, why.what);
	if (err && *why.hint)
		log_hint("%s", why.hint);
	return err;
}

static int take_letters(struct parse *parse, const char *letters)
{
	for (; *letters; letters++) {
		const struct option_spec *o = find_letter(*letters);
		int err;

		if (!o) {
			log_error("unknown option -%c", *letters);
			log_hint("`tidegate help` lists the options");
			return -EINVAL;
		}
		err = take_option(parse, o, NULL);
		if (err)
			return err;
	}
	return 0;
}

static int take_long(struct parse *parse, const char *text)
{
	size_t len = strcspn(text, "=");
	const struct option_spec *o = find_long(text, len);

	if (!o)
		return unknown_option(text, len);
	return take_option(parse, o, text[len] ? text + len + 1 : NULL);
}

/* Is the option a part of what the configuration file says to the command? */
static bool is_in_file(const struct option_spec *o, const struct command *command)
{
	const size_t zone = offsetof(struct settings, zone_settings);

	if (o->offset == offsetof(struct settings, zone))
		return command && command->bit == COMMAND_UP; /* others choose by it */
	return o->offset == offsetof(struct settings, hook) ||
	       (o->offset >= zone &&
		o->offset < zone + sizeof(((struct settings *)NULL)->zone_settings));
}

static int refuse_beside_file(const struct parse *parse, const struct option_spec *o)
{
	if (parse->settings->config) {
		log_error("--%s: beside --config, the file alone says what a zone is made of",
			  o->name);
		log_hint("leave one of the two out, or change a copy of the file");
	} else {
		log_error("--%s: the interfaces are missing for which it is meant", o->name);
		log_hint("usage: tidegate up IFACE… [options], or tidegate up [--config FILE]");
	}
	return -EINVAL;
}

/* Options say either what a zone is made of or where that is written. */
static int check_one_source(const struct parse *parse, const char *command_name)
{
	const struct settings *settings = parse->settings;
	const struct command *command = command_name ? command_find(command_name) : NULL;
	bool up = command && command->bit == COMMAND_UP;

	if (up && settings->config && settings->operand_count) {
		log_error("%s: beside --config, the file alone says which interfaces are guarded",
			  settings->operands[0]);
		log_hint("leave one of the two out, or change a copy of the file");
		return -EINVAL;
	}
	if (!settings->config && (!up || settings->operand_count || settings->help))
		return 0;
	for (const struct option_spec *o = options; o->name; o++)
		if ((parse->given >> (o - options) & 1) && is_in_file(o, command))
			return refuse_beside_file(parse, o);
	return 0;
}

/* Does each given option belong to the command? An unknown command is somebody else's to report. */
static int check_allowed(const struct parse *parse, const char *command_name)
{
	const struct command *command = command_name ? command_find(command_name) : NULL;

	for (const struct option_spec *o = options; o->name; o++) {
		if (!(parse->given >> (o - options) & 1) || o->commands == COMMAND_ALL)
			continue;
		if (!command && !command_name) {
			log_error("--%s: a command is missing", o->name);
			log_hint("`tidegate help` lists the commands");
			return -EINVAL;
		}
		if (command && !(command->bit & o->commands)) {
			log_error("--%s: `tidegate %s` has no such option", o->name, command->name);
			log_hint("`tidegate help %s` lists its options", command->name);
			return -EINVAL;
		}
	}
	return 0;
}

/* Options that are right by themselves, but not together. */
static int check_clash(const struct settings *settings)
{
	struct complaint why;
	const char *option = zone_settings_clash(&settings->zone_settings, settings->hook, &why);

	if (!option)
		return 0;
	log_error("--%s: %s", option, why.what);
	return -EINVAL;
}

int options_parse(int argc, char **argv, struct settings *settings, const char **command_name)
{
	struct parse parse = {.settings = settings, .argv = argv, .argc = argc, .next = 1};
	bool only_operands = false;
	int operands = 0, err = 0;

	while (parse.next < argc && !err) {
		char *argument = argv[parse.next++];

		if (only_operands || argument[0] != '-' || !argument[1])
			argv[1 + operands++] = argument; /* never ahead of parse.next */
		else if (!strcmp(argument, "--"))
			only_operands = true;
		else if (argument[1] == '-')
			err = take_long(&parse, argument + 2);
		else
			err = take_letters(&parse, argument + 1);
	}
	if (err)
		return err;
	*command_name = operands ? argv[1] : NULL;
	settings->operands = argv + 2;
	settings->operand_count = operands ? operands - 1 : 0;
	settings->json |= settings->pretty;
	err = check_allowed(&parse, *command_name);
	if (!err)
		err = check_one_source(&parse, *command_name);
	return err ? err : check_clash(settings);
}
