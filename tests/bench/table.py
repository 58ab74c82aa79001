# SPDX-License-Identifier: GPL-2.0-or-later
"""Rows, checked and printed."""
import baseline

NUMBERS = ("ratio", "low", "high", "value", "base")
TEXTS = ("part", "name", "against", "unit")
TARGETS = ("at_most", "at_least", "value_at_most", "value_at_least")


def is_number(value):
    """NaN and the infinities are none; JSON as Python reads it has them."""
    return isinstance(value, (int, float)) and not isinstance(value, bool) and abs(value) < float("inf")


def checked_row(row, part):
    """The row itself; ValueError says what it lacks."""
    if not isinstance(row, dict):
        raise ValueError("a row is a JSON object")
    for key in NUMBERS:
        if not is_number(row.get(key)):
            raise ValueError(f"{key!r} must be a number")
    for key in TEXTS:
        if not isinstance(row.get(key), str) or not row[key]:
            raise ValueError(f"{key!r} must be a text")
    if row["part"] != part:
        raise ValueError(f"it says that it is of the part {row['part']!r}")
    if row.get("trend") is not None and not is_number(row["trend"]):
        raise ValueError("'trend' must be a number or null")
    if row.get("better", "lower") not in ("lower", "higher"):
        raise ValueError("'better' must be \"lower\" or \"higher\"")
    for key, value in row.get("target", {}).items():
        if key not in TARGETS or not is_number(value):
            raise ValueError(f"'target' must be one of {', '.join(TARGETS)}, with a number")
    return row


def met(row):
    """Is the target met? None without one."""
    verdicts = [(row["value"] if key.startswith("value") else row["ratio"]) <= bound if key.endswith("most") else
                (row["value"] if key.startswith("value") else row["ratio"]) >= bound
                for key, bound in row.get("target", {}).items()]
    return all(verdicts) if verdicts else None


def target_text(row):
    """What was to be reached, and whether it is."""
    words = [f"{'≤' if key.endswith('most') else '≥'} {bound:g}{' ' + row['unit'] if key.startswith('value') else ''}"
             for key, bound in row.get("target", {}).items()]
    return f"{' and '.join(words)}: {'met' if met(row) else 'NOT met'}" if words else ""


def columns(row, known):
    """The cells of a row."""
    return (row["name"], f"{row['ratio']:.2f}", f"{row['low']:.2f} to {row['high']:.2f}",
            f"{row['value']:.4g} : {row['base']:.4g} {row['unit']}", target_text(row),
            ("REGRESSION " if known.regressed(row) else "") + known.told(row))


HEAD = ("", "ratio", "half of the runs", "value : base", "target", "against the baseline")


def text_of(rows, known):
    """The table: what has the same base stands together."""
    lines = []
    groups = {}
    for row in rows:
        groups.setdefault((row["part"], row["against"]), []).append(columns(row, known))
    widths = [max(len(line[i]) for line in [HEAD, *(line for group in groups.values() for line in group)])
              for i in range(len(HEAD))]
    for (part, against), group in groups.items():
        lines += ["", f"== {part}, against: {against}"]
        for line in [HEAD, *group]:
            cells = [line[0].ljust(widths[0]), line[1].rjust(widths[1]), line[2].rjust(widths[2]), line[3].rjust(widths[3])]
            cells += [line[4].ljust(widths[4]), line[5]]
            lines.append("  ".join(cells).rstrip())
    judged = [met(row) for row in rows if met(row) is not None]
    lines += ["", f"{len(rows)} figures, {sum(judged)} of {len(judged)} targets met, "
                  f"{sum(known.regressed(row) for row in rows)} regressions"]
    return "\n".join(lines)
