# SPDX-License-Identifier: GPL-2.0-or-later
"""What `bpftool map dump` shows of the pinned maps: named fields, and one client's transfer as the README finds it."""

import ipaddress
import json
import os
import subprocess

import pytest

from lab import policies
from lab.hand import HandTransfer

NESTED = {"rule_sets", "automata", "texts"}  # hold numbers of maps, one for each bank; those are in banks/
DIRECTORIES = {"programs"}
FILLED = {"counters", "event_counters", "event_shares", "interfaces", "live", "meta", "policies", "prefixes", "requests",
          "rule_counters", "rules", "services", "slots", "sources", "transfers", "zones", "names", "proved", "budgets",
          "budget_shares", "strangers"}
LARGE = ("/counters", "/strangers")


def dump(path):
    """Its entries as bpftool -j prints them; of what is large only one. None: there are none to show (a ring buffer)."""
    what = ["lookup", "pinned", path, "key", *["0"] * 4] if path.endswith(LARGE) else ["dump", "pinned", path]
    done = subprocess.run(["bpftool", "-j", "map", *what], capture_output=True, text=True, check=False)
    listed = json.loads(done.stdout)
    if what[0] == "lookup":
        return [listed]
    return listed if isinstance(listed, list) else None


@pytest.mark.parametrize("lab", [("server-host", 4)], indirect=True)
def test_named_fields(lab, gate, tmp_path):
    """Every map has its types, those of a bank too; README: find one client's transfers."""
    (tmp_path / "tidegate.conf").write_text(
        policies.zone("boot", lab.interfaces, 'rule "all" { action = allow files = {"f*", "own/%{mac}"} }',
                      'rule "some" { action = allow clients = "192.0.2.0/24" rate = 5/s }'))
    gate.call("up", "--config", tmp_path / "tidegate.conf")
    with HandTransfer(lab) as transfer:
        transfer.begin()
        paths = {name: os.path.join(gate.bpffs, name) for name in os.listdir(gate.bpffs) if name not in DIRECTORIES}
        banks = paths.pop("banks")
        paths.update({name: os.path.join(banks, name) for name in os.listdir(banks)})
        assert {"automata-0", "rule_sets-0", "texts-0"} <= paths.keys() or {"automata-1", "rule_sets-1", "texts-1"} <= paths.keys()
        dumped = {name: dump(path) for name, path in paths.items() if name not in NESTED}
        plain = [name for name, entries in dumped.items() if not all("formatted" in entry for entry in entries or [])]
        assert not plain
        assert FILLED <= {name for name, entries in dumped.items() if entries}
        client = list(ipaddress.ip_address(lab.address("client")).packed)
        mine = [entry["formatted"]["value"] for entry in dumped["transfers"]
                if client in [entry["formatted"]["key"][end]["bytes"][12:] for end in ("low", "high")]]
        assert [(int(flow["operation"], 0), flow["data_block"], flow["ack_block"], flow["data_bytes"], int(flow["done"], 0)) for flow in mine] == \
            [(1, 2, 2, 1024, 0)]
