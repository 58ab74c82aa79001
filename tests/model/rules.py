# SPDX-License-Identifier: GPL-2.0-or-later
"""A zone's rules: which one decides about a request, and what it asks too much of (docs/tidegate.conf.5.scd, RULES)."""

import dataclasses

import reasons as R
from text import READ, WRITE


@dataclasses.dataclass(eq=False)
class Rule:
    """What it is about (0, None: everything), and what it says. Limits of 0: none; the rate as in model.Zone."""

    operation: int = 0
    """READ or WRITE."""
    server: bytes = None
    """16 bytes."""
    deny: bool = False
    blksize_max: int = 0
    windowsize_max: int = 0
    size_max: int = 0
    request_interval: int = 0
    request_tolerance: int = 0
    transfers_max: int = 0

    def fits(self, request, server):
        """Is the request, to this server, one that it is about?"""
        return self.operation in (0, request.operation) and self.server in (None, server)

    def refuses(self, request):
        """Why it denies the request, or None."""
        if self.deny:
            return R.RULE_DENIED
        for name, most, reason in ((b"blksize", self.blksize_max, R.RULE_BLKSIZE),
                                   (b"windowsize", self.windowsize_max, R.RULE_WINDOWSIZE)):
            if most and (request.number(name) or 0) > most:
                return reason
        if request.operation == WRITE and self.too_large(request.number(b"tsize") or 0):
            return R.RULE_SIZE
        return None

    def refuses_grant(self, request, grant):
        """Does the OACK announce more than may come (docs/tracker.md 11.6)?"""
        return request.operation == READ and self.too_large(grant.tsize or 0)

    def too_large(self, size):
        """Are these more bytes than may come?"""
        return 0 < self.size_max < size


NO_RULE = Rule()
"""What binds requests that no rule has decided: nothing."""


def decide(request, server, zone):
    """The Rule that allows the request, or the reason why it is denied."""
    for rule in zone.rules:
        if rule.fits(request, server):
            return rule.refuses(request) or rule
    return R.NO_RULE if zone.default_deny else NO_RULE


def to_json(rules):
    """The rules as a document."""
    return [{name: value.hex() if name == "server" else value for name, value in dataclasses.asdict(rule).items()
             if value != getattr(NO_RULE, name)} for rule in rules]


def from_json(rules):
    """The rules of a document."""
    return tuple(Rule(**{name: bytes.fromhex(value) if name == "server" else value for name, value in rule.items()})
                 for rule in rules)
