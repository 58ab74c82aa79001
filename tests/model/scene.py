# SPDX-License-Identifier: GPL-2.0-or-later
"""Scenes: settings and packets, what must become of them, and their form as a file."""

import collections
import dataclasses
import json

import reasons as R
import rules
from engines import Settings
from frame import LATER, parse
from model import OWN, TUNNEL, UNGUARDED, Zone

MUST_PASS, MUST_DROP = "pass", "drop"

INTERFACES = {0: "left", 1: "right", 2: "other", 3: "tunnel", OWN: "own", UNGUARDED: "unguarded"}
_NUMBERS = {name: number for number, name in INTERFACES.items()}
_OPCODES = {1: "RRQ", 2: "WRQ", 3: "DATA", 4: "ACK", 5: "ERROR", 6: "OACK"}


@dataclasses.dataclass
class Datagram:
    """UDP between a client's and a server's endpoint; `client` and `server` are the roles in its exchange. The server's
    address is None in a request to everybody. Where a gate translates, `server` is as the sender knows it."""

    client: tuple
    server: tuple
    by_client: bool
    payload: bytes
    is_request: bool = False
    padding: int = 0
    note: str = ""

    def after(self, outcome):
        """The datagram as it goes on: with the ports that the gate gave it (docs/tracker.md 12.1)."""
        source, destination = R.new_ports(outcome)
        ports = (source, destination) if self.by_client else (destination, source)
        if not any(ports):
            return self
        return dataclasses.replace(self, client=(self.client[0], ports[0] or self.client[1]),
                                   server=(self.server[0], ports[1] or self.server[1]))


class Arrival:
    """A datagram of an exchange that reached the firewall at `now` (seconds): one packet of the scene, or several
    (fragments, two hops). `beyond` is what went on behind its last hop, None if it did not get there; `swapped`: its later
    fragments came first."""

    def __init__(self, datagram, now):
        self.datagram = datagram
        self.now = now
        self.beyond = None
        self.swapped = False

    def known(self):
        """The datagram that went on as the server knows it: with the TID."""
        return self.beyond if self.datagram.by_client else self.datagram


class Attack:
    """A packet that must not pass if `claim(ledger)` holds."""

    def __init__(self, claim, now):
        self.claim = claim
        self.now = now


@dataclasses.dataclass
class Scene:
    """Packets are (at, interface, out, came_by, frame); `duties` says of each what must become of it by the generator's
    own knowledge: MUST_PASS, MUST_DROP or None; `notes` says who sent it; `sources` what it belongs to: an Arrival, an
    Attack, or None where the duty rests on nothing but the script."""

    name: str
    settings: Settings
    packets: list = dataclasses.field(default_factory=list)
    duties: list = dataclasses.field(default_factory=list)
    notes: list = dataclasses.field(default_factory=list)
    sources: list = dataclasses.field(default_factory=list)
    completed: int = 0
    """Exchanges that came to their proper end."""
    begun: int = 0
    seen: collections.Counter = dataclasses.field(default_factory=collections.Counter)
    """What happened, as (sort, kind): completed exchanges by kind of client and server, attacks, features."""
    outcomes: list = None
    """The model's, if it judged the packets already."""

    def add(self, packet, duty=None, note="", source=None):
        """Append a packet."""
        self.packets.append(packet)
        self.duties.append(duty)
        self.notes.append(note)
        self.sources.append(source)

    def part(self, indices):
        """The scene of some of the packets only."""
        return Scene(self.name, self.settings, *([column[at] for at in indices] for column in (
            self.packets, self.duties, self.notes, self.sources)))


def _zone_to_json(zone):
    fields = {}
    for field in dataclasses.fields(Zone):
        value, normal = getattr(zone, field.name), getattr(Zone(), field.name)
        if value == normal:
            continue
        if field.name == "rules":
            value = rules.to_json(value)
        if field.name == "server_groups":
            value = {member.hex(): first.hex() for member, first in value.items()}
        fields[field.name] = value
    return fields


def _zone_from_json(fields):
    groups = fields.get("server_groups", {})
    fields = {name: tuple(value) if isinstance(value, list) else value for name, value in fields.items()}
    fields["rules"] = rules.from_json(fields.get("rules", ()))
    fields["server_groups"] = {bytes.fromhex(member): bytes.fromhex(first) for member, first in groups.items()}
    return Zone(**fields)


def to_json(scene, wanted):
    """The scene as a document; `wanted` says of each packet what the specification demands: an outcome as text, "pass" or
    "drop" where any reason is right, None where it is open."""
    packets = []
    for index, (at, interface, out, came_by, frame) in enumerate(scene.packets):
        packet = {"at": at, "interface": INTERFACES[interface], "frame": frame.hex(),
                  "about": describe_frame(frame, interface != TUNNEL)}
        if out:
            packet["out"] = True
            packet["came_by"] = INTERFACES[came_by]
        if wanted[index] is not None:
            packet["expected"] = wanted[index]
        packets.append(packet)
    document = {"about": scene.name, "mtu": scene.settings.mtu, "zone": _zone_to_json(scene.settings.zone),
                "other_zone": _zone_to_json(scene.settings.other_zone), "packets": packets}
    return json.dumps(document, indent=1) + "\n"


def from_json(text):
    """The scene of a document, and the expected outcome of each packet (None: open) as text."""
    document = json.loads(text)
    settings = Settings(_zone_from_json(document["zone"]), _zone_from_json(document["other_zone"]), document["mtu"])
    scene = Scene(document["about"], settings)
    for packet in document["packets"]:
        scene.add((packet["at"], _NUMBERS[packet["interface"]], packet.get("out", False),
                   _NUMBERS[packet.get("came_by", "left")], bytes.fromhex(packet["frame"])))
    return scene, [packet.get("expected") for packet in document["packets"]]


def _host(address):
    if address[:12] == bytes(10) + b"\xff\xff":
        return ".".join(map(str, address[12:]))
    return ":".join(f"{address[at] << 8 | address[at + 1]:x}" for at in range(0, 16, 2))


def describe_frame(frame, ethernet=True):
    """One line about a frame."""
    packet = parse(frame, ethernet)
    if isinstance(packet, int):
        return f"{len(frame)} bytes, {R.NAMES[packet]}"
    ends = f"{_host(packet.source)}", f"{_host(packet.destination)}"
    tags = "".join(f" vlan {tag}" for tag in packet.vlan if tag)
    if packet.fragment == LATER:
        return f"{ends[0]} > {ends[1]}{tags} fragment {packet.fragment_id} at {packet.fragment_offset}"
    text = packet.payload
    what = f"{packet.payload_bytes} bytes"
    if len(text) >= 4 and text[0] == 0 and text[1] in _OPCODES:
        what = _OPCODES[text[1]]
        if text[1] in (1, 2, 6):
            what += " " + text[2:].decode("ascii", "backslashreplace").replace("\0", "|")
        else:
            what += f" {text[2] << 8 | text[3]}, {packet.payload_bytes} bytes"
    first = f" first fragment {packet.fragment_id}" if packet.fragment else ""
    return f"{ends[0]}:{packet.source_port} > {ends[1]}:{packet.destination_port}{tags}{first} {what}"
