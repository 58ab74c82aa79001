# SPDX-License-Identifier: GPL-2.0-or-later
"""Can the comparison fail? Faults are planted in a copy of the core, in the model, or alike in both (so that only the books of
the generator can tell), and each has to be found and cut down to a few packets. The product is not touched."""

import contextlib
import os
import random
import shlex
import shutil
import subprocess

import bounded
import budgeted
import compare
import exchanges
import limited
import reasons as R
import ruled
import translated
import walk
from engines import Driver
from machine import Transfer

SCENES_MAX = 400
"""So many scenes may pass before a fault has to be found."""


def _without_size(original):
    def refusal(self, packet, block):
        size, self.blksize = self.blksize, 10**6
        try:
            return original(self, packet, block)
        finally:
            self.blksize = size
    return refusal


def _without_behind(original):
    def open_window(self, zone):
        original(self, zone)
        self.behind = 0
    return open_window


def _without_bytes(_original):
    return lambda self, size, block: 0


def _never_leaves(_original):
    return lambda self, at, zone: None


FAULTS = (
    # what is wrong; (file of the core, text, replacement) or None; (method of the model's Transfer, wrapper) or None;
    # generator; what it has to be found as; the most packets that may be left of it
    ("the core's window is a block too wide",
     ("core/window.h", "return window_clamp(windowsize + 1 > slack ? windowsize + 1 : slack);",
      "return window_clamp((windowsize + 1 > slack ? windowsize + 1 : slack) + 1);"),
     None, walk.make, "disagreement", 4),
    ("the core's answers cost no credit",
     ("core/reply.h", "if (!request_take_credit(r))", "if (0 && !request_take_credit(r))"),
     None, walk.make, "disagreement", 4),
    ("the core lets every TID stand behind the port",
     ("core/translate.h", "return place != TRANSLATE_TAKEN;", "return 1;"), None, translated.make, "disagreement", 5),
    ("the core's clients reach what was behind before",
     ("core/translate.h", "translation_put(&scratch->request_key, &translation);", ""), None, translated.make,
     "disagreement", 9),
    ("the core's servers are seen as another port",
     ("core/translate.h", "p->new_source_port_be = service_port_be;",
      "p->new_source_port_be = service_port_be ? service_port_be ^ 0x100 : 0;"), None, translated.make, "disagreement", 2),
    ("the core takes one request more than the rate",
     ("core/bucket.h", "from - at > tolerance", "from - at > tolerance + rate->interval"), None, limited.make, "disagreement", 20),
    ("the core holds an address off for a jiffy less", ("core/source.h", "p->now <= s->held_until", "p->now < s->held_until"),
     None, limited.make, "disagreement", 12),
    ("the core counts copies of a name", ("core/source.h", "& mask)\n\t\treturn true;", "& 0)\n\t\treturn true;"),
     None, limited.make, "disagreement", 12),
    ("the core's acknowledgements do not count", ("core/source.h", "s = source_known(p, true, 0, scratch);\n\tif (!s)\n\t\treturn;",
                                                  "return;"), None, limited.make, "disagreement", 12),
    ("the core's open transfers never end", ("core/source.h", "if (source_is_over(t))\n\t\tsource_recount", "if (0)\n\t\tsource_recount"),
     None, limited.make, "disagreement", 20),
    ("the core takes repeats for new transfers after the client's choice in the same jiffy",
     ("core/request.h", "(int)(r->chosen_generation - r->opened) < 0", "r->chosen_at < r->first_at"), None, limited.make,
     "disagreement", 20),
    ("the core takes copies of a refused request for repeats", ("core/budget.h", "#define STRANGER_AGAIN    2", "#define STRANGER_AGAIN    1"),
     None, budgeted.make, "disagreement", 40),
    ("the core's prefixes have no shares", ("core/budget.h", "(!budget_share_left(share, zone, now) ||", "(0 ||"), None, budgeted.make,
     "disagreement", 20),
    ("a flood costs the core's budget nothing", ("core/budget.h", "budget_press(&budget->first, zone, p->now);", ""), None,
     budgeted.make, "disagreement", 70),
    ("the core's files may have a block more where some were skipped",
     ("core/transfer.h", "(u64)(forward - 1) * t->blksize", "(u64)(forward > 1 ? forward - 2 : 0) * t->blksize"), None, ruled.make,
     "disagreement", 6),
    ("the core's repeats stay what the first rule counted",
     ("core/request.h", "if (opens)\n\t\tsource_recount(&r->open_epoch, r->rule, 0, p, zone, true);", ""), None, ruled.make,
     "disagreement", 8),
    ("the core's answers are bound by the rule of the first request",
     ("core/request.h", "request_bind(r, rule);\n\tif", "if (!again)\n\t\trequest_bind(r, rule);\n\tif"), None, ruled.make,
     "disagreement", 20),
    ("the model's TIDs are never left", None, ("leave", _never_leaves), walk.make, "disagreement", 6),
    ("nobody looks at the size of DATA",
     ("core/transfer.h", "if (bytes > t->blksize)\n\t\treturn TG_DATA_SIZE;", ""),
     ("_data_refusal", _without_size), exchanges.make, "an attack passes", 14),
    ("nobody counts the bytes of a file", ("core/transfer.h", "if (unlikely(bytes_with > t->size_max))", "if (0)"),
     ("bytes_with", _without_bytes), bounded.make, "an attack passes", 14),
    ("nobody admits repeats",
     ("core/window.h", "return window_clamp(windowsize > slack ? windowsize : slack);", "return 0;"),
     ("_open_window", _without_behind), exchanges.make, "a packet of a legitimate exchange is dropped", 8),
)


@contextlib.contextmanager
def _planted_model(plant):
    if plant is None:
        yield
        return
    name, wrap = plant
    original = getattr(Transfer, name)
    setattr(Transfer, name, wrap(original))
    try:
        yield
    finally:
        setattr(Transfer, name, original)


def _planted_driver(plant, number, options):
    """The path of a driver whose native core has the fault."""
    if plant is None:
        return options.driver
    name, text, replacement = plant
    place = os.path.join(options.output, f"planted-{number}")
    shutil.rmtree(place, ignore_errors=True)
    shutil.copytree(os.path.join(R.ROOT, "bpf"), os.path.join(place, "bpf"))
    path = os.path.join(place, "bpf", name)
    with open(path, encoding="utf-8") as source:
        core = source.read()
    if core.count(text) != 1:
        raise RuntimeError(f"{name} has changed: the self-test no longer knows where to plant its fault")
    with open(path, "w", encoding="utf-8") as source:
        source.write(core.replace(text, replacement))
    driver = os.path.join(place, "driver")
    subprocess.run([*shlex.split(options.compile.replace("-Ibpf", f"-I{place}/bpf")), "-Wno-unused", "-o", driver],
                   cwd=R.ROOT, check=True)
    return driver


def _find(driver, make):
    """The first scene with a fault, cut down, the fault, and how many packets it took; or None."""
    packets = 0
    for seed in range(SCENES_MAX):
        scene = make(random.Random(seed))
        model = compare.model_outcomes(scene)
        packets += len(model)
        fault = compare.find_fault(scene, model, driver.run(scene.settings, scene.packets))
        if fault is not None:
            return compare.shrink(driver, scene, fault), fault, packets
    return None


def run(options):
    """Plants each fault in turn: yields (name, passed, remark)."""
    for number, (name, core, model, make, kind, most) in enumerate(FAULTS):
        with _planted_model(model), Driver(_planted_driver(core, number, options), "-") as driver:
            found = _find(driver, make)
            if found is None:
                yield name, False, "not found"
                continue
            small, fault, packets = found
            outcomes = compare.model_outcomes(small)
            good = kind in fault.kind and len(small.packets) <= most
            if not good:
                print("\n".join(compare.show(small, outcomes, driver.run(small.settings, small.packets))))
        yield name, good, (f"found within {packets} packets as {fault.kind[0]} ({', '.join(fault.kind[1:])}), "
                           f"reduced to {len(small.packets)}")
