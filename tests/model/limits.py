# SPDX-License-Identifier: GPL-2.0-or-later
"""What one address may do: rates, enumeration, open transfers and packets that nobody acknowledges (docs/tracker.md 11)."""

import reasons as R
ZONE = 0
"""In the place of a rule: an address counts for its zone."""
NAMES = tuple(b"name-%02d" % number for number in range(40))
"""File names whose bits are known (see BITS)."""
BITS = {}
"""Of each name its bit of 512: a seeded hash, which the driver tells (11.3)."""


class Bucket:
    """Of tokens, as GCRA in 1/65536 jiffies (11.2)."""

    __slots__ = ("arrival",)

    def __init__(self):
        self.arrival = 0

    def conforms(self, interval, tolerance, now):
        """Does another request conform to the rate?"""
        return not interval or self.arrival - (now << 16) <= tolerance

    def take(self, interval, now):
        """A request that conforms has come."""
        if interval:
            self.arrival = max(self.arrival, now << 16) + interval

    def draws(self, interval, tolerance, now):
        """Takes for a request, if it conforms; whether it does."""
        conforms = self.conforms(interval, tolerance, now)
        if conforms:
            self.take(interval, now)
        return conforms

    def delay(self, interval, tolerance, zone, now):
        """A request that does not conform makes the next one wait longer (11.7)."""
        latest = (now << 16) + tolerance + interval + (zone.second << 16) // 2
        self.arrival = min(self.arrival + interval // 16, latest)


class Source(Bucket):
    """An address, in its zone and VLANs, by itself or under one rule."""

    __slots__ = ("held_until", "since", "not_found", "names", "silent_since", "packets", "bytes", "counts")

    def __init__(self):
        super().__init__()
        self.held_until = None
        self.since = 0        # of the two that follow: the first of them
        self.not_found = 0
        self.names = set()
        self.silent_since = None  # likewise, of those that go to an address that has acknowledged nothing
        self.packets = 0
        self.bytes = 0
        self.counts = set()   # open transfers

    def open(self, epoch):
        """Transfers counted as open that are not forgotten."""
        return sum(count.epoch >= epoch - 2 for count in self.counts)

    def enumerates(self, now, zone):
        """Begin counting anew if the window is over, or nothing was counted."""
        if now - self.since > zone.enumeration_window or not (self.not_found or self.names):
            self.since = now
            self.not_found = 0
            self.names = set()

    def hold(self, now, zone):
        """Refuse its requests from now on."""
        self.held_until = now + zone.hold
        self.not_found = 0
        self.names = set()


class Count:
    """An open transfer, or a request that awaits its answer, in one source's count."""

    __slots__ = ("source", "epoch")

    def __init__(self, source, epoch):
        self.source = source
        self.epoch = epoch
        source.counts.add(self)

    def end(self):
        """It counts no longer."""
        self.source.counts.discard(self)


def _epoch(now, zone):
    return now // (zone.idle_wait // 2)


class Limits:
    """All addresses of all zones."""

    def __init__(self):
        self.sources = {}  # (place, address, rule) -> Source

    def of(self, place, address, rule=ZONE):
        """The Source of a client's address."""
        return self.sources.setdefault((place, address, rule), Source())

    # ---- requests ----------------------------------------------------------------------------------------------------

    def refuses(self, place, address, zone, now):
        """A request of possible length: why it is refused before its text is read, or None."""
        if not (zone.request_interval or zone.not_found_max or zone.names_max):
            return None
        source = self.of(place, address)
        if source.held_until is not None and now <= source.held_until:
            return R.HELD_OFF
        return None if source.draws(zone.request_interval, zone.request_tolerance, now) else R.SOURCE_RATE

    def lacks_room(self, place, address, rule, freed, zone, now):
        """Why there is no room for a new transfer if the Counts in `freed` end with it; None if there is."""
        epoch = _epoch(now, zone)
        for key, most, reason in ((rule, rule.transfers_max, R.RULE_TRANSFERS), (ZONE, zone.open_max, R.SOURCE_TRANSFERS)):
            if not most:
                continue
            source = self.of(place, address, key)
            ending = sum(count.source is source and count.epoch >= epoch - 2 for count in freed)
            if source.open(epoch) - ending >= most:
                return reason
        return None

    def names(self, place, address, name, zone, now):
        """A request has named a file: R.HELD_OFF if that is one name too many, or None."""
        if not zone.names_max:
            return None
        source = self.of(place, address)
        source.enumerates(now, zone)
        source.names.add(BITS[name])
        if len(source.names) < zone.names_max:
            return None
        source.hold(now, zone)
        return R.HELD_OFF

    def exceeds(self, place, address, rule, now):
        """A request that is good otherwise: R.RULE_RATE if it comes too early for its rule, or None."""
        if not rule.request_interval:
            return None
        source = self.of(place, address, rule)
        return None if source.draws(rule.request_interval, rule.request_tolerance, now) else R.RULE_RATE

    def not_found(self, place, address, zone, now):
        """A server has said so."""
        if not zone.not_found_max:
            return
        source = self.of(place, address)
        source.enumerates(now, zone)
        source.not_found += 1
        if source.not_found >= zone.not_found_max:
            source.hold(now, zone)

    # ---- open transfers ----------------------------------------------------------------------------------------------

    def count(self, place, address, rule, zone, now):
        """The Counts of a new transfer."""
        return [Count(self.of(place, address, key), _epoch(now, zone))
                for key, most in ((ZONE, zone.open_max), (rule, rule.transfers_max)) if most]

    # ---- packets that nobody acknowledges ------------------------------------------------------------------------------

    def floods(self, place, address, size, zone, now):
        """Would `size` bytes more be too many?"""
        if not (zone.unacknowledged_packets or zone.unacknowledged_bytes):
            return False
        source = self.of(place, address)
        if source.silent_since is None or now - source.silent_since > zone.unacknowledged_window:
            return False
        return (0 < zone.unacknowledged_packets < source.packets + 1
                or 0 < zone.unacknowledged_bytes < source.bytes + size)

    def sent(self, place, address, size, zone, now):
        """They have passed."""
        if not (zone.unacknowledged_packets or zone.unacknowledged_bytes):
            return
        source = self.of(place, address)
        if source.silent_since is None or now - source.silent_since > zone.unacknowledged_window:
            source.silent_since = now
            source.packets = source.bytes = 0
        source.packets += 1
        source.bytes += size

    def acknowledged(self, place, address):
        """The client has chosen a TID."""
        source = self.sources.get((place, address, ZONE))
        if source is not None:
            source.packets = source.bytes = 0


def carry_on(counts, zone, now):
    """Whoever has these Counts is alive."""
    for count in counts:
        count.epoch = _epoch(now, zone)


def end(counts):
    """They count no longer."""
    for count in counts:
        count.end()
    counts.clear()


def repeats(pending, request, rule, now, zone):
    """Is the request for this Pending's port a repeat, and no new transfer (11.4)?"""
    if pending.request is None or pending.request.text != request.text or not pending.alive(now):
        return False
    if pending.rule is not rule:
        return False
    chosen = pending.chosen
    if pending.counts or not pending.decided:
        return True
    if chosen is None:
        return False
    over = chosen.superseded or chosen.over() or not chosen.alive(now, zone)
    return not over and now - chosen.last <= zone.stale_wait
