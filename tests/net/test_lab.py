# SPDX-License-Identifier: GPL-2.0-or-later
"""The laboratory without a firewall: everything transfers, and the probes that tidegate must drop do arrive.

So whatever fails in the other files fails because of tidegate, and their checks can fail.
"""

import itertools

import pytest

from lab import files, packets
from lab.clients import CLIENTS
from lab.gate import SURPLUS
from lab.topology import FAMILIES, ROLES

LABS = pytest.mark.parametrize(
    "lab", [pytest.param(lab, id=f"{lab[0]}-v{lab[1]}") for lab in itertools.product(ROLES, FAMILIES)],
    indirect=True)


@LABS
def test_probes_arrive_without_a_firewall(lab):
    """What the other tests see dropped arrives here, in both directions."""
    for sender, receiver in (("client", "hand"), ("hand", "client")):
        with packets.Endpoint(lab.side(receiver), lab.address(receiver)) as endpoint:
            packets.assert_arrives(lab.side(sender), (lab.address(sender), 40001), endpoint)


@LABS
def test_every_client_meets_every_server(lab):
    """Downloads, uploads and large blocks of all pairs."""
    lab.start_servers()
    for client, (server, process) in itertools.product(CLIENTS.values(), lab.servers.items()):
        assert process.poll() is None, f"{server.name} ended"
        _round_trip(lab, client, server, lab.payloads.path(513))
        if "blksize" in client.options:
            _round_trip(lab, client, server, lab.payloads.path(1 << 16), blksize=8192)


def _round_trip(lab, client, server, source, **options):
    address = lab.address(server.name)
    name = lab.payloads.serve(source, lab.directory, "down")
    target = f"{lab.downloads}/{name}"
    outcome = client.transfer(lab.client, lab.family, address, True, name, target, **options)
    assert files.same(source, target), f"{client.name} from {server.name}: {outcome}"
    if server.writes:
        name = lab.payloads.fresh_name("up")
        outcome = client.transfer(lab.client, lab.family, address, False, name, source, **options)
        assert files.same(source, f"{lab.directory}/{name}"), f"{client.name} to {server.name}: {outcome}"


def test_surplus_reasons_exist(lab, gate):
    """The drops that the matrix tolerates are spelled as tidegate spells them."""
    gate.up()
    known = {entry["reason"] for entry in gate.json("stats", "--zeros")["interfaces"][0]["reasons"]}
    assert SURPLUS <= known
