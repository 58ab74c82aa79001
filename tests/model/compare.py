# SPDX-License-Identifier: GPL-2.0-or-later
"""Scenes through the model and the engines: do they agree, and do they keep the two promises of the product? What goes
wrong is cut down to the fewest packets that still show it."""

import array

import reasons as R
from engines import ENGINES
from frame import parse
from ledger import Ledger
from model import Model
from scene import INTERFACES, MUST_DROP, MUST_PASS, TUNNEL, Arrival, Attack, describe_frame


def _numbers(outcomes=()):
    """Outcomes in the form in which engines give theirs."""
    return array.array("Q", outcomes)


def model_outcomes(scene):
    """The model's outcomes; those that the scene brings were made while it was played."""
    if scene.outcomes is not None:
        return _numbers(scene.outcomes)
    model = Model(scene.settings)
    return _numbers(model.judge(*packet) for packet in scene.packets)


def _same(wanted, got):
    """Does the engine's outcome say what the model's does?"""
    if wanted & R.KIND == R.FORGOTTEN:
        return got in (R.EXPIRED | wanted & R.PASSED, R.UNSOLICITED | wanted & R.PASSED, R.NOT_OFFERED)
    return got in (wanted, R.NOT_OFFERED)


class Fault:
    """The first thing wrong with a scene. `kind` stays the same while the scene is cut down."""

    def __init__(self, index, kind, model, engines):
        self.index = index
        self.kind = kind
        self.model = model
        self.engines = engines


def find_fault(scene, model, engines):
    """The first Fault, or None; `model` and each of `engines` are outcomes."""
    if all(outcomes == model for outcomes in engines):
        return _broken_promise(scene, model, engines)
    for index, wanted in enumerate(model):
        for engine, outcomes in zip(ENGINES, engines):
            got = outcomes[index]
            if not _same(wanted, got):
                kind = ("disagreement", engine, R.describe(wanted), R.describe(got))
                return Fault(index, kind, model, engines)
    return _broken_promise(scene, model, engines)


def _broken_promise(scene, model, engines):
    for index, duty in enumerate(scene.duties):
        if duty is not None and bool(model[index] & R.PASSED) != (duty == MUST_PASS):
            what = "a packet of a legitimate exchange is dropped" if duty == MUST_PASS else "an attack passes"
            return Fault(index, ("promise", what, R.describe(model[index])), model, engines)
    return None


def check(driver, scene):
    """The scene's first Fault, or None."""
    return find_fault(scene, model_outcomes(scene), driver.run(scene.settings, scene.packets))


def shrink(driver, scene, fault):
    """The shortest scene found that ends with a fault of the same kind: delta debugging over the packets in their order.
    Where the duties rest on the books, all packets of a datagram stay or go together, and the books are kept anew for
    what is left. Where they rest on a script, whole hosts only are left out."""
    last = _units(scene, range(fault.index, fault.index + 1))[-1]
    units = _units(scene, range(fault.index)) if fault.kind[0] == "promise" else [[at] for at in range(fault.index)]

    def shows(chosen):
        indices = [at for unit in chosen for at in unit] + last
        part = scene.part(indices)
        if fault.kind[0] == "promise" and not _redecide(part):
            return False
        found = check(driver, part)
        return found is not None and found.kind == fault.kind and found.index == len(indices) - 1

    if fault.kind[0] == "promise":
        # Pieces of the last datagram that came before the one at fault belong to it.
        while units and scene.sources[last[0]] is not None and scene.sources[units[-1][0]] is scene.sources[last[0]]:
            last = units.pop() + last
        if not any(scene.sources):
            wanted = _hosts(scene, fault.index)
            alone = [unit for unit in units if _hosts(scene, unit[0]) & wanted == wanted]
            return scene.part([at for unit in (alone if shows(alone) else units) for at in unit] + last)
        if not shows(units):
            return scene.part(range(fault.index + 1))
    part = scene.part([at for unit in _least(units, shows) for at in unit] + last)
    if fault.kind[0] == "promise":
        _redecide(part)
    return part


def _least(units, shows):
    """Fewest of the units with which shows() still holds."""
    size = max(1, len(units) // 2)
    while units:
        at, cut = 0, False
        while at < len(units):
            attempt = units[:at] + units[at + size:]
            if shows(attempt):
                units, cut = attempt, True
            else:
                at += size
        if size == 1 and not cut:
            break
        if not cut:
            size = max(1, size // 2)
    return units


def _units(scene, indices):
    """The indices in groups that belong to one datagram of an exchange."""
    units = []
    for at in indices:
        source = scene.sources[at]
        if units and isinstance(source, Arrival) and scene.sources[units[-1][0]] is source:
            units[-1].append(at)
        else:
            units.append([at])
    return units


def _redecide(scene):
    """Set the duties of a part of a scene by keeping the books over what is left of it, and its outcomes. False if a
    datagram now goes on to where it was not judged in the whole scene, or with other ports."""
    if not any(scene.sources):
        return True
    model = Model(scene.settings)
    ledger = Ledger(scene.settings)
    outcomes = _numbers()
    for unit in _units(scene, range(len(scene.packets))):
        source = scene.sources[unit[0]]
        duty = None
        if isinstance(source, Arrival):
            duty = ledger.duty(source.datagram, source.now)
            if source.swapped and not ledger.alone(source.datagram):
                duty = None
        elif isinstance(source, Attack):
            duty = MUST_DROP if source.claim(ledger) else None
        judged = _numbers(model.judge(*scene.packets[at]) for at in unit)
        for at in unit:
            scene.duties[at] = duty
        outcomes += judged
        if isinstance(source, Arrival) and all(outcome & R.PASSED for outcome in judged):
            if unit[-1] == len(scene.packets) - 1:
                continue
            if source.beyond is None or source.beyond != _beyond(source.datagram, judged):
                return False
            ledger.passed(source.known(), source.now)
    scene.outcomes = outcomes
    return True


def _beyond(datagram, outcomes):
    """The datagram behind all its hops, where these were the outcomes."""
    for outcome in outcomes:
        datagram = datagram.after(outcome)
    return datagram


def _hosts(scene, index):
    """The two addresses of a packet, as a set."""
    _, interface, _, _, frame = scene.packets[index]
    packet = parse(frame, interface != TUNNEL)
    return set() if isinstance(packet, int) else {packet.source, packet.destination}


def show(scene, model, engines):
    """Lines that tell people what happened."""
    lines = []
    start = scene.packets[0][0]
    for index, (at, interface, out, came_by, frame) in enumerate(scene.packets):
        where = INTERFACES[interface] + (f" out (from {INTERFACES[came_by]})" if out else "")
        outcomes = ", ".join(f"{engine} {R.describe(outcome[index])}" for engine, outcome in zip(ENGINES, engines)
                             if outcome[index] != model[index])
        duty = {MUST_PASS: " [must pass]", MUST_DROP: " [must drop]", None: ""}[scene.duties[index]]
        lines.append(f"  {index + 1:3} +{at - start:<7} {where:8} {describe_frame(frame, interface != TUNNEL)}"
                     f"{' (' + scene.notes[index] + ')' if scene.notes[index] else ''}{duty}: "
                     f"{R.describe(model[index])}" + (f"; {outcomes}" if outcomes else ""))
    return lines
