"""Sends frames between two processes over a socket: four bytes of length, then the frame."""

from __future__ import annotations

import socket
import struct

_LENGTH = struct.Struct(">I")
_PART = 1 << 20


def send(channel: socket.socket, frame: bytes) -> None:
    channel.sendall(_LENGTH.pack(len(frame)) + frame)


def receive(channel: socket.socket) -> bytes | None:
    """Returns the next frame, or None once the other end is gone."""
    head = _exactly(channel, _LENGTH.size)
    return None if head is None else _exactly(channel, _LENGTH.unpack(head)[0])


def _exactly(channel: socket.socket, size: int) -> bytes | None:
    data = bytearray()
    while len(data) < size:
        part = channel.recv(min(size - len(data), _PART))
        if not part:
            return None
        data += part
    return bytes(data)


class Channel:
    """The worker's end of the channel to the process that started it."""

    def __init__(self, descriptor: int) -> None:
        self._socket = socket.socket(fileno=descriptor)
        self._socket.set_inheritable(False)

    def receive(self) -> bytes | None:
        """Returns the next frame, or None once the other end is gone."""
        return receive(self._socket)

    def send(self, frame: bytes) -> None:
        send(self._socket, frame)
