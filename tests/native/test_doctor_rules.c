// SPDX-License-Identifier: GPL-2.0-or-later
// sources: user/doctor/findings.c user/doctor/judge.c user/doctor/match.c user/doctor/mend.c user/doctor/ruleset.c user/doctor/walk.c user/doctor/iptables_save.c user/doctor/devices.c user/json_read.c user/text.c user/report.c tests/native/said.c
/*
 * doctor: what rulesets make of TFTP. rulesets/ has them as nft and iptables print them; rulesets/make says how.
 */
#include <stdarg.h>
#include <setjmp.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#include <linux/types.h>

#include "doctor/devices.h"
#include "doctor/iptables_save.h"
#include "doctor/judge.h"

#define DIRECTORY "tests/native/rulesets/"

/* Who is guarded. */
enum {
	CLIENT = 1 << 0, /* a host's eth0, from which it asks */
	SERVER = 1 << 1, /* likewise, where it is asked */
	ROUTER = 1 << 2, /* lan0 and wan0 */
	LAN = 1 << 3,    /* of a router only lan0 */
	PORT = 1 << 4,   /* eth0 as a port of br0 */
	PORTS = 1 << 5,  /* and wan0 */
	NAT = 1 << 6,    /* ROUTER, where lan0 takes requests in, and wan0 out */
	/* besides */
	MONITOR = 1 << 8,
	MARK = 1 << 9, /* 0x40/0xf0 */
	SINGLE_PORT = 1 << 10,
	ONLY4 = 1 << 11,
	ONLY6 = 1 << 12,
};

struct expectation {
	const char *ruleset;
	unsigned int who;
	const char *findings; /* lines: interface, kind, command */
	const char *where;    /* part of the first one's cause, or NULL */
};

#define HELPER(hook)                                                                             \
	"add table inet tidegate_helper; "                                                       \
	"add ct helper inet tidegate_helper tftp { type \"tftp\" protocol udp; }; "              \
	"add chain inet tidegate_helper " hook " { type filter hook " hook " priority -150; }; " \
	"add rule inet tidegate_helper " hook " udp dport 69 ct helper set \"tftp\""

#define NFT(rule)      "nft 'insert rule " rule " accept'"
#define UDP_FROM(name) " iifname \"" name "\" meta l4proto udp"
#define INPUT_ETH0     "eth0 netfilter-drops " NFT("inet filter input" UDP_FROM("eth0")) "\n"
#define MARKED         " meta l4proto udp meta mark & 0xf0 == 0x40"
#define NOTHING        "", NULL

/* clang-format off: a table */
static const struct expectation expectations[] = {
	{"default-drop", CLIENT,
	 "eth0 netfilter-drops " NFT("inet plain input" UDP_FROM("eth0")) "\n",
	 "the policy of chain input in table inet plain"},
	{"default-drop", CLIENT | MONITOR, "eth0 netfilter-drops nft '" HELPER("output") "'\n",
	 "it would accept related ones"},
	{"default-drop", CLIENT | MARK, "eth0 netfilter-drops " NFT("inet plain input" MARKED) "\n",
	 NULL},
	{"default-drop", CLIENT | SINGLE_PORT, NOTHING},
	{"default-drop", SERVER, NOTHING},
	{"default-drop", ROUTER, NOTHING},
	{"reject-last", CLIENT, INPUT_ETH0, "of chain nothing_else in table inet filter"},
	{"reject-last", SERVER, NOTHING},
	{"udp-open", CLIENT, NOTHING},
	{"udp-open", SERVER, NOTHING},
	{"addresses", CLIENT, NOTHING},
	{"address4", CLIENT, INPUT_ETH0, NULL},
	{"address4", CLIENT | ONLY4, NOTHING},
	{"helper", CLIENT, NOTHING},
	{"helper", CLIENT | SINGLE_PORT,
	 "eth0 helper-needless nft delete rule inet filter output handle 4\n",
	 "rule 4 of chain output in table inet filter"},
	{"helper", SERVER, INPUT_ETH0, "TFTP requests that come in through eth0"},
	{"helper-sip", CLIENT, INPUT_ETH0, NULL},
	{"helper-alone", NAT, "lan0 helper-needless nft delete rule inet filter pre handle 4\n",
	 NULL},
	{"nat", NAT,
	 "wan0 helper-missing modprobe -q nf_nat_tftp; nft '" HELPER("prerouting") "'\n",
	 "leave through wan0"},
	{"nat", NAT | SINGLE_PORT, NOTHING},
	{"nat-helper", NAT, NOTHING},
	{"router", ROUTER, "wan0 netfilter-drops " NFT("inet filter forward" UDP_FROM("wan0")) "\n",
	 "answers"},
	{"router", LAN, "lan0 netfilter-drops nft '" HELPER("prerouting") "'\n", "answers"},
	{"router-closed", ROUTER,
	 "lan0 netfilter-drops " NFT("ip filter forward" UDP_FROM(
		 "lan0")) "\n"
			  "wan0 netfilter-drops " NFT("ip filter forward" UDP_FROM("wan0")) "\n",
	 "requests"},
	{"router-closed", ROUTER | ONLY6, NOTHING},
	{"mark", CLIENT, INPUT_ETH0, NULL},
	{"mark", CLIENT | MARK, NOTHING},
	{"mark-set", CLIENT, NOTHING},
	{"nat-drop", SERVER, NOTHING},
	{"nat-drop", CLIENT, "eth0 netfilter-drops " NFT("inet filter pre" UDP_FROM("eth0")) "\n",
	 "answers"},
	{"server-input", SERVER, INPUT_ETH0, "packets of running transfers"},
	{"server-input", SERVER | MONITOR,
	 "eth0 netfilter-drops " NFT(
		 "inet filter input" UDP_FROM("eth0") " ct state established") "\n",
	 NULL},
	{"server-input", CLIENT, INPUT_ETH0, "answers"},
	{"server-output", SERVER, "eth0 netfilter-drops nft '" HELPER("prerouting") "'\n",
	 "that leave through eth0"},
	{"server-output", CLIENT,
	 "eth0 netfilter-drops " NFT("inet filter output oifname \"eth0\" udp dport 69") "\n",
	 "requests"},
	{"notrack", SERVER, INPUT_ETH0, "packets of running transfers"},
	{"notrack", CLIENT, INPUT_ETH0, "answers"},
	{"bridge", PORT,
	 "eth0 netfilter-drops " NFT("bridge filter forward" UDP_FROM(
		 "eth0")) "\n"
			  "eth0 netfilter-drops " NFT(
				  "bridge filter forward oifname \"eth0\" meta l4proto udp") "\n",
	 "answers"},
	{"bridge", PORTS,
	 "eth0 netfilter-drops " NFT("bridge filter forward" UDP_FROM(
		 "eth0")) "\n"
			  "wan0 netfilter-drops " NFT(
				  "bridge filter forward" UDP_FROM("wan0")) "\n",
	 NULL},
	{"bridge", CLIENT, NOTHING},
	{"ingress", CLIENT, "eth0 netfilter-drops " NFT("netdev early eth0" UDP_FROM("eth0")) "\n",
	 NULL},
	{"ingress", SERVER, "eth0 netfilter-drops " NFT("netdev early eth0" UDP_FROM("eth0")) "\n",
	 "packets of running transfers"},
	{"two-chains", CLIENT, "eth0 netfilter-drops " NFT("ip second input" UDP_FROM("eth0")) "\n",
	 "of chain input in table ip second"},
	{"two-chains", SERVER, "eth0 netfilter-drops " NFT("ip second input" UDP_FROM("eth0")) "\n",
	 "packets of running transfers"},
	{"returns", CLIENT, INPUT_ETH0, "the policy of chain input"},
	{"returns", SERVER, NOTHING},
	{"ufw", CLIENT, "eth0 netfilter-drops iptables-nft -I INPUT -i eth0 -p udp -j ACCEPT\n",
	 "the policy of chain INPUT in table ip filter (iptables-nft)"},
	{"ufw", CLIENT | MARK,
	 "eth0 netfilter-drops iptables-nft -I INPUT -p udp -m mark --mark 0x40/0xf0 -j ACCEPT\n",
	 NULL},
	{"ufw", CLIENT | MONITOR,
	 "eth0 netfilter-drops iptables-nft -t raw -I OUTPUT -p udp --dport 69 -j CT --helper "
	 "tftp\n",
	 NULL},
	{"ufw", SERVER, NOTHING},
	{"helper-raw", CLIENT, NOTHING},
	{"helper-raw", CLIENT | SINGLE_PORT,
	 "eth0 helper-needless iptables-nft -t raw -D OUTPUT -p udp -m udp --dport 69 -j CT "
	 "--helper tftp\n",
	 NULL},
	{"masquerade", NAT,
	 "wan0 helper-missing modprobe -q nf_nat_tftp; nft '" HELPER("prerouting") "'\n", NULL},
	{"needless-raw", NAT,
	 "lan0 helper-needless iptables-nft -t raw -D PREROUTING -i lan0 -p udp -m udp --dport 69 "
	 "-j CT "
	 "--helper tftp\n",
	 NULL},
	{"mark-iptables", CLIENT,
	 "eth0 netfilter-drops iptables-nft -I INPUT -i eth0 -p udp -j ACCEPT\n", NULL},
	{"mark-iptables", CLIENT | MARK, NOTHING},
};
/* clang-format on */

static struct subject base(const char *name, unsigned int who, unsigned int roles)
{
	struct subject subject = {
		.zone = "boot",
		.tftp_port = 69,
		.flags = who & MONITOR ? TG_ZONE_MONITOR : 0,
		.hook = TG_HOOK_XDP,
		.roles = roles,
		.local_families = SUBJECT_IPV4 | SUBJECT_IPV6,
		.routed_families = SUBJECT_IPV4 | SUBJECT_IPV6,
		.single_port = who & SINGLE_PORT,
	};

	snprintf(subject.name, sizeof(subject.name), "%s", name);
	if (who & MARK) {
		subject.mark = 0x40;
		subject.mark_mask = 0xf0;
	}
	if (who & ONLY4)
		subject.local_families = subject.routed_families = SUBJECT_IPV4;
	if (who & ONLY6)
		subject.local_families = subject.routed_families = SUBJECT_IPV6;
	return subject;
}

static size_t make_subjects(unsigned int who, struct subject subjects[2])
{
	const uint32_t in = TG_ZONE_REQUESTS_IN, out = TG_ZONE_REQUESTS_OUT;

	subjects[0] = base(who & (ROUTER | LAN | NAT) ? "lan0" : "eth0", who, SUBJECT_ROUTED);
	subjects[1] = base("wan0", who, SUBJECT_ROUTED);
	subjects[0].flags |= in | out;
	subjects[1].flags |= in | out;
	if (who & (CLIENT | SERVER)) {
		subjects[0].roles = who & CLIENT ? SUBJECT_CLIENT : SUBJECT_SERVER;
		subjects[0].flags &= who & CLIENT ? ~in : ~out;
	}
	if (who & (PORT | PORTS)) {
		subjects[0].roles = subjects[1].roles = SUBJECT_BRIDGED;
		subjects[0].bridge_port = subjects[1].bridge_port = true;
		strcpy(subjects[0].master, "br0");
		strcpy(subjects[1].master, "br0");
	}
	if (who & NAT) {
		subjects[0].flags &= ~out;
		subjects[1].flags &= ~in;
	}
	return who & (ROUTER | PORTS | NAT) ? 2 : 1;
}

static char *read_file(const char *name, const char *ending)
{
	char path[256], *text;
	FILE *file;
	long size;

	snprintf(path, sizeof(path), DIRECTORY "%s%s", name, ending);
	file = fopen(path, "re");
	if (!file)
		return NULL;
	fseek(file, 0, SEEK_END);
	size = ftell(file);
	rewind(file);
	text = calloc(1, (size_t)size + 1);
	assert_int_equal(fread(text, 1, (size_t)size, file), size);
	fclose(file);
	return text;
}

static json_t *read_rules(const char *name)
{
	char *text = read_file(name, ".json");
	json_t *document, *objects;

	if (!text) {
		objects = json_array();
		text = read_file(name, ".save");
		assert_non_null(text);
		assert_int_equal(iptables_save_parse(text, "ip", "iptables-nft", objects), 0);
	} else {
		document = json_loads(text, 0, NULL);
		objects = json_incref(json_object_get(document, "nftables"));
		json_decref(document);
		free(text);
		text = read_file(name, ".chains");
		if (text)
			devices_add(objects, text);
		assert_false(devices_missing(objects));
	}
	free(text);
	assert_non_null(objects);
	return objects;
}

static void judge_file(const char *name, unsigned int who, struct findings *findings)
{
	json_t *objects = read_rules(name);
	struct subject subjects[2];
	struct ruleset ruleset;

	*findings = (struct findings){0};
	assert_int_equal(ruleset_init(&ruleset, objects), 0);
	judge_rules(&ruleset, subjects, make_subjects(who, subjects), findings);
	ruleset_free(&ruleset);
	json_decref(objects);
}

static bool meets(const struct expectation *expected)
{
	char text[4096] = "";
	struct findings findings;
	size_t used = 0;
	bool fine;

	judge_file(expected->ruleset, expected->who, &findings);
	for (size_t i = 0; i < findings.count; i++)
		used += (size_t)snprintf(text + used, sizeof(text) - used, "%s %s %s\n",
					 findings.finding[i].interface,
					 finding_name(findings.finding[i].kind),
					 findings.finding[i].command);
	fine = !strcmp(text, expected->findings) &&
	       (!expected->where ||
		(findings.count && strstr(findings.finding[0].cause, expected->where)));
	if (!fine)
		print_error("%s 0x%x: found\n%s%s\nexpected\n%s%s\n", expected->ruleset,
			    expected->who, text, findings.count ? findings.finding[0].cause : "",
			    expected->findings, expected->where ? expected->where : "");
	findings_free(&findings);
	return fine;
}

static void rulesets_are_judged(void **state)
{
	bool fine = true;

	(void)state;
	for (size_t i = 0; i < sizeof(expectations) / sizeof(*expectations); i++)
		fine &= meets(&expectations[i]);
	assert_true(fine);
}

static void expect_other_way(const char *ruleset, unsigned int who, const char *words)
{
	struct findings findings;

	judge_file(ruleset, who, &findings);
	assert_true(findings.count);
	if (*words)
		assert_non_null(strstr(findings.finding[0].other_way, words));
	else
		assert_string_equal(findings.finding[0].other_way, "");
	findings_free(&findings);
}

/* Options are named where they would help. */
static void other_ways_are_named_where_they_help(void **state)
{
	(void)state;
	expect_other_way("default-drop", CLIENT, "--single-port");
	expect_other_way("server-input", SERVER, "--mark 0x40/0xf0 for zone boot");
	expect_other_way("server-input", SERVER | MARK, "");
	expect_other_way("server-input", SERVER,
			 "nft 'insert rule inet filter input" MARKED " accept'");
	expect_other_way("bridge", PORT, "--mark 0x40/0xf0 for zone boot");
	expect_other_way("server-output", SERVER, "");
	expect_other_way("nat", NAT, "--single-port");
}

static bool drops_bridged(const char *ruleset, bool ipv6)
{
	json_t *objects = read_rules(ruleset);
	struct subject subjects[2];
	struct ruleset rules;
	bool drops;

	make_subjects(PORT, subjects);
	assert_int_equal(ruleset_init(&rules, objects), 0);
	drops = judge_drops_bridged(&rules, &subjects[0], ipv6);
	ruleset_free(&rules);
	json_decref(objects);
	return drops;
}

static void bridged_packets_meet_rules_for_routed_ones(void **state)
{
	(void)state;
	assert_true(drops_bridged("router-closed", false));
	assert_false(drops_bridged("router-closed", true));
	assert_true(drops_bridged("router", true));
	assert_false(drops_bridged("bridge", false));
	assert_false(drops_bridged("default-drop", false));
}

static enum sure match_words(const char *words)
{
	json_t *objects = json_array();
	struct packet packet = {.self = "eth0",
				.iif = "eth0",
				.oif = "",
				.states = STATE_NEW,
				.sport = {.low = 69, .high = 69},
				.dport = {.low = 2000, .high = 2000},
				.mark_known = UINT32_MAX,
				.to_host = true};
	const struct stage stage = {.hook = "input", .families = {"ip"}};
	struct ruleset ruleset;
	struct outcome outcome;
	char text[256];

	snprintf(text, sizeof(text), "*filter\n:INPUT DROP [0:0]\n-A INPUT %s -j ACCEPT\nCOMMIT\n",
		 words);
	assert_int_equal(iptables_save_parse(text, "ip", "iptables-nft", objects), 0);
	assert_int_equal(ruleset_init(&ruleset, objects), 0);
	outcome = walk(&ruleset, &stage, 1, &packet, false);
	ruleset_free(&ruleset);
	json_decref(objects);
	return outcome.passes ? outcome.drops ? SURE_MAYBE : SURE_YES : SURE_NO;
}

/* Three answers to each of the words of iptables; by iptables-extensions(8). */
static void words_of_iptables_are_understood(void **state)
{
	static const struct {
		const char *words;
		enum sure sure;
	} rules[] = {
		{"-p udp", SURE_YES},
		{"-p 17", SURE_YES},
		{"-p all", SURE_YES},
		{"-p tcp", SURE_NO},
		{"! -p tcp", SURE_YES},
		{"-p udp -m udp --sport 69 --dport 2000", SURE_YES},
		{"-p udp -m udp ! --dport 2000", SURE_NO},
		{"-p udp -m udp --dport 1024:", SURE_YES},
		{"-p udp -m udp --dport :1999", SURE_NO},
		{"-p udp -m multiport --dports 53,1990:2010", SURE_YES},
		{"-p udp -m multiport ! --sports 53,69", SURE_NO},
		{"-i eth0", SURE_YES},
		{"-i eth+", SURE_YES},
		{"! -i eth+", SURE_NO},
		{"-i wan0", SURE_NO},
		{"-o eth0", SURE_NO},
		{"-m conntrack --ctstate NEW", SURE_YES},
		{"-m conntrack --ctstate RELATED,ESTABLISHED", SURE_NO},
		{"-m conntrack ! --ctstate RELATED,ESTABLISHED", SURE_YES},
		{"-m conntrack --ctstate NEW,DNAT", SURE_MAYBE},
		{"-m state --state INVALID", SURE_NO},
		{"-m mark --mark 0x0", SURE_YES},
		{"-m mark --mark 0x1/0xff", SURE_NO},
		{"-m mark ! --mark 0x1/0xff", SURE_YES},
		{"-s 10.0.0.0/8", SURE_MAYBE},
		{"-s 0.0.0.0/0", SURE_YES},
		{"-s 127.0.0.0/8", SURE_NO},
		{"-d 10.0.0.1/255.0.255.0", SURE_MAYBE},
		{"-d 224.0.0.0/4", SURE_NO},
		{"-m addrtype --dst-type LOCAL", SURE_YES},
		{"-m addrtype --dst-type BROADCAST,MULTICAST", SURE_NO},
		{"-m addrtype ! --dst-type LOCAL", SURE_NO},
		{"-m recent --rcheck --seconds 60 --name DEFAULT", SURE_MAYBE},
		{"-m limit --limit 3/min", SURE_MAYBE},
		{"-m comment --comment \"a \\\" -p tcp \\\" b\"", SURE_YES},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rules) / sizeof(*rules); i++) {
		enum sure sure = match_words(rules[i].words);

		if (sure != rules[i].sure)
			fail_msg("%s: %d instead of %d", rules[i].words, sure, rules[i].sure);
	}
}

static void damaged_input_does_no_harm(void **state)
{
	static const char *const texts[] = {
		"",
		"*",
		"*filter",
		":INPUT",
		"-A",
		"-A INPUT",
		"-A INPUT -p",
		"-A INPUT -j",
		"*filter\n:INPUT DROP\n-A INPUT -m\n-A INPUT ! \n-A INPUT \"\n",
		"*filter\n:INPUT DROP\n-A INPUT -j CT --helper\n",
		"*filter\n:A - [0:0]\n:INPUT DROP\n-A INPUT -j A\n-A A -j A\n-A A -g NOWHERE\n",
	};
	struct subject subjects[2];

	(void)state;
	for (size_t i = 0; i < sizeof(texts) / sizeof(*texts); i++) {
		json_t *objects = json_array();
		struct findings findings = {0};
		struct ruleset ruleset;

		assert_int_equal(iptables_save_parse(texts[i], "ip", "iptables-nft", objects), 0);
		json_array_append_new(objects, json_integer(1));
		json_array_append_new(objects, json_pack("{s:s}", "rule", "no object"));
		assert_int_equal(ruleset_init(&ruleset, objects), 0);
		judge_rules(&ruleset, subjects, make_subjects(CLIENT, subjects), &findings);
		findings_free(&findings);
		ruleset_free(&ruleset);
		json_decref(objects);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(rulesets_are_judged),
		cmocka_unit_test(other_ways_are_named_where_they_help),
		cmocka_unit_test(bridged_packets_meet_rules_for_routed_ones),
		cmocka_unit_test(words_of_iptables_are_understood),
		cmocka_unit_test(damaged_input_does_no_harm),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
