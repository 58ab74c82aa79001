# SPDX-License-Identifier: GPL-2.0-or-later
"""A sender, a gate with a rival in it, and a sink, for the flood of build/tests/bench/sender.

    sender namespace: out0 ══ NAME, the gate's interface, gate namespace, back0 ═╳

The frames arrive at the gate's interface as a network card's would, at its driver XDP hook, and what passes is routed to `back0`,
where a counter counts and drops it. The sender has CPU 0. All that is done with a frame from the moment that the gate's
interface takes it out of its ring is done by one kernel thread, the interface's NAPI thread on CPU 1: the time that this
thread has run, divided by the frames that it took, is what one frame costs, whatever else the machine does, and however
fast the sender is. What the thread is too slow for is lost in the ring in front of it, as in a network card.
"""

import collections
import dataclasses
import glob
import json
import os
import subprocess
import time

import rivals
from lab import netns, wait

SENDER = os.path.join(rivals.BUILD, "tests/bench/sender")
CLIENTS, SERVER = "10.8.0.0/16", "10.72.0.9"
SEND_CPU, GATE_CPU = 0, 1
SETTLE_S = 0.02
# As many frames as the ring holds: the thread is woken once for all of them, and what that costs counts for little. With 64
# an XDP_DROP seems to take 200 ns in place of 120.
BATCH = 256

SINK = """
table netdev sink {
    chain out {
        type filter hook egress device "back0" priority 0; policy accept;
        meta protocol ip counter drop
    }
}
"""


@dataclasses.dataclass
class Flood:
    """One run: frames sent, taken by the gate, arrived at the sink; seconds of CPU of the gate."""

    sent: int
    taken: int
    arrived: int
    cpu_s: float

    @property
    def per_second(self):
        """Frames that one core disposes of in a second."""
        return self.taken / self.cpu_s


class Wire:
    """One rival with its own namespaces. Whoever makes one calls delete().

    threaded    False: the gate receives on the sender's CPU, within the sender's system call, and the ring loses nothing
    sink        False: what passes arrives at `back1`, the other end of `back0`
    """

    numbers = collections.Counter()

    def __init__(self, rival, threaded=True, sink=True):
        number = Wire.numbers["made"]
        Wire.numbers["made"] += 1
        self.rival = rival
        self.interface = f"g{os.getpid() % 1000000}n{number}"
        self.outside = netns.Namespace(f"out{number}")
        self.gate = netns.Namespace(f"gate{number}")
        self.seed = 0
        try:
            self._build(threaded, sink)
            rival.up(self.gate, [self.interface])
            if threaded:
                self._pin_thread()
        except BaseException:
            self.delete()
            raise

    def _build(self, threaded, sink):
        netns.veth(self.outside, "out0", self.gate, self.interface)
        self.macs = [side.ip_json("link", "show", "dev", link)[0]["address"]
                     for side, link in ((self.outside, "out0"), (self.gate, self.interface))]
        self.gate.sysctl({"net.ipv4.ip_forward": 1, "net.ipv4.conf.all.rp_filter": 0, "net.ipv4.conf.default.rp_filter": 0})
        self.gate.ip("link add back0 type veth peer name back1", "link set back0 up", "link set back1 up",
                     "address add 10.71.0.1/24 dev back0", "neighbour add 10.71.0.2 lladdr 02:00:00:00:00:02 dev back0",
                     "route add default via 10.71.0.2")
        if sink:
            self.gate.run("nft", "-f", "-", input=SINK)
        # GRO is what makes a veth receive by NAPI where there is no XDP program.
        self.gate.run("ethtool", "-K", self.interface, "gro", "on")
        if threaded:
            subprocess.run(["ip", "netns", "exec", self.gate.name, "sh", "-c",
                            f"echo 1 >/sys/class/net/{self.interface}/threaded"], check=True)

    def _pin_thread(self):
        # The interface may have made another one when a program came to it.
        self.thread = wait.until(self._find_thread, f"{self.interface} has a NAPI thread")
        subprocess.run(["taskset", "-cp", str(GATE_CPU), str(self.thread)], check=True, capture_output=True)
        # As an interrupt would: it waits for nobody.
        os.setpriority(os.PRIO_PROCESS, self.thread, -20)

    def _find_thread(self):
        for path in glob.glob("/proc/[0-9]*/comm"):
            try:
                with open(path, encoding="utf-8") as file:
                    if file.read().startswith(f"napi/{self.interface}-"):
                        return int(path.split("/")[2])
            except OSError:
                pass
        return None

    def _cpu_s(self):
        with open(f"/proc/{self.thread}/schedstat", encoding="ascii") as file:
            return int(file.read().split()[0]) / 1e9

    def taken(self):
        """Frames that the gate's interface has taken out of its ring so far."""
        lines = self.gate.run("ethtool", "-S", self.interface).stdout.splitlines()
        return sum(int(line.split()[1]) for line in lines if line.strip().startswith("rx_queue_") and "xdp_packets:" in line)

    def arrived(self):
        """IP packets that have come to the sink so far."""
        listed = json.loads(self.gate.run("nft", "-j", "list", "chain", "netdev", "sink", "out").stdout)["nftables"]
        rule = next(entry["rule"] for entry in listed if "rule" in entry)
        return next(part["counter"]["packets"] for part in rule["expr"] if "counter" in part)

    def sender(self, kind, **options):
        """The command line of the sender, in its namespace."""
        self.seed += 1
        words = {"interface": "out0", "source": CLIENTS, "destination": SERVER, "source_mac": self.macs[0],
                 "destination_mac": self.macs[1], "cpu": SEND_CPU, "seed": self.seed, "batch": BATCH, **options}
        return self.outside.argv([SENDER, kind, *(word for name, value in words.items()
                                                  for word in (f"--{name.replace('_', '-')}", value))])

    def flood(self, kind, seconds, **options):
        """Flood the gate for a while, and tell what it cost."""
        before = self.taken(), self.arrived(), self._cpu_s()
        said = subprocess.run(self.sender(kind, seconds=seconds, **options), check=True, capture_output=True, text=True)
        time.sleep(SETTLE_S)
        told = json.loads(said.stdout)
        return Flood(told["sent"] + told["opening"], self.taken() - before[0], self.arrived() - before[1],
                     self._cpu_s() - before[2])

    def delete(self):
        """Remove everything."""
        self.rival.down()
        for namespace in (self.outside, self.gate):
            namespace.delete()
