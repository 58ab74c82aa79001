# SPDX-License-Identifier: GPL-2.0-or-later
"""Up, down and what can come between: the filter needs no process, and nothing stays behind."""

import os
import stat
import subprocess

import pytest

from lab import attachments, netns, packets, traced, wait
from lab.gate import Gate
from lab.hand import BLOCK, HandTransfer

HOOK_PLACES = {"xdp": ["tcx-egress", "xdp"], "generic": ["tcx-egress", "xdp-generic"],
               "tc": ["tcx-egress", "tcx-ingress"]}
HOOKS = pytest.mark.parametrize("hook", list(HOOK_PLACES))
BOTH_ENDS = pytest.mark.parametrize("lab", [("server-host", 4), ("router", 6)], indirect=True,
                                    ids=["server-host-v4", "router-v6"])


def assert_nothing_left(gate, programs=()):
    """No program on the interfaces, no pin, and the kernel has freed the programs."""
    for interface in gate.interfaces:
        assert not attachments.on_interface(gate.namespace, interface)
    assert not os.path.exists(gate.bpffs)
    for program in programs:
        wait.until(lambda number=program: not attachments.program_exists(number), f"program {program} is freed")


def attached(gate):
    """{(interface, place, program id)} on the interfaces of the gate."""
    return attachments.on_interfaces(gate.namespace, gate.interfaces)


def assert_filters(lab, gate):
    """The filter works: a transfer passes, and an unsolicited datagram does not."""
    with HandTransfer(lab) as hand:
        hand.begin()
    sender, receiver = lab.probe_route
    with packets.Endpoint(lab.side(receiver), lab.address(receiver)) as endpoint:
        packets.assert_dropped(gate, lab.side(sender), (lab.address(sender), 40001), endpoint)


@HOOKS
@BOTH_ENDS
def test_up_attaches_and_down_leaves_nothing(lab, gate, hook):
    """The programs are where --hook says, the pins are closed to others, and down undoes all of it."""
    gate.up("--hook", hook)
    programs = attached(gate)
    for interface in gate.interfaces:
        assert attachments.places(gate.namespace, interface) == HOOK_PLACES[hook]
    assert stat.S_IMODE(os.stat(gate.bpffs).st_mode) == 0o700
    status = gate.status()
    assert status["up"] and [entry["name"] for entry in status["interfaces"]] == gate.interfaces
    for entry in status["interfaces"]:
        assert (entry["hook"], entry["ingress"], entry["egress"]) == (hook, "attached", "tcx")
        assert entry["xdp_mode"] == {"xdp": "native", "generic": "generic", "tc": None}[hook]
    assert_filters(lab, gate)
    gate.down()
    assert_nothing_left(gate, {program for _, _, program in programs})


def assert_loads(loads, interfaces, hook):
    """Each program has been loaded once for each interface, and none in vain but where the kernel has no extensions."""
    ingress = "tidegate_tc_in" if hook == "tc" else "tidegate_xdp"
    assert sorted(load.program for load in loads if load.loaded) == sorted([ingress, "tidegate_tc_out"] * interfaces), loads
    assert not [load for load in loads if not load.loaded and load.type != "EXT"], loads


@pytest.mark.parametrize("hook", ["xdp", "tc"])
@pytest.mark.parametrize("lab", [("router", 6)], indirect=True, ids=["router-v6"])
def test_up_loads_each_program_once(gate, hook, tmp_path):
    """Both the first `up` and one over a running filter, and `apply` only what is new; with one processor and with all."""
    processors = os.sched_getaffinity(0)
    for chosen in ({min(processors)}, processors):
        where = ",".join(map(str, sorted(chosen)))
        for turn in ("first", "again"):
            loads = traced.loads(gate, gate.up_arguments("--hook", hook), tmp_path / f"{turn}-{where}", where)
            assert_loads(loads, len(gate.interfaces), hook)
            threads = {load.thread for load in loads}
            assert len(threads) == 1 if len(chosen) == 1 else 1 < len(threads) <= len(chosen), (chosen, loads)
        policy = tmp_path / "policy.conf"
        policy.write_text(gate.call("policy").stdout)
        assert not traced.loads(gate, ["apply", policy], tmp_path / f"apply-{where}", where)
        gate.down()
        assert_nothing_left(gate)


@pytest.mark.parametrize("lab", [("router", 4)], indirect=True)
def test_up_with_few_files(gate):
    """What cannot be loaded side by side for want of descriptors is loaded one by one; else it is told once, and undone."""
    outcomes = set()
    for files in (60, 90, 100, 120, 160):
        done = gate.up(check=False, prefix=["prlimit", f"--nofile={files}:{files}"])
        outcomes.add(done.returncode)
        if done.returncode:
            told = [line.split(": ")[0] for line in done.stderr.splitlines()]
            assert told == ["tidegate", "hint"] and "Too many open files" in done.stderr, (files, done.stderr)
            assert_nothing_left(gate)
        else:
            assert not done.stderr, (files, done.stderr)
            assert len(gate.status()["interfaces"]) == 2
            gate.down()
    assert outcomes == {0, 1}, outcomes


@HOOKS
def test_no_process_is_needed(lab, gate, hook):
    """After `up` nobody of tidegate runs inside, and the filter works."""
    gate.up("--hook", hook)
    listed = subprocess.run(["ip", "netns", "pids", lab.gate.name], capture_output=True, text=True, check=True)
    assert not listed.stdout.split(), "something still runs in the namespace of the gate"
    assert not [pid for pid in os.listdir("/proc") if pid.isdigit() and gate.bpffs in _command_line(pid)]
    assert_filters(lab, gate)


def _command_line(pid):
    try:
        with open(f"/proc/{pid}/cmdline", encoding="utf-8", errors="replace") as file:
            return file.read()
    except (FileNotFoundError, ProcessLookupError):
        return ""


@HOOKS
def test_up_twice(lab, gate, hook):
    """A second `up` replaces the programs, keeps running transfers and counters, and attaches nothing twice."""
    gate.up("--hook", hook)
    before = attached(gate)
    with HandTransfer(lab) as hand:
        hand.begin()
        counted = gate.counts()
        gate.up("--hook", hook)
        hand.block(3, b"the end")
        gate.wait_for_transfer(hand.file, {"done"})
    assert [place for _, place, _ in sorted(attached(gate))] == [place for _, place, _ in sorted(before)]
    now = gate.counts()
    assert all(now[reason] >= count for reason, count in counted.items()), f"{counted} became {now}"
    assert_filters(lab, gate)
    gate.down()
    assert_nothing_left(gate)


def test_up_again_changes_the_hook(lab, gate):
    """From each hook to each other one, without a gap in the state."""
    gate.up()
    with HandTransfer(lab) as hand:
        hand.begin()
        for number, hook in enumerate(("generic", "tc", "xdp", "tc", "generic", "xdp"), 3):
            gate.up("--hook", hook)
            assert attachments.places(lab.gate, "eth0") == HOOK_PLACES[hook]
            hand.block(number)
    assert_filters(lab, gate)


def test_up_again_changes_the_settings(lab, gate):
    """`up` with other settings applies them to the running filter, and says what holds."""
    gate.up("--monitor")
    assert [entry["mode"] for entry in gate.status()["interfaces"]] == ["monitor"]
    gate.up()
    assert [entry["mode"] for entry in gate.status()["interfaces"]] == ["enforce"]
    assert_filters(lab, gate)


@pytest.mark.parametrize("lab", [("router", 4)], indirect=True)
def test_interfaces_one_by_one(lab, gate):
    """Interfaces come and go separately; the last one takes the pins along."""
    gate.call("up", "lan0")
    assert not attachments.on_interface(lab.gate, "wan0")
    gate.call("up", "wan0", "--hook", "tc")
    assert {entry["name"]: entry["hook"] for entry in gate.status()["interfaces"]} == {"lan0": "xdp", "wan0": "tc"}
    assert_filters(lab, gate)
    gate.down("lan0")
    assert not attachments.on_interface(lab.gate, "lan0")
    assert attachments.places(lab.gate, "wan0") == HOOK_PLACES["tc"]
    assert [entry["name"] for entry in gate.status()["interfaces"]] == ["wan0"]
    gate.down("wan0")
    assert_nothing_left(gate)


def test_down_when_nothing_is_up(gate):
    """Nothing to take down is not a failure of the machine, but it is said."""
    done = gate.down(check=False)
    assert done.returncode in (0, 1) and (done.stdout + done.stderr).strip()
    assert gate.status()["up"] is False
    assert_nothing_left(gate)


@HOOKS
def test_vanished_interface(lab, gate, hook):
    """An interface that is gone is shown as missing; down cleans up, and up works on its successor."""
    gate.up("--hook", hook)
    lab.gate.ip("link delete eth0")
    entry = gate.status()["interfaces"][0]
    assert (entry["name"], entry["ingress"], entry["egress"]) == ("eth0", "missing", "missing")
    gate.call("flows")
    gate.call("stats")
    refused = gate.up(check=False)
    assert refused.returncode == 1 and "eth0" in refused.stderr
    gate.down()
    assert not os.path.exists(gate.bpffs)
    lab.gate.ip("link add eth0 type veth peer name peer0", "link set eth0 up", "link set peer0 up")
    gate.up("--hook", hook)
    assert attachments.places(lab.gate, "eth0") == HOOK_PLACES[hook]
    gate.down()
    assert_nothing_left(gate)


def test_successor_of_a_vanished_interface_without_down(lab, gate):
    """The name comes back on another interface (a hypervisor restarts a guest): `up` takes it over."""
    gate.up()
    lab.gate.ip("link delete eth0")
    lab.gate.ip("link add eth0 type veth peer name peer0", "link set eth0 up", "link set peer0 up")
    gate.up()
    assert attachments.places(lab.gate, "eth0") == HOOK_PLACES["xdp"]
    assert [entry["ingress"] for entry in gate.status()["interfaces"]] == ["attached"]
    gate.down()
    assert_nothing_left(gate)


@pytest.mark.parametrize("lab", [("bridge", 4)], indirect=True)
def test_what_a_vanished_interface_leaves(lab, gate):
    """What was asked for through it ends with it, with no daemon: the next host of its name and address gets nothing of it."""
    gate.up()
    with HandTransfer(lab) as hand:
        hand.begin()
        lab.gate.ip("link delete port0")
        netns.veth(lab.gate, "port0", lab.client, "eth0")
        lab.gate.ip("link set port0 master br0")
        lab.client.ip(f"address add {lab.address('client')}/24 dev eth0")
        gate.up()
        assert not gate.transfers(hand.file) and not gate.json("flows")["requests"]
        before = gate.drops()
        hand.tid.send(packets.data(3, BLOCK), hand.client.name)
        wait.until(lambda: gate.drops_since(before) == {"expired": 1}, "the old transfer's next block is dropped")
        assert hand.client.receive() is None


def test_second_instance_on_the_same_interface(lab, gate):
    """Another bpffs directory does not take the interface away from the first one."""
    gate.up()
    before = attached(gate)
    second = Gate(lab.gate, lab.interfaces, "second")
    try:
        refused = second.up(check=False)
        if refused.returncode == 0:  # kernels where libxdp's dispatcher runs both
            second.down()
        else:
            assert refused.returncode == 1 and refused.stderr.startswith("tidegate: "), refused.stderr
            assert "eth0" in refused.stderr and "hint: " in refused.stderr
        assert not os.path.exists(second.bpffs)
        assert attached(gate) == before
        assert_filters(lab, gate)
    finally:
        second.close()


@HOOKS
def test_concurrent_ups(lab, gate, hook):
    """Several `up` at the same time take turns; the outcome is that of one."""
    running = [lab.gate.popen(*gate.argv(*gate.up_arguments("--hook", hook)), stdout=subprocess.PIPE,
                              stderr=subprocess.PIPE, text=True) for _ in range(4)]
    for process in running:
        _, errors = process.communicate(timeout=20)
        assert process.returncode == 0, errors
    assert attachments.places(lab.gate, "eth0") == HOOK_PLACES[hook]
    assert len(gate.status()["interfaces"]) == 1
    assert_filters(lab, gate)
    gate.down()
    assert_nothing_left(gate)


def test_foreign_xdp_program_is_left_alone(lab, gate, tmp_path):
    """Where another XDP program sits, `up` either shares the interface or refuses and changes nothing."""
    source, target = tmp_path / "pass.c", tmp_path / "pass.o"
    source.write_text('__attribute__((section("xdp"), used)) int all(void *c) { return 2; }\n'
                      'char text[] __attribute__((section("license"), used)) = "GPL";\n')
    subprocess.run(["clang", "-O2", "-g", "--target=bpf", "-c", source, "-o", target], check=True)
    lab.gate.run("ip", "link", "set", "eth0", "xdpdrv", "obj", target, "sec", "xdp")
    foreign = attachments.on_interface(lab.gate, "eth0")
    done = gate.up(check=False)
    if done.returncode == 0:
        gate.down()
        assert not os.path.exists(gate.bpffs)
    else:
        assert done.returncode == 1 and "eth0" in done.stderr and "hint: " in done.stderr
        assert attachments.on_interface(lab.gate, "eth0") == foreign
        assert not os.path.exists(gate.bpffs)
        gate.up("--hook", "tc")
        assert_filters(lab, gate)
        gate.down()
        assert attachments.on_interface(lab.gate, "eth0") == foreign


@pytest.mark.parametrize("lab", [("loopback", 4)], indirect=True)
def test_generic_fallback_is_announced(lab, gate):
    """lo has no native XDP: generic is used, and `up` and `status` say so."""
    done = gate.up()
    notice = done.stdout + done.stderr
    assert "generic" in notice and "lo" in notice, notice
    entry = gate.status()["interfaces"][0]
    assert (entry["hook"], entry["xdp_mode"], entry["ingress"]) == ("xdp", "generic", "attached")
    with packets.Endpoint(lab.server, lab.address("hand")) as endpoint:
        packets.assert_dropped(gate, lab.client, (lab.address("client"), 40001), endpoint)
    gate.down()
    assert_nothing_left(gate)


def test_status_shows_the_budget(gate, tmp_path):
    """What a zone takes of those who have proved nothing, and what of it is used; null where there is no budget."""
    gate.up()
    assert gate.status()["zones"][0]["request_budget"] == {
        "rate": 100.0, "burst": 1500, "used": 0, "reserve_used": 0, "proved_for_ms": 86400000}
    gate.down()
    path = tmp_path / "tidegate.conf"
    path.write_text(f'zone "z" {{ interfaces = "{gate.interfaces[0]}" abuse {{ request-budget = none }} }}\n')
    gate.call("up", "--config", path)
    assert gate.status()["zones"][0]["request_budget"] is None


def test_bpftool_reads_the_pinned_maps(lab, gate):
    """The state is inspected with the kernel's own tool: the pins carry BTF."""
    gate.up()
    with HandTransfer(lab) as hand:
        hand.begin()
        # Pretty-printed through BTF: names instead of bytes.
        for pin, field in (("transfers", "data_block"), ("zones", "idle_wait"), ("interfaces", "ifindex")):
            path = os.path.join(gate.bpffs, pin)
            dump = subprocess.run(["bpftool", "map", "dump", "pinned", path], capture_output=True, text=True,
                                  check=True)
            assert f'"{field}":' in dump.stdout, f"{pin}: {dump.stdout[:300]}"
        for pin in os.listdir(gate.bpffs):
            assert stat.S_IMODE(os.stat(os.path.join(gate.bpffs, pin)).st_mode) & 0o077 == 0, pin


def test_status_states_the_memory(gate):
    """Sizes and memory of the maps are shown, and the sizes can be chosen."""
    gate.up("--max-transfers", "1000", "--max-requests", "2000")
    status = gate.status()
    sizes = {entry["name"]: entry["entries_max"] for entry in status["maps"]}
    assert (sizes["transfers"], sizes["requests"], sizes["offers"]) == (1000, 2000, 65536)
    assert sizes["strangers"] == 2000 * 128 // 32
    assert status["memory_bytes"] == sum(entry["memory_bytes"] for entry in status["maps"]) > 0
