# SPDX-License-Identifier: GPL-2.0-or-later
"""`tidegate replay`: the verdicts on a capture are those that the filter would have given at that time."""

import json
import os
import signal
import subprocess

import pytest

from lab import captures, files, gate as gates, packets, wait
from lab.captures import SECOND, down, ethernet, framed, spaced, up
from lab.clients import CLIENTS
from lab.hand import HandTransfer

HOOKS = ("xdp", "tc")
both_hooks = pytest.mark.parametrize("hook", HOOKS)
NOTHING = "Nothing would have been dropped."
LINKS = {"Ethernet": captures.ETHERNET, "cooked v1": captures.SLL, "cooked v2": captures.SLL2, "raw IP": captures.RAW,
         "null": captures.NULL, "loop": captures.LOOP}
REQUEST_SECONDS, IDLE_SECONDS = 30, 120  # tracker specification 8

@pytest.fixture
def play(tmp_path):
    """Replays the bytes of a capture file (or a path); returns the completed process."""
    def run(capture, *arguments, prefix=(), check=True, **options):
        path = capture
        if isinstance(capture, bytes):
            path = tmp_path / "capture"
            path.write_bytes(capture)
        done = subprocess.run([*prefix, gates.BINARY, "replay", *map(str, arguments), str(path)], timeout=60,
                              capture_output=True, text=True, check=False, **options)
        assert not check or done.returncode == 0 and not done.stderr, done
        return done

    return run


@pytest.fixture
def judge(play):
    """The JSON objects of a replay."""
    def run(capture, *arguments, **options):
        return [json.loads(line) for line in play(capture, "-j", *arguments, **options).stdout.splitlines()]

    return run


def ether(family, frames):
    """IP packets as Ethernet frames."""
    return [framed(captures.ETHERNET, family, packet) for packet in frames]


def reasons(objects):
    """Their reasons."""
    return [entry["reason"] for entry in objects]


def summary(done):
    """What the summary's lines say, by their first words."""
    return {line.split()[0]: line.split(maxsplit=1)[1] for line in done.stdout.splitlines() if line.split()}


@both_hooks
@pytest.mark.parametrize("family", (4, 6))
@pytest.mark.parametrize("link", LINKS.values(), ids=LINKS)
def test_every_link_layer_gives_the_same_verdicts(play, judge, link, family, hook):
    """A whole transfer passes, whatever header stands before its IP packets."""
    frames, expected = captures.transfer(family)
    frames = spaced([framed(link, family, packet) for packet in frames])
    capture = captures.pcap(frames, link)
    objects = judge(capture, "--hook", hook)
    assert reasons(objects) == expected
    assert {entry["verdict"] for entry in objects} == {"pass"}
    assert judge(captures.pcapng(frames, link, interfaces=1), "--hook", hook) == objects
    done = play(capture, "--hook", hook)
    assert done.stdout.splitlines()[-1] == NOTHING
    assert summary(done)["transfers"].split()[:3] == ["1", "1", "complete,"]


def test_raw_ip_of_one_version_and_foreign_byte_order(judge):
    """LINKTYPE_IPV4 and _IPV6, and a loopback capture from a machine of the other byte order."""
    for family, link in ((4, captures.IPV4), (6, captures.IPV6)):
        frames, expected = captures.transfer(family)
        assert reasons(judge(captures.pcap(spaced(frames), link))) == expected
        big = [b"\0\0\0" + bytes([captures.FAMILY_NUMBER[family]]) + packet for packet in frames]
        assert reasons(judge(captures.pcap(spaced(big), captures.NULL, order=">"))) == expected


def test_every_file_format_gives_the_same_objects(judge):
    """pcap of both byte orders and precisions, pcapng of both byte orders with two interfaces."""
    frames, expected = captures.transfer(4)
    frames = spaced(ether(4, frames))
    objects = judge(captures.pcap(frames))
    assert reasons(objects) == expected and objects[0]["time"] == captures.START_TEXT
    for capture in (captures.pcap(frames, order=">"), captures.pcapng(frames), captures.pcapng(frames, order=">")):
        assert judge(capture) == objects
    for order in "<>":
        coarse = judge(captures.pcap(frames, order=order, nanoseconds=False))
        assert coarse[0]["time"] == captures.START_TEXT.replace("789Z", "000Z")
        assert reasons(coarse) == expected


def test_objects_are_in_file_order_and_whole(judge):
    """Also for what is not IP or not UDP; addresses and ports where there are any."""
    frames, _ = captures.transfer(4)
    tcp = captures.up(4, b"\0" * 20)
    tcp = tcp[:9] + b"\6" + tcp[10:]
    arp = ethernet(0x0806, b"\0" * 28)
    objects = judge(captures.pcap(spaced([arp, *ether(4, frames[:1]), ethernet(0x0800, tcp), *ether(4, frames[1:2])])))
    assert [entry["frame"] for entry in objects] == [1, 2, 3, 4]
    assert reasons(objects) == ["not_udp", "request", "not_udp", "first_reply"]
    assert objects[0] == {"frame": 1, "time": captures.START_TEXT, "verdict": "pass", "reason": "not_udp", "bytes": 42}
    assert objects[1]["source"] == {"address": captures.CLIENT[4], "port": captures.CLIENT_PORT}
    assert objects[1]["destination"] == {"address": captures.SERVER[4], "port": 69}
    assert objects[1]["tftp"] == 'RRQ "vmlinuz"' and objects[3]["tftp"] == "DATA 1, 512 bytes"


def test_text_has_a_line_for_each_frame(play):
    """Also for what is not UDP; a drop is named with its reason; exit 0 all the same."""
    frames, _ = captures.transfer(4)
    stranger = captures.ip(4, ("203.0.113.9", 4444), (captures.CLIENT[4], captures.CLIENT_PORT), b"guess")
    done = play(captures.pcap(spaced([ethernet(0x0806, b"\0" * 28), *ether(4, [*frames, stranger])])))
    lines = done.stdout.splitlines()
    assert lines[0].split() == ["1", "0.000000", "pass", "not_udp"]
    assert lines[1].split() == ["2", "0.010000", "pass", "request", "192.0.2.10:50941", ">", "198.51.100.20:69", "RRQ",
                                '"vmlinuz"']
    assert lines[6].split()[:4] == ["7", "0.060000", "drop", "unsolicited"]
    assert summary(done)["frames"] == "7  in 0.060 s: 6 UDP, 1 other"
    assert summary(done)["dropped"] == "1  unsolicited 1"
    assert lines[-1].startswith("1 packet would have been dropped")


@both_hooks
def test_timers_run_by_the_times_of_the_capture(judge, hook):
    """A reply within T_req and a block within T_idle pass; later ones are too late."""
    def gap(frames, before, seconds):
        items = spaced(ether(4, frames))
        return [captures.Captured(item.time + (seconds * SECOND if number >= before else 0), item.frame)
                for number, item in enumerate(items)]

    frames, expected = captures.transfer(4)
    for before, limit in ((1, REQUEST_SECONDS), (3, IDLE_SECONDS)):
        assert reasons(judge(captures.pcap(gap(frames, before, limit - 1)), "--hook", hook)) == expected
        late = judge(captures.pcap(gap(frames, before, limit + 1)), "--hook", hook)
        assert reasons(late)[before] == "expired" and late[before]["verdict"] == "drop"


def test_fractions_of_a_tick_add_up(judge):
    """A million steps of less than a tick are time, too: here 400 gaps of 0.3 ms and a long one."""
    frames, _ = captures.transfer(4)
    quiet = ethernet(0x0806, b"\0" * 28)
    first, reply = ether(4, frames[:2])
    for rest, expected in ((0, "first_reply"), (2_000_000, "expired")):
        items = [captures.Captured(captures.START, first)]
        items += [captures.Captured(captures.START + 300_000 * number, quiet) for number in range(1, 401)]
        items.append(captures.Captured(captures.START + REQUEST_SECONDS * SECOND + rest, reply))
        assert reasons(judge(captures.pcap(items)))[-1] == expected


def test_time_never_runs_backwards(judge, play):
    """A jump back passes no time, wherever it goes, and from there the clock runs on."""
    frames, expected = captures.transfer(4)
    items = spaced(ether(4, frames))
    for item in items[2:]:
        item.time -= 10 * 365 * 86400 * SECOND
    capture = captures.pcap(items)
    assert reasons(judge(capture)) == expected
    assert summary(play(capture))["steps"].startswith("1 ")
    items[4].time += (IDLE_SECONDS + 1) * SECOND
    assert reasons(judge(captures.pcap(items)))[4] == "expired"


@pytest.mark.parametrize("stamps", [(0, 2**64 - 1, 0), (2**63, 5, 2**64 - 1), (2**63 - 1, 2**63, 2**63 + 1)])
def test_absurd_times_do_no_harm(judge, stamps):
    """pcapng has 64 bits of time."""
    items = [captures.Captured(stamp, ethernet(0x0806, b"\0" * 28)) for stamp in stamps]
    assert reasons(judge(captures.pcapng(items))) == ["not_udp"] * 3


@both_hooks
@pytest.mark.parametrize("blksize", (1428, 3000, 8192, 65464))
def test_long_frames(judge, hook, blksize):
    """Jumbo frames, and what offloads put together, up to the longest IP packet."""
    frames = [captures.ask(4, blksize=blksize),
              down(4, packets.OACK.to_bytes(2, "big") + b"blksize\0" + str(blksize).encode() + b"\0"),
              up(4, packets.ack(0)), down(4, packets.data(1, b"x" * blksize)), up(4, packets.ack(1)),
              down(4, packets.data(2, b"x" * (blksize + 1)))]
    expected = ["request", "first_reply", "ack", "data", "ack", "data_size"]
    assert reasons(judge(captures.pcap(spaced(ether(4, frames))), "--hook", hook)) == expected
    tagged = [ethernet(0x8100, b"\0\5\x08\0" + packet) for packet in frames]
    assert reasons(judge(captures.pcap(spaced(tagged)), "--hook", hook)) == expected


@both_hooks
def test_headers_far_behind(judge, hook):
    """UDP behind 2048 bytes of IPv6 options, which is where long TC packets are put together."""
    packet = captures.ask(6)
    options = b"\x11\xff" + b"\0" * 2046
    length = (len(packet) - 40 + len(options)).to_bytes(2, "big")
    packet = packet[:4] + length + bytes([60]) + packet[7:40] + options + packet[40:]
    assert reasons(judge(captures.pcap(spaced(ether(6, [packet]))), "--hook", hook)) == ["request"]


@both_hooks
def test_vlans_are_kept_apart(judge, hook):
    """A reply in another VLAN answers nothing."""
    def tagged(vlan, packet):
        return ethernet(0x8100, vlan.to_bytes(2, "big") + b"\x08\0" + packet)

    frames, _ = captures.transfer(4)
    objects = judge(captures.pcap(spaced([tagged(5, frames[0]), tagged(6, frames[1]), tagged(5, frames[1])])),
                    "--hook", hook)
    assert reasons(objects) == ["request", "unsolicited", "first_reply"]


@both_hooks
@pytest.mark.parametrize("family", (4, 6))
def test_cut_frames(judge, play, family, hook):
    """A snapshot length that leaves the headers changes nothing; without them nothing can be said."""
    frames, expected = captures.transfer(family)
    whole = ether(family, frames)
    cut = [captures.Captured(item.time, item.frame[:90], len(item.frame)) for item in spaced(whole)]
    objects = judge(captures.pcap(cut, snaplen=90), "--hook", hook)
    assert reasons(objects) == expected
    assert [entry.get("cut", False) for entry in objects] == [len(frame) > 90 for frame in whole]
    for snaplen in (16, 30, 43):
        cut = [captures.Captured(item.time, item.frame[:snaplen], len(item.frame)) for item in spaced(whole)]
        capture = captures.pcap(cut, snaplen=snaplen)
        assert reasons(judge(capture, "--hook", hook)) == ["truncated"] * 5
        assert summary(play(capture, "--hook", hook))["cut"].startswith("5  by the snapshot length; 5 of them")
    request = ether(family, [captures.ask(family, "n" * 200)])[0]
    cut = [captures.Captured(captures.START, request[:90], len(request))]
    assert reasons(judge(captures.pcap(cut), "--hook", hook)) == ["truncated"], "its text is missing"


def test_frames_without_a_link_header(judge):
    """Frames of 0 to 13 bytes can't be judged."""
    frames = [b"", b"\2", b"\2" * 13]
    assert reasons(judge(captures.pcap(spaced(frames)))) == ["truncated"] * 3
    assert reasons(judge(captures.pcap(spaced(frames), captures.SLL2))) == ["truncated"] * 3
    assert reasons(judge(captures.pcap(spaced(frames), captures.RAW))) == ["truncated", "not_udp", "not_udp"]


def test_options_of_the_zone(judge, play):
    """They mean what they mean to `up`."""
    other = ether(4, [up(4, b"?", 161), down(4, b"!", 161)])
    capture = captures.pcap(spaced(other))
    assert reasons(judge(capture)) == ["unsolicited"] * 2
    assert reasons(judge(capture, "--allow-udp", 161)) == ["service", "unsolicited"]
    assert reasons(judge(capture, "--unmatched", "pass")) == ["unmatched"] * 2
    watched = judge(capture, "--monitor")
    assert reasons(watched) == ["unsolicited"] * 2 and {entry["verdict"] for entry in watched} == {"pass"}
    assert "2 packets would have been dropped, but for --monitor" in play(capture, "--monitor").stdout
    refused = captures.pcap(spaced(ether(4, [captures.ask(4)])))
    assert reasons(judge(refused, "--requests", "out")) == ["request_direction"]
    assert reasons(judge(refused, "--tftp-port", 6969)) == ["unsolicited"]


TWO_ZONES = """zone "strict" {
	interfaces = eth0
	hook = tc
	timers {
		idle = 60s
	}
}
zone "open" {
	interfaces = eth1
	unmatched = pass
}
"""


def test_zones_of_a_configuration_file(judge, play, tmp_path):
    """Settings, timers among them, are those of the file's only zone, or of the chosen one."""
    one, two = tmp_path / "one.conf", tmp_path / "two.conf"
    two.write_text(TWO_ZONES)
    one.write_text(TWO_ZONES[:TWO_ZONES.index('zone "open"')])
    frames, expected = captures.transfer(4)
    items = spaced(ether(4, [*frames, up(4, b"?", 161)]))
    for item in items[3:]:
        item.time += 61 * SECOND
    capture = captures.pcap(items)
    assert reasons(judge(capture)) == [*expected, "unsolicited"]
    for arguments in (["--config", one], ["--config", two, "--zone", "strict"]):
        assert reasons(judge(capture, *arguments))[3:] == ["expired", "expired", "unsolicited"]
    assert reasons(judge(capture, "--config", two, "--zone", "open")) == [*expected, "unmatched"]
    for arguments, words in ((["--config", two], "2 zones"), (["--config", two, "--zone", "x"], "no zone x"),
                             (["--config", tmp_path / "missing"], "missing")):
        refused = play(capture, *arguments, check=False)
        assert refused.returncode == 1 and words in refused.stderr and not refused.stdout
    assert "strict" in play(capture, "--config", two, check=False).stderr


@pytest.mark.parametrize("arguments", [
    [], ["a", "b"], ["a", "--zone", "z"], ["a", "--config"], ["a", "--config", ""], ["a", "--force"],
    ["a", "--max-requests", "5"], ["a", "--config", "f", "--slack", "9"], ["a", "--config", "f", "--hook", "tc"],
    ["a", "--monitor", "--config", "f"], ["a", "--hook", "egress"]], ids=" ".join)
def test_wrong_usage(arguments):
    """Exit 2; beside --config the option that conflicts is named."""
    refused = subprocess.run([gates.BINARY, "replay", *arguments], timeout=20, capture_output=True, text=True, check=False)
    assert refused.returncode == 2 and refused.stderr.startswith("tidegate: ") and not refused.stdout
    if "f" in arguments:
        conflicting = next(word for word in arguments if word.startswith("--") and word != "--config")
        assert refused.stderr.startswith(f"tidegate: {conflicting}: beside --config")


def test_foreign_text_is_made_harmless(play, judge):
    """Control characters out of a packet reach no terminal."""
    evil = ether(4, [captures.ask(4, "\x1b[31m\nname\x7f"), up(4, b"\0\5\0\1\x1b]0;title\7\0", 69)])
    capture = captures.pcap(spaced(evil))
    done = play(capture)
    assert all(character == "\n" or character.isprintable() for character in done.stdout)
    assert r"\x1b[31m\x0aname\x7f" in done.stdout and judge(capture)[0]["tftp"].startswith('RRQ "\\x1b')


@pytest.mark.parametrize("cut", (1, 20, 560))
def test_truncated_files(play, cut):
    """What came before is reported; then the damage, and exit 1."""
    frames, _ = captures.transfer(4)
    whole = captures.pcap(spaced(ether(4, frames)))
    for arguments in ((), ("-j",)):
        done = play(whole[:-cut], *arguments, check=False)
        shown = len(done.stdout.splitlines())
        assert done.returncode == 1 and shown == (1 if cut == 560 else 4), done
        assert "capture: it cannot be read behind frame" in done.stderr and "truncated" in done.stderr


def test_what_is_no_capture(play, tmp_path):
    """A clear message, nothing on stdout, and exit 1."""
    radiotap = captures.pcap(spaced([b"\0" * 60]), captures.RADIOTAP)
    for capture, words in ((b"", "no capture"), (b"hello, world\n" * 10, "no capture"), (radiotap, "IEEE802_11_RADIO"),
                           (tmp_path / "missing", "No such file"), (tmp_path, "directory")):
        done = play(capture, check=False)
        assert done.returncode == 1 and words in done.stderr and not done.stdout, done
        assert done.stderr.startswith("tidegate: ")


def test_interfaces_of_different_link_types(play):
    """libpcap reads no such pcapng files, and none with two interfaces of raw IP: the way out is named."""
    mixed = captures.pcapng([], captures.ETHERNET, interfaces=1) + captures.pcapng([], captures.SLL, interfaces=1)[28:]
    for capture in (mixed, captures.pcapng([], captures.RAW, interfaces=2)):
        refused = play(capture, check=False)
        assert refused.returncode == 1 and "hint: " in refused.stderr and "one file for each interface" in refused.stderr


def test_empty_captures_and_standard_input(play, judge):
    """No frames are no error; `-` is standard input."""
    for capture in (captures.pcap([]), captures.pcapng([])):
        assert play(capture).stdout.splitlines()[-1] == NOTHING
        assert not judge(capture)
    frames, _ = captures.transfer(4)
    done = subprocess.run([gates.BINARY, "replay", "-"], input=captures.pcap(spaced(ether(4, frames))), capture_output=True,
                          check=True, timeout=60)
    assert NOTHING in done.stdout.decode()


WITHOUT = {
    "nobody": ("--reuid=65534", "--regid=65534", "--clear-groups"),
    "CAP_BPF": ("--inh-caps=-bpf,-sys_admin", "--bounding-set=-bpf,-sys_admin"),
    "CAP_NET_ADMIN": ("--inh-caps=-net_admin", "--bounding-set=-net_admin"),
}


@pytest.mark.parametrize("without", WITHOUT)
def test_missing_privileges_are_named(play, without):
    """The message says what is missing."""
    refused = play("/dev/null", prefix=["setpriv", *WITHOUT[without]], check=False)
    assert refused.returncode == 1 and "not permitted" in refused.stderr, refused
    assert ("CAP_BPF" if without == "nobody" else without) in refused.stderr


def test_three_capabilities_are_enough(judge):
    """CAP_BPF, CAP_NET_ADMIN and CAP_PERFMON, by a user who is not root."""
    frames, expected = captures.transfer(4)
    keep = "-all,+bpf,+net_admin,+perfmon"
    user = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", f"--inh-caps={keep}",
            f"--ambient-caps={keep}", f"--bounding-set={keep}"]
    for hook in HOOKS:
        done = subprocess.run([*user, gates.BINARY, "replay", "-j", "--hook", hook, "-"], timeout=60, check=True,
                              input=captures.pcap(spaced(ether(4, frames))), capture_output=True)
        assert reasons(map(json.loads, done.stdout.splitlines())) == expected


def test_nothing_is_kept_while_the_file_is_read():
    """Whoever wrote the capture gains nothing by a mistake in its reader: no capability is left by then."""
    def capabilities():
        with open(f"/proc/{process.pid}/status", encoding="ascii") as status:
            held = {line.split()[0]: int(line.split()[1], 16) for line in status if line.startswith(("CapPrm", "CapEff"))}
        return list(held.values())

    with subprocess.Popen([gates.BINARY, "replay", "-"], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        wait.until(lambda: capabilities() == [0, 0], "all capabilities are given up", seconds=20)
        output, _ = process.communicate(captures.pcap([]))
    assert process.returncode == 0 and NOTHING in output.decode()


def test_what_runs_is_not_touched(lab, gate, tmp_path):
    """No pin comes, goes or changes, and no counter of a running filter counts."""
    def pins():
        return sorted((root, name) for root, _, names in os.walk(gate.bpffs) for name in names)

    gate.up()
    with HandTransfer(lab) as running:
        running.begin()
        frames, _ = captures.transfer(4)
        path = tmp_path / "capture"
        path.write_bytes(captures.pcap(spaced(ether(4, frames))))
        before = pins(), gate.counts(), gate.status()["zones"], len(gate.transfers())
        assert NOTHING in gate.call("replay", path).stdout
        assert (pins(), gate.counts(), gate.status()["zones"], len(gate.transfers())) == before
        running.block(3)


@both_hooks
def test_a_real_transfer(lab, play, hook):
    """What tcpdump saw of a real client and server, on the wire and cooked, would have passed."""
    lab.start_servers(["tftpd-hpa"])
    name = lab.payloads.serve(lab.payloads.path(files.SIZES[-1]), lab.directory, "real")
    recordings = {device: f"{lab.base}/{device}.pcap" for device in ("eth0", "any")}
    dumps = [lab.server.popen("tcpdump", "-i", device, "-U", "-Z", "root", "-w", path, "udp", stderr=subprocess.PIPE)
             for device, path in recordings.items()]
    try:
        for dump in dumps:
            assert any(b"listening on" in line for line in dump.stderr)
        target = f"{lab.downloads}/{name}"
        CLIENTS["atftp"].transfer(lab.client, 4, lab.address("tftpd-hpa"), True, name, target, blksize=1428)
        assert files.same(f"{lab.directory}/{name}", target)
        sizes = {}

        def still():
            old, now = dict(sizes), {path: os.path.getsize(path) for path in recordings.values()}
            sizes.update(now)
            return old == now and min(now.values()) > files.SIZES[-1]

        wait.until(still, "tcpdump has written everything", interval=0.2)
    finally:
        for dump in dumps:
            dump.send_signal(signal.SIGINT)
            dump.communicate()
    for path in recordings.values():
        done = play(path, "--hook", hook)
        assert done.stdout.splitlines()[-1] == NOTHING, done.stdout[-2000:]
        assert summary(done)["transfers"].split()[:3] == ["1", "1", "complete,"]
