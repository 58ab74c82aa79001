# SPDX-License-Identifier: GPL-2.0-or-later
"""The same default-deny rules for nftables and for both kinds of iptables; none of them knows TFTP or has a helper."""

import dataclasses
import json

MARK = "0x40/0xf0"


@dataclasses.dataclass(frozen=True)
class Accept:
    """One rule that accepts: everything that is said has to fit. `established`: what conntrack knows."""

    come_in: str = ""
    go_out: str = ""
    udp_port: int = 0
    mark: str = ""
    established: bool = False
    neighbours: bool = False  # IPv6's neighbour discovery, which no host can do without

    def nft(self):
        """As nft says it."""
        words = [f'iifname "{self.come_in}"'] if self.come_in else []
        words += [f'oifname "{self.go_out}"'] if self.go_out else []
        words += [f"udp dport {self.udp_port}"] if self.udp_port else []
        if self.mark:
            value, mask = self.mark.split("/")
            words += [f"meta mark & {mask} == {value}"]
        words += ["ct state established,related"] if self.established else []
        words += ["icmpv6 type { nd-neighbor-solicit, nd-neighbor-advert }"] if self.neighbours else []
        return " ".join([*words, "accept"])

    def iptables(self):
        """As iptables says it: a list of rules without their chain."""
        words = ["-i", self.come_in] if self.come_in else []
        words += ["-o", self.go_out] if self.go_out else []
        words += ["-p", "udp", "--dport", str(self.udp_port)] if self.udp_port else []
        words += ["-m", "mark", "--mark", self.mark] if self.mark else []
        words += ["-m", "conntrack", "--ctstate", "ESTABLISHED,RELATED"] if self.established else []
        if not self.neighbours:
            return [" ".join([*words, "-j ACCEPT"])]
        return [" ".join([*words, "-p icmpv6 --icmpv6-type", kind, "-j ACCEPT"])
                for kind in ("neighbour-solicitation", "neighbour-advertisement")]


@dataclasses.dataclass(frozen=True)
class Translate:
    """One rule of the NAT. `come_in` says that it is one for destinations; no address: masquerade."""

    address: str = ""
    go_out: str = ""
    come_in: str = ""

    def nft(self, family):
        """(hook, priority, rule)"""
        kind = "ip" if family == 4 else "ip6"
        if self.come_in:
            return "prerouting", "dstnat", f'iifname "{self.come_in}" udp dport 69 dnat {kind} to {self.address}'
        how = f"snat {kind} to {self.address}" if self.address else "masquerade"
        return "postrouting", "srcnat", f'oifname "{self.go_out}" {how}'

    def iptables(self):
        """The whole rule."""
        if self.come_in:
            return f"-A PREROUTING -i {self.come_in} -p udp --dport 69 -j DNAT --to-destination {self.address}"
        how = f"SNAT --to-source {self.address}" if self.address else "MASQUERADE"
        return f"-A POSTROUTING -o {self.go_out} -j {how}"


class Nftables:
    """nft."""

    name = "nftables"

    def load(self, namespace, family, chains, nat=()):
        """Put rules (Accept, by chain: input, forward) and NAT (Translate) there; all else is dropped and counted."""
        text = "table inet foreign {\n"
        for chain, rules in chains.items():
            lines = [f"type filter hook {chain} priority filter; policy drop;", *[rule.nft() for rule in rules],
                     "counter"]
            text += f"chain {chain} {{\n" + "\n".join(lines) + "\n}\n"
        text += "}\n"
        for number, rule in enumerate(nat):
            hook, priority, line = rule.nft(family)
            text += (f"table inet nat{number} {{\nchain {hook} {{\ntype nat hook {hook} priority {priority}\n{line}\n"
                     "}\n}\n")
        namespace.run("nft", "-f", "-", input=text)

    def dropped(self, namespace):
        """How many packets the rules have dropped."""
        listed = json.loads(namespace.run("nft", "-j", "list", "table", "inet", "foreign").stdout)["nftables"]
        return sum(word["counter"]["packets"] for entry in listed if "rule" in entry
                   for word in entry["rule"]["expr"] if "counter" in word)


class Iptables:
    """iptables of one `kind`: legacy, or nft."""

    def __init__(self, kind):
        self.kind = kind
        self.name = f"iptables-{kind}"

    def command(self, family, what=""):
        """The name of the program."""
        return f"{'iptables' if family == 4 else 'ip6tables'}-{self.kind}{what}"

    def load(self, namespace, family, chains, nat=()):
        """As Nftables.load()."""
        lines = ["*filter"]
        for chain, rules in chains.items():
            lines += [f":{chain.upper()} DROP [0:0]"]
            lines += [f"-A {chain.upper()} {rule}" for accept in rules if not (accept.neighbours and family == 4)
                      for rule in accept.iptables()]
            lines += [f"-A {chain.upper()} -j DROP"]
        lines += ["COMMIT", "*nat", *[rule.iptables() for rule in nat], "COMMIT", ""]
        namespace.run(self.command(family, "-restore"), input="\n".join(lines))
        namespace.family = family

    def dropped(self, namespace):
        """As Nftables.dropped()."""
        listed = namespace.run(self.command(namespace.family, "-save"), "-c", "-t", "filter").stdout
        return sum(int(line[1:].split(":")[0]) for line in listed.splitlines() if line.endswith("-j DROP"))


TOOLS = {tool.name: tool for tool in (Nftables(), Iptables("nft"), Iptables("legacy"))}
