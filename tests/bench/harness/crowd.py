"""Thousands of clients in one process, for loads with many clients and few messages."""
import contextlib
import select
import socket
import time

IP_BIND_ADDRESS_NO_PORT = 24  # ip(7)
PONG = b"\x8a\x81\0\0\0\0?"  # the payload of the server's pings is "?"


def frame(payload, opcode=1, final=True, length=None):
    """A frame with a mask of zeros. `length` replaces the length of its payload."""
    size = len(payload) if length is None else length
    head = bytes([opcode | (0x80 if final else 0)])
    if size < 126:
        head += bytes([0x80 | size])
    elif size < 65536:
        head += b"\xfe" + size.to_bytes(2, "big")
    else:
        head += b"\xff" + size.to_bytes(8, "big")
    return head + bytes(4) + payload


def upgrade(path):
    return (f"GET {path} HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n").encode()


class Client:
    def __init__(self, connection, number):
        self.connection = connection
        self.number = number
        self.waiting = b""  # unsent bytes
        self.rest = b""     # the beginning of a frame
        self.up = False     # the upgrade was answered with 101
        self.heard = 0      # number of frames
        self.ended = False


class Crowd:
    def __init__(self, port):
        self.port = port
        self.poll = select.epoll()
        self.clients = {}
        self.refused = 0
        self.ended = 0
        self.up = 0

    def connect(self, number, first):
        connection = socket.socket()
        connection.setblocking(False)
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        # Use several addresses. With half of an address's ports in use, the kernel takes long to find a free one.
        connection.setsockopt(socket.IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, 1)
        connection.bind((f"127.0.0.{2 + number // 5000}", 0))
        with contextlib.suppress(BlockingIOError):
            connection.connect(("127.0.0.1", self.port))
        client = Client(connection, number)
        client.waiting = first
        self.clients[connection.fileno()] = client
        self.poll.register(connection, select.EPOLLIN | (select.EPOLLOUT if first else 0))
        return client

    def open(self, count, request, then=None, in_flight=64, patience=120):
        """Opens so many WebSockets, and sends then(number) on each. Returns the number of accepted ones."""
        begun, before = 0, self.up + self.refused
        up = self.up
        number = len(self.clients)
        deadline = time.monotonic() + patience
        while self.up + self.refused - before < count and time.monotonic() < deadline:
            while begun < count and begun - (self.up + self.refused - before) < in_flight:
                self.connect(number + begun, request(number + begun) if callable(request) else request)
                begun += 1
            self.turn(0.1, then)
        return self.up - up

    def open_plain(self, count, first=b""):
        """Opens so many TCP connections that send this and nothing more."""
        for number in range(count):
            self.connect(number, first)
            if number % 64 == 63:
                self.turn(0)
        self.serve(0.5)

    def turn(self, seconds, then=None):
        for fd, event in self.poll.poll(seconds, 256):
            client = self.clients.get(fd)
            if not client:
                continue
            if event & select.EPOLLOUT:
                self.flush(client)
            if event & (select.EPOLLIN | select.EPOLLHUP | select.EPOLLERR):
                self.read(client, then)

    def serve(self, seconds):
        """Answers pings for this many seconds."""
        end = time.monotonic() + seconds
        while (left := end - time.monotonic()) > 0:
            self.turn(min(left, 0.1))

    def send(self, client, data):
        client.waiting += data
        self.flush(client)

    def flush(self, client):
        try:
            sent = client.connection.send(client.waiting) if client.waiting else 0
            client.waiting = client.waiting[sent:]
        except BlockingIOError:
            pass
        except OSError:
            return self.end(client)
        self.poll.modify(client.connection, select.EPOLLIN | (select.EPOLLOUT if client.waiting else 0))

    def read(self, client, then):
        try:
            data = client.connection.recv(65536)
        except BlockingIOError:
            return
        except OSError:
            data = b""
        if not data:
            return self.end(client)
        data = client.rest + data
        if not client.up:
            head, separator, data = data.partition(b"\r\n\r\n")
            if not separator:
                client.rest = head
                return
            if not head.startswith(b"HTTP/1.1 101"):
                return self.end(client)
            client.up = True
            self.up += 1
            if then:
                self.send(client, then(client.number))
        client.rest = self.frames(client, data)

    def frames(self, client, data):
        at = 0
        while len(data) - at >= 2:
            size, head = data[at + 1], 2
            if size == 126:
                size, head = int.from_bytes(data[at + 2:at + 4], "big"), 4
            elif size == 127:
                size, head = int.from_bytes(data[at + 2:at + 10], "big"), 10
            if len(data) - at < head + size:
                break
            client.heard += 1
            if data[at] == 0x89:
                self.send(client, PONG)
            elif size == 2 and data[at + head:at + head + 2] == b"{}":
                self.send(client, frame(b"{}"))
            at += head + size
        return data[at:]

    def end(self, client):
        if client.ended:
            return
        client.ended = True
        if client.up:
            self.ended += 1
        else:
            self.refused += 1
        self.clients.pop(client.connection.fileno(), None)
        client.connection.close()

    def close(self):
        """Closes all connections at once."""
        for client in list(self.clients.values()):
            client.ended = True
            client.connection.close()
        self.clients.clear()
