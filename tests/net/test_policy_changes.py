# SPDX-License-Identifier: GPL-2.0-or-later
"""The policy changes under load, is killed on the way, or is on trial: each packet sees one policy, or the other."""

import collections
import signal
import subprocess
import threading
import time

import pytest

from lab import attachments, files, packets, policies, wait
from lab.clients import CLIENTS
from lab.hand import HandTransfer
from lab.packets import Endpoint, assert_arrives, assert_dropped
from lab.servers import SERVERS
from test_lifecycle import HOOK_PLACES, HOOKS, assert_filters, assert_nothing_left
from test_swap import SIZES

KILLS = 24
KILLS_MOST = 3 * KILLS
TRIAL_S = 5
FAILED = 1
MANY_REQUESTS = "abuse { request-rate = none }"  # from one address, which is what the tests do


def strict(hook="xdp", interfaces=("eth0",)):
    """A rule allows everything but what begins with `forbidden`."""
    return policies.zone("boot", interfaces, f"hook = {hook}", MANY_REQUESTS,
                         'rule "forbidden" { action = deny files = {"forbidden*"} }',
                         'rule "the rest" { action = allow }')


def closed(hook="xdp", interfaces=("eth0",)):
    """What no rule allows is denied, and `forbidden` is not allowed."""
    return policies.zone("boot", interfaces, f"hook = {hook}", MANY_REQUESTS,
                         'rule "all" { action = allow files = {"f[0-9]*"} }')


@pytest.fixture
def both(tmp_path):
    """The paths of two files, and the function that writes them for a hook and interfaces."""
    def write(hook="xdp", interfaces=("eth0",)):
        paths = tmp_path / "strict.conf", tmp_path / "closed.conf"
        for path, make in zip(paths, (strict, closed)):
            path.write_text(make(hook, interfaces))
        return paths

    return write


class Asker(threading.Thread):
    """Sends requests for a forbidden file as long as the block runs."""

    def __init__(self, lab):
        super().__init__(daemon=True)
        self.lab, self.sent, self.ending = lab, 0, threading.Event()

    def run(self):
        source, destination = (self.lab.address("client"), 40001), (self.lab.address("hand"), 69)
        payload = packets.request(packets.RRQ, "forbidden")
        with packets.Injector(self.lab.client, self.lab.family) as injector:
            while not self.ending.is_set():
                injector.send(source, destination, payload)
                self.sent += 1
                time.sleep(0.0005)

    def __enter__(self):
        self.start()
        return self

    def __exit__(self, *_):
        self.ending.set()
        self.join()


def apply_during_transfer(lab, gate, paths, size):
    """Apply the files in turn as long as a download of `size` bytes lasts. Returns how often."""
    client, server = CLIENTS["tftp-hpa"], SERVERS["tftpd-hpa"]
    name = lab.payloads.serve(lab.payloads.path(size), lab.directory, "large")
    local = f"{lab.downloads}/{name}"
    process = client.start(lab.client, lab.family, lab.address(server.name), True, name, local)
    gate.wait_for_transfer(name, {"active"})
    turns = 0
    while process.poll() is None:
        gate.call("apply", paths[turns % 2])
        turns += process.poll() is None
    outcome = client.finish(process)
    assert files.same(lab.payloads.path(size), local), outcome
    return turns


@HOOKS
@pytest.mark.parametrize("lab", [("server-host", 4), ("bridge", 6)], indirect=True, ids=["server-host-v4", "bridge-v6"])
def test_policy_changes_under_a_transfer(lab, gate, both, hook):
    """Back and forth: no packet of the transfer is dropped, and each forbidden request falls under one of the two."""
    lab.start_servers({"tftpd-hpa"})
    paths = both(hook, lab.interfaces)
    gate.call("up", "--config", paths[0])
    with Endpoint(lab.server, lab.address("hand"), 69) as service, Asker(lab) as asker:
        assert any(apply_during_transfer(lab, gate, paths, size) for size in SIZES), "no change met the transfer"
        asker.__exit__()
        denied = ("rule_denied", "no_rule")
        wait.until(lambda: sum(gate.drops()[reason] for reason in denied) >= asker.sent, "all requests are counted")
        drops = collections.Counter(gate.drops())
        assert service.receive() is None, "a forbidden request passed"
    assert set(drops) == set(denied), f"{drops}: both policies were there, and nothing else"
    assert sum(drops.values()) == asker.sent


def kill_apply(lab, gate, path, after):
    """SIGKILL to `apply` after some seconds."""
    process = lab.gate.popen(*gate.argv("apply", path), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    time.sleep(after)
    process.send_signal(signal.SIGKILL)
    process.wait()


@HOOKS
def test_apply_killed_at_any_moment(lab, gate, both, hook):
    """The old policy or the new one runs, as a whole; the next command is content with it; no transfer is lost."""
    paths = both(hook)
    texts = []
    gate.call("up", "--config", paths[0])
    for path in (paths[1], paths[0]):
        span = gate.call("apply", path).seconds
        texts.insert(0, policies.text(gate))
    outcomes = set()
    turn = 0
    while turn < KILLS or (len(outcomes) < 2 and turn < KILLS_MOST):
        before = policies.text(gate)
        new = 1 - texts.index(before)
        with HandTransfer(lab) as hand, Endpoint(lab.server, lab.address("other-hand"), 69) as service:
            hand.begin()
            kill_apply(lab, gate, paths[new], 1.2 * span * turn / (KILLS - 1) % (1.5 * span))
            assert attachments.places(lab.gate, "eth0") == HOOK_PLACES[hook]
            after = policies.text(gate)
            assert after in texts, after
            outcomes.add(after == before)
            assert_dropped(gate, lab.client, (lab.address("client"), 40001), service,
                           packets.request(packets.RRQ, "forbidden"),
                           {"rule_denied" if after == texts[0] else "no_rule"})
            hand.block(3)
            if turn % 2:
                gate.call("apply", paths[turn // 2 % 2])
                assert policies.text(gate) == texts[turn // 2 % 2]
            hand.block(4, b"the end")
            gate.wait_for_transfer(hand.file, {"done"})
        turn += 1
    assert outcomes == {False, True}, "the kills were not spread over the way"
    gate.down()
    assert_nothing_left(gate)


@pytest.mark.parametrize("lab", [("router", 4)], indirect=True, ids=["router-v4"])
def test_apply_that_attaches_killed_at_any_moment(lab, gate, tmp_path):
    """With an interface that comes and one that goes: afterwards a policy runs, and `apply` brings order."""
    files_of = {}
    for name in lab.interfaces:
        files_of[name] = tmp_path / f"{name}.conf"
        files_of[name].write_text(policies.zone(name, [name]))
    gate.call("up", "--config", files_of["lan0"])
    span = gate.call("apply", files_of["wan0"]).seconds
    for turn in range(KILLS):
        comes, goes = lab.interfaces if turn % 2 == 0 else reversed(lab.interfaces)
        kill_apply(lab, gate, files_of[comes], 1.2 * span * turn / (KILLS - 1))
        gate.call("status")
        assert policies.text(gate) in [path.read_text() for path in files_of.values()]
        gate.call("apply", files_of[comes], check=False)  # nothing is up if it was killed between two interfaces
        gate.call("up", "--config", files_of[comes])
        assert attachments.places(lab.gate, comes) == HOOK_PLACES["xdp"]
        assert not attachments.on_interface(lab.gate, goes)
        assert [zone["name"] for zone in gate.status()["zones"]] == [comes]
    gate.down()
    assert_nothing_left(gate)


@pytest.mark.parametrize("lab", [("router", 4)], indirect=True, ids=["router-v4"])
@pytest.mark.parametrize("confirm", [[], ["--confirm", TRIAL_S]], ids=["for-good", "on-trial"])
def test_attaching_that_fails_is_undone(lab, gate, tmp_path, confirm):
    """The policy was live already, and one interface attached, when the next one could not be: all is as before."""
    source, target, path = tmp_path / "pass.c", tmp_path / "pass.o", tmp_path / "tidegate.conf"
    source.write_text('__attribute__((section("xdp"), used)) int all(void *c) { return 2; }\n')
    subprocess.run(["clang", "-O2", "-g", "--target=bpf", "-c", source, "-o", target], check=True)
    lab.gate.run("ip", "link", "set", "wan0", "xdpdrv", "obj", target, "sec", "xdp")
    lab.gate.ip("link add spare0 type veth peer name spare1", "link set spare0 up", "link set spare1 up")
    path.write_text(policies.zone("lan", ["lan0"], 'rule "nothing" { action = deny }'))
    gate.call("up", "--config", path)
    before = policies.state(gate)
    # Native XDP of somebody else and generic XDP exclude each other.
    path.write_text(policies.zone("lan", ["lan0", "spare0"]) + policies.zone("wan", ["wan0"], "hook = generic"))
    refused = gate.call("apply", path, *confirm, check=False)
    assert refused.returncode == FAILED and "wan0" in refused.stderr, refused
    assert policies.state(gate) == before
    assert not attachments.on_interface(lab.gate, "spare0")
    asks(lab, gate, "any", "rule_denied")
    path.write_text(policies.zone("lan", ["lan0", "spare0"]))
    gate.call("apply", path)
    asks(lab, gate, "any")


def asks(lab, gate, name, reason=None):
    """A request reaches the server, or is dropped for the reason."""
    source, payload = (lab.address("client"), 40001), packets.request(packets.RRQ, name)
    with Endpoint(lab.server, lab.address("hand"), 69) as service:
        if reason:
            assert_dropped(gate, lab.client, source, service, payload, {reason})
        else:
            assert_arrives(lab.client, source, service, payload)


# Before its text is opened, libbpf waits until the policy has changed.
PAUSE = r"""
#define _GNU_SOURCE
#include <dlfcn.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
int bpf_obj_get(const char *path)
{
	static int paused;

	if (strstr(path, "/banks/") && !paused++) {
		close(creat(getenv("PAUSED"), 0600));
		while (access(getenv("GO_ON"), F_OK))
			usleep(1000);
	}
	return ((int (*)(const char *))dlsym(RTLD_NEXT, "bpf_obj_get"))(path);
}
"""


@pytest.mark.parametrize("question", ["policy", "policy test --from 10.0.0.1 --to 10.0.0.2 read f0"])
def test_reading_while_the_policy_changes(lab, gate, both, tmp_path, question):
    """Who only reads does not wait for the lock: what it was about to show is gone, and it shows the new policy."""
    question = question.split()
    paused, go_on, library = tmp_path / "paused", tmp_path / "go-on", tmp_path / "pause.so"
    (tmp_path / "pause.c").write_text(PAUSE)
    subprocess.run(["gcc", "-shared", "-fPIC", "-o", library, tmp_path / "pause.c"], check=True)
    strict_path, closed_path = both()
    gate.call("up", "--config", strict_path)
    before = gate.call(*question).stdout
    reading = lab.gate.popen("env", f"LD_PRELOAD={library}", f"PAUSED={paused}", f"GO_ON={go_on}",
                             *gate.argv(*question), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    try:
        wait.until(paused.exists, "the reader is about to open the text")
        gate.call("apply", closed_path)
    finally:
        go_on.touch()
        shown, said = reading.communicate(timeout=10)
    assert (reading.returncode, said) == (0, "")
    assert shown == gate.call(*question).stdout != before


@HOOKS
def test_a_repeat_falls_under_the_new_policy(lab, gate, tmp_path, hook):
    """A client that goes on asking is bound by what its latest request was allowed, not by the policy of the first."""
    path = tmp_path / "tidegate.conf"

    def apply(rule):
        path.write_text(policies.zone("boot", ["eth0"], f"hook = {hook}", MANY_REQUESTS, rule))
        gate.call("up", "--config", path)

    apply('rule "large" { action = allow max-size = 1MiB }')
    with HandTransfer(lab) as hand:
        hand.ask()
        apply('rule "small" { action = allow max-size = 100 max-transfers = 1 }')
        hand.ask()
        assert [request["rule"] for request in gate.json("flows")["requests"]] == ["small"]
        before = gate.drops()
        hand.tid.send(packets.data(1, b"x" * 101), hand.client.name)
        wait.until(lambda: gate.drops_since(before) == {"rule_size": 1}, "what is too large is dropped")
        # It counts under the new rule, and finds its own place there.
        hand.ask()
        assert_dropped(gate, lab.client, (lab.address("client"), 40001), hand.service,
                       packets.request(packets.RRQ, "another"), {"rule_transfers"})
        apply('rule "small" { action = allow max-size = 200 }')
        hand.ask()
        hand.block(1, b"x" * 200)
        assert gate.wait_for_transfer(hand.file, {"done"})[0]["rule"] == "small"


@HOOKS
def test_trial_ends_by_itself(lab, gate, both, hook):
    """Nobody confirms, and no process is there: the kernel goes back in time; the next command tidies up."""
    strict_path, closed_path = both(hook)
    gate.call("up", "--config", strict_path)
    before = policies.text(gate)
    started = time.monotonic()
    done = gate.call("apply", closed_path, "--confirm", TRIAL_S)
    assert "confirm" in done.stdout
    asks(lab, gate, "forbidden", "no_rule")
    left_ms = gate.status()["policy"]["trial"]["left_ms"]
    assert 0 < left_ms <= TRIAL_S * 1000
    for arguments in (["apply", strict_path], ["up", "eth0"], ["down", "eth0"], ["down"]):
        refused = gate.call(*arguments, check=False)
        assert refused.returncode == FAILED and "confirm" in refused.stderr and "wait" in refused.stderr, refused
    wait.until(lambda: _denied_as(lab, gate, "rule_denied"), "the policy before is back", seconds=TRIAL_S + 5)
    assert time.monotonic() - started >= TRIAL_S, "the trial was cut short"
    late = gate.call("confirm", check=False)
    assert late.returncode == FAILED and "time" in late.stderr, late
    assert policies.text(gate) == before and gate.status()["policy"]["trial"] is None
    gate.call("apply", closed_path)
    asks(lab, gate, "forbidden", "no_rule")


def _denied_as(lab, gate, reason):
    before = gate.drops()
    packets.inject(lab.client, (lab.address("client"), 40001), (lab.address("hand"), 69),
                   packets.request(packets.RRQ, "forbidden"))
    return wait.until(lambda: gate.drops_since(before), "the request is counted").get(reason)


def test_confirm_keeps(lab, gate, both):
    """In time, the policy on trial stays, and its time does not matter any more."""
    strict_path, closed_path = both()
    gate.call("up", "--config", strict_path)
    started = time.monotonic()
    gate.call("apply", closed_path, "--confirm", TRIAL_S)
    after = policies.text(gate)
    gate.call("confirm")
    assert gate.status()["policy"]["trial"] is None
    again = gate.call("confirm", check=False)
    assert again.returncode == FAILED and "no policy is on trial" in again.stderr
    time.sleep(max(0, TRIAL_S + 0.5 - (time.monotonic() - started)))
    asks(lab, gate, "forbidden", "no_rule")
    assert policies.text(gate) == after
    gate.call("apply", strict_path)
    asks(lab, gate, "forbidden", "rule_denied")


@pytest.mark.parametrize("lab", [("router", 4)], indirect=True, ids=["router-v4"])
def test_trial_with_interfaces(lab, gate, tmp_path):
    """On trial an interface comes and one goes: after the trial all is as it was, by the next `status`."""
    lan, wan = tmp_path / "lan.conf", tmp_path / "wan.conf"
    lan.write_text(policies.zone("lan", ["lan0"]))
    wan.write_text(policies.zone("wan", ["wan0"]))
    gate.call("up", "--config", lan)
    wan.write_text(policies.zone("wan", ["wan0"]) + policies.zone("lan", ["lan0"], "hook = tc"))
    refused = gate.call("apply", wan, "--confirm", TRIAL_S, check=False)
    assert refused.returncode == FAILED and "hook" in refused.stderr, refused
    wan.write_text(policies.zone("wan", ["wan0"]))
    gate.call("apply", wan, "--confirm", TRIAL_S)
    with Endpoint(lab.server, lab.address("hand")) as outside:
        # Through lan0 everything comes in, through wan0 it leaves as other outgoing UDP.
        assert_arrives(lab.client, (lab.address("client"), 40001), outside)
    shown = {entry["name"]: entry["mode"] for entry in gate.status()["interfaces"]}
    assert shown == {"lan0": "unguarded", "wan0": "enforce"}
    wait.until(lambda: [entry["name"] for entry in gate.status()["interfaces"]] == ["lan0"], "wan0 is released",
               seconds=TRIAL_S + 5)
    assert not attachments.on_interface(lab.gate, "wan0")
    assert [zone["name"] for zone in gate.status()["zones"]] == ["lan"]
    with Endpoint(lab.server, lab.address("hand")) as outside:
        assert_dropped(gate, lab.client, (lab.address("client"), 40001), outside)


def test_first_policy_on_trial(lab, gate, both):
    """Without a policy before, the end of the trial leaves nothing: all passes at once, and `status` takes it down."""
    gate.call("up", "--config", both()[0], "--confirm", TRIAL_S)
    assert_filters(lab, gate)
    wait.until(lambda: not gate.status()["up"], "nothing is up", seconds=TRIAL_S + 5)
    assert_nothing_left(gate)
