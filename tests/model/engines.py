# SPDX-License-Identifier: GPL-2.0-or-later
"""The engines that the model is compared with, in a driver process (driver.c): the native core, XDP and TC.

A scene goes to the driver as one block (struct scene_head, services, group members, rules, packets; all little-endian), the
outcomes come back as three 64-bit numbers for each packet (reasons.py)."""

import array
import dataclasses
import fcntl
import struct
import subprocess

import limits
from model import Zone

ENGINES = ("native", "xdp", "tc")

_MAGIC = 0x47535447
_SEED = 0x9E3779B97F4A7C15
_HEAD = struct.Struct("<IIIHBB")
_PACKET = struct.Struct("<QIBBBB")
_ZONE = struct.Struct("<Q12I4H4H8x72s32s8x")  # marks and services: none
_ABUSE = struct.Struct("<2Q8I2Q2I")  # requests, limits, budget
_RULE = struct.Struct("<3Q2I2HH2B32xBB")  # its name: none
_ALLOW, _DENY = 1, 2
_ANY_SERVER = 0xFF
_LIMITS = ("open_max", "not_found_max", "names_max", "enumeration_window", "hold", "unacknowledged_packets",
           "unacknowledged_bytes", "unacknowledged_window")
_FLAGS = ("monitor", "requests_in", "requests_out", "track_udp", "unmatched_pass", "broadcast", "server_groups",
          "multicast", "udpport", "default_deny", "single_port")
_WAITS = ("request_wait", "offer_wait", "idle_wait", "done_wait", "error_wait", "superseded_wait", "fragment_wait",
          "stale_wait", "udp_wait", "udp_replied_wait", "second")
_HOSTS = 7
_CHUNK = 1 << 20
_OUTCOME = 8  # bytes


@dataclasses.dataclass
class Settings:
    """What a scene's packets meet. Services and server groups are those of both zones and of `zone`."""

    zone: Zone
    other_zone: Zone
    mtu: int = 1500

    def single_port(self):
        """Does one of the zones translate?"""
        return self.zone.single_port or self.other_zone.single_port


def _pack_zone(zone):
    flags = sum(1 << bit for bit, name in enumerate(_FLAGS) if name and getattr(zone, name))
    ports = [struct.unpack("<H", struct.pack(">H", port))[0] for port in zone.tftp_ports]
    ports += ports[:1] * (4 - len(ports))
    abuse = _ABUSE.pack(zone.request_interval, zone.request_tolerance, *(getattr(zone, name) for name in _LIMITS),
                        zone.budget_interval, zone.budget_tolerance, zone.proved_wait, 0)
    return _ZONE.pack(_SEED, flags, *(getattr(zone, name) for name in _WAITS), *ports, zone.request_max,
                      zone.slack, 0, len(zone.rules), abuse, b"")


def _pack_rule(number, rule, addresses):
    server = _ANY_SERVER if rule.server is None else addresses.index(rule.server)
    return _RULE.pack(rule.size_max, rule.request_interval, rule.request_tolerance, 1 + number, rule.transfers_max,
                      rule.blksize_max, rule.windowsize_max, 0, _DENY if rule.deny else _ALLOW, 0, rule.operation, server)


def pack_scene(settings, packets):
    """The block for the driver; packets are (at, interface, out, came_by, frame)."""
    groups = settings.zone.server_groups
    rules = settings.zone.rules
    addresses = sorted({*groups, *groups.values(), *(rule.server for rule in rules if rule.server is not None)})
    if len(addresses) > _HOSTS or len(groups) > 4:
        raise ValueError("more server groups, or servers of rules, than the driver takes")
    if settings.other_zone.services != settings.zone.services or settings.other_zone.server_groups:
        raise ValueError("services are common to both zones, and groups only in the first")
    if settings.other_zone.rules:
        raise ValueError("rules only in the first zone")
    services = settings.zone.services
    parts = [_HEAD.pack(_MAGIC, settings.mtu, len(packets), len(services), len(groups), len(rules)), _pack_zone(settings.zone),
             _pack_zone(settings.other_zone), b"".join(addresses).ljust(16 * _HOSTS, b"\0"),
             struct.pack(f"<{len(services)}H", *services)]
    parts += [bytes((addresses.index(member), addresses.index(first))) for member, first in groups.items()]
    parts += [_pack_rule(number, rule, addresses) for number, rule in enumerate(rules)]
    for at, interface, out, came_by, frame in packets:
        parts += (_PACKET.pack(at, len(frame), interface, out, came_by, 0), frame)
    return b"".join(parts)


def learn_bits(program):
    """Tell the model how the zones' seed hashes the file names that count."""
    answer = subprocess.run([program, "bits", str(_SEED), *(name.decode() for name in limits.NAMES)], check=True,
                            capture_output=True, text=True)
    limits.BITS.update(zip(limits.NAMES, map(int, answer.stdout.split()), strict=True))


def ask_places(program, clients):
    """Of each (place, address, port) the numbers of its prefix's share and of its set of notes, with the zones' seed."""
    lines = "".join(f"{place[0]} {place[1]} {place[2]} {address.hex()} {port}\n" for place, address, port in clients)
    answer = subprocess.run([program, "places", str(_SEED)], input=lines, check=True, capture_output=True, text=True)
    return [tuple(map(int, line.split())) for line in answer.stdout.splitlines()]


class Driver:
    """The driver process. Scenes may be sent ahead of their outcomes, as long as both pipes hold them."""

    def __init__(self, program, bpf_object):
        self.process = subprocess.Popen([program, bpf_object], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        self.room = fcntl.fcntl(self.process.stdout, fcntl.F_SETPIPE_SZ, _CHUNK)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.stdin.close()
        self.process.wait()
        self.process.stdout.close()

    def send(self, settings, packets):
        """Start a scene."""
        if len(packets) * len(ENGINES) * _OUTCOME > self.room:
            raise ValueError("a scene with more outcomes than the pipe holds")
        self.process.stdin.write(pack_scene(settings, packets))
        self.process.stdin.flush()

    def receive(self, count):
        """Outcomes of the oldest scene sent: for each engine, `count` numbers."""
        size = count * len(ENGINES) * _OUTCOME
        outcomes = self.process.stdout.read(size)
        if len(outcomes) != size:
            raise RuntimeError(f"the driver died (exit {self.process.wait()}); its message is above")
        numbers = array.array("Q", outcomes)
        return [numbers[engine::len(ENGINES)] for engine in range(len(ENGINES))]

    def run(self, settings, packets):
        """A scene and its outcomes."""
        self.send(settings, packets)
        return self.receive(len(packets))
