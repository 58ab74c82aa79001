# SPDX-License-Identifier: GPL-2.0-or-later
"""Bad input: a clear message, the promised exit code, and nothing attached or pinned."""

import json
import os
import re

import pytest

from lab import attachments
from lab.gate import Gate
from lab.topology import Topology

NAME_300 = "n" * 300
USAGE = 2
FAILED = 1

BAD_NUMBERS = ["80abc", "", "-1", " 8", "+8", "0x10", "1e3", "8.0", "99999999999999999999", NAME_300]
NUMBER_OPTIONS = ["--slack", "--max-requests", "--max-offers", "--max-transfers", "--max-udp-flows",
                  "--max-fragments", "--max-sources", "--confirm"]
BAD_PORTS = ["80abc", "", "-1", "0", "65536", "80,", ",80", "80,,81", "80;81", "99999999999999999999", NAME_300]

USAGE_ERRORS = [
    [], ["nonsense"], [""], [NAME_300], ["up", "--hook", "tc"], ["up", ""],
    ["up", "eth0", "--nonsense"], ["up", "eth0", "-x"], ["up", "eth0", "--" + NAME_300], ["up", "eth0", "--hook"],
    ["up", "eth0", "--hook", "egress"], ["up", "eth0", "--hook", ""], ["up", "eth0", "--hook", NAME_300],
    ["up", "eth0", "--hook=XDP"], ["up", "eth0", "--requests", "sideways"], ["up", "eth0", "--requests", ""],
    ["up", "eth0", "--unmatched", "reject"], ["up", "eth0", "--zone", ""], ["up", "eth0", "--zone", NAME_300],
    ["up", "eth0", "--zone"], ["up", "eth0", "--bpffs"], ["up", "eth0", "--bpffs", ""],
    ["up", "eth0", "--monitor=yes"], ["up", NAME_300], ["up", "eth0", NAME_300],
    ["up", "eth0", "--slack", "1"], ["up", "eth0", "--slack", "65"], ["up", "eth0", "--slack", "0"],
    ["up", "eth0", "--max-transfers", "0"], ["up", "eth0", "--max-transfers", "4294967296"],
    ["up", "eth0", "--tftp-port", "69,70,71,72,73"],
    ["up", "eth0", "--server-group", ""], ["up", "eth0", "--server-group", "10.0.0.1"],
    ["up", "eth0", "--server-group", "10.0.0.1,"], ["up", "eth0", "--server-group", "10.0.0.1,10.0.0.256"],
    ["up", "eth0", "--server-group", "10.0.0.1,server"], ["up", "eth0", "--server-group", "fd00::1,fd00::g"],
    ["up", "eth0", "--server-group", "10.0.0.1," + NAME_300],
    ["down", "--hook", "tc"], ["down", "--nonsense"], ["down", NAME_300], ["down", ""],
    ["status", "eth0"], ["status", "--zeros"], ["flows", "--nonsense"], ["flows", "extra"],
    ["stats", "--zeros=1"], ["stats", "extra"],
    ["explain", "nonsense"], ["explain", NAME_300], ["explain", ""], ["explain", "unsolicited", "data"],
    ["help", "nonsense"], ["help", NAME_300],
    *[["up", "eth0", option, number] for option in NUMBER_OPTIONS for number in BAD_NUMBERS],
    *[["up", "eth0", option, ports] for option in ("--allow-udp", "--tftp-port") for ports in BAD_PORTS],
]

FAILURES = [
    ["up", "--config", "/no-such-directory/tidegate.conf"], ["up", "no-such-link"], ["up", "eth0", "no-such-link"], ["up", "no-such-link", "eth0"], ["up", "eth0 "],
    ["up", "../eth0"], ["up", "eth0", "--bpffs", "/" + "d" * 300], ["up", "eth0", "--bpffs", "/" + "d/" * 3000],
]


def _label(arguments):
    return " ".join(word if len(word) < 40 else f"{word[:8]}({len(word)})" for word in map(repr, arguments))


@pytest.fixture(scope="module")
def quiet():
    """One laboratory for the whole table: no case changes anything in it."""
    made = Topology("server-host", 4)
    gate = Gate(made.gate, made.interfaces, "quiet")
    try:
        yield gate
    finally:
        gate.close()
        made.delete()


def _assert_refused(gate, arguments, codes):
    refused = gate.call(*arguments, check=False)
    assert refused.returncode in codes, refused
    first = refused.stderr.splitlines()[0] if refused.stderr else ""
    assert first.startswith("tidegate: ") or first.lower().startswith("usage: "), refused
    assert not attachments.on_interface(gate.namespace, "eth0")
    assert not os.path.exists(gate.bpffs)


@pytest.mark.xdist_group("bad-input")
@pytest.mark.parametrize("arguments", USAGE_ERRORS, ids=_label)
def test_usage_errors(quiet, arguments):
    """What could never work is refused as misuse, with exit 2."""
    _assert_refused(quiet, arguments, {USAGE})


@pytest.mark.xdist_group("bad-input")
@pytest.mark.parametrize("arguments", FAILURES, ids=_label)
def test_what_does_not_exist(quiet, arguments):
    """What might exist elsewhere but does not here is refused with exit 1 (or 2 where it never could)."""
    _assert_refused(quiet, arguments, {FAILED, USAGE})


@pytest.mark.xdist_group("bad-input")
def test_missing_interface_is_named(quiet):
    """The operation failed: exit 1, and the message names the interface."""
    refused = quiet.call("up", "no-such-link", check=False)
    assert refused.returncode == FAILED and "no-such-link" in refused.stderr


def test_bad_input_over_a_running_filter(lab, gate):
    """Refused calls are not half applied: settings and programs stay."""
    def settings():
        status = gate.status()
        interfaces = [{key: value for key, value in entry.items() if key != "up_seconds"}
                      for entry in status["interfaces"]]
        return interfaces, status["zones"]

    gate.up()
    before, programs = settings(), attachments.on_interface(lab.gate, "eth0")
    for arguments in (["up", "eth0", "--monitor", "--slack", "80abc"], ["up", "eth0", "no-such-link", "--monitor"],
                      ["up", "eth0", "--hook", "tc", "--allow-udp", "53,"], ["down", "eth0", "--nonsense"]):
        assert gate.call(*arguments, check=False).returncode in (FAILED, USAGE)
        assert settings() == before
        assert attachments.on_interface(lab.gate, "eth0") == programs


def test_down_of_an_interface_that_is_not_up(lab, gate):
    """It is named, and the others stay up."""
    gate.up()
    refused = gate.down("lo", check=False)
    assert refused.returncode == FAILED and "lo" in refused.stderr
    assert attachments.on_interface(lab.gate, "eth0")


@pytest.mark.xdist_group("bad-input")
def test_help_and_version(quiet):
    """They need nothing and go to stdout."""
    for arguments in (["--help"], ["help"], ["help", "up"], ["up", "--help"], ["--version"], ["version"], ["explain"]):
        done = quiet.call(*arguments)
        assert done.stdout.strip() and not done.stderr, arguments
    assert "unsolicited" in quiet.call("explain", "unsolicited").stdout


@pytest.mark.xdist_group("bad-input")
def test_help_lists_the_commands_in_columns(quiet):
    """Each with its summary in the second column, however long the operands are."""
    text, columns = quiet.call("help").stdout, set()
    for command in quiet.json("help")["commands"]:
        head = f"{command['name']} {command['operands']}".strip()
        found = re.search(rf"^  {re.escape(head)}\s+ ({re.escape(command['summary'])})$", text, re.MULTILINE)
        assert found, f"{head}\n{text}"
        columns.add(found.start(1) - text.rindex("\n", 0, found.start(1)))
    assert len(columns) == 1, text


def test_documents_are_json(lab, gate):
    """Every command that prints a document prints one with -j, before or after the command, also indented."""
    gate.up()
    for command in ("status", "flows", "stats"):
        for arguments in (["-j", command], [command, "-j"], [command, "--json", "--pretty"], ["-j", "-n", command]):
            document = json.loads(gate.call(*arguments).stdout)
            assert document["metainfo"]["schema"] == 1 and document["metainfo"]["version"]
        assert gate.call(command).stdout.strip(), f"{command} prints nothing for humans"
    assert json.loads(gate.call("-j", "explain", "unsolicited").stdout)
