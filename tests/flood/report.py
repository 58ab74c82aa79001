# SPDX-License-Identifier: GPL-2.0-or-later
"""The outcomes as a table for people, and as JSON for programs."""

import json
import os
import platform

COLUMNS = ("flood", "firewall", "packets/s", "new clients", "slowest", "running", "wrongly admitted", "requests admitted",
           "state", "reflected", "to one")


def _number(number):
    return f"{number:,}"


def _size(size):
    for unit in ("B", "KiB", "MiB"):
        if size < 1024 or unit == "MiB":
            return f"{size:.0f} {unit}" if unit == "B" or size >= 10 else f"{size:.1f} {unit}"
        size /= 1024
    return ""


def cells(outcome):
    """One line of the table."""
    clients, running, admitted = outcome["clients"], outcome["running"], outcome["admitted"]
    state, reflected = outcome["state"], outcome["reflected"]
    slowest = f"{clients['slowest']:.1f} s" if clients["complete"] else "-"
    ended = ", server ended" if outcome["server_tasks"]["ended"] else ""
    held = f"{_number(state['entries'])} of {_number(state['limit'])}" if state["limit"] else "-"
    return (outcome["case"], outcome["firewall"], _number(outcome["flood"]["rate"]),
            f"{clients['complete']} of {clients['asked']}{ended}", slowest, f"{running['complete']} of {running['asked']}",
            _number(admitted["wrong"]), _number(admitted["requests"]), held,
            f"{_number(reflected['packets'])} ({_size(reflected['bytes'])})",
            f"{_number(reflected['most_packets'])} ({_size(reflected['most_bytes'])})")


def table(outcomes):
    """All of them, in Markdown."""
    rows = [COLUMNS, *map(cells, outcomes)]
    widths = [max(len(row[column]) for row in rows) for column in range(len(COLUMNS))]
    lines = ["| " + " | ".join(cell.ljust(width) for cell, width in zip(row, widths)) + " |" for row in rows]
    return "\n".join([lines[0], "|" + "|".join("-" * (width + 2) for width in widths) + "|", *lines[1:]])


def write(path, outcomes):
    """The document: `rows` are what trial.py prints."""
    os.makedirs(os.path.dirname(path), exist_ok=True)
    document = {"schema": 1, "kernel": platform.release(), "processors": os.cpu_count(), "rows": outcomes}
    with open(path, "w", encoding="utf-8") as file:
        json.dump(document, file, indent=1)
        file.write("\n")
