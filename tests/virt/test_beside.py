# SPDX-License-Identifier: GPL-2.0-or-later
"""What others do to a hypervisor's rules while a guest loads a file: libvirtd, iptables, nftables, firewalld, Docker. The
transfer goes on, the programs stay what they are, and what nobody asked for is dropped as before.

The guest's packets wait up to 20 ms each way, so that a file of a few MiB takes minutes.
"""

import contextlib
import json
import signal

import pytest

from guests import Scripted
from lab import attachments, packets
from lab.gate import SURPLUS
from netboot import HARDWARE_ADDRESS, MACHINE, SERVER, STRANGER
from test_bridge import STATIC, ZONE, running

LARGE = 8 << 20
SLOW_US = 20000
OTHER = """<forward mode='nat'/><bridge name='virbr0' stp='off' delay='0'/>
<ip address='192.168.122.1' netmask='255.255.255.0'><dhcp><range start='192.168.122.50' end='192.168.122.60'/></dhcp></ip>"""
# Docker's policy for what is forwarded is to drop it, and the kernel asks that of bridged packets too.
NOT_BRIDGED = ("net.bridge.bridge-nf-call-iptables=0", "net.bridge.bridge-nf-call-ip6tables=0")
BRIDGED_PASS = ("-I", "DOCKER-USER", "-m", "physdev", "--physdev-is-bridged", "-j", "ACCEPT")
OWN_RULES = "table inet own { chain forward { type filter hook forward priority 0; policy accept; counter; }; }\n"


@pytest.fixture
def loading(network, hypervisor):
    """loading(): a guest on the bridge starts, and loads a large file slowly; its Boot. What judges it has to be there before."""
    with open(f"{network.directory}/served/large", "wb") as file:
        file.write(bytes(LARGE))
    network.server.ip(f"neighbour replace {MACHINE} lladdr {HARDWARE_ADDRESS} dev eth0 nud permanent")
    guest = Scripted(hypervisor, "loading", "outside", *STATIC, f"imgfetch tftp://{SERVER}/large && echo fetched",
                     slow_us=SLOW_US)
    with contextlib.ExitStack() as stack:
        yield lambda: stack.enter_context(guest.running())


class Transfer:
    """The one transfer of the large file, and all that must stay as it is while it runs."""

    def __init__(self, network, gate, boot):
        self.network, self.gate, self.boot = network, gate, boot
        boot.until(lambda: running(gate, "large"), "the transfer runs")
        self.links = ("port0", "port1", "vnet0")
        boot.until(lambda: all(attachments.places(network.bridge, link) == ["tcx-egress", "xdp"] for link in self.links),
                   "all programs are there")
        self.programs = attachments.on_interfaces(network.bridge, self.links)
        self.ends = self._ends()

    def _ends(self):
        [flow] = running(self.gate, "large")
        return flow["client"], flow["server"]

    def block(self):
        """The block that was sent last."""
        [flow] = running(self.gate, "large")
        return flow["block"]

    def survives(self, what, event):
        """It goes on after the event, as the same transfer, by the same programs; and the filter filters."""
        event()
        before, drops = self.block(), self.gate.drops()
        self.boot.until(lambda: self.block() >= before + 8, f"the transfer goes on after {what}")
        assert self._ends() == self.ends, what
        assert attachments.on_interfaces(self.network.bridge, self.links) == self.programs, what
        # A slow guest asks twice, and iPXE acknowledges to whichever TID spoke last.
        assert not set(self.gate.drops()) - SURPLUS - {"unsolicited", "block_window"}, what
        with packets.Endpoint(self.network.server, SERVER, 20000) as endpoint:
            packets.inject(self.network.stranger, (STRANGER, 69), endpoint.name, b"unasked")
            self.boot.until(lambda: self.gate.drops_since(drops).get("unsolicited"),
                            f"a stranger's datagram is dropped after {what}")
            assert endpoint.receive() is None, what


def chains(hypervisor):
    """The names of all chains of nftables that have rules, iptables-nft's included."""
    listed = json.loads(hypervisor.run("nft", "-j", "list", "ruleset").stdout)["nftables"]
    return {entry["rule"]["chain"] for entry in listed if "rule" in entry}


def test_libvirt_at_work(network, hypervisor, guard, loading):
    """Other networks and guests come and go, and libvirtd is restarted and killed."""
    daemon = guard(network.bridge, ZONE)
    transfer = Transfer(network, daemon.gate, loading())

    def start_again():
        hypervisor.stop("libvirtd", signal.SIGKILL)
        hypervisor.start_libvirtd()

    def restart():
        hypervisor.stop("libvirtd")
        hypervisor.start_libvirtd()

    def another_guest():
        with Scripted(hypervisor, "other", "outside", "ifopen net0", mac="52:54:00:74:67:02").running() as boot:
            boot.until(lambda: "vnet1" in {entry["name"] for entry in daemon.gate.status()["interfaces"]}, "it is guarded")

    transfer.survives("net-start", lambda: hypervisor.network("other", OTHER))
    assert "LIBVIRT_INP" in chains(hypervisor)
    transfer.survives("net-destroy", lambda: hypervisor.virsh("net-destroy", "other"))
    assert "LIBVIRT_INP" not in chains(hypervisor)
    transfer.survives("net-start again", lambda: hypervisor.virsh("net-start", "other"))
    transfer.survives("libvirtd's restart", restart)
    transfer.survives("libvirtd's death", start_again)
    assert "LIBVIRT_INP" in chains(hypervisor)
    transfer.survives("another guest", another_guest)


def test_rules_that_are_flushed(network, hypervisor, guard, loading):
    """iptables -F (both kinds) and nft flush ruleset."""
    daemon = guard(network.bridge, ZONE)
    hypervisor.network("other", OTHER)
    hypervisor.run("nft", "-f", "-", input=OWN_RULES)
    transfer = Transfer(network, daemon.gate, loading())
    assert chains(hypervisor) >= {"LIBVIRT_INP", "LIBVIRT_FWO", "forward"}
    for command in ("iptables", "iptables-legacy", "ip6tables"):
        transfer.survives(f"{command} -F", lambda command=command: hypervisor.run(command, "-F"))
    transfer.survives("iptables -t nat -F", lambda: hypervisor.run("iptables", "-t", "nat", "-F"))
    assert "forward" in chains(hypervisor) and not chains(hypervisor) & {"LIBVIRT_INP", "LIBVIRT_FWO"}
    transfer.survives("nft flush ruleset", lambda: hypervisor.run("nft", "flush", "ruleset"))
    assert not chains(hypervisor)


def test_firewalld(network, hypervisor, guard, loading):
    """firewalld starts, reloads, panics and ends."""
    network.bridge.run("sysctl", "-q", *NOT_BRIDGED)
    daemon = guard(network.bridge, ZONE)
    hypervisor.start_bus()
    transfer = Transfer(network, daemon.gate, loading())
    transfer.survives("firewalld's start", hypervisor.start_firewalld)
    assert "filter_FORWARD" in chains(hypervisor)
    for words in (("--reload",), ("--complete-reload",), ("--set-default-zone=drop",), ("--panic-on",), ("--panic-off",)):
        transfer.survives(f"firewall-cmd {words[0]}", lambda words=words: hypervisor.run("firewall-cmd", *words))
    transfer.survives("firewalld's end", lambda: hypervisor.stop("firewalld"))
    assert "filter_FORWARD" not in chains(hypervisor)


def assert_stuck(network, transfer):
    """Docker's rules are asked of bridged packets from now on: all that comes is repeats."""
    network.bridge.run("sysctl", "-q", "net.bridge.bridge-nf-call-iptables=1")
    [before] = running(transfer.gate, "large")
    transfer.boot.until(lambda: running(transfer.gate, "large")[0]["repeats"] >= before["repeats"] + 2, "the server repeats itself")
    assert transfer.block() <= before["block"] + 1


def test_docker(network, hypervisor, guard, loading):
    """Docker starts. Where the kernel asks its rules of bridged packets, they stop the guest, with tidegate or without: that is
    what shows that they are there."""
    daemon = guard(network.bridge, ZONE)
    network.bridge.run("sysctl", "-q", *NOT_BRIDGED)
    transfer = Transfer(network, daemon.gate, loading())
    transfer.survives("Docker's start", hypervisor.start_docker)
    rules = hypervisor.run("iptables", "-S", "FORWARD").stdout
    assert "-P FORWARD DROP" in rules and "DOCKER-USER" in rules, rules
    assert_stuck(network, transfer)
    transfer.survives("a rule for bridged packets", lambda: hypervisor.run("iptables", *BRIDGED_PASS))
    hypervisor.run("iptables", "-D", *BRIDGED_PASS[1:])
    assert_stuck(network, transfer)
    transfer.survives("another sysctl", lambda: network.bridge.run("sysctl", "-q", *NOT_BRIDGED))
    transfer.survives("Docker's end", lambda: hypervisor.stop("docker"))
