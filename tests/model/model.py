# SPDX-License-Identifier: GPL-2.0-or-later
"""The reference: what docs/tracker.md says about each frame, as a verdict and the name of the reason."""

import dataclasses

import reasons as R
from frame import FIRST, LATER, parse
from tracker import Tracker

LEFT, RIGHT, OTHER, TUNNEL = range(4)
"""Interfaces: OTHER is a zone of its own; TUNNEL's frames begin with the IP header."""
REMEMBERED_SECONDS = 300
"""So long at least it is known that something has run out (8)."""
OWN, UNGUARDED = 100, 101
"""Where a packet at egress came from besides: the host itself, or an interface without tidegate."""


@dataclasses.dataclass
class Zone:  # pylint: disable=too-many-instance-attributes
    """A zone's settings; times in ticks of the virtual clock, of which `second` make a second; intervals and tolerances of
    rates (docs/tracker.md 11.2) in 1/65536 of them. Limits of 0: none."""

    requests_in: bool = True
    requests_out: bool = True
    track_udp: bool = True
    unmatched_pass: bool = False
    monitor: bool = False
    default_deny: bool = False
    broadcast: bool = False
    multicast: bool = False
    udpport: bool = False
    single_port: bool = False
    second: int = 1000
    request_wait: int = 30000
    offer_wait: int = 45000
    idle_wait: int = 120000
    done_wait: int = 35000
    error_wait: int = 12000
    superseded_wait: int = 10000
    fragment_wait: int = 30000
    stale_wait: int = 2000
    udp_wait: int = 30000
    udp_replied_wait: int = 120000
    request_max: int = 516
    slack: int = 8
    tftp_ports: tuple = (69,)
    services: tuple = ()
    request_interval: int = 0
    request_tolerance: int = 0
    open_max: int = 0
    not_found_max: int = 0
    names_max: int = 0
    enumeration_window: int = 60000
    hold: int = 60000
    unacknowledged_packets: int = 0
    unacknowledged_bytes: int = 0
    unacknowledged_window: int = 60000
    budget_interval: int = 0
    budget_tolerance: int = 0
    proved_wait: int = 0
    rules: tuple = ()
    """In their order (rules.Rule)."""
    server_groups: dict = dataclasses.field(default_factory=dict)
    """Member -> first member, 16-byte addresses."""

    def group_of(self, address):
        """The address under which a server's requests are kept."""
        return self.server_groups.get(address, address)


class Flow:
    """Other UDP between two endpoints, of which `senders` have sent outwards and may be answered."""

    __slots__ = ("senders", "seen", "answered")

    def __init__(self):
        self.senders = set()
        self.seen = 0
        self.answered = False

    def alive(self, now, zone):
        """Has its time not run out?"""
        return now - self.seen <= (zone.udp_replied_wait if self.answered else zone.udp_wait)


class Model:
    """Judges frames one by one; `settings` has `zone`, `other_zone` (Zones) and `mtu`."""

    def __init__(self, settings):
        self.zones = (settings.zone, settings.other_zone)
        self.mtu = settings.mtu
        self.tracker = Tracker()
        self.flows = {}      # (place, low endpoint, high endpoint) of outgoing UDP -> Flow
        self.fragments = {}  # (place, source, destination, id) -> when its first fragment was admitted

    def judge(self, at, interface, out, came_by, frame):
        """The outcome of a frame: reason, R.PASSED if it passes, and the ports that it then gets (R.outcome)."""
        number = 1 if interface == OTHER else 0
        zone = self.zones[number]
        self.tracker.ports = (0, 0)
        reason = self._reason(at, number, zone, interface, out, came_by, frame)
        return R.outcome(reason, self.tracker.ports) if R.PASSES[reason] or zone.monitor else reason

    def _reason(self, at, number, zone, interface, out, came_by, frame):
        packet = parse(frame, interface != TUNNEL)
        if packet == R.NOT_UDP:
            return packet
        if out and came_by < OWN and (came_by == OTHER) == (number == 1):
            return R.JUDGED_BEFORE
        if isinstance(packet, int):
            return packet
        place = (number, *packet.vlan)
        view = (out and came_by == OWN, self.mtu)
        if packet.fragment == LATER:
            return self._later_fragment(packet, zone, place, view, at)
        reason = self._datagram(packet, zone, place, view, out, at)
        if packet.fragment == FIRST and R.PASSES[reason]:
            self.fragments[(place, packet.source, packet.destination, packet.fragment_id)] = at
        return reason

    def _later_fragment(self, packet, zone, place, view, now):
        first = self.fragments.get((place, packet.source, packet.destination, packet.fragment_id))
        if first is not None and now - first <= zone.fragment_wait:
            return R.FRAGMENT_FOLLOWS
        if self.tracker.fragment_ahead(packet, zone, place, view, now):
            return R.FRAGMENT_AHEAD
        return R.UNMATCHED if zone.unmatched_pass else R.FRAGMENT_ORPHAN

    def _datagram(self, packet, zone, place, view, out, now):
        to_tftp = packet.destination_port in zone.tftp_ports
        payload = packet.payload
        if to_tftp and len(payload) >= 2 and payload[0] == 0 and payload[1] in (1, 2):
            return self.tracker.request(packet, zone, place, out, view[0], now)
        reason = self.tracker.exchange(packet, zone, place, view, now)
        if reason is None and zone.multicast:
            reason = self.tracker.group_data(packet, zone, place, now)
        if reason is not None:
            return reason
        return self._other(packet, zone, place, out, to_tftp, now)

    def _other(self, packet, zone, place, out, to_tftp, now):
        """UDP that belongs to no TFTP exchange (design 3)."""
        source = (packet.source, packet.source_port)
        destination = (packet.destination, packet.destination_port)
        if to_tftp:
            return R.UNMATCHED if zone.unmatched_pass else R.NOT_A_REQUEST
        if out:
            return self._outgoing(packet, source, destination, zone, place, now)
        flow = self.flows.get((place, *sorted((source, destination))))
        if flow is not None and flow.alive(now, zone) and destination in flow.senders:
            flow.answered = True
            flow.seen = now
            return R.UDP_REPLY
        if packet.destination_port in zone.services:
            return R.SERVICE
        if zone.unmatched_pass:
            return R.UNMATCHED
        silence = self.tracker.silence(packet, zone, place, now)
        if silence is None:
            return R.UNSOLICITED
        return R.EXPIRED if silence <= REMEMBERED_SECONDS * zone.second else R.FORGOTTEN

    def _outgoing(self, packet, source, destination, zone, place, now):
        if zone.track_udp and not packet.to_group:
            key = (place, *sorted((source, destination)))
            flow = self.flows.get(key)
            if flow is None or not flow.alive(now, zone):
                flow = self.flows[key] = Flow()
            flow.senders.add(source)
            flow.seen = now
        return R.OUTGOING
