# SPDX-License-Identifier: GPL-2.0-or-later
"""Each hook on this kernel: attached where it should be, transfers pass, programs are swapped under them."""

import os

import pytest

import peers
from lab import attachments

INGRESS = {"xdp": "xdp", "generic": "xdp-generic", "tc": "{tc}-ingress"}
# One family each: the case table has both for every hook.
PLACES = pytest.mark.parametrize(
    "lab, hook", [(("server-host", 4), "xdp"), (("server-host", 6), "generic"), (("server-host", 4), "tc")],
    indirect=["lab"], ids=["xdp-v4", "generic-v6", "tc-v4"])


def egress_kind():
    """How TC programs are attached on this kernel, in the words of `status`."""
    return "tcx" if peers.has_tcx() else "clsact"


def has_clsact(lab):
    """True when the interface has the queueing discipline that carries TC filters."""
    return "clsact" in lab.gate.run("tc", "qdisc", "show", "dev", "eth0").stdout


def add_foreign_filters(lab):
    """Another tool's filters in both directions."""
    lab.gate.run("tc", "qdisc", "add", "dev", "eth0", "clsact")
    for direction in ("ingress", "egress"):
        lab.gate.run("tc", "filter", "add", "dev", "eth0", direction, "prio", "20", "matchall", "classid", "1:7")


def foreign_filters(lab):
    """How `tc` shows them."""
    return [line for direction in ("ingress", "egress") for line in lab.gate.run(
        "tc", "filter", "show", "dev", "eth0", direction).stdout.splitlines() if "pref 20 matchall" in line]


@PLACES
def test_transfers_and_swaps(lab, gate, hook):
    """A download runs while the programs are swapped, an upload follows, and nothing stays behind. With TC another tool has filters
    there, which are neither replaced nor taken away."""
    lab.start_servers({peers.SERVER.name})
    if hook == "tc":
        add_foreign_filters(lab)
    foreign = foreign_filters(lab)
    assert bool(foreign) == (hook == "tc")
    gate.up("--hook", hook)
    kind = egress_kind()
    expected = sorted([f"{kind}-egress", INGRESS[hook].format(tc=kind)])
    assert attachments.places(lab.gate, "eth0") == expected
    [entry] = gate.status()["interfaces"]
    assert (entry["hook"], entry["ingress"], entry["egress"]) == (hook, "attached", kind)
    before = attachments.on_interface(lab.gate, "eth0")
    with peers.running_transfer(lab, gate, get=True):
        gate.up("--hook", hook)
    after = attachments.on_interface(lab.gate, "eth0")
    assert attachments.places(lab.gate, "eth0") == expected and not before & after, "the programs are the old ones"
    assert foreign_filters(lab) == foreign
    peers.transfer(lab, get=False, size=1 << 14)
    assert not gate.drops(), f"dropped: {gate.drops()}"
    peers.assert_unsolicited_is_dropped(lab, gate)
    gate.down()
    assert not attachments.places(lab.gate, "eth0") and foreign_filters(lab) == foreign
    assert has_clsact(lab) == bool(foreign), "down took another's queueing discipline, or left its own behind"
    assert not os.path.exists(gate.bpffs)
    peers.assert_unsolicited_arrives(lab)
