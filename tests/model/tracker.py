# SPDX-License-Identifier: GPL-2.0-or-later
"""Requests, the TIDs that answer them, and the client's choice between those: docs/tracker.md 7.1, 7.3 and 10."""

import struct

import limits
import reasons as R
import rules
from budget import Budget
from frame import FIRST, MAPPED
from machine import (ACK, DATA, DONE, ERR, ERROR, FINAL, OACK, Group, Pending, Transfer)
from text import READ, Grant, length_is_possible, read_oack, read_request, read_timeout

ANYBODY = bytes(16)
"""The server of a request to a broadcast or multicast address."""
NOT_FOUND = 1
"""Code of an ERROR."""
FRAGMENT_BLKSIZE = 548
"""Blocks above may have been fragmented on the way (7.4)."""

_words = struct.Struct(">HH").unpack_from


def words(packet):
    """Opcode and block number; None for what is too short to be TFTP. An OACK may be without text."""
    payload = packet.payload
    if packet.payload_bytes >= 4:
        return _words(payload)
    if payload[:2] == b"\0\6":
        return OACK, 0
    return None, 0


def _read_grant(packet, asked, zone):
    """read_oack() of what answers a Pending, or belongs to a Transfer, within its rule."""
    grant = read_oack(packet.payload, asked.request, zone.multicast, zone.udpport)
    if not isinstance(grant, int) and asked.rule.refuses_grant(asked.request, grant):
        return R.RULE_SIZE
    return grant


def _pair(packet, place):
    """The key of the packet's two ends in `transfers`."""
    return (place, *sorted(((packet.source, packet.source_port), (packet.destination, packet.destination_port))))


class Tracker:
    """The state of all zones. `zone` is a zone's settings, `place` a (zone number, outer VLAN, inner VLAN)."""

    def __init__(self):
        self.pendings = {}   # (place, client, client port, server) -> Pending
        self.transfers = {}  # (place, low endpoint, high endpoint) -> Transfer
        self.groups = {}     # likewise, of the server's TID and the group's address and port -> Group
        self.hosts = {}      # (place, low address, high address) -> pair of a transfer whose blocks may need fragments
        self.tids = {}       # single-port: (place, client, client port, server) -> the TID that was committed there (12.2)
        self.limits = limits.Limits()
        self.budget = Budget()
        self.ports = (0, 0)  # source and destination that the packet at hand gets, 0: its own (12.1)

    # ---- requests --------------------------------------------------------------------------------------------------

    def request(self, packet, zone, place, egress, own, now):
        """A datagram to a TFTP port with opcode 1 or 2. `own`: the host itself sends it."""
        if packet.fragment == FIRST:
            return R.FRAGMENT_CONTROL
        if not (zone.requests_out if egress else zone.requests_in):
            return R.REQUEST_DIRECTION
        if packet.to_group and not zone.broadcast:
            return R.REQUEST_BROADCAST
        if not length_is_possible(packet.payload, zone.request_max):
            return R.REQUEST_LENGTH
        reason = None if own else self.budget.refuses(place, packet.source, packet.source_port, zone, now)
        if reason is None:
            reason = self.limits.refuses(place, packet.source, zone, now)
        if reason is not None:
            return reason
        request = read_request(packet.payload, zone.request_max)
        if isinstance(request, int):
            return request
        rule = rules.decide(request, packet.destination, zone)
        if isinstance(rule, int):
            return rule
        server = ANYBODY if packet.to_group else zone.group_of(packet.destination)
        key = (place, packet.source, packet.source_port, server)
        pending = self.pendings.get(key) or Pending()
        reason = self._limit(packet, pending, request, rule, zone, place, now)
        if reason is not None:
            return reason
        self.pendings[key] = pending
        seconds, good = read_timeout(request.options)
        request.timeout_s = seconds if good and seconds else 0
        pending.ask(request, now, zone)
        pending.rule = rule
        pending.service_port = packet.destination_port
        self._challenge(pending, request, now, zone)
        return R.REQUEST

    def _limit(self, packet, pending, request, rule, zone, place, now):
        """Why the address may not have what it asks for now (11.1); if it may, the request counts as open (11.4)."""
        new = not limits.repeats(pending, request, rule, now, zone)
        if new:
            chosen, leaves = self._chosen(pending, now, zone)
            freed = pending.counts + (chosen.counts if leaves else [])
            reason = self.limits.lacks_room(place, packet.source, rule, freed, zone, now)
            if reason is not None:
                return reason
        reason = (self.limits.names(place, packet.source, request.name, zone, now)
                  or self.limits.exceeds(place, packet.source, rule, now))
        if reason is not None:
            return reason
        if new:
            limits.end(pending.counts)
            pending.counts = self.limits.count(place, packet.source, rule, zone, now)
            pending.decided = False
        limits.carry_on(pending.counts, zone, now)
        return None

    @staticmethod
    def _chosen(pending, now, zone):
        """The live transfer that the port has chosen, or None, and whether a request now leaves it (7.3 transition 2)."""
        chosen = pending.chosen
        if chosen is None or chosen.superseded or not chosen.alive(now, zone):
            return None, False
        return chosen, now - chosen.last > zone.stale_wait

    def _challenge(self, pending, request, now, zone):
        """What a request means for the transfer that its port has chosen (7.3 transition 2, 10.2, 10.7)."""
        chosen, leaves = self._chosen(pending, now, zone)
        if leaves:
            chosen.leave(now, zone)
        elif chosen is not None and request.text == chosen.request.text:
            chosen.asked_again = True

    # ---- everything else between the two ends of an exchange ---------------------------------------------------------

    def exchange(self, packet, zone, place, view, now):
        """The reason of a packet that belongs to a transfer or answers a request; None if it belongs to none. `view`
        tells whether the host itself sends it, and over which MTU."""
        service, tid = packet.destination_port, self._behind(packet, zone, place)
        if not tid or tid == service:
            return self._between(packet, zone, place, view, now)
        # The client's packet to a service port is judged as one to the TID, if there is a transfer (12.1).
        packet.destination_port = tid
        transfer = self.transfers.get(_pair(packet, place))
        if transfer is not None:
            self._notice_choice(transfer, zone)
        if transfer is not None and transfer.alive(now, zone):
            self.ports = (0, tid)
            return self._between(packet, zone, place, view, now)
        packet.destination_port = service
        pending = self._awaited(packet, zone, place, now)
        return None if pending is None else self._first_words(packet, pending, zone, _pair(packet, place), now)

    def _behind(self, packet, zone, place):
        """Single-port: the TID behind the service port that the packet goes to; None if there is none (12.2)."""
        if not zone.single_port or packet.destination_port not in zone.tftp_ports:
            return None
        return self._tid_of((packet.source, packet.source_port), packet.destination, zone, place)

    def _tid_of(self, client, server, zone, place):
        """The server's TID that the client's port knows as the service (12.2)."""
        if (place, *client, server) in self.tids:
            return self.tids[(place, *client, server)]
        for asked in (zone.group_of(server), ANYBODY):
            pending = self.pendings.get((place, *client, asked))
            if pending is not None and pending.behind is not None and pending.behind[0] == server:
                return pending.behind[1]
        return None

    def _between(self, packet, zone, place, view, now):
        """exchange() of a packet as the server's side sees it."""
        source = (packet.source, packet.source_port)
        pair = _pair(packet, place)
        transfer = self.transfers.get(pair)
        pending = self._awaited(packet, zone, place, now)
        if transfer is not None:
            self._notice_choice(transfer, zone)
        if transfer is None or not transfer.alive(now, zone):
            if pending is None:
                return None
            return self._first_words(packet, pending, zone, pair, now)
        if transfer.client != source and not transfer.superseded:
            self._seen_as(packet, transfer.service_port)
        unheard = transfer.client != source and not transfer.committed and not (transfer.superseded and transfer.service_port)
        if unheard and self.limits.floods(place, transfer.client[0], packet.ip_bytes, zone, now):
            return R.UNACKNOWLEDGED
        reason = self._try_fresh(packet, transfer, pending, zone, pair, now)
        if reason is not None:
            return reason
        reason = self._judge(packet, transfer, transfer.client == source, zone, view, now)
        if unheard and R.PASSES[reason]:
            self.limits.sent(place, transfer.client[0], packet.ip_bytes, zone, now)
        return reason

    def _first_words(self, packet, pending, zone, pair, now):
        """_first_reply() of what belongs to no live transfer."""
        reason = self._first_reply(packet, pending, zone, pair, now)
        if not pending.credit and pending.chosen_pair == pair and reason in (R.NO_CREDIT, R.SURPLUS_TID):
            return R.EXPIRED
        return reason

    def _seen_as(self, packet, service_port):
        """The server's packet leaves with this source port (0: its own)."""
        if service_port and service_port != packet.source_port and not self.ports[1]:
            self.ports = (service_port, 0)
        else:
            self.ports = (0, self.ports[1])

    @staticmethod
    def _notice_choice(transfer, zone):
        """An offer learns that it was left when its next packet comes (10.5)."""
        pending = transfer.pending
        others = pending.chosen_pair is not None and pending.chosen_pair != transfer.pair
        if others and not transfer.committed and transfer.datagram <= pending.left:
            transfer.leave(pending.chosen_at, zone)

    def _awaited(self, packet, zone, place, now):
        """The live request that the packet may answer; of two, one that still has credit."""
        client = (packet.destination, packet.destination_port)
        found = None
        for server in (zone.group_of(packet.source), ANYBODY):
            pending = self.pendings.get((place, *client, server))
            if pending is not None and pending.alive(now) and (found is None or pending.credit and not found.credit):
                found = pending
        return found

    def silence(self, packet, zone, place, now):
        """How long ago something was there that the packet might have answered or belonged to; None if there never was."""
        destination = (packet.destination, packet.destination_port)
        pair = _pair(packet, place)
        pendings = [self.pendings.get((place, *destination, server)) for server in (zone.group_of(packet.source), ANYBODY)]
        times = [pending.asked_at for pending in pendings if pending is not None]
        if pair in self.transfers:
            times.append(self.transfers[pair].last)
        return now - max(times) if times else None

    # ---- a TID's first words -----------------------------------------------------------------------------------------

    def _first_reply(self, packet, pending, zone, pair, now):
        """Judge the packet as the first of a TID; if it may be, the transfer begins."""
        if not pending.credit:
            if pending.chosen_pair is not None:
                return R.SURPLUS_TID
            return R.NO_CREDIT
        grant = self._legal_first(packet, pending, zone)
        if isinstance(grant, int):
            return grant
        if self.limits.floods(pair[0], packet.destination, packet.ip_bytes, zone, now):
            return R.UNACKNOWLEDGED
        if zone.single_port and not self._may_take_place(packet, pending, zone, pair[0], now):
            return R.SURPLUS_TID
        pending.credit -= 1
        self._begin(packet, pending, zone, pair, grant, now)
        return R.FIRST_REPLY

    @staticmethod
    def _legal_first(packet, pending, zone):
        """None or the Grant of a legal first reply (7.3 PENDING); else the reason why it is none."""
        opcode, block = words(packet)
        read = pending.request.operation == READ
        if opcode is None:
            return R.TFTP_SHORT
        if opcode not in (DATA if read else ACK, OACK, ERROR):
            return R.REPLY_KIND
        if opcode == OACK:
            if packet.fragment == FIRST:
                return R.FRAGMENT_CONTROL
            return _read_grant(packet, pending, zone)
        if opcode in (DATA, ACK) and block != (1 if read else 0):
            return R.REPLY_BLOCK
        if opcode == DATA:
            if packet.payload_bytes > 4 + 512:
                return R.DATA_SIZE
            if packet.fragment == FIRST:
                return R.FRAGMENT_NEEDLESS
            return R.RULE_SIZE if pending.rule.too_large(packet.payload_bytes - 4) else None
        if opcode == ACK and packet.payload_bytes != 4:
            return R.ACK_SIZE
        return R.FRAGMENT_CONTROL if packet.fragment == FIRST else None

    def _begin(self, packet, pending, zone, pair, grant, now):
        client = (packet.destination, packet.destination_port)
        server = (packet.source, packet.source_port)
        transfer = Transfer(pair, client, server, pending, now, zone)
        transfer.counts, pending.counts = pending.counts, []
        limits.carry_on(transfer.counts, zone, now)
        self.limits.sent(pair[0], client[0], packet.ip_bytes, zone, now)
        opcode = packet.payload[1]
        if opcode == ERROR:
            transfer.state = ERR
            self._ended_by_error(packet, transfer, False, zone, now)
        elif opcode == DATA:
            transfer.data_block = 1
            transfer.bytes = packet.payload_bytes - 4
            if packet.payload_bytes - 4 < 512:
                transfer.final_block = 1
                transfer.state = FINAL
        old = self.transfers.get(pair)
        if old is not None and old.alive(now, zone):
            limits.end(old.counts)
        self._keep(pair, transfer)
        if zone.single_port:
            # One answer from this address is the latest, be it to a request to all or not.
            for asked in (zone.group_of(server[0]), ANYBODY):
                other = self.pendings.get((pair[0], *client, asked))
                if other is not None and other.behind is not None and other.behind[0] == server[0]:
                    other.behind = None
            pending.behind = server
            self.tids.pop((pair[0], *client, server[0]), None)
            self._seen_as(packet, transfer.service_port)
        if isinstance(grant, Grant):
            self._agree(transfer, grant, zone, now)

    def _may_take_place(self, packet, pending, zone, place, now):
        """May this server's TID stand behind the service port from now on (12.3)? What it replaces is left."""
        client = (packet.destination, packet.destination_port)
        present = pending.behind
        if present is None:
            tid = self._tid_of(client, packet.source, zone, place)
            present = tid and (packet.source, tid)
        if present is None or present == (packet.source, packet.source_port):
            return True
        old = self.transfers.get((place, *sorted((client, present))))
        if old is None:
            return True
        self._notice_choice(old, zone)
        if not old.alive(now, zone):
            return True
        over = old.superseded or old.over()
        same = old.request.text == pending.request.text
        chosen = old.committed and pending.behind is not None
        if same and not over and (chosen or now - old.last <= zone.stale_wait):
            return False
        old.leave(now, zone)
        return True

    def _keep(self, pair, transfer):
        old = self.transfers.get(pair)
        if old is not None and old.pending.chosen is old:
            old.pending.chosen = None
        self.transfers[pair] = transfer

    def _agree(self, transfer, grant, zone, now):
        transfer.agree(grant, zone)
        place = transfer.pair[0]
        if transfer.blksize > FRAGMENT_BLKSIZE:
            self._remember_hosts(transfer)
        if grant.multicast is not None:
            transfer.multicast = True
        if grant.multicast:
            self._join(transfer, grant, now)
        if grant.udpport and grant.udpport != transfer.server[1]:
            server = (transfer.server[0], grant.udpport)
            pair = (place, *sorted((transfer.client, server)))
            moved = Transfer(pair, transfer.client, server, transfer.pending, now, zone)
            moved.agree(grant, zone)
            moved.multicast = transfer.multicast
            self._keep(pair, moved)
            if zone.single_port:
                transfer.pending.behind = server

    def _join(self, transfer, grant, now):
        """The transfer's client becomes a member of the group (10.11)."""
        address, port = grant.multicast
        pair = (transfer.pair[0], *sorted((transfer.server, (MAPPED + address, port))))
        group = self.groups.get(pair)
        if group is None:
            group = self.groups[pair] = Group(transfer.blksize, now)
        transfer.group = group

    def _remember_hosts(self, transfer):
        ends = sorted((transfer.client[0], transfer.server[0]))
        self.hosts[(transfer.pair[0], *ends)] = transfer.pair

    def _try_fresh(self, packet, transfer, pending, zone, pair, now):
        """The same addresses and ports again (7.3 transition 1): a reason if the packet begins a new transfer there."""
        if pending is None or not pending.credit:
            return None
        from_client = transfer.client == (packet.source, packet.source_port)
        over = transfer.superseded or transfer.over()
        service = packet.source_port in zone.tftp_ports
        other = pending.request.text != transfer.request.text
        if self._unfit(packet, transfer, from_client, zone):
            fresh = service or other or over and not from_client
        else:
            fresh = not from_client and (service and other or over)
        if not fresh or isinstance(self._legal_first(packet, pending, zone), int):
            return None
        reason = self._first_reply(packet, pending, zone, pair, now)
        return reason if reason == R.FIRST_REPLY else None

    @staticmethod
    def _unfit(packet, transfer, from_client, zone):
        opcode, block = words(packet)
        if transfer.refusal(packet, from_client, opcode, block) is not None:
            return True
        return opcode == OACK and isinstance(_read_grant(packet, transfer, zone), int)

    # ---- running transfers ---------------------------------------------------------------------------------------------

    def _judge(self, packet, transfer, from_client, zone, view, now):
        opcode, block = words(packet)
        reason = transfer.refusal(packet, from_client, opcode, block)
        if reason is not None:
            return reason
        if packet.fragment == FIRST:
            if opcode != DATA:
                return R.FRAGMENT_CONTROL
            if not self.needs_fragments(transfer, packet, view):
                return R.FRAGMENT_NEEDLESS
            self._remember_hosts(transfer)
        if opcode == OACK:
            grant = _read_grant(packet, transfer, zone)
            if isinstance(grant, int):
                return grant
        if from_client and opcode == ERROR and not transfer.committed and not view[0]:
            self.budget.prove(transfer.pair[0], transfer.client[0], now)
        over = transfer.over()
        new = transfer.take(packet, from_client, opcode, block, now)
        if transfer.state == ERR and not over:
            self._ended_by_error(packet, transfer, from_client, zone, now)
        elif transfer.state == DONE:
            limits.end(transfer.counts)
        limits.carry_on(transfer.counts, zone, now)
        if from_client and opcode in (DATA, ACK):
            chosen = transfer.pending.chosen is transfer
            chosen_anew = not over and (not chosen or transfer.asked_again and new)
            if chosen_anew or transfer.superseded:
                self._commit(transfer, view[0], now, zone)
        return {DATA: R.DATA, ACK: R.ACK, OACK: R.OACK, ERROR: R.ERROR}[opcode]

    def _ended_by_error(self, packet, transfer, from_client, zone, now):
        """An ERROR has taken effect (11.3, 11.4)."""
        limits.end(transfer.counts)
        if not from_client and words(packet)[1] == NOT_FOUND:
            self.limits.not_found(transfer.pair[0], transfer.client[0], zone, now)

    @staticmethod
    def needs_fragments(transfer, packet, view):
        """Can the agreed block size need fragments here (7.4)?"""
        own, mtu = view
        if own:
            return transfer.blksize > mtu - (52 if packet.ipv6 else 32)
        return transfer.blksize > FRAGMENT_BLKSIZE

    def _commit(self, transfer, own, now, zone):
        """The client, which may be the host itself (`own`), has chosen this TID (7.1, 10.1, 10.2)."""
        if transfer.service_port:
            self.tids[(transfer.pair[0], *transfer.client, transfer.server[0])] = transfer.server[1]
        pending = transfer.pending
        if pending.request.text == transfer.request.text:
            pending.credit = 0
            pending.decided = True
            left = pending.datagrams
        else:
            left = pending.first_datagram - 1
        pending.left = max(pending.left, left)
        if pending.chosen is not None and pending.chosen is not transfer:
            pending.chosen.leave(now, zone)
        pending.chosen, pending.chosen_pair, pending.chosen_at = transfer, transfer.pair, now
        self.limits.acknowledged(transfer.pair[0], transfer.client[0])
        if not own:
            self.budget.prove(transfer.pair[0], transfer.client[0], now)
        if not transfer.counts and not transfer.over():
            transfer.counts = self.limits.count(transfer.pair[0], transfer.client[0], transfer.rule, zone, now)
        transfer.committed = True
        transfer.superseded = transfer.asked_again = False

    # ---- fragments and groups --------------------------------------------------------------------------------------------

    def fragment_ahead(self, packet, zone, place, view, now):
        """Have the two hosts a live transfer whose blocks need fragments?"""
        ends = sorted((packet.source, packet.destination))
        transfer = self.transfers.get(self.hosts.get((place, *ends)))
        return transfer is not None and transfer.alive(now, zone) and self.needs_fragments(transfer, packet, view)

    def group_data(self, packet, zone, place, now):
        """DATA from a server's TID to its group (10.11): a reason, or None where there is no such group."""
        ends = sorted(((packet.source, packet.source_port), (packet.destination, packet.destination_port)))
        group = self.groups.get((place, *ends))
        if group is None or not group.served(now, zone):
            return None
        opcode, block = words(packet)
        if opcode is None:
            return R.TFTP_SHORT
        if opcode != DATA:
            return R.WRONG_ROLE
        if packet.payload_bytes - 4 > group.blksize:
            return R.DATA_SIZE
        group.seen = now
        if packet.payload_bytes - 4 < group.blksize:
            group.final_block = block
        return R.GROUP_DATA
