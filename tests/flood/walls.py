# SPDX-License-Identifier: GPL-2.0-or-later
"""What stands in the router: tidegate, nftables with the kernel's TFTP helper, or nothing."""

import dataclasses

from ground_plan import INTERFACES
from lab import pinned, policies
from lab.gate import Gate

NFTABLES = """table inet filter {
	ct helper tftp {
		type "tftp" protocol udp
	}
	chain bind {
		type filter hook prerouting priority -100
		udp dport 69 ct helper set "tftp"
	}
	chain input {
		type filter hook input priority filter; policy drop
		ct state established,related accept
	}
	chain forward {
		type filter hook forward priority filter; policy drop
		ct state established,related accept
		udp dport 69 accept
	}
}
"""

# Tables whose entries anybody can make, and for which nobody has to have proved anything.
UNPROVED = ("requests", "offers", "udp_flows", "fragments", "sources")
# Arrays that are for floods: of one size, whatever is in them.
FIXED = ("budgets", "budget_shares", "strangers")


@dataclasses.dataclass
class State:
    """What a flood has left in memory: entries, how many fit, and bytes if that is known."""

    entries: int = 0
    limit: int = 0
    bytes: int = 0
    tables: dict = dataclasses.field(default_factory=dict)


class Nothing:
    """No firewall."""

    name = "none"

    def __init__(self, site, limits=()):
        self.site = site
        self.limits = limits

    def up(self):
        """Put it there."""

    def state(self):
        """The State that it holds now."""
        return State()

    def says(self):
        """What it has counted, by its own words."""
        return {}

    def close(self):
        """Take it away."""


class Nftables(Nothing):
    """Default deny, and `ct helper "tftp"`: what tidegate replaces."""

    name = "nftables"

    def up(self):
        self.site.gate.run("nft", "-f", "-", input=NFTABLES)

    def _sysctl(self, name):
        return int(self.site.gate.run("sysctl", "-n", f"net.netfilter.nf_conntrack_{name}").stdout)

    def state(self):
        expected = len(self.site.gate.run("cat", "/proc/net/nf_conntrack_expect").stdout.splitlines())
        tables = {"conntrack": self._sysctl("count"), "expectations": expected}
        with open("/proc/slabinfo", encoding="ascii") as file:
            sizes = {fields[0]: int(fields[3]) for fields in map(str.split, file) if fields[0].startswith("nf_conntrack")}
        held = tables["conntrack"] * sizes.get("nf_conntrack", 0) + expected * sizes.get("nf_conntrack_expect", 0)
        return State(sum(tables.values()), self._sysctl("max") + self._sysctl("expect_max"), held, tables)

    def says(self):
        """Packets dropped because the table is full, and entries pushed out of it."""
        head, *lines = self.site.gate.run("cat", "/proc/net/stat/nf_conntrack").stdout.splitlines()
        names = head.split()
        rows = [dict(zip(names, (int(word, 16) for word in line.split()))) for line in lines]
        return {name: sum(row[name] for row in rows) for name in ("insert_failed", "drop", "early_drop")}


class Tidegate(Nothing):
    """tidegate on all interfaces, which are one zone: the router does not translate. `limits`: lines of its abuse block."""

    name = "tidegate"

    def __init__(self, site, limits=()):
        super().__init__(site, limits)
        self.gate = Gate(site.gate, INTERFACES, "flood")

    def up(self):
        path = f"{self.site.base}/tidegate.conf"
        with open(path, "w", encoding="utf-8") as file:
            file.write(policies.zone("site", INTERFACES, "abuse {", *self.limits, "}"))
        self.gate.call("up", "--config", path)

    def state(self):
        maps = {entry["name"]: entry for entry in self.gate.status()["maps"]}
        tables = {name: pinned.entries(f"{self.gate.bpffs}/{name}") for name in UNPROVED}
        return State(sum(tables.values()), sum(maps[name]["entries_max"] for name in UNPROVED),
                     sum(maps[name]["memory_bytes"] for name in (*UNPROVED, *FIXED)), tables)

    def says(self):
        """The zone's budget, and packets by reason, dropped and passed."""
        return {"budget": self.gate.status()["zones"][0]["request_budget"],
                **{verdict: dict(self.gate.counts(verdict).most_common()) for verdict in ("drop", "pass")}}

    def close(self):
        self.gate.close()


WALLS = {wall.name: wall for wall in (Tidegate, Nftables, Nothing)}
