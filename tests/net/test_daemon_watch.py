# SPDX-License-Identifier: GPL-2.0-or-later
"""The daemon looks after interfaces: those that come are guarded, those that go are forgotten, and what somebody takes off
is put back."""

import collections
import os
import threading
import time

import pytest

from lab import attachments, netns, packets, traced, wait
from lab.daemon import Daemon
from lab.hand import HandTransfer

ZONE = "zone boot {{ interfaces = {{eth0, \"vnet*\", \"eth0.100\"}}\n hook = {hook} }}\n"
GUARDED_MS = 400  # ten times what it takes where nothing else runs
ATTEMPTS = 6
STOCK = 5  # of user/daemon/loader.c
NATIVE = ["tcx-egress", "xdp"]


@pytest.fixture
def daemon(gate, tmp_path, request):
    """The daemon, not started, with a pattern in its zone."""
    made = Daemon(gate, str(tmp_path), ZONE.format(hook=getattr(request, "param", "xdp")))
    try:
        yield made
    finally:
        made.kill()


class Flood(threading.Thread):
    """Sends datagrams to an address without a pause, and notes when they arrive at its socket there."""

    def __init__(self, sender, receiver, destination):
        super().__init__(daemon=True)
        with receiver.entered():
            self.target = packets.socket.socket(packets.socket.AF_INET, packets.socket.SOCK_DGRAM)
        self.target.bind((destination, 0))
        self.target.settimeout(0.001)
        with sender.entered():
            self.source = packets.socket.socket(packets.socket.AF_INET, packets.socket.SOCK_DGRAM)
        self.arrived, self.sent, self.over = [], 0, False

    def run(self):
        """Until stop()."""
        while not self.over:
            try:
                self.source.sendto(b"probe", self.target.getsockname())
                self.sent += 1
                self.target.recv(100)
                self.arrived.append(time.time())
            except OSError:  # not there yet, or dropped
                pass

    def stop(self):
        """The times at which datagrams arrived, seconds since 1970."""
        self.over = True
        self.join()
        self.source.close()
        self.target.close()
        return self.arrived


def new_link(lab, number):
    """A link vnetN between the gate and the client, up, with addresses; and when the kernel was asked for it."""
    begun = netns.make_veth(lab.gate, f"vnet{number}", lab.client, f"peer{number}")
    lab.gate.ip(f"address add 10.9.{number}.1/24 dev vnet{number}", f"link set vnet{number} up")
    lab.client.ip(f"address add 10.9.{number}.2/24 dev peer{number}", f"link set peer{number} up")
    return begun


def guarded_at(record):
    """When the daemon says that it guarded an interface, in seconds since 1970."""
    stamp = record["timestamp"]
    return time.mktime(time.strptime(stamp[:19], "%Y-%m-%dT%H:%M:%S")) - time.timezone + float("0" + stamp[19:26])


@pytest.mark.alone
@pytest.mark.parametrize("daemon", ["xdp", "tc"], indirect=True)
def test_interface_that_appears_is_guarded(lab, daemon):
    """At once, from before the kernel is asked for it, on a machine that has other work: the best of a few. In the
    meantime something may pass, after that nothing. The priority is that of the unit."""
    took, late = [], []
    daemon.start(prefix=("nice", "-n", "-10"))
    with daemon.records() as reader:
        for number in range(ATTEMPTS):
            begun = new_link(lab, number)
            flood = Flood(lab.client, lab.gate, f"10.9.{number}.1")
            flood.start()
            record = reader.wait_for(incident="interface-guarded", zone="boot", detail=_detail(lab, number))
            wait.until(lambda: attachments.places(lab.gate, f"vnet{number}") == _places(daemon), "all programs are there")
            arrived = flood.stop()
            took.append((guarded_at(record) - begun) * 1000)
            late += [moment for moment in arrived if moment > guarded_at(record) + 0.002]
            lab.gate.ip(f"link delete vnet{number}")
            reader.wait_for(incident="interface-gone")
            wait.until(lambda: [entry["name"] for entry in daemon.gate.status()["interfaces"]] == ["eth0"],
                       "it is forgotten")
            if min(took) < GUARDED_MS:
                break
            wait.until(lambda: len(_spares(daemon)) >= 4, "programs are in stock", 20)
    assert daemon.stop() == 0
    assert min(took) < GUARDED_MS, f"guarded after {took} ms"
    assert not late, f"{len(late)} datagrams passed when it was guarded"


def test_newcomer_gets_what_it_lacks(lab, daemon, tmp_path):
    """Its outgoing packets go on through the program from the stock: only its XDP program is loaded for it, and once."""
    path = tmp_path / "trace"

    def loaded():
        return collections.Counter(load.program for load in traced.read(path) if load.loaded)

    daemon.start(prefix=traced.prefix(path))
    new_link(lab, 0)
    wait.until(lambda: attachments.places(lab.gate, "vnet0") == NATIVE, "all programs are there", 20)
    wait.until(lambda: loaded()["tidegate_tc_in"] > STOCK, "the stock is full again", 20)
    # eth0 has one of the two others.
    assert loaded() == {"tidegate_xdp": 2, "tidegate_tc_in": STOCK + 1, "tidegate_tc_out": STOCK + 2}


def _detail(lab, number):
    return f"interface {lab.gate.ip_json('link', 'show', 'dev', f'vnet{number}')[0]['ifindex']}"


def _places(daemon):
    with open(daemon.config, encoding="utf-8") as file:
        return ["tcx-egress", "tcx-ingress"] if "hook = tc" in file.read() else ["tcx-egress", "xdp"]


def _spares(daemon):
    """Programs that the daemon holds and that are attached to nothing: descriptors of its own."""
    found, directory = [], f"/proc/{daemon.process.pid}/fdinfo"
    for name in os.listdir(directory):
        try:
            with open(os.path.join(directory, name), encoding="ascii") as file:
                text = file.read()
        except FileNotFoundError:
            continue
        if "prog_type:\t3" in text:  # sched_cls
            found.append(name)
    return found


def test_named_interface_and_down_by_hand(lab, daemon):
    """An interface that a zone names is guarded when it is made; what `down` releases stays so."""
    with daemon, daemon.records() as reader:
        # Not every kernel has VLAN interfaces; what matters here is that it comes by a plain name.
        lab.gate.ip("link add eth0.100 type veth peer name other", "link set eth0.100 up", "link set other up")
        reader.wait_for(incident="interface-guarded")
        wait.until(lambda: attachments.places(lab.gate, "eth0.100") == NATIVE,
                   "it has its programs")
        daemon.gate.down("eth0.100")
        reader.wait_for(incident="policy-changed")
        lab.gate.ip("link set eth0.100 down", "link set eth0.100 up")
        daemon.wait_notified("STATUS=1 interface guarded, 0 transfers open, policy 2")
        assert not attachments.on_interface(lab.gate, "eth0.100")


def _take_xdp_off(lab, _daemon):
    lab.gate.ip("link set dev eth0 xdp off")


def _detach_egress(_lab, daemon):
    attachments.detach_link(daemon.gate, "eth0", "egress")


def _unload(lab, _daemon):
    lab.gate.run("xdp-loader", "unload", "eth0", "--all")


@pytest.mark.parametrize("take, what", [(_take_xdp_off, "XDP"), (_detach_egress, "TC egress"), (_unload, "XDP")],
                         ids=["xdp-off", "link-detach", "xdp-loader"])
def test_what_is_taken_off_comes_back(lab, daemon, take, what):
    """Whoever took it, and a transfer that runs meanwhile goes on."""
    with daemon, daemon.records() as reader, HandTransfer(lab) as hand:
        hand.begin()
        before = attachments.places(lab.gate, "eth0")
        take(lab, daemon)
        told = reader.wait_for(incident="program-restored")
        assert told["tidegate"]["detail"] == what
        assert attachments.places(lab.gate, "eth0") == before
        hand.block(3, b"end")
        reader.wait_for(file=hand.file, outcome="complete")
        sender, receiver = lab.probe_route
        with packets.Endpoint(lab.side(receiver), lab.address(receiver)) as endpoint:
            packets.assert_dropped(daemon.gate, lab.side(sender), (lab.address(sender), 40001), endpoint)


@pytest.mark.parametrize("daemon", ["tc"], indirect=True)
def test_tc_ingress_comes_back(lab, daemon):
    """The same for an interface whose incoming packets are judged in TC."""
    with daemon, daemon.records() as reader:
        attachments.detach_link(daemon.gate, "eth0", "ingress")
        assert reader.wait_for(incident="program-restored")["tidegate"]["detail"] == "TC ingress"
        assert attachments.places(lab.gate, "eth0") == ["tcx-egress", "tcx-ingress"]


@pytest.mark.parametrize("daemon", ["xdp\n mark = 0x40/0xf0"], indirect=True)
def test_marks_of_an_interface_that_appears(lab, daemon):
    """Where XDP sets marks, the program beside it that hands them on comes and comes back like the others."""
    places = sorted(NATIVE + ["tcx-ingress"])
    with daemon, daemon.records() as reader:
        new_link(lab, 0)
        reader.wait_for(incident="interface-guarded")
        wait.until(lambda: attachments.places(lab.gate, "vnet0") == places, "all programs are there", 20)
        wait.until(lambda: [entry["marks"] for entry in daemon.gate.status()["interfaces"]] == ["set", "set"],
                   "all interfaces set marks")
        attachments.detach_link(daemon.gate, "vnet0", "mark")
        assert reader.wait_for(incident="program-restored")["tidegate"]["detail"] == "TC marks"
        assert attachments.places(lab.gate, "vnet0") == places


def test_nothing_to_guard_yet(lab, gate, tmp_path):
    """On a hypervisor that has just started there is no guest: the daemon waits, and commands leave it alone."""
    waiting = Daemon(gate, str(tmp_path), 'zone guests { interfaces = "vnet*" }\n')
    with waiting, waiting.records() as reader:
        assert not gate.status()["interfaces"]
        waiting.reload()
        new_link(lab, 7)
        reader.wait_for(incident="interface-guarded", zone="guests", seconds=20)
        gate.down()
    assert not os.path.exists(gate.bpffs)
