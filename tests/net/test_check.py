# SPDX-License-Identifier: GPL-2.0-or-later
"""`tidegate check`: exit codes, and no privileges. The messages are tests/native/test_user_config.c's."""

import json
import os
import subprocess

import pytest

from lab.gate import BINARY, ROOT

EXAMPLES = sorted(entry.path for entry in os.scandir(os.path.join(ROOT, "examples")) if entry.name.endswith(".conf"))


def _check(*arguments):
    """Run it without any capability."""
    return subprocess.run(["setpriv", "--bounding-set=-all", "--inh-caps=-all", BINARY, "check", *map(str, arguments)],
                          capture_output=True, text=True, timeout=30, check=False)


def test_good_file(tmp_path):
    """A line, or with --json what the file defines."""
    path = tmp_path / "t.conf"
    path.write_text('zone a { interfaces = {"x", "tap*"} mode = monitor bridge = br0 }\nzone b { interfaces = y hook = tc }\n')
    done = _check(path)
    assert (done.returncode, done.stdout, done.stderr) == (0, f"{path}: 2 zones, 0 rules, 0 patterns, fine\n", "")
    document = json.loads(_check(path, "-j").stdout)
    assert document["file"] == str(path) and document["metainfo"]["schema"] == 1
    assert [zone.pop("abuse")["names"] for zone in document["zones"]] == [1000, 1000]
    assert document["zones"] == [{"name": "a", "interfaces": ["x", "tap*"], "bridge": "br0", "hook": "xdp",
                                  "mode": "monitor", "default": "allow", "services": [], "rules": []},
                                 {"name": "b", "interfaces": ["y"], "bridge": None, "hook": "tc",
                                  "mode": "enforce", "default": "allow", "services": [], "rules": []}]


RULES = """zone a {
	interfaces = x
	service "snmp" { port = {161, 162} sources = {"10.0.0.0/8", "fd00::1"} }
	abuse { request-rate = 30/min names = none }
	rule "own files" {
		action = allow operation = read mode = {octet, binary} clients = "10.0.0.0/24" servers = "fd00::2"
		vlans = {untagged, 20} files = {"%{mac}.cfg", "a\\\\*"} any-case = true max-size = 64MiB rate = 0.5/s
	}
	rule "rest" { action = deny }
}
"""


def test_rules(tmp_path):
    """--json has them as they are meant; what is not set is not there."""
    path = tmp_path / "t.conf"
    path.write_text(RULES)
    assert _check(path).stdout == f"{path}: 1 zone, 2 rules, 2 patterns, fine\n"
    zone = json.loads(_check(path, "-j").stdout)["zones"][0]
    assert zone["default"] == "deny"
    assert zone["services"] == [{"name": "snmp", "ports": [161, 162], "sources": ["10.0.0.0/8", "fd00::1"]}]
    assert zone["abuse"]["request_rate"] == 0.5 and zone["abuse"]["names"] is None
    assert zone["rules"] == [{"name": "own files", "action": "allow", "operation": "read", "modes": ["octet", "binary"],
                              "clients": ["10.0.0.0/24"], "servers": ["fd00::2"], "vlans": [None, 20],
                              "files": ["%{mac}.cfg", "a\\*"], "any_case": True, "max_size": 64 << 20, "rate": 0.5,
                              "burst": 1},
                             {"name": "rest", "action": "deny"}]


def test_warning(tmp_path):
    """What is read otherwise than it looks is said, and the file is fine."""
    path = tmp_path / "t.conf"
    path.write_text("zone a { interfaces = x rule r { action = allow\nclients = 10.1.2.3/8 } }\n")
    done = _check(path)
    assert (done.returncode, done.stdout) == (0, f"{path}: 1 zone, 1 rule, 0 patterns, fine\n")
    assert done.stderr == (f"{path}:2:11: warning: clients: 10.1.2.3/8 has bits behind its prefix, and is read as "
                           "10.0.0.0/8\nclients = 10.1.2.3/8 } }\n          ^^^^^^^^^^\n")


def test_bad_file(tmp_path):
    """Exit 1, nothing on standard output, and the place on standard error."""
    path = tmp_path / "t.conf"
    path.write_text('zone "a" {\n\tinterfaces = x\n\tslack = 65\n}\n')
    for options in ([], ["-j"]):
        done = _check(path, *options)
        assert (done.returncode, done.stdout) == (1, "")
        assert done.stderr == (f"{path}:3:10: error: slack: 65 is out of range\n slack = 65\n         ^^\n"
                               "hint: give whole numbers from 2 to 64\n")


def test_no_file(tmp_path):
    """Exit 1; two files are a misuse."""
    done = _check(tmp_path / "missing")
    assert done.returncode == 1 and done.stderr == f"tidegate: {tmp_path}/missing: there is no such file\n"
    assert _check("a", "b").returncode == 2


def test_unreadable_list(tmp_path):
    """Exit 1, at the place that names the list; as without privileges."""
    (tmp_path / "t.conf").write_text("zone a { interfaces = x rule r { action = allow\nfiles-from = l } }\n")
    (tmp_path / "l").write_text("a\n")
    (tmp_path / "l").chmod(0)
    os.chown(tmp_path / "l", 65534, 65534)
    done = _check(tmp_path / "t.conf")
    assert (done.returncode, done.stdout) == (1, "")
    assert f"t.conf:2:14: error: files-from: {tmp_path}/l: it cannot be opened: Permission denied\n" in done.stderr
    assert done.stderr.endswith("hint: look at its owner and mode, or run it as root\n")


@pytest.mark.parametrize("example", EXAMPLES, ids=os.path.basename)
def test_examples(example):
    """What people copy is right."""
    done = _check(example)
    assert done.returncode == 0 and not done.stderr, done
    assert done.stdout.endswith(", fine\n") and ", 0 rules" not in done.stdout
