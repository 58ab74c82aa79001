# SPDX-License-Identifier: GPL-2.0-or-later
"""Scenes through the model and the engines: do they agree, and do they keep the two promises of the product? What goes
wrong is cut down to the fewest packets that still show it."""

import reasons as R
from engines import ENGINES
from frame import parse
from model import Model
from scene import MUST_DROP, MUST_PASS, describe_frame, INTERFACES, TUNNEL


def model_outcomes(scene):
    """The model's outcome bytes; those that the scene brings were made while it was played."""
    if scene.outcomes is not None:
        return scene.outcomes
    model = Model(scene.settings)
    return bytes(model.judge(*packet) for packet in scene.packets)


class Fault:
    """The first thing wrong with a scene. `kind` stays the same while the scene is cut down."""

    def __init__(self, index, kind, model, engines):
        self.index = index
        self.kind = kind
        self.model = model
        self.engines = engines


def find_fault(scene, model, engines):
    """The first Fault, or None; `model` and each of `engines` are outcome bytes."""
    if all(outcomes == model for outcomes in engines):
        return _broken_promise(scene, model, engines)
    for index, wanted in enumerate(model):
        for engine, outcomes in zip(ENGINES, engines):
            got = outcomes[index]
            if got not in (wanted, R.NOT_OFFERED):
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
    """The shortest scene found that ends with a fault of the same kind. Disagreements: delta debugging over the packets in
    their order. Broken promises rest on what came before, so that whole hosts only are left out."""
    indices = list(range(fault.index + 1))

    def shows(chosen):
        part = scene.part(chosen)
        found = check(driver, part)
        return found is not None and found.kind == fault.kind and found.index == len(chosen) - 1

    if fault.kind[0] == "promise":
        wanted = _hosts(scene, fault.index)
        chosen = [at for at in indices if _hosts(scene, at) & wanted == wanted]
        return scene.part(chosen if shows(chosen) else indices)
    size = max(1, len(indices) // 2)
    while True:
        at, cut = 0, False
        while at < len(indices) - 1:
            attempt = indices[:at] + indices[min(at + size, len(indices) - 1):]
            if shows(attempt):
                indices, cut = attempt, True
            else:
                at += size
        if size == 1 and not cut:
            return scene.part(indices)
        if not cut:
            size = max(1, size // 2)


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
