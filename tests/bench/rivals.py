# SPDX-License-Identifier: GPL-2.0-or-later
"""What can stand between an interface and the rest of its host: nothing, what drops everything, nftables, tidegate."""

import os
import subprocess
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(HERE))
BUILD_WORD = os.environ.get("BUILD", "build")
BUILD = os.path.join(ROOT, BUILD_WORD)
sys.path.insert(0, os.path.join(ROOT, "tests/net"))

from lab import gate as gates

# The best that nftables can do without state: before the kernel has looked at the packet, and without an answer to
# where a transfer's packets may come from.
STATELESS = """
table netdev gate {{
    chain in {{
        type filter hook ingress device "{interface}" priority 0; policy accept;
        udp dport 69 accept
        meta l4proto udp drop
    }}
}}
"""

# The helper is bound by hand, as kernels since 6.0 want it; everything that is not asked for is dropped, on
# the way through and on the way in.
CONNTRACK = """
table ip gate {
    ct helper standard {
        type "tftp" protocol udp
    }
    chain pre {
        type filter hook prerouting priority 0; policy accept;
        udp dport 69 ct helper set "standard"
    }
    chain forward {
        type filter hook forward priority 0; policy drop;
        ct state established,related accept
        udp dport 69 ct state new accept
    }
    chain in {
        type filter hook input priority 0; policy drop;
        ct state established,related accept
        udp dport 69 ct state new accept
    }
}
"""

# Clients behind one address: lan0 asks, wan0 is masqueraded. {pre} is what sets a helper, or nothing.
NAT = """
table ip gate {{
    {pre}
    chain forward {{
        type filter hook forward priority 0; policy drop;
        ct state established,related accept
        iifname "lan0" udp dport 69 ct state new accept
    }}
    chain out {{
        type nat hook postrouting priority srcnat; policy accept;
        oifname "wan0" masquerade
    }}
}}
"""
NAT_HELPER = """
    ct helper standard {
        type "tftp" protocol udp
    }
    chain pre {
        type filter hook prerouting priority 0; policy accept;
        iifname "lan0" udp dport 69 ct helper set "standard"
    }
"""


def make(*names):
    """Build programs of the benchmarks, and tidegate."""
    subprocess.run(["make", "-s", "-C", ROOT, f"BUILD={BUILD_WORD}", f"{BUILD_WORD}/tidegate",
                    *(f"{BUILD_WORD}/tests/bench/{name}" for name in names)], check=True, stdout=sys.stderr)


class Rival:
    """Stands at interfaces of a namespace from its up() to its down(). This one does nothing."""

    name = "no firewall"

    def up(self, namespace, interfaces):
        """Begin."""

    def down(self):
        """End; the namespace goes away afterwards."""

    def drops(self):
        """What it says that it has dropped, by reason; None: it does not count."""


class DropAll(Rival):
    """An XDP program that drops everything."""

    name = "XDP_DROP alone"

    def up(self, namespace, interfaces):
        for interface in interfaces:
            namespace.ip(f"link set dev {interface} xdp obj {BUILD}/tests/bench/drop.bpf.o sec xdp")


class Stateless(Rival):
    """nftables at the ingress hook, without conntrack."""

    name = "nftables stateless"

    def up(self, namespace, interfaces):
        for interface in interfaces:
            namespace.run("nft", "-f", "-", input=STATELESS.format(interface=interface))


class Conntrack(Rival):
    """nftables with conntrack's TFTP helper: what tidegate replaces."""

    name = "nftables, ct helper"

    def up(self, namespace, interfaces):
        namespace.run("nft", "-f", "-", input=CONNTRACK)


class Tidegate(Rival):
    """tidegate, at one of its hooks."""

    def __init__(self, hook, options=()):
        self.name = f"tidegate {hook.upper()}"
        self.hook, self.options = hook, options
        self.gate = None

    def up(self, namespace, interfaces):
        self.gate = gates.Gate(namespace, interfaces, f"bench-{namespace.name}-{self.hook}", ["--hook", self.hook, *self.options])
        self.gate.up()

    def down(self):
        if self.gate:
            self.gate.close()

    def drops(self):
        return self.gate.drops()


class NatHelper(Rival):
    """A router that masquerades, with conntrack's helper and what the kernel has of NAT for TFTP."""

    name = "ct helper, nf_nat_tftp"

    def up(self, namespace, interfaces):
        namespace.run("nft", "-f", "-", input=NAT.format(pre=NAT_HELPER))


class NatTranslation(Tidegate):
    """The same without a helper: tidegate, towards the servers, makes one flow of each transfer."""

    def __init__(self):
        super().__init__("tc", ("--single-port", "--requests", "out"))
        self.name = "tidegate translation"

    def up(self, namespace, interfaces):
        namespace.run("nft", "-f", "-", input=NAT.format(pre=""))
        super().up(namespace, ["wan0"])
