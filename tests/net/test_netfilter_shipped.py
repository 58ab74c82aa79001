# SPDX-License-Identifier: GPL-2.0-or-later
"""The files in examples/netfilter, as they are shipped: a real transfer passes by its marks alone."""

import os

import pytest

from lab import files, netns, packets, shipped, wait
from lab.clients import CLIENTS
from lab.netfilter import MARK

SIZE = 30000
SILENCE_S = 0.5
HOST = [shipped.nftables, shipped.iptables_nft, shipped.iptables_legacy, shipped.ufw, shipped.firewalld]
ROUTER = [shipped.nftables, shipped.iptables_nft, shipped.iptables_legacy, shipped.ufw]
ROLES = {"client-host": HOST, "server-host": HOST, "router": ROUTER, "bridge": [shipped.bridge]}
# Each file in each of its places, and with each family.
CASES = [(role, (4, 6)[(place + number) % 2], load) for place, (role, loads) in enumerate(ROLES.items())
         for number, load in enumerate(loads)]
# A server answers what it was asked, and conntrack knows that by itself: the acknowledgements need no mark there.
NEEDED = {"client-host", "router", "bridge"}


def test_every_file_is_here():
    """Each file is loaded by one of the cases."""
    loaded = {name for _, _, load in CASES for name in shipped.FILES[load]}
    assert loaded == set(os.listdir(shipped.DIRECTORY))
    assert {(load, family) for _, family, load in CASES} >= {(load, family) for load in HOST for family in (4, 6)}


def transfers(lab, get, client="atftp", **options):
    """One transfer; true if the file is whole."""
    source = lab.payloads.path(SIZE)
    name = lab.payloads.serve(source, lab.directory, client) if get else lab.payloads.fresh_name(client)
    local = f"{lab.downloads}/{name}" if get else source
    CLIENTS[client].transfer(lab.client, lab.family, lab.address("tftpd-hpa"), get, name, local, **options)
    return files.same(source, local if get else f"{lab.directory}/{name}")


def assert_stranger_is_dropped(lab):
    """A datagram to a high port that nobody asked for does not arrive, whether or not tidegate is there."""
    receiver, sender = ("client", "stranger") if lab.gate is lab.client else ("tftpd-hpa", "client")
    with packets.Endpoint(lab.gate, lab.address(receiver), 40000) as own, \
            packets.Endpoint(lab.side(sender), lab.address(sender), 4444) as other:
        other.send(b"guess", own.name)
        with pytest.raises(wait.Timeout):
            own.expect(b"guess", seconds=SILENCE_S)


@pytest.mark.parametrize("lab, load", [pytest.param((role, family), load, id=f"{role}-{load.__name__}-v{family}")
                                       for role, family, load in CASES], indirect=["lab"])
def test_marks_pass(lab, gate, load):
    """Nothing passes without marks but at a server, both ways of transfer pass with them; strangers stay out."""
    lab.start_servers({"tftpd-hpa"})
    daemons = load(lab.gate, lab.base) or []
    try:
        gate.up()
        assert transfers(lab, True, "curl", patience=1.5) == (lab.role not in NEEDED)
        gate.up("--mark", MARK)
        assert transfers(lab, True)
        assert transfers(lab, False)
        gate.down()
        if lab.role.endswith("host"):
            assert_stranger_is_dropped(lab)
    finally:
        for daemon in daemons:
            if daemon.poll() is None:
                netns.kill_family(daemon)
