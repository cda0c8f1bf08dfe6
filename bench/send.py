"""The load client, a process of its own: keep-alive connections that each send the next request when answered."""

import json
import mmap
import select
import socket
import struct
import sys
import time
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from bench.events import SENT_AT, sent_at

_LENGTHS = struct.Struct("<II")
_LONG_S = 60.0


def write_load(path: Path, envelopes: Iterable[tuple[bytes, bytes]]) -> list[int]:
    """Write (User-Agent, envelope) pairs to a file; return where each begins, and last where the file ends."""
    places, place = [0], 0
    with path.open("wb") as file:
        for agent, envelope in envelopes:
            place += file.write(_LENGTHS.pack(len(agent), len(envelope)) + agent + envelope)
            places.append(place)
    return places


def read_load(content: bytes | mmap.mmap, begin: int, end: int) -> Iterator[tuple[bytes, bytes]]:
    """The pairs between two places."""
    while begin < end:
        agent, envelope = _LENGTHS.unpack_from(content, begin)
        begin += _LENGTHS.size
        yield content[begin : begin + agent], content[begin + agent : begin + agent + envelope]
        begin += agent + envelope


@dataclass
class Connection:
    """A socket, when its request was sent, and what has come of the answer."""

    socket: socket.socket
    since: float = 0.0
    answer: bytes = b""


def status_of(answer: bytes) -> int | None:
    """The status of an answer that is complete; None of one that is not. Answers must name their length."""
    head, end, body = answer.partition(b"\r\n\r\n")
    if not end:
        return None
    lengths = [line[15:] for line in head.lower().split(b"\r\n") if line.startswith(b"content-length:")]
    if not lengths:
        raise ValueError(f"an answer without Content-Length: {head[:200]!r}")
    return int(head[9:12]) if len(body) >= int(lengths[0]) else None


class Client:
    """Sends a load to one address, over as many connections as told."""

    def __init__(self, port: int, path: str, connections: int) -> None:
        self._target = f"POST {path} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nConnection: keep-alive\r\n".encode()
        self._target += b"Content-Type: text/plain;charset=UTF-8\r\nOrigin: https://shop.example\r\nUser-Agent: "
        self._port = port
        self._poll = select.epoll()
        self._open = {one.socket.fileno(): one for one in (self._connect() for _ in range(connections))}
        self.latencies: list[float] = []
        self.statuses: dict[int, int] = {}

    def _connect(self) -> Connection:
        opened = socket.create_connection(("127.0.0.1", self._port), timeout=_LONG_S)
        opened.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        opened.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 1 << 20)
        self._poll.register(opened.fileno(), select.EPOLLIN)
        return Connection(opened)

    def run(self, load: Iterator[tuple[bytes, bytes]]) -> None:
        """Send all of it; return when the last answer is there."""
        busy = sum(self._send_next(connection, load) for connection in self._open.values())
        while busy:
            ready = self._poll.poll(_LONG_S)
            if not ready:
                raise TimeoutError(f"no answer for {_LONG_S:.0f} s")
            for number, _ in ready:
                connection = self._open[number]
                if self._receive(connection):
                    busy -= not self._send_next(connection, load)

    def close(self) -> None:
        """Close all connections."""
        for connection in self._open.values():
            connection.socket.close()
        self._poll.close()

    def _send_next(self, connection: Connection, load: Iterator[tuple[bytes, bytes]]) -> bool:
        found = next(load, None)
        if found is None:
            return False
        agent, body = found
        length = b"\r\nContent-Length: %d\r\n\r\n" % len(body)
        now = sent_at(time.time())
        connection.since = time.perf_counter()
        connection.socket.sendall(
            b"".join((self._target, agent, length, body[: SENT_AT.start], now, body[SENT_AT.stop :]))
        )
        return True

    def _receive(self, connection: Connection) -> bool:
        """Whether the answer is complete. A server that closes its connection with it gets a new one."""
        received = connection.socket.recv(65536)
        if not received:
            raise ConnectionError("the server closed the connection without an answer")
        connection.answer += received
        status = status_of(connection.answer)
        if status is None:
            return False
        self.latencies.append(time.perf_counter() - connection.since)
        self.statuses[status] = self.statuses.get(status, 0) + 1
        if b"\r\nconnection: close" in connection.answer.lower():
            self._renew(connection)
        connection.answer = b""
        return True

    def _renew(self, connection: Connection) -> None:
        self._poll.unregister(connection.socket)
        del self._open[connection.socket.fileno()]
        connection.socket.close()
        connection.socket = self._connect().socket
        self._open[connection.socket.fileno()] = connection


def main(arguments: Sequence[str]) -> None:
    """FILE BEGIN END PORT PATH CONNECTIONS: wait for a line on standard input, send, print what came of it as JSON."""
    file, begin, end, port, path, connections = arguments
    with Path(file).open("rb") as opened:
        content = mmap.mmap(opened.fileno(), 0, access=mmap.ACCESS_READ)
    client = Client(int(port), path, int(connections))
    print("ready", flush=True)
    sys.stdin.readline()
    load = read_load(content, int(begin), int(end))
    cpu, started = time.process_time(), time.perf_counter()
    client.run(load)
    seconds, cpu = time.perf_counter() - started, time.process_time() - cpu
    print(
        json.dumps({"seconds": seconds, "cpu": cpu, "statuses": client.statuses, "latencies": client.latencies}),
        flush=True,
    )


if __name__ == "__main__":
    main(sys.argv[1:])
