# SPDX-License-Identifier: GPL-2.0-or-later
"""Runs the comparison: kept cases first, then generated scenes until enough packets were compared. See tests/model/run."""

import argparse
import collections
import glob
import multiprocessing
import os
import random
import sys
import time

import bounded
import budgeted
import compare
import engines as drivers
import exchanges
import limited
import mangle
import reasons as R
import ruled
import selftest
import specials
import translated
import walk
from attacks import KINDS as ATTACKS
from engines import ENGINES, Driver
from kinds import CLIENTS, SERVERS
from world import PLACES
from scene import MUST_DROP, MUST_PASS, from_json, to_json

CASES = os.path.join(R.ROOT, "tests/model/cases")
GENERATORS = (
    # name, function, share of the packets
    ("exchanges", exchanges.make, .4),
    ("exchanges with a rule's size", bounded.make, .05),
    ("walks", walk.make, .15),
    ("single-port walks", translated.make, .05),
    ("walks with limits", limited.make, .05),
    ("walks with a budget", budgeted.make, .04),
    ("walks with rules", ruled.make, .05),
    ("mangled frames", mangle.make, .08),
    ("special situations", specials.make, .13),
)
FAULTS_MAX = 5
"""A worker stops after so many."""
SORTS = (
    # sort, heading, what has to occur
    ("client", "exchanges completed, by client", [kind.name for kind in CLIENTS] + ["VMware mboot.c32"]),
    ("server", "exchanges completed, by server", [kind.name for kind in SERVERS]),
    ("exchange", "exchanges completed, by what they were like",
     ["IPv4", "IPv6", "0 VLAN tags", "1 VLAN tags", "2 VLAN tags", "windows", "writes", "several TIDs",
      *(f"at a {place}" for place in PLACES)]),
    ("single-port client", "exchanges completed through single-port translation, by client", [kind.name for kind in CLIENTS]),
    ("single-port server", "... by server", [kind.name for kind in SERVERS]),
    ("single-port exchange", "... by what they were like",
     ["IPv4", "IPv6", "windows", "writes", "second zone translates", "asks everybody", *(f"at a {place}" for place in PLACES)]),
    ("size", "a rule's size", ["files within it", "packets beyond it"]),
    ("network", "what the network did", ["lost", "doubled", "delayed", "reordered", "retransmitted", "fragmented"]),
    ("situation", "special situations", list(specials.SITUATIONS)),
    ("translation", "packets that passed on, single-port", ["new source port", "new destination port"]),
    ("attack", "attacks tried", [*ATTACKS, "truncated at every byte", "mutated at every byte", "extended"]),
)
PROGRESS = 500_000
"""A worker says after each so many packets how far it is."""
UNREACHABLE = {R.STATE_FULL}
"""Reasons that need a kernel without memory."""


class Tally:
    """What was done; tallies of several workers add up."""

    def __init__(self):
        self.packets = collections.Counter()   # by generator
        self.scenes = collections.Counter()
        self.outcomes = collections.Counter()  # the model's, by outcome without ports
        self.offered = collections.Counter()   # packets judged by each engine
        self.duties = collections.Counter()
        self.seen = collections.Counter()      # as in Scene.seen
        self.begun = self.completed = 0
        self.faults = []                       # (generator, seed, kind, lines, document)

    def add(self, other):
        """Take over another's."""
        for name in ("packets", "scenes", "outcomes", "offered", "duties", "seen"):
            getattr(self, name).update(getattr(other, name))
        self.begun += other.begun
        self.completed += other.completed
        self.faults += other.faults


def count(tally, name, scene, model, engines):
    """Enter a compared scene."""
    tally.packets[name] += len(model)
    tally.scenes[name] += 1
    tally.outcomes.update(outcome & 0xFF for outcome in model)
    tally.seen["translation", "new source port"] += sum(R.new_ports(outcome)[0] > 0 for outcome in model)
    tally.seen["translation", "new destination port"] += sum(R.new_ports(outcome)[1] > 0 for outcome in model)
    tally.duties.update(scene.duties)
    tally.seen.update(scene.seen)
    tally.begun += scene.begun
    tally.completed += scene.completed
    for engine, outcomes in zip(ENGINES, engines):
        tally.offered[engine] += len(outcomes) - outcomes.count(R.NOT_OFFERED)


def explain(driver, scene, fault):
    """Lines and a document about the shortest scene that shows the fault."""
    small = compare.shrink(driver, scene, fault)
    model = compare.model_outcomes(small)
    lines = compare.show(small, model, driver.run(small.settings, small.packets))
    if fault.kind[0] == "disagreement":
        wanted = [R.describe(outcome) for outcome in model]
    else:
        wanted = [None] * (len(model) - 1) + [small.duties[-1]]
    return lines, to_json(small, wanted)


def work(arguments):
    """One worker: scenes of its seeds until its share of the packets is done."""
    options, number = arguments
    tally = Tally()
    budget = {name: share * options.packets / options.workers for name, _, share in GENERATORS}
    # Each generator has its own sequence, so that one more changes nothing for the others.
    seeds = {name: options.seed * 1_000_003 + number for name, _, _ in GENERATORS}
    mark, started = PROGRESS, time.monotonic()
    with Driver(options.driver, options.object) as driver:
        ahead = None
        while True:
            left = [(name, make) for name, make, _ in GENERATORS if tally.packets[name] < budget[name]]
            if not left or len(tally.faults) >= FAULTS_MAX:
                break
            for name, make in left:
                scene = make(random.Random(seeds[name]))
                model = compare.model_outcomes(scene)
                driver.send(scene.settings, scene.packets)
                if ahead is not None:
                    finish(driver, tally, *ahead)
                ahead = (name, seeds[name], scene, model)
                seeds[name] += options.workers
            done = sum(tally.packets.values())
            if done >= mark:
                mark = done + PROGRESS
                print(f"... worker {number + 1}: {done} of {options.packets // options.workers} packets, {tally.completed} "
                      f"exchanges completed, {len(tally.faults)} faults, {time.monotonic() - started:.0f} s", flush=True)
        if ahead is not None:
            finish(driver, tally, *ahead)
    return tally


def finish(driver, tally, name, seed, scene, model):
    """Take the outcomes of a scene that was sent, and compare."""
    engines = driver.receive(len(model))
    count(tally, name, scene, model, engines)
    fault = compare.find_fault(scene, model, engines)
    if fault is not None and len(tally.faults) < FAULTS_MAX:
        tally.faults.append((name, seed, fault.kind, scene, fault))


def replay_cases(options):
    """Kept cases: engines and model agree, and say what the file demands. Returns the number of cases and the failures."""
    failures = []
    paths = sorted(glob.glob(os.path.join(CASES, "*.json")))
    with Driver(options.driver, options.object) as driver:
        for path in paths:
            with open(path, encoding="utf-8") as text:
                scene, expected = from_json(text.read())
            model = compare.model_outcomes(scene)
            engines = driver.run(scene.settings, scene.packets)
            fault = compare.find_fault(scene, model, engines)
            unlike = [index for index, wanted in enumerate(expected)
                      if wanted is not None and not R.describe(model[index]).startswith(wanted)]
            if fault is None and not unlike:
                continue
            lines = [f"packet {index + 1}: expected {expected[index]}, the model says {R.describe(model[index])}"
                     for index in unlike] + compare.show(scene, model, engines)
            failures.append((os.path.basename(path), lines))
    return len(paths), failures


def report_faults(options, tally):
    """Show each fault with its shortest exchange, and keep that one."""
    if not tally.faults:
        return
    with Driver(options.driver, options.object) as driver:
        for index, (name, seed, kind, scene, fault) in enumerate(tally.faults[:FAULTS_MAX]):
            lines, document = explain(driver, scene, fault)
            path = os.path.join(options.output, f"fault-{index + 1}.json")
            with open(path, "w", encoding="utf-8") as output:
                output.write(document)
            print(f"FAILED {name}, seed {seed}: {': '.join(kind)}")
            print("\n".join(lines[-60:]))
            print(f"  kept in {path}; a case for good: cp {path} tests/model/cases/NAME.json\n")


def verdicts(tally, options):
    """The tests that the run stands for: (name, passed, remark)."""
    full = options.packets >= 100_000
    kinds = collections.Counter((name, kind[0], kind[1]) for name, _, kind, *_ in tally.faults)
    for name, _, _ in GENERATORS:
        bad = sum(number for (where, what, _), number in kinds.items() if where == name and what == "disagreement")
        yield f"{name}: model and engines agree", not bad and tally.packets[name] > 0, f"{tally.packets[name]} packets, {tally.scenes[name]} scenes"
    total = sum(tally.packets.values())
    for engine in ENGINES if options.object != "-" else ENGINES[:1]:
        yield f"{engine} judged nearly all", tally.offered[engine] > .85 * total > 0, f"{tally.offered[engine]} of {total}"
    for duty, what in ((MUST_PASS, "packets of legitimate exchanges pass"), (MUST_DROP, "attacks are dropped")):
        text = "dropped" if duty == MUST_PASS else "attack"
        bad = sum(number for (_, kind, why), number in kinds.items() if kind == "promise" and text in why)
        yield what, not bad and tally.duties[duty] > 0, f"{tally.duties[duty]} packets"
    yield ("exchanges complete", tally.completed > .6 * tally.begun > 0,
           f"{tally.completed} of {tally.begun} (the others were refused, aborted or cut off)")
    rates = [tally.seen["completed", how] / max(1, tally.seen["begun", how]) for how in ("single-port", "otherwise")]
    yield ("exchanges complete as often through single-port translation", not full or rates[0] > .95 * rates[1] > 0,
           f"{rates[0]:.1%}, and {rates[1]:.1%} without")
    for sort, heading, wanted in SORTS:
        missing = [kind for kind in wanted if not tally.seen[sort, kind]]
        # Some situations take so many packets, and single-port ones are so few, that a short run of another seed may go without one.
        rare = sort == "situation" or sort.startswith("single-port")
        wanted_here = full and (not rare or options.seed == 1 or options.packets >= 1_000_000)
        yield f"every kind occurred: {heading}", not missing or not wanted_here, "missing: " + ", ".join(missing) if missing else ""
    seen = {outcome & ~R.PASSED for outcome in tally.outcomes}
    missing = sorted(R.NAMES[number] for number in R.NAMES if number not in seen | UNREACHABLE)
    yield "every reason occurred", not missing or not full, "missing: " + ", ".join(missing) if missing else ""


def show_counts(tally):
    """Lines about all that was counted by kind."""
    for sort, heading, wanted in SORTS:
        unknown = sorted(kind for name, kind in tally.seen if name == sort and kind not in wanted)
        print(f"{heading}: " + ", ".join(f"{kind} {tally.seen[sort, kind]}" for kind in [*wanted, *unknown]))


def parse_arguments():
    """Command line."""
    parser = argparse.ArgumentParser(prog="tests/model/run", description="Compares the model with the engines.")
    parser.add_argument("--driver", required=True)
    parser.add_argument("--object", required=True, help="BPF object; -: the native core only")
    parser.add_argument("--output", required=True, help="directory for failing scenes")
    parser.add_argument("--compile", required=True, help="compiler call for the driver, for planted faults")
    parser.add_argument("--packets", type=int, default=200_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--workers", type=int, default=1)
    return parser.parse_args()


def main():
    """Run all of it; returns the exit code."""
    options = parse_arguments()
    started = time.monotonic()
    drivers.learn_bits(options.driver)
    budgeted.learn(options.driver)
    cases, failures = replay_cases(options)
    for name, lines in failures:
        print(f"FAILED case {name}")
        print("\n".join(lines))
    planted = [(f"planted: {name}", good, remark) for name, good, remark in selftest.run(options)]
    tally = Tally()
    if options.workers == 1:
        tally.add(work((options, 0)))
    else:
        with multiprocessing.Pool(options.workers) as pool:
            for part in pool.imap_unordered(work, [(options, number) for number in range(options.workers)]):
                tally.add(part)
    report_faults(options, tally)
    passed, failed = cases - len(failures), len(failures)
    print(f"{cases} kept cases: {len(failures)} failed")
    show_counts(tally)
    for name, good, remark in [*planted, *verdicts(tally, options)]:
        print(f"{'ok    ' if good else 'FAILED'} {name}{': ' + remark if remark else ''}")
        passed, failed = passed + good, failed + (not good)
    offered = ", ".join(f"{engine} {tally.offered[engine]}" for engine in ENGINES)
    skipped = 0
    if options.object == "-":
        print("SKIP XDP and TC: the programs are loaded by root only")
        skipped = 2
    print(f"compared {sum(tally.packets.values())} packets (judged by {offered}), {tally.completed} legitimate exchanges "
          f"completed, seed {options.seed}, {time.monotonic() - started:.0f} s")
    print(f"model: {passed} passed, {failed} failed, {skipped} skipped")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
