# SPDX-License-Identifier: GPL-2.0-or-later
"""The flood: tests/bench/sender, on a processor of its own, as fast as that one can."""

import json
import os
import subprocess

from lab.gate import ROOT

SENDER = os.path.join(ROOT, os.environ.get("BUILD", "build"), "tests/bench/sender")
CPU, OTHER_CPU = 0, 1
SECONDS_MAX = 120
END_SECONDS = 10


def _processor_seconds(process):
    with open(f"/proc/{process.pid}/stat", encoding="utf-8") as file:
        fields = file.read().rpartition(")")[2].split()
    return sum(map(int, fields[11:13])) / os.sysconf("SC_CLK_TCK")


class Flood:
    """Streams of frames into the router's ext0, each (kind, source, destination); requests are for `file`. They take turns on the processor."""

    def __init__(self, site, streams, file):
        self.site = site
        self.processes = []
        ours, theirs = site.hardware_address(site.outside, "eth0"), site.hardware_address(site.gate, "ext0")
        for seed, (kind, source, destination) in enumerate(streams, 1):
            self.processes.append(site.outside.popen(
                SENDER, kind, "--interface", "eth0", "--source", source, "--destination", destination, "--source-mac", ours,
                "--destination-mac", theirs, "--seconds", SECONDS_MAX, "--cpu", CPU, "--seed", seed, "--file", file,
                stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True))

    def stop(self):
        """End it. Frames sent, for how many seconds, and how much of them the processor was the senders'."""
        sent, seconds = 0, 0.0
        used = sum(_processor_seconds(process) for process in self.processes)
        for process in self.processes:
            process.terminate()
        for process in self.processes:
            output, complaint = process.communicate(timeout=END_SECONDS)
            if process.returncode:
                raise AssertionError(f"sender: exit {process.returncode}: {complaint}")
            said = json.loads(output)
            sent, seconds = sent + said["sent"], max(seconds, said["seconds"])
        self.processes = []
        return sent, seconds, used / seconds if seconds else 0.0

    def close(self):
        """Whatever has happened, nothing is sent any more."""
        for process in self.processes:
            process.kill()
            process.wait()
