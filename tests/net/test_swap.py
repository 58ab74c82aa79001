# SPDX-License-Identifier: GPL-2.0-or-later
"""`up` over a running filter while a large transfer runs: the transfer completes, and nothing is dropped."""

import pytest

from lab import files
from lab.clients import CLIENTS
from lab.servers import SERVERS
from test_lifecycle import HOOKS

LARGE_BYTES = 36 << 20  # the block number starts again on the way
SWAPS = 1  # at least; on an idle machine it is rather ten


@HOOKS
@pytest.mark.parametrize("lab", [("server-host", 4), ("router", 4), ("bridge", 6)], indirect=True,
                         ids=["server-host-v4", "router-v4", "bridge-v6"])
@pytest.mark.parametrize("get", [True, False], ids=["download", "upload"])
def test_swap_during_a_transfer(lab, gate, hook, get):
    """The programs are replaced several times under one running transfer."""
    client, server = CLIENTS["tftp-hpa"], SERVERS["tftpd-hpa"]
    lab.start_servers({server.name})
    gate.up("--hook", hook)
    source = lab.payloads.path(LARGE_BYTES)
    name = lab.payloads.serve(source, lab.directory, "large") if get else lab.payloads.fresh_name("large")
    local, target = (f"{lab.downloads}/{name}",) * 2 if get else (source, f"{lab.directory}/{name}")
    before = gate.drops()
    process = client.start(lab.client, lab.family, lab.address(server.name), get, name, local)
    gate.wait_for_transfer(name, {"active"})
    swaps = 0
    while process.poll() is None:
        gate.up("--hook", hook)
        swaps += process.poll() is None
    assert swaps >= SWAPS, "the transfer was over too soon"
    outcome = client.finish(process)
    assert files.same(source, target), outcome
    assert outcome.seconds < 60
    gate.wait_for_transfer(name, {"done"}, 2 if lab.role == "router" else 1)
    dropped = gate.drops_since(before)
    assert not dropped, f"dropped around the swaps: {dropped}"
