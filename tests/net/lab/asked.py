# SPDX-License-Identifier: GPL-2.0-or-later
"""What real clients ask for in the scenes of examples/, and what has to become of it."""

import collections
import contextlib
import dataclasses
import os
import signal

from . import files, wait
from .clients import CLIENTS
from .gate import SURPLUS

PATIENCE_S = 0.5
# In lock step, on a busy machine.
SLOWEST_BYTES_PER_S = 1 << 20
SIZE = 3000


@dataclasses.dataclass(frozen=True)
class Asked:
    """One file that a host asks for, or wants to store.

    who, whom   hosts, or for `whom` an address
    rule        the rule that decides; None: none does
    reason      why it is dropped; None: it passes
    size        of the file, in bytes; a huge one has no content
    hooks       it is tried on every hook: the answer needs what only some hooks see without more ado
    """

    who: str
    whom: str
    name: str
    rule: str = None
    reason: str = None
    write: bool = False
    family: int = 4
    client: str = "curl"
    size: int = SIZE
    hooks: bool = False
    options: dict = dataclasses.field(default_factory=dict)

    def __str__(self):
        return f"{self.who}-v{self.family}-{self.client}-{'write' if self.write else 'read'}-{self.name}" + "".join(
            f"-{name}={value}" for name, value in self.options.items()) + f"-{self.reason or 'passes'}"


def _source(scene, asked):
    """A file of the size that is wanted."""
    if asked.size <= 16 << 20:
        return scene.payloads.path(asked.size)
    path = os.path.join(scene.base, f"hole-{asked.size}")
    with open(path, "wb") as file:
        file.truncate(asked.size)
    return path


def _prepare(scene, asked):
    """Put the file where it is asked for. Returns the client's file, the one that is sent, where it has to arrive."""
    served = os.path.normpath(os.path.join(scene.directory, asked.name))
    assert served.startswith(scene.base), served
    os.makedirs(os.path.dirname(served), exist_ok=True)
    os.chmod(os.path.dirname(served), 0o777)
    source = _source(scene, asked)
    target = served if asked.write else f"{scene.downloads}/{scene.payloads.fresh_name('asked')}"
    for stale in {served, target}:
        if os.path.exists(stale):
            os.unlink(stale)
    if not asked.write:
        os.link(source, served)
    return source if asked.write else target, source, target


def _start(scene, asked, local, **options):
    client = CLIENTS[asked.client]
    return client, client.start(scene.hosts[asked.who], asked.family, scene.address(asked.whom, asked.family),
                                not asked.write, asked.name, local, **asked.options, **options)


def rule_packets(scene):
    """Requests by the rule that decided, over all zones."""
    packets = collections.Counter()
    for zone in scene.gate.json("policy")["zones"]:
        packets.update({rule["name"]: rule["packets"] for rule in zone["rules"]})
    return packets


class Watch:
    """What tidegate counts from now on."""

    def __init__(self, scene):
        self.scene = scene
        self.drops, self.rules = scene.gate.drops(), rule_packets(scene)

    def dropped(self):
        """Packets by reason."""
        return self.scene.gate.drops_since(self.drops)

    def decided(self):
        """Names of the rules that have decided about a request."""
        return set(rule_packets(self.scene) - self.rules)


def passes(scene, asked, others=frozenset()):
    """The transfer succeeds byte for byte, under the rule, and nothing of it is dropped.

    others      reasons for which packets of other hosts are dropped meanwhile
    """
    local, source, target = _prepare(scene, asked)
    watch = Watch(scene)
    client, process = _start(scene, asked, local)
    outcome = client.finish(process)
    assert files.same(source, target), f"{outcome}\ndropped: {watch.dropped()}"
    assert set(watch.dropped()) <= SURPLUS | others, f"dropped: {watch.dropped()}"
    if asked.rule:
        assert asked.rule in watch.decided(), f"decided: {watch.decided()}"
        flows = scene.gate.wait_for_transfer(asked.name, {"done"})
        assert asked.rule in {flow["rule"] for flow in flows}, flows


def fails(scene, asked):
    """The client gives up with nothing, and everything that is dropped is so for the reason."""
    local, _, target = _prepare(scene, asked)
    watch = Watch(scene)
    # curl's patience is for the whole of it, and a size that nobody announced is found out when so much has come.
    patience = PATIENCE_S + (asked.size / SLOWEST_BYTES_PER_S if asked.options.get("no_options") else 0)
    client, process = _start(scene, asked, local, patience=patience)
    try:
        wait.until(watch.dropped, "something is dropped", 5 + patience)
        outcome = client.finish(process)
    finally:
        process.kill()
    dropped = watch.dropped()
    assert set(dropped) == {asked.reason}, f"dropped: {dropped}\n{outcome}"
    assert outcome.returncode != 0, outcome
    assert not os.path.exists(target) or os.path.getsize(target) < asked.size, f"it arrived all the same: {outcome}"
    assert watch.decided() == ({asked.rule} if asked.rule else set()), f"decided: {watch.decided()}"
    if asked.reason == "rule_size":
        scene.restart_servers()  # they repeat what nobody got


def attempt(scene, asked):
    """One run of a client that gives up in the end. True when it had success."""
    local, source, target = _prepare(scene, asked)
    client, process = _start(scene, asked, local, patience=4 * PATIENCE_S)
    return client.finish(process).returncode == 0 and files.same(source, target)


class Held:
    """A transfer that was stopped while it ran; go_on() lets it."""

    def __init__(self, scene, asked):
        self.scene, self.asked = scene, asked
        self._link = f"vlan{scene.vlans[asked.who]}" if asked.who in scene.vlans else "eth0"
        local, self._source, self._target = _prepare(scene, asked)
        self._pace("64kbit")
        self._client, self.process = _start(scene, asked, local)
        scene.gate.wait_for_transfer(asked.name, {"active"})
        self.process.send_signal(signal.SIGSTOP)

    def go_on(self):
        """At full speed."""
        self._pace("10gbit")
        self.process.send_signal(signal.SIGCONT)

    def assert_ends(self):
        """It ends well, byte for byte."""
        outcome = self._client.finish(self.process)
        assert files.same(self._source, self._target), outcome

    def end(self):
        """Whatever has become of it."""
        self.process.kill()
        self.process.wait()
        self._pace("10gbit")

    def _pace(self, rate):
        # Of the client's whole link: others that are held there are stopped.
        self.scene.hosts[self.asked.who].run("tc", "qdisc", "replace", "dev", self._link, "root", "tbf", "rate", rate,
                                             "burst", "4k", "latency", "10s")


@contextlib.contextmanager
def hold(scene, asked):
    """A transfer that has begun and does not go on before somebody says so."""
    held = Held(scene, asked)
    try:
        yield held
    finally:
        held.end()


def policy_words(scene, asked):
    """The words of `tidegate policy test` for the request, besides its zone."""
    words = ["--from", scene.address(asked.who, asked.family), "--to", scene.address(asked.whom, asked.family)]
    if asked.who in scene.macs:
        words += ["--mac", scene.macs[asked.who]]
    if asked.who in scene.vlans:
        words += ["--vlan", scene.vlans[asked.who]]
    for option in ("blksize", "windowsize"):
        if option in asked.options:
            words += [f"--{option}", asked.options[option]]
    if asked.options.get("netascii"):
        words += ["--mode", "netascii"]
    if asked.write:
        words += ["--tsize", asked.size]
    return [*words, "write" if asked.write else "read", asked.name]
