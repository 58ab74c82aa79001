// SPDX-License-Identifier: GPL-2.0-or-later
#include "doctor/look.h"
#include "interface.h"
#include "netlink.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Which rules bridged packets are sent through. */
struct calls {
	bool ip;
	bool ip6;
};

static void say_command(char command[FINDING_TEXT], const char *bridge, const struct calls *all,
			const struct calls *own)
{
	int used = 0;

	if (all->ip || all->ip6)
		used = snprintf(command, FINDING_TEXT, "sysctl -w%s%s",
				all->ip ? " net.bridge.bridge-nf-call-iptables=0" : "",
				all->ip6 ? " net.bridge.bridge-nf-call-ip6tables=0" : "");
	if (own->ip || own->ip6)
		snprintf(command + used, FINDING_TEXT - (size_t)used,
			 "%sip link set dev %s type bridge%s%s", used ? " && " : "", bridge,
			 own->ip ? " nf_call_iptables 0" : "",
			 own->ip6 ? " nf_call_ip6tables 0" : "");
}

static void judge_port(const struct ruleset *ruleset, const struct subject *subject,
		       const struct calls *all, const struct calls *own, struct findings *findings)
{
	char command[FINDING_TEXT] = "";
	struct finding *finding;

	say_command(command, subject->master, all, own);
	if (!*command)
		return;
	finding = finding_add(findings, FINDING_BRIDGE_NETFILTER, subject->name, command);
	if (!finding)
		return;
	finding->harm = ((all->ip || own->ip) && judge_drops_bridged(ruleset, subject, false)) ||
			((all->ip6 || own->ip6) && judge_drops_bridged(ruleset, subject, true));
	snprintf(finding->cause, sizeof(finding->cause),
		 "br_netfilter sends what %s forwards between its ports through the rules for "
		 "routed packets, too, %s",
		 subject->master,
		 finding->harm ? "and they drop what tidegate admits"
			       : "so that these and tidegate both judge it");
}

void look_at_bridges(const struct ruleset *ruleset, const struct subjects *subjects,
		     struct findings *findings)
{
	/* Without such rules there is nothing that they could be sent through. */
	const struct calls rules = {judge_has_routed_rules(ruleset, false),
				    judge_has_routed_rules(ruleset, true)};
	const struct calls all = {
		rules.ip && interface_switch_is_on("/proc/sys/net/bridge/bridge-nf-call-iptables"),
		rules.ip6 &&
			interface_switch_is_on("/proc/sys/net/bridge/bridge-nf-call-ip6tables")};
	struct netlink_link *link;
	int links = netlink_list_links(&link);

	if (links < 0)
		finding_unseen(findings, "bridges", "%s", strerror(-links));
	for (size_t i = 0; i < subjects->count; i++) {
		const struct subject *subject = &subjects->list[i];
		struct calls own = {false, false};

		if (!subject->bridge_port)
			continue;
		for (int j = 0; j < links; j++)
			if (!strcmp(link[j].name, subject->master))
				own = (struct calls){rules.ip && link[j].calls_iptables,
						     rules.ip6 && link[j].calls_ip6tables};
		judge_port(ruleset, subject, &all, &own, findings);
	}
	free(link);
}
