# SPDX-License-Identifier: GPL-2.0-or-later
"""`up` over a running filter while a large transfer runs: the transfer completes, and nothing is dropped."""

import pytest

from lab import files
from lab.clients import CLIENTS
from lab.servers import SERVERS
from test_lifecycle import HOOKS

# The block number starts again on the way. The second size is for a machine so busy that the first was over too soon.
SIZES = (36 << 20, 144 << 20)


def swap_during_transfer(lab, gate, hook, get, size):
    """Transfer a file of `size` bytes, and swap the programs again and again meanwhile. Returns how often."""
    client, server = CLIENTS["tftp-hpa"], SERVERS["tftpd-hpa"]
    source = lab.payloads.path(size)
    name = lab.payloads.serve(source, lab.directory, "large") if get else lab.payloads.fresh_name("large")
    local, target = (f"{lab.downloads}/{name}",) * 2 if get else (source, f"{lab.directory}/{name}")
    before = gate.drops()
    process = client.start(lab.client, lab.family, lab.address(server.name), get, name, local)
    gate.wait_for_transfer(name, {"active"})
    swaps = 0
    while process.poll() is None:
        gate.up("--hook", hook)
        swaps += process.poll() is None
    outcome = client.finish(process)
    assert files.same(source, target), outcome
    gate.wait_for_transfer(name, {"done"}, 2 if lab.role == "router" else 1)
    dropped = gate.drops_since(before)
    assert not dropped, f"dropped around the swaps: {dropped}"
    return swaps


@HOOKS
@pytest.mark.parametrize("lab", [("server-host", 4), ("router", 4), ("bridge", 6)], indirect=True,
                         ids=["server-host-v4", "router-v4", "bridge-v6"])
@pytest.mark.parametrize("get", [True, False], ids=["download", "upload"])
def test_swap_during_a_transfer(lab, gate, hook, get):
    """The programs are replaced under one running transfer, as often as it lasts."""
    lab.start_servers({"tftpd-hpa"})
    gate.up("--hook", hook)
    assert any(swap_during_transfer(lab, gate, hook, get, size) for size in SIZES), "no swap met the transfer"
