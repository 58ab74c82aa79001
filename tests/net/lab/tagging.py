# SPDX-License-Identifier: GPL-2.0-or-later
"""VLAN interfaces in user space, for kernels without 8021q: what a TAP device sends gets a tag, and back."""

import fcntl
import os
import select
import socket
import struct
import threading

_TUNSETIFF = 0x400454CA
_IFF_TAP, _IFF_NO_PI = 0x0002, 0x1000
_ETH_P_ALL = 3
_ETH_P_8021Q = 0x8100
_SOL_PACKET, _PACKET_AUXDATA = 263, 8
# struct tpacket_auxdata: status, len, snaplen, mac, net, vlan_tci, vlan_tpid
_AUXDATA = struct.Struct("=IIIHHHH")
_VLAN_VALID = 1 << 4
_MAC_BYTES = 12
_FRAME_MAX = 2048


class Tagger(threading.Thread):
    """`name`, a TAP device in `namespace`: its frames go through `link` with the VLAN's tag. stop() ends it."""

    def __init__(self, namespace, link, name, vlan):
        super().__init__(daemon=True)
        self._tag = struct.pack("!HH", _ETH_P_8021Q, vlan)
        self._vlan = vlan
        with namespace.entered():
            self._tap = os.open("/dev/net/tun", os.O_RDWR)
            fcntl.ioctl(self._tap, _TUNSETIFF, struct.pack("16sH22x", name.encode(), _IFF_TAP | _IFF_NO_PI))
            self._wire = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(_ETH_P_ALL))
            self._wire.setsockopt(_SOL_PACKET, _PACKET_AUXDATA, 1)
            self._wire.bind((link, _ETH_P_ALL))
        self._ended, self._ending = os.pipe()
        # The frames keep their sender's address: that is the link's.
        address = namespace.ip_json("link", "show", "dev", link)[0]["address"]
        namespace.ip(f"link set {name} address {address} up")

    def run(self):
        while True:
            ready, _, _ = select.select([self._tap, self._wire, self._ended], [], [])
            if self._ended in ready:
                break
            if self._tap in ready:
                frame = os.read(self._tap, _FRAME_MAX)
                self._wire.send(frame[:_MAC_BYTES] + self._tag + frame[_MAC_BYTES:])
            if self._wire in ready:
                self._untag()
        for descriptor in (self._tap, self._ended, self._ending):
            os.close(descriptor)
        self._wire.close()

    def stop(self):
        """End the thread and remove the device."""
        os.write(self._ending, b"x")
        self.join()

    def _untag(self):
        frame, extra, _, source = self._wire.recvmsg(_FRAME_MAX, socket.CMSG_SPACE(_AUXDATA.size))
        if source[2] == socket.PACKET_OUTGOING:
            return
        for level, kind, data in extra:
            if (level, kind) == (_SOL_PACKET, _PACKET_AUXDATA):
                status, _, _, _, _, tag, _ = _AUXDATA.unpack(data[:_AUXDATA.size])
                # The kernel has taken the tag out of the frame.
                if status & _VLAN_VALID and tag & 0xFFF == self._vlan:
                    os.write(self._tap, frame)
