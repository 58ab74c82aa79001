# SPDX-License-Identifier: GPL-2.0-or-later
"""`up` that is killed, refused or runs in odd surroundings leaves nothing, or something that can be mended."""

import os
import signal
import subprocess
import time

import pytest

from lab import attachments, packets, wait
from lab.gate import Gate
from lab.hand import HandTransfer
from test_lifecycle import HOOK_PLACES, HOOKS, assert_filters, assert_nothing_left

KILLS = 16
KILLS_MOST = 3 * KILLS


def _typical_up_seconds(gate, hook):
    seconds = gate.up("--hook", hook).seconds
    gate.down()
    return seconds


@HOOKS
def test_up_killed_at_any_moment(lab, gate, hook):
    """SIGKILL at evenly spread moments of `up`; then `down` leaves nothing, or `up` mends it."""
    span = _typical_up_seconds(gate, hook)
    outcomes = set()  # were programs attached when `up` was dead?
    turn = 0
    # Evenly over the span that `up` took; and later still, as long as no `up` got as far as to attach something.
    while turn < KILLS or (outcomes != {False, True} and turn < KILLS_MOST):
        process = lab.gate.popen(*gate.argv(*gate.up_arguments("--hook", hook)), stdout=subprocess.DEVNULL,
                                 stderr=subprocess.DEVNULL)
        time.sleep(span * turn / (KILLS - 1))
        # What nsenter became: `up` itself, since nsenter executes it in its own process.
        process.send_signal(signal.SIGKILL)
        process.wait()
        outcomes.add(bool(attachments.on_interface(lab.gate, "eth0")))
        gate.call("status")
        if turn % 2:
            gate.up("--hook", hook)
            assert attachments.places(lab.gate, "eth0") == HOOK_PLACES[hook]
            assert len(gate.status()["interfaces"]) == 1
            assert_filters(lab, gate)
        gate.down(check=False)
        assert_nothing_left(gate)
        turn += 1
    assert outcomes == {False, True}, "the kills were not spread over the way up"


@HOOKS
def test_second_up_killed_at_any_moment(lab, gate, hook):
    """A killed `up` over a running filter leaves the interface guarded, and loses no transfer."""
    span = _typical_up_seconds(gate, hook)
    gate.up("--hook", hook)
    for turn in range(KILLS // 2):
        with HandTransfer(lab) as hand:
            hand.begin()
            process = lab.gate.popen(*gate.argv(*gate.up_arguments("--hook", hook)), stdout=subprocess.DEVNULL,
                                     stderr=subprocess.DEVNULL)
            time.sleep(span * turn / (KILLS // 2 - 1))
            process.send_signal(signal.SIGKILL)
            process.wait()
            assert attachments.places(lab.gate, "eth0") == HOOK_PLACES[hook]
            hand.block(3, b"the end")
            gate.wait_for_transfer(hand.file, {"done"})
        assert_filters(lab, gate)
    gate.up("--hook", hook)
    assert len(gate.status()["interfaces"]) == 1
    gate.down()
    assert_nothing_left(gate)


WITHOUT_PRIVILEGES = {
    "no capabilities": ["setpriv", "--inh-caps=-all", "--bounding-set=-all"],
    "nobody": ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"],
    "without CAP_NET_ADMIN": ["setpriv", "--inh-caps=-net_admin", "--bounding-set=-net_admin"],
    "without CAP_BPF": ["setpriv", "--inh-caps=-bpf,-sys_admin", "--bounding-set=-bpf,-sys_admin"],
}


@pytest.mark.parametrize("prefix", list(WITHOUT_PRIVILEGES.values()), ids=list(WITHOUT_PRIVILEGES))
def test_no_privileges(gate, prefix):
    """`up` says which privilege it lacks, and changes nothing."""
    refused = gate.up(check=False, prefix=prefix)
    assert refused.returncode == 1, refused
    assert refused.stderr.startswith("tidegate: ") and "hint: " in refused.stderr, refused.stderr
    assert any(word in refused.stderr for word in ("CAP_", "root", "privilege", "ermission")), refused.stderr
    assert_nothing_left(gate)


def test_no_privileges_over_a_running_filter(lab, gate):
    """Neither reading nor taking down is possible, and the filter goes on."""
    gate.up()
    prefix = WITHOUT_PRIVILEGES["nobody"]
    for command in (["down"], ["status"], ["flows"], ["stats"], gate.up_arguments()):
        refused = gate.call(*command, check=False, prefix=prefix)
        assert refused.returncode == 1 and refused.stderr.startswith("tidegate: "), (command, refused)
    assert attachments.places(lab.gate, "eth0") == HOOK_PLACES["xdp"]
    assert_filters(lab, gate)


def test_few_capabilities_are_enough(lab, gate):
    """CAP_BPF, CAP_NET_ADMIN and CAP_PERFMON, and ownership of the bpffs directory; nothing more of root."""
    keep = "-all,+bpf,+net_admin,+perfmon"
    gate.up(prefix=["setpriv", f"--inh-caps={keep}", f"--bounding-set={keep}"])
    assert attachments.places(lab.gate, "eth0") == HOOK_PLACES["xdp"]
    assert_filters(lab, gate)


UNMOUNT = "mount --make-rprivate / && umount -l /sys/fs/bpf && ! grep -q ' /sys/fs/bpf ' /proc/self/mounts && "


def test_bpffs_that_is_not_mounted(lab, gate):
    """`up` mounts it. In a PID and mount namespace of its own, which looks like a whole machine without a bpffs."""
    script = UNMOUNT + ('"$@" up eth0 && grep -q "bpf /sys/fs/bpf bpf" /proc/self/mounts && "$@" --json status && '
                        '"$@" down')
    done = lab.gate.run("unshare", "--mount", "--pid", "--fork", "--mount-proc", "sh", "-c", script, "sh", *gate.argv())
    assert '"eth0"' in done.stdout
    assert_nothing_left(gate)


def test_bpffs_that_would_vanish(lab, gate):
    """In a private mount namespace (`ip netns exec`) a mount would vanish with its pins: refused, with the way out."""
    refused = lab.gate.run("unshare", "--mount", "sh", "-c", UNMOUNT + '"$@" up eth0', "sh", *gate.argv(), check=False)
    assert refused.returncode == 1 and "namespace" in refused.stderr and "nsenter" in refused.stderr, refused
    assert_nothing_left(gate)


@pytest.mark.parametrize("path", ["{tmp}/not-a-bpffs", "/proc/tidegate", "/sys/fs/bpf/missing/deeper"])
def test_directory_where_nothing_can_be_pinned(lab, tmp_path, path):
    """A --bpffs that cannot hold pins is named, and nothing is attached."""
    gate = Gate(lab.gate, lab.interfaces, "unused")
    gate.bpffs = path.format(tmp=tmp_path)
    existed = os.path.exists(gate.bpffs)
    refused = gate.up(check=False)
    assert refused.returncode == 1 and refused.stderr.startswith("tidegate: "), refused
    assert gate.bpffs in refused.stderr or os.path.dirname(gate.bpffs) in refused.stderr, refused.stderr
    assert not attachments.on_interface(lab.gate, "eth0")
    assert os.path.exists(gate.bpffs) == existed


def test_failure_in_the_middle_is_undone(lab, gate):
    """The second interface can't be attached: the first one is released again."""
    lab.gate.ip("link add eth1 type veth peer name peer1", "link set eth1 up", "link set peer1 up")
    lab.gate.run("tc", "qdisc", "add", "dev", "eth1", "clsact")
    refused = gate.call("up", "eth0", "eth1", "no-such-link", check=False)
    assert refused.returncode == 1 and "no-such-link" in refused.stderr
    assert_nothing_left(gate)


def test_other_network_namespace(lab, gate):
    """A bpffs directory belongs to the namespace of its interfaces; from another one nothing is mixed up."""
    gate.up()
    elsewhere = Gate(lab.client, ["eth0"], "own-elsewhere")
    elsewhere.bpffs = gate.bpffs
    refused = elsewhere.up(check=False)
    assert refused.returncode == 1 and "namespace" in refused.stderr, refused.stderr
    assert not attachments.on_interface(lab.client, "eth0")
    assert attachments.places(lab.gate, "eth0") == HOOK_PLACES["xdp"]
    assert_filters(lab, gate)


def test_pins_removed_by_hand(lab, gate):
    """Somebody removed the pins (rm -r) while XDP stays attached: `up` says how to get hold of the interface again."""
    gate.up()
    subprocess.run(["rm", "-r", gate.bpffs], check=True)
    refused = gate.up(check=False)
    assert refused.returncode == 1 and "hint: " in refused.stderr, refused
    assert "ip link set dev eth0 xdp off" in refused.stderr, refused.stderr
    lab.gate.run("ip", "link", "set", "dev", "eth0", "xdp", "off")
    gate.up()
    assert attachments.places(lab.gate, "eth0") == HOOK_PLACES["xdp"]
    assert_filters(lab, gate)
    gate.down()
    assert_nothing_left(gate)


def test_spoofed_requests_cannot_evict_a_transfer(lab, gate):
    """Far more requests than the table holds: a transfer that has proved itself goes on."""
    requests = 3000

    def counted():
        """Those that came, whether or not there was budget left for them."""
        counts = gate.counts()
        return counts["request"] + counts.get("request_budget", 0)

    gate.up("--max-requests", "1024", "--max-offers", "1024", "--max-transfers", "1024")
    with HandTransfer(lab) as hand, packets.Injector(lab.client, 4) as injector:
        hand.begin()
        before = counted()
        # From many addresses, as one alone may not send so many.
        for number in range(requests):
            source = f"10.71.{16 + number // 200}.{1 + number % 200}"
            injector.send((source, 20000), hand.service.name, hand.request)
        wait.until(lambda: counted() - before == requests, "all requests are counted")
        assert gate.counts()["request"] > 1024
        assert len(gate.json("flows")["requests"]) <= 1024
        hand.block(3, b"the end")
        gate.wait_for_transfer(hand.file, {"done"})
