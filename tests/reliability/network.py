"""A TCP proxy whose network goes silent: packets are lost, nobody is told.

A proxy that only stops copying is no silent network, because the kernel goes on
acknowledging what arrives, keepalive probes too. So each end of it gets a socket filter
that drops every packet (socket(7), SO_ATTACH_FILTER): nothing is answered any more.
"""

from __future__ import annotations

import ctypes
import fcntl
import socket
import struct
import termios
import threading
import time
from contextlib import suppress

_SO_ATTACH_FILTER, _SO_DETACH_FILTER = 26, 27
_QUEUES = (termios.TIOCOUTQ, termios.FIONREAD)
_RETURN_ZERO_BYTES = struct.pack("HBBI", 0x06, 0, 0, 0)  # BPF_RET | BPF_K


class Network:
    """What stands between a client and a server on TCP."""

    def __init__(self, target: tuple[str, int]) -> None:
        self._target = target
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        self._ends: list[socket.socket] = []
        threading.Thread(target=self._accept, daemon=True).start()

    def stall(self) -> None:
        """Lose every packet of the connections that are open, in both directions.

        What was sent and not acknowledged yet would be sent again and again, a sign of life:
        a moment is looked for at which nothing is under way.
        """
        program = ctypes.create_string_buffer(_RETURN_ZERO_BYTES)
        given = struct.pack("HL", 1, ctypes.addressof(program))
        while True:
            for end in self._ends:
                end.setsockopt(socket.SOL_SOCKET, _SO_ATTACH_FILTER, given)
            time.sleep(0.01)
            if not any(_under_way(end) for end in self._ends):
                return
            for end in self._ends:
                end.setsockopt(socket.SOL_SOCKET, _SO_DETACH_FILTER, 0)
            time.sleep(0.01)

    def close(self) -> None:
        """Close every end."""
        _shut(self._listener)
        self._listener.close()
        for end in self._ends:
            _shut(end)
            end.close()

    def _accept(self) -> None:
        while True:
            try:
                client, _ = self._listener.accept()
            except OSError:
                return
            server = socket.create_connection(self._target)
            self._ends += [client, server]
            for source, target in ((client, server), (server, client)):
                threading.Thread(target=_copy, args=(source, target), daemon=True).start()


def _copy(source: socket.socket, target: socket.socket) -> None:
    with suppress(OSError):
        while data := source.recv(65536):
            target.sendall(data)
    _shut(target)


def _under_way(end: socket.socket) -> int:
    """The bytes that were sent and not acknowledged (tcp(7), SIOCOUTQ), or came and were not read."""
    found = [struct.unpack("i", fcntl.ioctl(end, asked, bytes(4)))[0] for asked in _QUEUES]
    return sum(found)


def _shut(end: socket.socket) -> None:
    with suppress(OSError):
        end.shutdown(socket.SHUT_RDWR)
