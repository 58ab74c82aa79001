# SPDX-License-Identifier: GPL-2.0-or-later
"""The files in examples/: how often, how many at once, who looks for names; and UDP that is no TFTP."""

import contextlib
import dataclasses
import shutil
import time

import pytest

from lab import asked as asking
from lab import packets, wait
from lab.asked import Asked
from lab.clients import CLIENTS
from lab.gate import SURPLUS
from lab.packets import Endpoint, assert_dropped
from wanted import LARGE, scene_of, together

NOT_FOUND = 68  # CURLE_TFTP_NOTFOUND
DEFAULT_NOT_FOUND = 128
PXELINUX = ["564d9d1e-0a0b-11ee-9c3b-525400123456", "01-52-54-00-12-34-56",
            *["0A47010A"[:length] for length in range(8, 0, -1)], "default", "default"]


@contextlib.contextmanager
def walk(scene, who, whom, names):
    """One process of curl asks for all of the names, a pattern of curl's, one after the other."""
    process = CLIENTS["curl"].start(scene.hosts[who], 4, scene.address(whom), True, names, "/dev/null",
                                    patience=asking.PATIENCE_S)
    try:
        yield process
    finally:
        process.kill()
        process.wait()


@scene_of("pxe-server.conf")
def test_pxelinux_may_search(scene):
    """Twelve names that are not there, ten times over; then one that is."""
    scene.afresh()
    shutil.rmtree(f"{scene.directory}/pxelinux.cfg", ignore_errors=True)
    before = scene.gate.counts()
    words = [word for name in PXELINUX
             for word in ("-o", "/dev/null", f"tftp://{scene.address('server')}/pxelinux.cfg/{name}")]
    for _ in range(10):
        done = scene.hosts["machine"].run("curl", "-q", "--silent", "--max-time", 5, *words, check=False)
        assert done.returncode == NOT_FOUND, done
    since = scene.gate.counts() - before
    assert since["request"] == since["error"] + since["first_reply"] == 10 * len(PXELINUX), since
    assert not scene.gate.drops()
    asking.passes(scene, Asked("machine", "server", "pxelinux.cfg/default", "configuration"))


@pytest.mark.parametrize("scene, who, whom, names, most, other", [
    together("pxe-server.conf", "machine", "server", "grub/module-[1-400].mod", DEFAULT_NOT_FOUND,
             Asked("guest", "server", "pxelinux.0", "boot loaders")),
    together("phones.conf", "phone", "server", "Desktops/[1-400].xml", 40,
             Asked("neighbour", "server", "SEP001B540D0E0F.cnf.xml", "own settings")),
    together("hypervisor-bridge.conf", "plain", "10.10.0.1", "boot/[1-400]", DEFAULT_NOT_FOUND,
             Asked("tagged", "10.10.0.1", "boot/vmlinuz", "boot")),
], indirect=["scene"])
def test_who_looks_for_names_is_held_off(scene, who, whom, names, most, other):
    """After so many that are not there the client gets no answer any more, to whatever it asks; others do."""
    scene.afresh()
    with walk(scene, who, whom, names) as process:
        wait.until(lambda: scene.gate.drops()["held_off"], "the client is held off", seconds=15)
        assert process.poll() is None
        counts = scene.gate.counts()
        assert counts["first_reply"] + counts["error"] == most, counts
        asking.passes(scene, other, {"held_off"})
    assert set(scene.gate.drops()) == {"held_off"}
    asking.fails(scene, Asked(who, whom, names.replace("[1-400]", "0"), None, "held_off"))


@scene_of("router.conf")
def test_a_rate_of_a_rule(scene):
    """20 requests a second and 100 at once are answered; what is more is dropped. The neighbour does not notice."""
    scene.afresh()
    started = time.monotonic()
    with walk(scene, "client", "server", "common/[1-9999]"):
        wait.until(lambda: scene.gate.drops()["rule_rate"], "the client asks too often", seconds=15)
        passed = scene.gate.counts()["request"]
        assert 100 <= passed <= 101 + 20 * (time.monotonic() - started), passed
        asking.passes(scene, Asked("neighbour", "server", "common/motd", "own configuration"), {"rule_rate"})
    assert set(scene.gate.drops()) == {"rule_rate"}


@pytest.mark.parametrize("scene, asked, burst, per_s", [
    together("phones.conf", Asked("phone", "server", "001b540a0b0c-boot.log", "logs", write=True), 4, 6 / 60),
    together("switch-backups.conf", Asked("switch", "server", "10.99.0.10/a.cfg", "store", write=True), 10, 10 / 60),
], indirect=["scene"])
def test_a_rate_of_uploads(scene, asked, burst, per_s):
    """So many uploads at once, and then as many as the time allows."""
    scene.afresh()
    started, passed = time.monotonic(), 0
    while asking.attempt(scene, asked):
        passed += 1
    assert burst <= passed <= burst + 1 + per_s * (time.monotonic() - started), passed
    assert set(scene.gate.drops()) == {"rule_rate"}
    assert scene.gate.counts()["request"] == passed


@pytest.mark.parametrize("scene, most, asked", [
    together("nat-gateway.conf", 4, Asked("phone", "server", "large-{}", "phones fetch", size=LARGE)),
    together("phones.conf", 4, Asked("phone", "server", "Desktops/{}.png", "firmware and common files", size=LARGE)),
    together("pxe-server.conf", 8, Asked("machine", "server", "grub/{}.mod", "boot loaders", size=LARGE)),
    together("switch-backups.conf", 2, Asked("switch", "server", "10.99.0.10/{}.cfg", "store", size=LARGE, write=True)),
], indirect=["scene"])
def test_so_many_at_once(scene, most, asked):
    """While they run there is no other; one that ends makes room."""
    def number(i):
        return dataclasses.replace(asked, name=asked.name.format(i))

    scene.afresh()
    with contextlib.ExitStack() as stack:
        running = [stack.enter_context(asking.hold(scene, number(i))) for i in range(most)]
        asking.fails(scene, dataclasses.replace(number(most), reason="rule_transfers"))
        running[0].go_on()
        running[0].assert_ends()
        asking.passes(scene, number(most))
        for held in running[1:]:
            held.go_on()
            held.assert_ends()
    assert set(scene.gate.drops()) <= {"rule_transfers", *SURPLUS}


UDP = [
    ("pxe-server.conf", "manager", "server", 161, None),
    ("pxe-server.conf", "machine", "server", 161, "unsolicited"),
    ("pxe-server.conf", "machine", "server", 123, None),
    ("pxe-server.conf", "machine", "server", 40000, "unsolicited"),
    ("tftp-client.conf", "firmware", "host", 40000, "unsolicited"),
    ("router.conf", "client", "server", 40000, None),
    ("router.conf", "server", "client", 40000, None),
    ("nat-gateway.conf", "phone", "server", 40000, None),
    ("nat-gateway.conf", "server", "198.51.100.1", 40000, "unsolicited"),
    ("hypervisor-bridge.conf", "plain", "10.10.0.1", 514, None),
    ("hypervisor-bridge.conf", "plain", "10.10.0.1", 40000, "unsolicited"),
    ("hypervisor-bridge.conf", "boot", "plain", 40000, "unsolicited"),
    ("phones.conf", "phone", "server", 40000, "unsolicited"),
    ("switch-backups.conf", "switch", "server", 40000, "unsolicited"),
]


@pytest.mark.parametrize("scene, who, whom, port, reason", [
    together(*case, name=f"{case[1]}-to-{case[2]}-{case[3]}") for case in UDP], indirect=["scene"])
def test_other_udp(scene, who, whom, port, reason):
    """What is listed is reachable, for whom it is listed; the rest is dropped or passes as the file says."""
    scene.run(scene.standard())
    sender = (scene.address(who), 40001)
    before = scene.gate.drops()
    if reason:
        packets.inject(scene.hosts[who], sender, (scene.address(whom), port), b"probe")
        wait.until(lambda: scene.gate.drops_since(before), "the datagram is dropped")
        assert scene.gate.drops_since(before) == {reason: 1}
        return
    with Endpoint(scene.owner(whom), scene.address(whom), port) as receiver, \
            Endpoint(scene.hosts[who], scene.address(who)) as asker:
        asker.send(b"probe", receiver.name)
        _, source = receiver.expect(b"probe")
        receiver.send(b"answer", source)
        # A listed port takes what comes; its answers have the way back from the host itself alone.
        if who == "plain":
            wait.until(lambda: scene.gate.drops_since(before)["unsolicited"], "a bridge drops a listed port's answer")
        else:
            asker.expect(b"answer")


@scene_of("tftp-client.conf")
def test_answers_to_other_udp(scene):
    """What the host sends may be answered, by whom it was sent to."""
    scene.run(scene.standard())
    with Endpoint(scene.hosts["host"], scene.address("host")) as asker, \
            Endpoint(scene.hosts["other"], scene.address("other"), 53) as service:
        asker.send(b"question", service.name)
        service.expect(b"question")
        service.send(b"answer", asker.name)
        asker.expect(b"answer")


@scene_of("hypervisor-bridge.conf")
def test_servers_that_answer_for_each_other(scene):
    """The request goes to one of the group, the answer comes from the other; from a third one it is dropped."""
    scene.run(scene.standard())
    boot = scene.hosts["boot"]
    with Endpoint(scene.hosts["plain"], scene.address("plain")) as client, Endpoint(boot, "10.10.0.2", 69) as service, \
            Endpoint(boot, "10.10.0.9") as stranger, Endpoint(boot, "10.10.0.1") as sibling:
        request = packets.request(packets.RRQ, "boot/loader")
        client.send(request, service.name)
        service.expect(request)
        assert_dropped(scene.gate, boot, stranger.name, client, packets.data(1, b"x" * 512))
        sibling.send(packets.data(1, b"x" * 512), client.name)
        client.expect(packets.data(1, b"x" * 512))


@scene_of("pxe-server.conf")
def test_the_file_says_monitor_at_first(scene):
    """As it is shipped, nothing is denied: the file arrives, and what enforcing would have dropped is counted."""
    scene.afresh(scene.shipped)
    asked = Asked("visitor", "server", "images/debian/initrd.img")
    assert asking.attempt(scene, asked)
    assert scene.gate.drops() == {"no_rule": 1}
