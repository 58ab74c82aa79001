# SPDX-License-Identifier: GPL-2.0-or-later
"""Each way in which a transfer can end, played by hand."""

from . import packets
from .daemon import hurry, map_change, map_entries
from .hand import HandTransfer


class Hand(HandTransfer):
    """A hand-played transfer that may also be answered in other ways, beside others at the same service."""

    def __init__(self, topology, service):  # pylint: disable=super-init-not-called
        self.file = topology.payloads.fresh_name("hand")
        self.client = packets.Endpoint(topology.client, topology.address("client"))
        self.service = service
        self.tid = packets.Endpoint(topology.server, topology.address("hand"))
        self.request = packets.request(packets.RRQ, self.file)

    def __exit__(self, *_):
        self.client.socket.close()
        self.tid.socket.close()

    def error(self, code, text, from_client=False):
        """One side sends an ERROR, and it arrives."""
        payload = packets.ERROR.to_bytes(2, "big") + code.to_bytes(2, "big") + text.encode() + b"\0"
        sender, receiver = (self.client, self.tid) if from_client else (self.tid, self.client)
        sender.send(payload, receiver.name)
        receiver.expect(payload)

    def answer(self, payload, tid=None):
        """The server's answer from a TID, which arrives."""
        (tid or self.tid).send(payload, self.client.name)
        self.client.expect(payload)

    def accept(self, number, tid=None):
        """The client's ACK to a TID, which arrives."""
        self.client.send(packets.ack(number), (tid or self.tid).name)
        (tid or self.tid).expect(packets.ack(number))


def play_complete(hand, _lab):
    """Three blocks."""
    hand.begin()
    hand.block(3, b"the end")


def play_client_error(hand, _lab):
    """The client gives up."""
    hand.begin()
    hand.error(3, "disk full", from_client=True)


def play_server_error(hand, _lab):
    """There is no such file: an answer, so that the request is not unanswered, too."""
    hand.ask()
    hand.error(1, "file not found")


def play_probe(hand, _lab):
    """The client asks for the size, and wants no more."""
    hand.request = packets.request(packets.RRQ, hand.file, tsize=0)
    hand.ask()
    hand.answer(packets.OACK.to_bytes(2, "big") + b"tsize\x001234\0")
    hand.error(0, "only asking", from_client=True)


def play_superseded(hand, lab):
    """Two answers to a request that came twice: the client takes up one, and then the other."""
    hand.ask()
    hand.ask()
    other = packets.Endpoint(lab.server, lab.address("hand"))
    hand.answer(packets.data(1, b"x" * 512))
    hand.answer(packets.data(1, b"x" * 512), other)
    hand.accept(1)
    hand.accept(1, other)
    hand.answer(packets.data(2, b"end"), other)
    hand.accept(2, other)
    other.socket.close()


def play_unanswered(hand, _lab):
    """Nobody says anything."""
    hand.ask()


def play_unacknowledged(hand, _lab):
    """A server speaks to a client that has gone."""
    hand.ask()
    hand.answer(packets.data(1, b"x" * 512))


def play_idle(hand, _lab):
    """It begins, and stops."""
    hand.begin()


STORIES = {"complete": play_complete, "client-error": play_client_error, "server-error": play_server_error,
           "probe": play_probe, "superseded": play_superseded, "unanswered": play_unanswered,
           "unacknowledged": play_unacknowledged, "idle": play_idle, "evicted": play_idle}
WITHOUT_BEGIN = {"unanswered", "unacknowledged"}


def evict(gate, file):
    """Push a transfer out of its table, as a flood of others would."""
    client = gate.transfers(file)[0]["client"]["port"].to_bytes(2, "big")
    keys = [key for key, _ in map_entries(gate, "transfers") if client in (key[32:34], key[34:36])]
    assert len(keys) == 1
    map_change(gate, "delete", "transfers", keys[0])


def play_all(lab, gate, service, reader):
    """Every story, each with a file of its own; the Hands by outcome. `reader` sees the daemon's records."""
    hands = {outcome: Hand(lab, service) for outcome in STORIES}
    play_idle(hands["evicted"], lab)  # before the clocks run faster
    reader.wait_for(file=hands["evicted"].file, record="begin")
    hurry(gate)
    for outcome, play in STORIES.items():
        if outcome != "evicted":
            play(hands[outcome], lab)
    evict(gate, hands["evicted"].file)
    return hands
