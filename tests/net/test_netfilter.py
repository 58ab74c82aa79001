# SPDX-License-Identifier: GPL-2.0-or-later
"""Real clients and servers through default-deny firewalls without a helper, by marks and by translation.

Each test is seen to fail first, with tidegate up as ever: the server's answer is admitted, and the firewall drops it.
With TIDEGATE_MATRIX=whole in the environment (`make matrix`) every combination runs, not a selection.
"""

import collections
import dataclasses
import itertools
import os

import pytest

from lab import files, netns, wait
from lab.clients import CLIENTS
from lab.netfilter import TOOLS
from lab.places import PLACES
from lab.servers import SERVERS

SIZE = 30000
ATTEMPT_S = 20
AT_MOST = 40


@dataclasses.dataclass(frozen=True)
class Case:
    """Who transfers what way, where, through which firewall."""

    place: tuple  # (place, mode)
    tool: str
    family: int
    peers: tuple  # (client, server)
    get: bool

    def __str__(self):
        way = "get" if self.get else "put"
        return "-".join([*self.place, self.tool, f"v{self.family}", *self.peers, way])

    def groups(self):
        """The combinations of which each has to occur: all pairs, client and server apart, and both peers with their way."""
        client, server = self.peers
        single = {"place": self.place, "tool": self.tool, "family": self.family, "client": client, "server": server,
                  "get": self.get}
        pairs = set(itertools.combinations(sorted(single.items()), 2))
        return pairs | {("peers", client, server, self.get)}


def possible():
    """Every combination that makes sense: dnsmasq takes no uploads."""
    places = [(place.name, mode) for place in PLACES.values() for mode in place.modes]
    peers = itertools.product(CLIENTS, ("tftpd-hpa", "atftpd", "dnsmasq"))
    for values in itertools.product(places, TOOLS, (4, 6), peers, (True, False)):
        case = Case(*values)
        if case.get or SERVERS[case.peers[1]].writes:
            yield case


def selection():
    """A few of them that leave out none of Case.groups(): each time the one that adds most, of peers that had least."""
    left = list(possible())
    missing = set().union(*[case.groups() for case in left])
    turns = collections.Counter()
    chosen = []
    while missing:
        best = max(left, key=lambda case: (len(case.groups() & missing), -turns[case.peers, case.get]))
        missing -= best.groups()
        turns[best.peers, best.get] += 1
        chosen.append(best)
    return sorted(chosen, key=str)


SELECTED = selection()
CASES = list(possible()) if os.environ.get("TIDEGATE_MATRIX") == "whole" else SELECTED


def test_selection():
    """Few enough to be run each time, and nothing is left out that the other tests are to show."""
    assert len(SELECTED) <= AT_MOST
    covered = set().union(*[case.groups() for case in SELECTED])
    assert all(case.groups() <= covered for case in possible())


class Attempt:
    """One transfer of the case."""

    def __init__(self, case, lab, place):
        client_name, server = case.peers
        self.client = CLIENTS[client_name]
        source = lab.payloads.path(SIZE)
        if case.get:
            name = lab.payloads.serve(source, lab.directory, client_name)
            local, self.ends = f"{lab.downloads}/{name}", (source, f"{lab.downloads}/{name}")
        else:
            name = lab.payloads.fresh_name(client_name)
            local, self.ends = source, (source, f"{lab.directory}/{name}")
        options = {"windowsize": 8} if "windowsize" in self.client.options else {}
        self.process = self.client.start(lab.client, lab.family, place.asked(server), case.get, name, local, **options)

    def arrives(self):
        """Does the file, within a second?"""
        return files.same(*self.ends)

    def finish(self):
        """Wait for the client, and return its Outcome."""
        return self.client.finish(self.process, ATTEMPT_S)

    def end(self):
        """Whatever has become of it."""
        if self.process.poll() is None:
            netns.kill_family(self.process)
        self.process.communicate()


def restart(lab, server):
    """The server begins anew: it repeats nothing of what was dropped."""
    for process in lab.servers.values():
        netns.kill_family(process)
    wait.until(lambda: not lab.server.udp_port_bound(lab.address(server), 69), f"{server} is gone")
    lab.servers.clear()
    lab.start_servers({server})


def assert_fails(case, lab, place):
    """tidegate admits the answer, the firewall drops it, and nothing arrives."""
    place.up(helps=False)
    attempt = Attempt(case, lab, place)
    try:
        # A bridge's own multicast is dropped, too, perhaps before the request is sent.
        wait.until(lambda: place.gate.counts("pass")["first_reply"], "tidegate admits the answer")
        wait.until(place.dropped, "the firewall drops something")
        assert not attempt.arrives()
    finally:
        attempt.end()


@pytest.mark.parametrize("lab, case", [pytest.param((PLACES[case.place[0]].role, case.family), case, id=str(case))
                                       for case in CASES], indirect=["lab"])
def test_transfer(lab, case):
    """The transfer fails without tidegate's part, and is whole with it; then the firewall drops nothing more."""
    name, mode = case.place
    server = case.peers[1]
    lab.start_servers({server})
    place = PLACES[name](lab, TOOLS[case.tool], mode)
    try:
        assert_fails(case, lab, place)
        restart(lab, server)
        place.up(helps=True)
        before = place.dropped()
        attempt = Attempt(case, lab, place)
        try:
            outcome = attempt.finish()
            assert attempt.arrives(), f"{outcome}\ndropped: {place.gate.drops()}"
        finally:
            attempt.end()
        assert place.dropped() == before
    finally:
        place.gate.close()


HELPER = {
    "nftables": 'table inet helper {\nct helper tftp { type "tftp" protocol udp; }\n'
                "chain ask { type filter hook prerouting priority filter\n"
                'iifname "lan0" udp dport 69 ct helper set "tftp"\n}\n}\n',
    "iptables": "-t raw -A PREROUTING -i lan0 -p udp --dport 69 -j CT --helper tftp",
}


def set_helper(tool, namespace, family):
    """What people have today."""
    if tool.name == "nftables":
        namespace.run("nft", "-f", "-", input=HELPER["nftables"])
    else:
        namespace.run(tool.command(family), *HELPER["iptables"].split())


@pytest.mark.parametrize("tool", TOOLS)
@pytest.mark.parametrize("lab", [("router", 4), ("router", 6)], indirect=True, ids=["v4", "v6"])
def test_the_helper_itself(lab, tool):
    """The same rules pass with nf_conntrack_tftp and no tidegate: nothing else is missing from them."""
    case = Case(("masquerade", "translation"), tool, lab.family, ("curl", "tftpd-hpa"), True)
    lab.start_servers({"tftpd-hpa"})
    place = PLACES["masquerade"](lab, TOOLS[tool], "translation")
    attempt = Attempt(case, lab, place)
    try:
        wait.until(place.dropped, "the firewall drops something")
        assert not attempt.arrives()
    finally:
        attempt.end()
    restart(lab, "tftpd-hpa")
    set_helper(TOOLS[tool], lab.gate, lab.family)
    attempt = Attempt(case, lab, place)
    try:
        outcome = attempt.finish()
        assert attempt.arrives(), outcome
    finally:
        attempt.end()
        place.gate.close()
