# SPDX-License-Identifier: GPL-2.0-or-later
"""Firewalls of nftables that know nothing of TFTP: no helper, no rule for it but where said."""

import json

FORWARD = """
table inet foreign {
	chain forward {
		type filter hook forward priority filter; policy drop;
		ct state established,related accept
		iifname "lan0" oifname "wan0" udp dport 69 accept
	}
}
"""
MASQUERADE = """
table inet nat {
	chain out {
		type nat hook postrouting priority srcnat
		oifname "wan0" masquerade
	}
}
"""
HOST = """
table inet foreign {
	chain input {
		type filter hook input priority filter; policy drop;
		iifname "lo" accept
		meta l4proto ipv6-icmp icmpv6 type { nd-neighbor-solicit, nd-neighbor-advert, nd-router-advert } accept
		%s
		counter
	}
}
"""
ESTABLISHED = "ct state established,related accept"


def load(namespace, rules):
    """Put a ruleset into a namespace."""
    namespace.run("nft", "-f", "-", input=rules)


def router(namespace, nat):
    """Forward what was asked from lan0 to port 69 beyond wan0, and what answers exactly that; with or without NAT."""
    load(namespace, FORWARD + (MASQUERADE if nat else ""))


def host(namespace, accept=ESTABLISHED):
    """A host that takes in what the statement `accept` says: by default what answers its own packets exactly."""
    load(namespace, HOST % accept)


def dropped(namespace):
    """How many packets a host() has dropped."""
    listed = json.loads(namespace.run("nft", "-j", "list", "chain", "inet", "foreign", "input").stdout)
    rules = [entry["rule"]["expr"] for entry in listed["nftables"] if "rule" in entry]
    return rules[-1][0]["counter"]["packets"]
