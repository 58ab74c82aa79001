# SPDX-License-Identifier: GPL-2.0-or-later
"""Interfaces that come while tidegate is not ready, or while their guest runs already."""

import hashlib
import os

import pytest

from guests import Plugged, Scripted
from lab import attachments, packets
from netboot import SERVER
from test_bridge import ASKS_ELSEWHERE, NATIVE, UNASKED, ZONE, counted, guarded

NAMED_ZONE = 'zone "ten" { interfaces = {"port*", "ten*"} }\n'


@pytest.mark.parametrize("paused", [False, True], ids=["running", "paused"])
def test_guest_before_the_daemon(network, hypervisor, guard, paused):
    """The guest is there long before the daemon is. What it sends arrives; unless it was started with --paused and resumed when
    `tidegate status` shows its interface: then every datagram is judged, from the first on. The interface has a name that says
    more than libvirt's own."""
    guest = Scripted(hypervisor, "early", "outside", *ASKS_ELSEWHERE, target="ten0")
    with packets.Endpoint(network.server, SERVER, UNASKED) as endpoint, guest.running(*["--paused"] if paused else []) as boot:
        if not paused:
            boot.until(lambda: b"unasked" in (endpoint.receive() or (b"",))[0], "it arrives")
        gate = guard(network.bridge, NAMED_ZONE).gate
        boot.until(lambda: "ten0" in guarded(gate), "its interface is shown")
        if not paused:
            return
        hypervisor.virsh("resume", guest.name)
        boot.until(lambda: counted(gate, "ten0").get("unsolicited", 0) >= 3, "it is dropped")
        boot.until(lambda: sum(counted(gate, "ten0").values()) == len(guest.sent_datagrams()), "each is counted")
        assert endpoint.receive() is None


def test_card_that_is_plugged_in(network, hypervisor, guard):
    """Its interface is guarded, a transfer passes, and when the card is pulled out nothing of it stays."""
    daemon = guard(network.bridge, ZONE)
    gate = daemon.gate
    served = f"{network.directory}/served"
    content = os.urandom(1 << 17)
    with open(f"{served}/large", "wb") as file:
        file.write(content)
    guest = Plugged(hypervisor, "plugged", "outside", "large")
    with daemon.records() as reader, guest.running() as boot:
        boot.until_shown("waits for a card")
        links = os.listdir(f"{gate.bpffs}/links")
        assert guarded(gate) == {"port0", "port1"}
        guest.plug_in()
        boot.until(lambda: guest.interface() in guarded(gate), "it is guarded")
        boot.until(lambda: attachments.places(network.bridge, guest.interface()) == NATIVE, "all programs are there")
        assert len(os.listdir(f"{gate.bpffs}/links")) > len(links)
        with open(f"{served}/go", "wb"):
            pass
        boot.until_shown(hashlib.sha256(content).hexdigest())
        assert counted(gate, guest.interface())["ack"] >= len(content) // 512
        guest.pull_out()
        boot.until_shown("card is gone")
        reader.wait_for(incident="interface-gone")
        assert guarded(gate) == {"port0", "port1"} and sorted(os.listdir(f"{gate.bpffs}/links")) == sorted(links)
