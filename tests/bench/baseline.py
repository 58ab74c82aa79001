# SPDX-License-Identifier: GPL-2.0-or-later
"""The committed ratios, and what is worse than they are."""
import json
import os

LIMIT = 1.15        # so much of the baseline is no regression yet
LIMIT_ABROAD = 1.5  # on a machine of which there is no baseline


def trend_of(row):
    """The number that is compared, or None."""
    return row["trend"] if "trend" in row else row["ratio"]


def higher_is_better(row):
    """Throughput, for instance."""
    target = row.get("target", {})
    return row.get("better", "higher" if "at_least" in target or "value_at_least" in target else "lower") == "higher"


def better_of(one, other):
    """Of two measurements of the same row."""
    a, b = trend_of(one), trend_of(other)
    if a is None or b is None:
        return other
    return one if (a > b) == higher_is_better(one) else other


def key_of(row):
    """Its name in the file."""
    return f"{row['part']}: {row['name']}"


def release(kernel):
    """6.18 of 6.18.44-something."""
    return ".".join(kernel.split(".")[:2])


class Baseline:
    """The entry that fits this machine."""

    def __init__(self, ratios, limit, origin):
        self.ratios = ratios
        self.limit = limit
        self.origin = origin

    @classmethod
    def none(cls):
        """Nothing to compare with."""
        return cls({}, LIMIT, "no baseline")

    @classmethod
    def choose(cls, entries, about):
        """Of the entries the one of this machine; else of this CPU, of this kernel, or any, which counts for less."""
        def likeness(entry):
            return (entry["cpu"] == about["cpu"], entry["kernel"] == release(about["kernel"]))

        if not entries:
            return cls.none()
        entry = max(entries, key=likeness)
        at_home = all(likeness(entry))
        limit = LIMIT if at_home else LIMIT_ABROAD
        origin = f"compared with the baseline of {'this machine' if at_home else entry['cpu'] + ', ' + entry['kernel']}: " \
                 f"up to {(limit - 1) * 100:.0f} % worse"
        return cls(entry["ratios"], limit, origin)

    @classmethod
    def read(cls, path, about):
        """From the file; a file that is not there has no entries."""
        return cls.choose(read_entries(path), about)

    def ratio_of(self, row):
        """What the row was, or None."""
        return self.ratios.get(key_of(row)) if trend_of(row) else None

    def worse_by(self, row):
        """The row against the baseline: 1.2 is a fifth worse, None says that there is nothing to compare."""
        before = self.ratio_of(row)
        if not before:
            return None
        return before / trend_of(row) if higher_is_better(row) else trend_of(row) / before

    def regressed(self, row):
        """Is it worse by more than the limit?"""
        worse = self.worse_by(row)
        return worse is not None and worse > self.limit

    def told(self, row):
        """What became of the row, in words."""
        worse = self.worse_by(row)
        if worse is None:
            return ""
        return f"{trend_of(row):.2f}, was {self.ratio_of(row):.2f}: {abs(worse - 1) * 100:.0f} % " \
               f"{'worse' if worse >= 1 else 'better'}"


def read_entries(path):
    """One for each machine."""
    if not os.path.exists(path):
        return []
    with open(path, encoding="utf-8") as file:
        return json.load(file)["machines"]


def write(path, about, rows):
    """Puts the rows into this machine's entry; rows of parts that were not measured stay."""
    entries = read_entries(path)
    here = {"cpu": about["cpu"], "kernel": release(about["kernel"]), "ratios": {}}
    for entry in entries:
        if (entry["cpu"], entry["kernel"]) == (here["cpu"], here["kernel"]):
            here = entry
    if here not in entries:
        entries.append(here)
    here["ratios"].update({key_of(row): round(trend_of(row), 3) for row in rows if trend_of(row)})
    with open(path + ".tmp", "w", encoding="utf-8") as file:
        json.dump({"machines": entries}, file, indent=1, sort_keys=True)
        file.write("\n")
    os.replace(path + ".tmp", path)


# ---- trials: what must be found, and what must not --------------------------------------------------------------------

HERE = {"cpu": "this", "kernel": "6.18.44-x"}


def row_of(ratio, **more):
    """A row, for the trials."""
    return {"part": "p", "name": "n", "ratio": ratio, **more}


def entry_of(ratio, cpu="this", kernel="6.18"):
    """An entry of the file, likewise."""
    return {"cpu": cpu, "kernel": kernel, "ratios": {"p: n": ratio}}


# Entries, row, is it a regression.
TRIALS = [
    ([entry_of(2)], row_of(2.2), False),
    ([entry_of(2)], row_of(2.4), True),
    ([entry_of(2)], row_of(1), False),
    ([entry_of(2)], row_of(2.4, trend=2), False),
    ([entry_of(2)], row_of(2, trend=2.4), True),
    ([entry_of(2)], row_of(9, trend=None), False),
    ([entry_of(2)], row_of(1.5, target={"at_least": 1}), True),
    ([entry_of(2)], row_of(9, target={"at_least": 1}), False),
    ([entry_of(2)], row_of(9, better="higher"), False),
    ([entry_of(2, cpu="other")], row_of(2.4), False),
    ([entry_of(2, cpu="other")], row_of(3.1), True),
    ([entry_of(2, kernel="6.1")], row_of(2.4), False),
    ([entry_of(9, cpu="other"), entry_of(2)], row_of(2.4), True),
    ([entry_of(9, cpu="other"), entry_of(2, kernel="6.1")], row_of(3.1), True),
    ([], row_of(9), False),
]


def self_test():
    """Numbers of trials that went well and not."""
    bad = [f"bench: {entries}: {row} must{'' if expected else ' not'} be a regression"
           for entries, row, expected in TRIALS if Baseline.choose(entries, HERE).regressed(row) != expected]
    if better_of(row_of(1), row_of(2))["ratio"] != 1 or better_of(row_of(2), row_of(1))["ratio"] != 1:
        bad.append("bench: of two costs the lower one is the better")
    if better_of(row_of(1, better="higher"), row_of(2, better="higher"))["ratio"] != 2:
        bad.append("bench: of two throughputs the higher one is the better")
    for line in bad:
        print(line)
    return len(TRIALS) + 2 - len(bad), len(bad)
