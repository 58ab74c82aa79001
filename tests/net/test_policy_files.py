# SPDX-License-Identifier: GPL-2.0-or-later
"""A policy from a file: `up --config`, `apply`, `policy`, `policy test`."""

import subprocess

import pytest

from lab import attachments, packets, policies, wait
from lab.clients import CLIENTS
from lab.hand import HandTransfer
from lab.packets import Endpoint, assert_arrives, assert_dropped
from lab.policies import OPEN, WATCHING
from test_lifecycle import HOOK_PLACES, HOOKS, assert_filters, assert_nothing_left

USAGE, FAILED = 2, 1
FAMILIES = pytest.mark.parametrize("lab", [("server-host", 4), ("server-host", 6)], indirect=True, ids=["v4", "v6"])
ROUTER = pytest.mark.parametrize("lab", [("router", 4)], indirect=True, ids=["router-v4"])


def rules(lab, hook="xdp"):
    """Own names, one client that gets nothing, images for the others, and backups."""
    other = lab.address("other-client")
    return policies.zone(
        "boot", ["eth0"], f"hook = {hook}",
        'rule "own page" { action = allow operation = read files = {"page-%{ip}"} }',
        f'rule "not that one" {{ action = deny clients = {{"{other}"}} }}',
        'rule "images" { action = allow operation = read files = {"*-image"} max-blksize = 1024 }',
        'rule "backups" { action = allow operation = write files = {"*-backup"} }')


@pytest.fixture
def conf(tmp_path):
    """Writes a configuration file and returns its path."""
    def write(text, name="tidegate.conf"):
        path = tmp_path / name
        path.write_text(text)
        return path

    return write


@HOOKS
@FAMILIES
def test_rules_allow_real_clients(lab, gate, conf, hook):
    """By name, own name and operation: the transfer passes, and is counted and shown under its rule."""
    lab.start_servers({"tftpd-hpa"})
    gate.call("up", "--config", conf(rules(lab, hook)))
    server, client = lab.address("tftpd-hpa"), CLIENTS["atftp"]  # tftp-hpa takes a colon for the end of a host's name
    for name, rule in ((f"page-{lab.address('client')}", "own page"), ("some-image", "images")):
        with open(f"{lab.directory}/{name}", "wb") as file:
            file.write(b"content of " + name.encode())
        outcome = client.transfer(lab.client, lab.family, server, True, name, f"{lab.downloads}/{name}")
        with open(f"{lab.downloads}/{name}", "rb") as file:
            assert file.read() == b"content of " + name.encode(), outcome
        assert [flow["rule"] for flow in gate.wait_for_transfer(name, {"done"})] == [rule]
        assert policies.rule_packets(gate)[rule] == 1
    client.transfer(lab.client, lab.family, server, False, "switch-backup", lab.payloads.path(512))
    assert [flow["rule"] for flow in gate.wait_for_transfer("switch-backup", {"done"})] == ["backups"]
    assert policies.rule_packets(gate)["backups"] == 1
    assert not gate.drops()


@HOOKS
@FAMILIES
def test_rules_deny(lab, gate, conf, hook):
    """Each denial has its reason; the rule that denies counts."""
    gate.call("up", "--config", conf(rules(lab, hook)))
    for name, reason, opcode, source, options in (
            (f"page-{lab.address('other-client')}", "no_rule", packets.RRQ, "client", {}),
            ("some-image", "rule_denied", packets.RRQ, "other-client", {}),
            ("some-image", "no_rule", packets.WRQ, "client", {}),
            ("some-image", "rule_blksize", packets.RRQ, "client", {"blksize": 1025}),
            ("secret", "no_rule", packets.RRQ, "client", {}),
            ("x/../some-image", "name_parent", packets.RRQ, "client", {})):
        with Endpoint(lab.server, lab.address("hand"), 69) as service:
            assert_dropped(gate, lab.client, (lab.address(source), 40001), service,
                           packets.request(opcode, name, **options), {reason})
    assert policies.rule_packets(gate)["not that one"] == 1


def test_a_denied_client_notices(lab, gate, conf):
    """A real client whose request is denied gets nothing; another one goes on undisturbed."""
    lab.start_servers({"tftpd-hpa"})
    gate.call("up", "--config", conf(rules(lab)))
    name = lab.payloads.serve(lab.payloads.path(512), lab.directory, "kept-secret")
    process = CLIENTS["curl"].start(lab.client, 4, lab.address("tftpd-hpa"), True, name, f"{lab.downloads}/{name}")
    try:
        with HandTransferImage(lab) as hand:
            hand.begin()
        wait.until(lambda: gate.drops()["no_rule"], "the request is denied")
        assert process.poll() is None and not gate.transfers(name)
    finally:
        process.kill()
        process.wait()


class HandTransferImage(HandTransfer):
    """One whose name the rules allow."""

    def __init__(self, topology):
        super().__init__(topology)
        self.file += "-image"
        self.request = packets.request(packets.RRQ, self.file)


def test_the_printed_policy_is_accepted(lab, gate, conf):
    """What `policy` prints is the policy: applied again it changes nothing but the generation."""
    gate.call("up", "--config", conf(rules(lab)))
    printed, programs = policies.text(gate), attachments.on_interface(lab.gate, "eth0")
    before = policies.generation(gate)
    gate.call("apply", conf(printed, "printed.conf"))
    assert policies.text(gate) == printed
    assert policies.generation(gate) == before + 1
    assert attachments.on_interface(lab.gate, "eth0") == programs, "apply has no business with the programs"


def test_apply_changes_nothing_where_it_fails(lab, gate, conf, tmp_path):
    """Bad grammar, bad values, missing interfaces and files, sizes: policy, generation and programs stay."""
    gate.call("up", "--config", conf(rules(lab)))
    before = policies.state(gate)
    with HandTransferImage(lab) as hand:
        hand.begin()
        for bad in ('zone "boot" {', OPEN + "nonsense = 1\n", OPEN.replace("eth0", "no-such-link"),
                    OPEN + policies.zone("two", ["no-such-link"]), OPEN.replace("eth0", "no*such"),
                    "sizes { transfers = 17 }\n" + OPEN,
                    policies.zone("boot", ["eth0"], 'rule "x" { action = allow files = {"unfinished["} }')):
            refused = gate.call("apply", conf(bad, "bad.conf"), check=False)
            assert refused.returncode == FAILED and refused.stderr.strip(), (bad, refused)
            assert policies.state(gate) == before, bad
        assert gate.call("apply", tmp_path / "missing.conf", check=False).returncode == FAILED
        with Endpoint(lab.gate, lab.address("hand"), 161):
            gate.call("apply", conf(OPEN, "open.conf"))
            gate.call("apply", conf(WATCHING, "watching.conf"))
            refused = gate.call("apply", conf(OPEN, "open.conf"), check=False)
            assert refused.returncode == FAILED and "161" in refused.stderr and "service" in refused.stderr
            gate.call("apply", conf(OPEN, "open.conf"), "--force")
        hand.block(3, b"the end")
        gate.wait_for_transfer(hand.file, {"done"})


def test_apply_needs_something_running(gate, conf):
    """`apply` does not bring up; it says what does."""
    refused = gate.call("apply", conf(OPEN), check=False)
    assert refused.returncode == FAILED and "up --config" in refused.stderr, refused
    for command in (["confirm"], ["policy"]):
        refused = gate.call(*command, check=False)
        assert refused.returncode == FAILED and "nothing is up" in refused.stderr, refused
    assert_nothing_left(gate)


@ROUTER
def test_interfaces_come_and_go_with_the_file(lab, gate, conf):
    """What no zone names is released; what it names is attached; a zone keeps its transfers over that."""
    both = conf(policies.zone("lan", ["lan0"]) + policies.zone("wan", ["wan*", "ppp*"], "hook = tc"))
    done = gate.call("up", "--config", both)
    assert "ppp*" in done.stderr, "a pattern without an interface is told"
    assert attachments.places(lab.gate, "lan0") == HOOK_PLACES["xdp"]
    assert attachments.places(lab.gate, "wan0") == HOOK_PLACES["tc"]
    with HandTransfer(lab) as hand:
        hand.begin()
        done = gate.call("apply", conf(policies.zone("lan", ["lan0"]), "lan.conf"))
        assert "wan0" in done.stderr, "what is released is told"
        assert not attachments.on_interface(lab.gate, "wan0")
        hand.block(3)
        gate.call("apply", both)
        assert attachments.places(lab.gate, "wan0") == HOOK_PLACES["tc"]
        assert [flow["zone"] for flow in gate.transfers(hand.file)] == ["lan"], "the state of a zone that went is gone"
    gate.down()
    assert_nothing_left(gate)


@ROUTER
def test_the_command_line_changes_the_policy_that_runs(lab, gate, conf):
    """`up IFACE` and `down IFACE` keep rules and patterns of the other zones, and what options cannot say."""
    gate.call("up", "--config", conf(policies.zone(
        "lan", ["lan*"], "timers { idle = 90s }", 'rule "all" { action = allow operation = read }')))
    gate.call("up", "wan0", "--slack", "9")
    zones = {zone["name"]: zone for zone in gate.status()["zones"]}
    assert (zones["lan"]["rules"], zones["lan"]["default"], zones["lan"]["timers_ms"]["idle"]) == (1, "deny", 90000)
    assert (zones["wan0"]["rules"], zones["wan0"]["default"], zones["wan0"]["slack"]) == (0, "allow", 9)
    assert '"lan*"' in policies.text(gate)
    gate.call("up", "lan0", "--zone", "lan", "--monitor")
    zones = {zone["name"]: zone for zone in gate.status()["zones"]}
    assert (zones["lan"]["mode"], zones["lan"]["rules"], zones["lan"]["timers_ms"]["idle"]) == ("monitor", 1, 90000)
    done = gate.call("up", "lan0", "--zone", "wan0")
    assert "zone lan" in done.stderr, "that an interface leaves its rules is told"
    assert [zone["name"] for zone in gate.status()["zones"]] == ["wan0"]
    assert policies.text(gate).count("lan") == 1, "the pattern that it fits is gone"
    gate.down("wan0")
    assert [entry["name"] for entry in gate.status()["interfaces"]] == ["lan0"]
    assert not attachments.on_interface(lab.gate, "wan0")
    gate.down("lan0")
    assert_nothing_left(gate)


def test_the_hook_changes_with_the_file(lab, gate, conf):
    """From each hook to each other one, under a transfer."""
    gate.up("--zone", "boot")
    with HandTransfer(lab) as hand:
        hand.begin()
        for number, hook in enumerate(("generic", "tc", "xdp", "tc", "generic", "xdp"), 3):
            gate.call("apply", conf(policies.zone("boot", ["eth0"], f"hook = {hook}")))
            assert attachments.places(lab.gate, "eth0") == HOOK_PLACES[hook]
            hand.block(number)
    assert_filters(lab, gate)


def test_a_service_for_some(lab, gate, conf):
    """A port that is reachable from one address alone."""
    gate.call("up", "--config", conf(policies.zone(
        "boot", ["eth0"], f'service "snmp" {{ port = 161 sources = {{"{lab.address("client")}"}} }}')))
    with Endpoint(lab.server, lab.address("hand"), 161) as service:
        assert_arrives(lab.client, (lab.address("client"), 40001), service)
        assert_dropped(gate, lab.client, (lab.address("other-client"), 40001), service)


def test_a_program_that_was_taken_off_is_put_back(lab, gate, conf):
    """`apply` of the same file repairs what somebody removed."""
    path = conf(OPEN)
    gate.call("up", "--config", path)
    lab.gate.run("ip", "link", "set", "dev", "eth0", "xdp", "off")
    assert gate.status()["interfaces"][0]["ingress"] == "missing"
    gate.call("apply", path)
    assert attachments.places(lab.gate, "eth0") == HOOK_PLACES["xdp"]
    assert_filters(lab, gate)


TEST = ["policy", "test", "--from", "10.71.1.101", "--to", "10.71.1.11"]


def test_policy_test(lab, gate, conf):
    """Verdict, reason, and the rule with its line: of a file, and of what runs."""
    path = conf(rules(lab))
    gate.call("up", "--config", path)
    for where, file in ((["--config", path], str(path)), ([], "running policy")):
        for arguments, verdict, reason, rule in (
                (["read", "some-image"], "pass", "request", "images"),
                (["--from", lab.address("other-client"), "read", "some-image"], "drop", "rule_denied", "not that one"),
                (["--blksize", "2000", "read", "some-image"], "drop", "rule_blksize", "images"),
                (["write", "some-image"], "drop", "no_rule", None)):
            told = gate.json(*TEST, *where, *arguments)
            assert (told["verdict"], told["reason"]) == (verdict, reason), (arguments, told)
            assert (told["rule"] or {}).get("name") == rule
            words = gate.call(*TEST, *where, *arguments).stdout
            assert verdict in words and reason in words and (rule or "default") in words
            if rule:
                assert told["rule"]["file"] == file and f"{file}:{told['rule']['line']}" in words
    told = gate.json(*TEST, "--config", path, "read", "some-image")
    assert f'"{told["rule"]["name"]}"' in path.read_text().splitlines()[told["rule"]["line"] - 1]


@pytest.mark.parametrize("arguments", [
    ["policy", "tests"], ["policy", "test"], [*TEST, "read"], [*TEST, "delete", "x"], [*TEST, "read", "a", "b"],
    ["policy", "test", "--from", "10.0.0.1", "read", "x"], ["policy", "test", "--from", "10.0.0", "--to", "10.0.0.1"],
    ["policy", "test", "--from", "10.0.0.1", "--to", "fd00::1", "read", "x"], [*TEST, "--mac", "52:54", "read", "x"],
    [*TEST, "--vlan", "4096", "read", "x"], ["policy", "--config", "x"], ["apply"], ["apply", "a", "b"],
    ["apply", "a", "--confirm", "4"], ["apply", "a", "--confirm", "3601"], ["confirm", "x"], ["up", "--zone", "x"],
    ["up", "--config", "x", "eth0"], ["up", "--config", "x", "--monitor"], ["up", "--config", "x", "--zone", "x"]],
    ids=" ".join)
def test_wrong_usage(gate, arguments):
    """Exit 2, a message, and nothing attached."""
    refused = gate.call(*arguments, check=False)
    assert refused.returncode == USAGE and refused.stderr.startswith("tidegate: "), refused
    assert_nothing_left(gate)


def test_two_applies_at_once(lab, gate, conf):
    """They take turns: in the end one of the files runs as a whole, and every one of them has counted."""
    gate.call("up", "--config", conf(OPEN))
    paths = [conf(rules(lab), "rules.conf"), conf(WATCHING, "watching.conf")]
    texts = set()
    for path in paths:
        gate.call("apply", path)
        texts.add(policies.text(gate))
    before = policies.generation(gate)
    running = [lab.gate.popen(*gate.argv("apply", paths[i % 2]), stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                              text=True) for i in range(6)]
    for process in running:
        _, errors = process.communicate(timeout=60)
        assert process.returncode == 0, errors
    assert policies.text(gate) in texts and policies.generation(gate) == before + len(running)


@pytest.mark.alone
def test_a_large_policy(lab, gate, conf, record_property):
    """1,000 rules and 10,000 patterns: how long `apply` takes is told; that it works is asserted."""
    gate.call("up", "--config", conf(OPEN))
    done = gate.call("apply", conf(policies.large("eth0"), "large.conf"), timeout=60)
    record_property("apply_seconds", done.seconds)
    print(f"1,000 rules and 10,000 patterns: applied in {done.seconds:.2f} s, "
          f"{gate.status()['policy']['memory_bytes'] / 1024:.0f} KiB")
    with Endpoint(lab.server, lab.address("hand"), 69) as service:
        wanted = packets.request(packets.RRQ, "wanted-999")
        assert_arrives(lab.client, (lab.address("client"), 40001), service, wanted)
        assert_dropped(gate, lab.client, (lab.address("client"), 40001), service,
                       packets.request(packets.RRQ, "wanted-1000"), {"no_rule"})
    assert policies.rule_packets(gate)["r999"] == 1
