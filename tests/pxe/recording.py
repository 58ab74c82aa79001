# SPDX-License-Identifier: GPL-2.0-or-later
"""The daemon beside a boot: what it has recorded, and what the witness at the machine's card says that there was."""

import collections
import json
import os

from lab.daemon import Daemon
from netboot import MACHINE, SERVER

SINK = '''
sink "boot" {{
	type = file
	path = "{path}"
	format = eve
}}
daemon {{
	group = "daemon"
}}
'''
ERROR = b"\0\5"
TFTP = 69


class Recording:
    """`tidegate run` with the policy that is up, and a file of records, as long as the block runs."""

    def __init__(self, gate, directory):
        self.path = os.path.join(directory, "eve.json")
        self.daemon = Daemon(gate, directory, gate.call("policy").stdout + SINK.format(path=self.path))

    def __enter__(self):
        self.daemon.start()
        return self

    def __exit__(self, *_):
        self.code = self.daemon.stop()

    def ends(self):
        """What became of each transfer: [(file, outcome, bytes, ERROR or None)]; the daemon has ended."""
        assert self.code == 0, self.daemon.said()
        with open(self.path, encoding="utf-8") as file:
            own = [json.loads(line)["tidegate"] for line in file]
        assert not [record for record in own if record["record"] == "incident" and "lost" in record["incident"]], own
        return [(record["file"].lstrip("/"), record["outcome"], record["bytes"], record.get("error"))
                for record in own if record["record"] == "end"]


def witnessed_ends(network):
    """The same from the datagrams alone: {(file, outcome, bytes of a complete file): how often}."""
    seen = network.witness.datagrams()
    asked = {datagram.source_port: datagram.payload[2:].split(b"\0")[0].decode().lstrip("/") for datagram in seen
             if datagram.source == MACHINE and datagram.destination_port == TFTP}
    refused = {datagram.destination_port for datagram in seen
               if datagram.source == SERVER and datagram.payload.startswith(ERROR)}
    left = {datagram.source_port for datagram in seen
            if datagram.source == MACHINE and datagram.payload.startswith(ERROR)}
    ends = collections.Counter()
    for port, name in asked.items():
        if port in refused:
            ends[name, "server-error", 0] += 1
        elif port in left:
            ends[name, "probe", 0] += 1
        else:
            ends[name, "complete", network.size(name)] += 1
    return ends


def assert_recorded(network, recording, repeated):
    """Each file is recorded once, with its size on disk; searched names as not found, size probes as such."""
    ends = recording.ends()
    for _, outcome, _, error in ends:
        assert outcome != "server-error" or (error["by"], error["code"]) == ("server", 1), ends
    # The second answer to a repeated request is left alone, or given up.
    surplus = {"superseded", "unacknowledged"} if repeated else set()
    found = collections.Counter((file, outcome, size) for file, outcome, size, _ in ends if outcome not in surplus)
    assert found == witnessed_ends(network), ends
    assert {outcome for _, outcome, _, _ in ends} >= {"complete", "server-error"}, ends
