# SPDX-License-Identifier: GPL-2.0-or-later
"""Rows of the runner (tests/bench/run) made of what interleaved rounds have measured."""

import json
import statistics
import sys


def note(text):
    """Tell whoever watches."""
    print(text, file=sys.stderr, flush=True)


def quartiles(values):
    """The two values between which half of them lie."""
    if len(values) < 2:
        return values[0], values[0]
    low, _, high = statistics.quantiles(values, n=4, method="inclusive")
    return low, high


def print_row(part, name, values, bases, against, unit, **more):
    """One row: `values` and `bases` are what the same rounds gave, so that one of each met the same machine.

    None of these is compared with the baseline: whatever else runs on a machine shares its caches with them.
    """
    value, base = statistics.median(values), statistics.median(bases)
    low, high = quartiles([v / b for v, b in zip(values, bases)])
    row = {"part": part, "name": name, "ratio": value / base, "low": low, "high": high, "against": against,
           "value": value, "base": base, "unit": unit, "trend": None, **more}
    print(json.dumps(row), flush=True)


def print_count(part, name, count, of, against, unit, **more):
    """A row of something that is counted, not measured: it has no spread."""
    print_row(part, name, [count], [of], against, unit, **more)
