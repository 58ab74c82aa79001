# SPDX-License-Identifier: GPL-2.0-or-later
"""A TFTP transfer played by hand, packet by packet, between two sockets of the test."""

from . import packets

BLOCK = b"x" * 512


class HandTransfer:
    """A read request of a client socket, answered by a service socket on port 69 and a TID socket.

    begin() leaves the transfer running: DATA 1 and 2 were sent, and ACK 1 and 2.
    """

    def __init__(self, topology, service_address=None):
        self.file = topology.payloads.fresh_name("hand")
        address = topology.address("hand")
        self.client = packets.Endpoint(topology.client, topology.address("client"))
        self.service = packets.Endpoint(topology.server, service_address or address, 69)
        self.tid = packets.Endpoint(topology.server, address)
        self.request = packets.request(packets.RRQ, self.file)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        for endpoint in (self.client, self.service, self.tid):
            endpoint.socket.close()

    def ask(self):
        """The client sends its request, and the service receives it."""
        self.client.send(self.request, self.service.name)
        payload, source = self.service.expect(self.request)
        assert source == self.client.name
        return payload

    def block(self, number, content=BLOCK):
        """DATA `number` goes to the client, and its ACK comes back."""
        self.tid.send(packets.data(number, content), self.client.name)
        self.client.expect(packets.data(number, content))
        self.client.send(packets.ack(number), self.tid.name)
        self.tid.expect(packets.ack(number))

    def begin(self):
        """Request and two blocks; the transfer goes on after that."""
        self.ask()
        self.block(1)
        self.block(2)
        return self
