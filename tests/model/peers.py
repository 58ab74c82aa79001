# SPDX-License-Identifier: GPL-2.0-or-later
"""Clients and servers that play the kinds of kinds.py over a World."""

import build as b
from scene import Datagram
from transfer import Receiver, Sender

RRQ, WRQ, DATA, ACK, ERROR, OACK = range(1, 7)


def words(payload):
    """Opcode and second word."""
    return payload[1], payload[2] << 8 | payload[3]


class Job:
    """One file to move: what the two ends have to know beforehand."""

    def __init__(self, rng, write, blocks, missing=False):
        self.write = write
        self.blocks = blocks
        self.missing = missing
        self.rollover = None  # both ends roll over like this, if not each in its own way
        self.name = b"file-%d" % rng.randrange(10**6)
        self.last_share = rng.choice((0, 0.5, rng.random()))

    def size(self, blksize):
        """Bytes of the file, as it is sent in such blocks."""
        return (self.blocks - 1) * blksize + int(self.last_share * blksize)


class Server:
    """A TFTP service on the port where requests come in."""

    listens = True

    def __init__(self, world, kind, address, port=69):
        self.world = world
        self.kind = kind
        self.endpoint = (address, port)
        self.jobs = {}       # file name -> Job
        self.running = {}    # client endpoint -> _Serving, of single-port servers and those that ignore duplicates
        world.sockets[self.endpoint] = self

    def __call__(self, client, payload):
        if payload[1] in (RRQ, WRQ):
            self.request(client, payload)
        elif client in self.running:
            self.running[client].came(client, payload)

    def request(self, client, payload):
        """A request came."""
        old = self.running.get(client)
        if old is not None and not old.over:
            if self.kind.duplicate == "ignore" and old.text == payload:
                return
            if self.kind.duplicate == "restart" or self.kind.ports != "new":
                old.stop()
        serving = _Serving(self, client, payload)
        if self.kind.ports != "new" or self.kind.duplicate == "ignore":
            self.running[client] = serving
        if self.kind.stall:
            self.world.after(self.kind.stall * self.world.rng.random(), serving.begin)
        else:
            serving.begin()

    def endpoint_for(self):
        """The TID of a new transfer."""
        if self.kind.ports != "new":
            return self.endpoint[0], int(self.kind.ports)
        rng = self.world.rng
        while True:
            endpoint = self.endpoint[0], rng.randint(self.kind.low, self.kind.high)
            if endpoint not in self.world.sockets:
                return endpoint


class _Serving:
    """One TID."""

    def __init__(self, server, client, text):
        self.server = server
        self.world = server.world
        self.kind = server.kind
        self.client = client
        self.text = text
        self.over = False
        self.data = None
        self.endpoint = server.endpoint_for()
        fields = text[2:].split(b"\0")
        self.job = server.jobs.get(fields[0])
        self.asked = dict(b.read_options(text[2 + len(fields[0]) + len(fields[1]) + 2:]))
        self.granted = []
        if self.kind.ports == "new":
            self.world.sockets[self.endpoint] = self.came

    def send(self, payload, endpoint=None):
        """A packet to the client."""
        if not self.over or payload[1] == ERROR:
            self.world.send(Datagram(self.client, endpoint or self.endpoint, False, payload,
                                     padding=self.kind.padding, note=self.kind.name))

    def begin(self):
        """Answer the request."""
        if self.over:
            return
        if self.job is None or self.job.missing:
            self.over = True
            self.send(b.error(self.kind.error_code, self.kind.error_text),
                      self.server.endpoint if self.kind.errors_from_69 else None)
            return
        self.granted = self._grant()
        if self.job.write:
            self._begin_write()
        else:
            self._begin_read()

    def _grant(self):
        granted = []
        for name in self.kind.options:
            if name.encode() in self.asked:
                number = self._granted_number(name)
                granted.append(((name.upper() if self.kind.upper else name).encode(), b"%d" % number))
        return granted

    def _granted_number(self, name):
        value = self.asked[name.encode()]
        number = int(value) if value.isdigit() else 0
        if name == "tsize":
            return number if self.job.write else self.job.size(self._granted_blksize())
        return min(number, {"blksize": self.kind.blksize_max, "windowsize": self.kind.window_max, "timeout": 255,
                            "msftwindow": 27182}[name])

    def _granted_blksize(self):
        return self._granted_number("blksize") if b"blksize" in self.asked and "blksize" in self.kind.options else 512

    def _number(self, name, default):
        return next((int(value) for key, value in self.granted if key.lower() == name), default)

    def _oack(self):
        return b.oack(self.granted, self.kind.tail)

    def _begin_read(self):
        blksize = self._number(b"blksize", 512)
        window = self._number(b"windowsize", 1)
        if any(key.lower() == b"msftwindow" for key, _ in self.granted):
            window = 8
        window = max(window, self.kind.anticipation)
        self.data = Sender(self.world, self.send, self._ended, blocks=self.job.blocks,
                           last_size=int(self.job.last_share * blksize), blksize=blksize, window=window,
                           rollover=self.kind.rollover, patience=self.kind.patience)
        if self.granted:
            self.send(self._oack())
            self.waiting = list(self.kind.patience)
            self.world.after(self.waiting.pop(0), self._repeat_oack)
        else:
            self.data.start()

    def _repeat_oack(self):
        if self.over or self.data.next > 1:
            return
        if not self.waiting:
            self._ended(False)
            return
        self.send(self._oack())
        self.world.after(self.waiting.pop(0), self._repeat_oack)

    def _begin_write(self):
        window = self._number(b"windowsize", 1)
        first = self._oack() if self.granted else b.ack(0)
        self.data = Receiver(self.world, self.send_ack, self._ended, blksize=self._number(b"blksize", 512),
                             window=window, rollover=self.kind.rollover, patience=self.kind.patience, first=first)
        self.send(first)
        if self.granted and self.kind.ack_0_after_oack and self.world.rng.random() < .3:
            self.world.after(.2, self._extra_ack_0)
        self.data.start()

    def _extra_ack_0(self):
        if not self.over and self.data.got == 0:
            self.send(b.ack(0))

    def send_ack(self, payload):
        """An ACK of a write; some send the OACK again where the numbers wrap."""
        if self.kind.oack_at_wrap and self.granted and payload[1] == ACK and payload[2:4] == b"\0\0" and self.data.got:
            payload = self._oack()
        self.send(payload)

    def came(self, client, payload):
        """A packet for this TID."""
        if client != self.client:
            self.world.send(Datagram(client, self.endpoint, False, b.error(5, b"Unknown TID\0"), note=self.kind.name))
            return
        opcode, number = words(payload)
        if opcode == ERROR:
            self.stop()
        elif self.data is None or (self.over and not self.kind.dally):
            return
        elif opcode == ACK and not self.job.write:
            if self.data.next == 1 and number == 0:
                self.data.start()
            elif self.data.next > 1:
                self.data.acknowledged(number)
        elif opcode == DATA and self.job.write:
            self._take_data(number, len(payload) - 4)

    def _take_data(self, number, size):
        over, self.over = self.over, False
        self.data.came(number, size)
        self.over = self.over or over

    def _ended(self, _good):
        # A writer's last ACK was sent already; the TID stays for repeats.
        self.over = True

    def stop(self):
        """The client has gone."""
        self.over = True
        if self.data is not None:
            self.data.stop()


class Client:
    """One exchange of a client: from its first request to its end. `ended(good)` is called once."""

    def __init__(self, world, kind, address, port, server, job, ended, options=None):
        self.world = world
        self.kind = kind
        self.endpoint = (address, port)
        self.server = server      # endpoint of the service; address None: everybody
        self.job = job
        self.ended = ended
        self.options = self._ordered(kind.options if options is None else options)
        self.text = b.request(WRQ if job.write else RRQ, job.name, kind.mode, self.options)
        self.text += kind.tail[:516 - len(self.text)]
        self.gaps = list(kind.gaps)
        self.tid = None
        self.data = None
        self.over = False
        self.probing = bool(kind.probe) and not job.write
        self.agreed = {}
        world.sockets[self.endpoint] = self.came

    def _ordered(self, options):
        options = list(options)
        if self.job.write:
            options = [option for option in options if option[0] != b"msftwindow"]
        if self.kind.shuffled:
            self.world.rng.shuffle(options)
        return options

    def start(self):
        """Ask."""
        copies = self.kind.burst if self.kind.burst_same_port else 1
        for _ in range(copies):
            self._ask()
        self.world.after(self.gaps.pop(0), self._ask_again)

    def _ask(self):
        self.world.send(Datagram(self.endpoint, self.server, True, self.text, True, self.kind.padding, self.kind.name))

    def _ask_again(self):
        if self.over or self.tid is not None:
            return
        if not self.gaps:
            self._end(False)
            return
        self._ask()
        self.world.after(self.gaps.pop(0), self._ask_again)

    def send(self, payload, to=None):
        """A packet to the server's TID."""
        self.world.send(Datagram(self.endpoint, to or self.tid, True, payload, False, self.kind.padding,
                                 self.kind.name))

    def came(self, source, payload):
        """A packet came."""
        if self.over and (self.data is None or self.tid != source):
            return
        if self.tid is None:
            self._first(source, payload)
            return
        if source != self.tid:
            if self.kind.tid == "last" and words(payload)[0] == DATA and not self.job.write and not self.over:
                self.tid = source  # and go on as if nothing had happened
            else:
                if self.kind.stranger == "error" and payload[1] != ERROR:
                    self.send(b.error(5, self.kind.error_text), source)
                return
        self._next(payload)

    def _first(self, source, payload):
        opcode = payload[1]
        if opcode == ERROR:
            self._end(False)
            return
        self.tid = source
        if opcode == OACK:
            self.agreed = dict(b.read_options(payload[2:]))
            if self.probing:
                self._end_probe()
                return
        self._open()
        if self.kind.ack_0 and opcode == DATA and not self.job.write:
            self.send(b.ack(0))
        if opcode == OACK and not self.job.write:
            self.send(b.ack(0, self.data.ack_size))
            self.data.start()
        elif self.job.write:
            self.data.start()
        else:
            self._next(payload)

    def _end_probe(self):
        if self.kind.probe == "ack+error":
            self.send(b.ack(0))
        self.send(b.error(self.kind.probe_code, self.kind.error_text))
        self._end(True)

    def _open(self):
        number = {name: int(value) for name, value in self.agreed.items() if value.isdigit()}
        blksize, window = number.get(b"blksize", 512), number.get(b"windowsize", 1)
        ack_size = 5 if b"msftwindow" in self.agreed else 4
        rollover = self.kind.rollover if self.job.rollover is None else self.job.rollover
        if self.job.write:
            self.data = Sender(self.world, self.send, self._ended, blocks=self.job.blocks,
                               last_size=int(self.job.last_share * blksize), blksize=blksize, window=window,
                               rollover=rollover, patience=self.kind.patience)
            return
        if ack_size == 5:
            window = 4
        self.data = Receiver(self.world, self.send, self._ended, blksize=blksize, window=window, rollover=rollover,
                             patience=self.kind.patience, ack_size=ack_size, mute_end=self.kind.mute_end,
                             repeats=self.kind.repeats_ack, first=b.ack(0, ack_size) if self.agreed else None)

    def _next(self, payload):
        opcode, number = words(payload)
        rng = self.world.rng
        if opcode == ERROR:
            self._end(False)
        elif opcode == OACK and not self.job.write and self.data.got == 0:
            self.send(b.ack(0, self.data.ack_size))
        elif opcode == DATA and not self.job.write:
            if self.kind.abort and rng.random() < self.kind.abort / 10 and not self.over:
                self.send(b.error(0, self.kind.error_text))
                self._end(False)
                return
            if self.kind.mid_error and rng.random() < self.kind.mid_error / 10 and not self.over:
                self.send(b.error(5, self.kind.error_text))
            self.data.came(number, len(payload) - 4)
        elif opcode in (ACK, OACK) and self.job.write:
            self.data.acknowledged(number if opcode == ACK else 0)

    def _ended(self, good):
        if good and self.kind.closing_error:
            self.send(b.error(0, self.kind.error_text))
        self._end(good)

    def _end(self, good):
        if not self.over:
            self.over = True
            if self.data is not None:
                self.data.over = True
            self.ended(good)
