# SPDX-License-Identifier: GPL-2.0-or-later
"""Marks: one static rule of the firewall behind lets pass what tidegate has admitted."""

import pytest

from lab import files, stateful, wait
from lab.clients import CLIENTS
from lab.packets import Endpoint
from test_lifecycle import assert_nothing_left

MARK, RULE = "0x40/0xf0", "meta mark & 0xf0 == 0x40 accept"
WHERE = pytest.mark.parametrize("lab, hook", [(("client-host", 4), "xdp"), (("client-host", 6), "xdp"),
                                              (("client-host", 6), "generic"), (("client-host", 4), "tc")],
                                indirect=["lab"], ids=["v4-xdp", "v6-xdp", "v6-generic", "v4-tc"])
SIZE = 50000


def fetches(lab, client="tftp-hpa", server="tftpd-hpa", **options):
    """One download; true if the file came as it is."""
    source = lab.payloads.path(SIZE)
    name = lab.payloads.serve(source, lab.directory, client)
    CLIENTS[client].transfer(lab.client, lab.family, lab.address(server), True, name, f"{lab.downloads}/{name}",
                             **options)
    return files.same(source, f"{lab.downloads}/{name}")


@WHERE
def test_one_rule_lets_transfers_pass(lab, gate, hook):
    """Everything is dropped but what has the mark: transfers, also in fragments; not without the option."""
    lab.start_servers({"tftpd-hpa", "atftpd"})
    stateful.host(lab.client, RULE)
    gate.up("--hook", hook)
    assert not fetches(lab, "curl", patience=1.5)
    gate.up("--hook", hook, "--mark", MARK)
    assert fetches(lab)
    assert fetches(lab, "atftp", "atftpd", windowsize=8, blksize=4096)
    status = gate.status()
    assert [zone["mark"] for zone in status["zones"]] == [MARK]
    assert [interface["marks"] for interface in status["interfaces"]] == ["set"]
    gate.up("--hook", hook)
    assert not fetches(lab, "curl", patience=1.5)
    gate.down()
    assert_nothing_left(gate)


@WHERE
def test_other_udp_by_option(lab, gate, hook):
    """An answer to other UDP has the mark if that is wanted."""
    stateful.host(lab.client, RULE)
    for options, arrives in (([], False), (["--mark-udp"], True)):
        gate.up("--hook", hook, "--mark", MARK, *options)
        with Endpoint(lab.client, lab.address("client")) as own, Endpoint(lab.server, lab.address("hand")) as other:
            own.socket.sendto(b"?", other.name)
            other.expect(b"?")
            before = stateful.dropped(lab.client)
            other.socket.sendto(b"!", own.name)
            if arrives:
                own.expect(b"!")
                continue
            wait.until(lambda start=before: stateful.dropped(lab.client) == start + 1, "the answer is dropped")
            assert own.receive() is None
