# SPDX-License-Identifier: GPL-2.0-or-later
"""The two ends of a running TFTP transfer as real programs behave: one sends DATA, the other ACKs. Used by clients and servers
alike. Blocks are counted from 1 without end; only on the wire they are 16 bits wide."""

import build as b

ROLL_TO_0, ROLL_TO_1 = 0, 1


def wire(block, rollover):
    """The number of a block on the wire."""
    if rollover == ROLL_TO_0 or block == 0:
        return block & 0xFFFF
    return (block - 1) % 65535 + 1


class Sender:
    """Sends a file of `blocks` blocks, the last one of `last_size` bytes. `send(payload)` puts it on the wire; `ended(good)`
    is called once. `window` blocks are in flight at most, be it agreed or not."""

    def __init__(self, world, send, ended, *, blocks, last_size, blksize, window, rollover, patience):
        self.world = world
        self.send = send
        self.ended = ended
        self.blocks = blocks
        self.last_size = last_size
        self.blksize = blksize
        self.window = window
        self.rollover = rollover
        self.gaps = list(patience)
        self.patience = patience
        self.base = 1   # lowest block that is not acknowledged
        self.next = 1   # lowest block that was not sent since the last step back
        self.over = False
        self.timer = 0

    def start(self):
        """The other end waits for DATA."""
        self._fill()
        self._wind()

    def acknowledged(self, number):
        """An ACK came."""
        if self.over:
            return
        for block in range(self.base, self.next):
            if wire(block, self.rollover) == number:
                self._advance(block + 1)
                return
        if self.window > 1 and number == wire(self.base - 1, self.rollover) and self.next > self.base + 1:
            # The receiver reports a gap: go back (RFC 7440), once for each such ACK.
            self.next = self.base
            self._fill()
            self._wind()

    def _advance(self, base):
        self.base = base
        self.gaps = list(self.patience)
        if base > self.blocks:
            self.over = True
            self.ended(True)
            return
        self.next = max(self.next, base)
        self._fill()
        self._wind()

    def _fill(self):
        while self.next < self.base + self.window and self.next <= self.blocks:
            size = self.last_size if self.next == self.blocks else self.blksize
            self.send(b.data(wire(self.next, self.rollover), size))
            self.next += 1

    def _wind(self):
        self.timer += 1
        if not self.gaps:
            self.over = True
            self.ended(False)
            return
        self.world.after(self.gaps.pop(0), self._tired, self.timer)

    def _tired(self, timer):
        if self.over or timer != self.timer:
            return
        self.next = self.base
        self._fill()
        self._wind()

    def stop(self):
        """The other end gave up."""
        self.over = True


class Receiver:
    """Takes DATA and acknowledges each `window` blocks, gaps, and the end. `first` is what is repeated while nothing has come;
    `ended(good)` is called when the last block came, or nothing more."""

    def __init__(self, world, send, ended, *, blksize, window, rollover, patience, ack_size=4, mute_end=False,
                 repeats=True, first=None):
        self.world = world
        self.send = send
        self.ended = ended
        self.blksize = blksize
        self.window = window
        self.rollover = rollover
        self.patience = patience
        self.gaps = list(patience)
        self.ack_size = ack_size
        self.mute_end = mute_end
        self.repeats = repeats
        self.first = first
        self.got = 0       # all blocks up to this one are there
        self.acked = 0
        self.over = False
        self.timer = 0
        self.complained = False

    def start(self):
        """Something was sent that asks for DATA."""
        self._wind()

    def came(self, number, size):
        """DATA came."""
        if number == wire(self.got + 1, self.rollover) and not self.over:
            self.got += 1
            self.complained = False
            self.gaps = list(self.patience)
            if size < self.blksize:
                self._finish()
            elif self.got - self.acked >= self.window:
                self._ack()
            else:
                self._wind()
        elif self.over or number == wire(self.got, self.rollover):
            # The last one again: its ACK was lost.
            if self.over or self.acked == self.got:
                self._ack()
        elif not self.complained:
            # A gap, or old blocks: say once where we are.
            self.complained = True
            self._ack()

    def _finish(self):
        self.over = True
        if not self.mute_end:
            self._ack()
        self.ended(True)

    def _ack(self):
        self.acked = self.got
        self.send(b.ack(wire(self.got, self.rollover), self.ack_size))
        if not self.over:
            self._wind()

    def _wind(self):
        self.timer += 1
        if not self.gaps:
            self.over = True
            self.ended(False)
            return
        self.world.after(self.gaps.pop(0), self._tired, self.timer)

    def _tired(self, timer):
        if self.over or timer != self.timer:
            return
        if self.repeats or self.got == 0:
            if self.got == 0 and self.first is not None:
                self.send(self.first)
                self._wind()
            else:
                self._ack()
        else:
            self._wind()

    def stop(self):
        """The other end gave up."""
        self.over = True
