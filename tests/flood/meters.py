# SPDX-License-Identifier: GPL-2.0-or-later
"""What arrives where, counted by nftables at the end of each link; bytes are those of the IP packets."""

import dataclasses
import json

from ground_plan import EXT, MARK

# In the router, behind its XDP and TC hooks: what is marked was admitted there.
MARKING = f"""table netdev flood {{
	chain inward {{
		type filter hook ingress device ext0 priority 0
		ip dscp set {MARK}
	}}
}}
"""

# At servers and clients. A request that is whole: opcode 1 or 2, to port 69. What tidegate lets in by default besides TFTP is
# DHCP and proxyDHCP: random ports are among these, too.
ADMITTED = f"""table netdev flood {{
	counter marked {{ }}
	counter asking {{ }}
	counter services {{ }}
	chain inward {{
		type filter hook ingress device eth0 priority 0
		ip dscp {MARK} counter name marked
		ip dscp {MARK} udp dport 69 @th,64,16 {{ 1, 2 }} counter name asking
		ip dscp {MARK} udp dport {{ 67, 68, 546, 547, 4011 }} counter name services
	}}
}}
"""

VICTIMS_MAX = 262144

# Outside: what was sent to addresses that never asked.
REFLECTED = f"""table netdev flood {{
	counter datagrams {{ }}
	counter others {{ }}
	set victims {{
		type ipv4_addr . inet_service
		flags dynamic
		size {VICTIMS_MAX}
		counter
	}}
	chain inward {{
		type filter hook ingress device eth0 priority 0
		ip daddr {EXT} return
		ip protocol != udp counter name others
		ip protocol udp counter name datagrams add @victims {{ ip daddr . udp dport }}
	}}
}}
"""


@dataclasses.dataclass
class Count:
    """Packets, and their bytes."""

    packets: int = 0
    bytes: int = 0


class Meters:
    """The counters of a site."""

    def __init__(self, site):
        self.site = site
        for namespace, rules in ((site.gate, MARKING), (site.server, ADMITTED), (site.client, ADMITTED),
                                 (site.outside, REFLECTED)):
            namespace.run("nft", "-f", "-", input=rules)

    def _objects(self, namespace, kind):
        listed = json.loads(namespace.run("nft", "-j", "list", "table", "netdev", "flood", timeout=60).stdout)["nftables"]
        return {entry[kind]["name"]: entry[kind] for entry in listed if kind in entry}

    def _count(self, namespace, name):
        counter = self._objects(namespace, "counter")[name]
        return Count(counter["packets"], counter["bytes"])

    def admitted_requests(self):
        """Whole requests of the flood that have arrived at the servers."""
        return self._count(self.site.server, "asking").packets

    def _everywhere(self, name):
        return sum(self._count(namespace, name).packets for namespace in (self.site.server, self.site.client))

    def admitted_to_services(self):
        """What of it has arrived at a port that is reachable for everybody."""
        return self._everywhere("services")

    def admitted_others(self):
        """All else that has arrived at servers or clients."""
        return self._everywhere("marked") - self.admitted_to_services() - self.admitted_requests()

    def reflected(self):
        """UDP to addresses that never asked."""
        return self._count(self.site.outside, "datagrams")

    def reflected_others(self):
        """ICMP to them."""
        return self._count(self.site.outside, "others")

    def victims(self):
        """How many (address, port) that never asked were sent something, and the most that one of them was sent.

        Asked of the kernel's list of all of them, which takes its time.
        """
        elements = [entry["elem"]["counter"] for entry in
                    self._objects(self.site.outside, "set")["victims"].get("elem", ())]
        return len(elements), Count(max((entry["packets"] for entry in elements), default=0),
                                    max((entry["bytes"] for entry in elements), default=0))
