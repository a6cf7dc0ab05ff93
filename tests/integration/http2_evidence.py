#!/usr/bin/env python3
"""Prints figures about the defects of WebSocket over HTTP/2 in this libwebsockets. This is not a test.

    LWS_CHAT_HOST=lwsws tests/integration/http2_evidence.py

It is why the shipped configurations offer only http/1.1 by ALPN. The client is made of raw HTTP/2 frames (RFC 9113),
so that nothing in between corrects what the server does.
"""
import contextlib
import pathlib
import socket
import ssl
import struct
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
from support import server as hosts  # noqa: E402
from support.server import Server, insecure_tls, vhost  # noqa: E402
from support.wire import BINARY, frame  # noqa: E402

DATA, HEADERS, RST_STREAM, SETTINGS, PING, GOAWAY, WINDOW_UPDATE = 0, 1, 3, 4, 6, 7, 8
END_STREAM, END_HEADERS, ACK = 1, 4, 1
INITIAL_WINDOW = 65535


class Http2:
    """One HTTP/2 connection with WebSockets as its streams. Grants windows only on request."""

    def __init__(self, port):
        tls = insecure_tls()
        tls.set_alpn_protocols(["h2"])
        self.sock = tls.wrap_socket(socket.create_connection(("127.0.0.1", port)))
        assert self.sock.selected_alpn_protocol() == "h2"
        self.port, self.buffer, self.ended = port, b"", False
        self.data = {}    # bytes of DATA by stream
        self.goaway = None
        self.sock.sendall(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + self.frame(SETTINGS, 0, 0))
        self.read(0.3)

    @staticmethod
    def frame(kind, flags, stream, payload=b""):
        return struct.pack("!I", len(payload))[1:] + struct.pack("!BBI", kind, flags, stream) + payload

    def send(self, *frame):
        try:
            self.sock.sendall(self.frame(*frame))
        except (OSError, ssl.SSLError):
            self.ended = True

    def window(self, stream, more):
        self.send(WINDOW_UPDATE, 0, stream, struct.pack("!I", more))

    def open(self, stream):
        """An upgrade by RFC 8441. Its headers are literals without indexing, RFC 7541 section 6.2.2."""
        fields = ((":method", "CONNECT"), (":protocol", "websocket"), (":scheme", "https"), (":path", "/chat/"),
                  (":authority", f"localhost:{self.port}"), ("sec-websocket-version", "13"))
        block = b"".join(b"\0" + bytes([len(k)]) + k.encode() + bytes([len(v)]) + v.encode() for k, v in fields)
        self.data[stream] = 0
        self.send(HEADERS, END_HEADERS, stream, block)
        self.read(0.3)

    def read(self, quiet):
        """Reads until nothing comes for `quiet` seconds."""
        self.sock.settimeout(quiet)
        try:
            while chunk := self.sock.recv(65536):
                self.buffer += chunk
                self.parse()
            self.ended = True
        except socket.timeout:
            pass
        except (ConnectionError, ssl.SSLError):
            self.ended = True
        self.sock.settimeout(None)

    def parse(self):
        while len(self.buffer) >= 9:
            size, kind, flags = int.from_bytes(self.buffer[:3], "big"), self.buffer[3], self.buffer[4]
            stream = int.from_bytes(self.buffer[5:9], "big")
            if len(self.buffer) < 9 + size:
                return
            payload, self.buffer = self.buffer[9:9 + size], self.buffer[9 + size:]
            if kind == DATA:
                self.data[stream] = self.data.get(stream, 0) + size
            elif kind == SETTINGS and not flags & ACK:
                self.send(SETTINGS, ACK, 0)
            elif kind == PING and not flags & ACK:
                self.send(PING, ACK, 0, payload)
            elif kind == GOAWAY:
                self.goaway = f"GOAWAY with error {int.from_bytes(payload[4:8], 'big')} ({payload[8:].decode(errors='replace')})"


def serving(**options):
    return Server(vhost("plain", hub="town", binary="relay", **options),
                  vhost("h2", tls=True, alpn="h2,http/1.1", hub="town", binary="relay", **options))


def publish(port, size, count):
    """Sends binary messages with a plain HTTP/1.1 client, which reads its own copies."""
    with socket.create_connection(("127.0.0.1", port)) as sock:
        sock.sendall((f"GET /chat/ HTTP/1.1\r\nHost: localhost:{port}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                      "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n").encode())
        sock.recv(4096)
        for _ in range(count):
            sock.sendall(frame(b"x" * size, BINARY))
            left = size + (2 if size < 126 else 4)
            while left > 0 and (got := sock.recv(65536)):
                left -= len(got)


def overruns(stream_more, connection_more, size, count):
    with serving(max_lag=2**25) as server:
        client = Http2(server.port_of(1))
        if connection_more:
            client.window(0, connection_more)
        client.open(1)
        if stream_more:
            client.window(1, stream_more)
        publish(server.port_of(0), size, count)
        client.read(1)
        allowed = INITIAL_WINDOW + min(stream_more, connection_more)
        print(f"  {count} messages of {size} bytes published; the windows allow {allowed} bytes, "
              f"sent were {client.data[1]} ({client.data[1] / allowed:.1f} times)")
        client.window(1, 1 << 20)
        client.window(0, 1 << 20)
        publish(server.port_of(0), 100, 3)
        client.read(1)
        print(f"  the client then opens its windows: {client.goaway or 'it goes on'}")


def after_the_server_closed():
    with serving() as server:
        client = Http2(server.port_of(1))
        client.open(1), client.open(3)
        client.send(DATA, 0, 1, frame(b"\x03\xe8", 8))  # a close frame: the server answers it and ends the stream
        client.read(0.5)
        client.send(DATA, END_STREAM, 1)
        client.read(1)
        print(f"  stream 1 is closed by both sides, the client ends it with END_STREAM: {client.goaway or 'all well'}; "
              f"stream 3 {'is lost with it' if client.ended else 'lives on'}")


def ends_are_not_told():
    for how, end in (("RST_STREAM", (RST_STREAM, 0, 1, struct.pack("!I", 8))), ("END_STREAM", (DATA, END_STREAM, 1))):
        with serving() as server:
            client = Http2(server.port_of(1))
            client.open(1), client.open(3)
            client.send(*end)
            client.read(2)
            told = bool(server.chat_log(" left ("))
            print(f"  the client ends stream 1 with {how}: within 2 s the plugin is {'' if told else 'not '}told")


def corrupts_memory():
    """DATA frames larger than one read of the server, with invalid UTF-8 in the middle of a text."""
    server = serving().start()
    pid, sent = server.pids(), 0
    try:
        while alive(pid) and sent < 200:
            size, sent = 1000 + sent * 311 % 6000, sent + 1
            with contextlib.suppress(OSError):  # the server may die at any time
                client = Http2(server.port_of(1))
                client.open(1)
                client.send(DATA, 0, 1, frame(b"a" * size + b"\xff" + b"a" * size))
                client.read(0.1)
                client.sock.close()
        words = [line for line in server.log().splitlines()
                 if any(word in line for word in ("Assertion", "munmap_chunk", "malloc", "free()", "corrupt", "Sanitizer"))]
        print(f"  the server {'is alive' if alive(pid) else 'died'} after {sent} of them; "
              f"{server.log().count('buflist_append_segment: OOM')} times it asked for a negative amount of memory; "
              f"its last words: {words[-1:]}")
    finally:
        hosts.os.killpg(server.process.pid, hosts.signal.SIGKILL)
        server.process.wait()
        hosts.shutil.rmtree(server.folder, ignore_errors=True)


def alive(pid):
    stat = pathlib.Path(f"/proc/{pid}/stat")
    return stat.exists() and ") Z" not in stat.read_text()


if __name__ == "__main__":
    print(f"host: {hosts.HOST}")
    print("1. Flow control of the stream: its window stays at 65535, that of the connection is wide open.")
    overruns(0, 2**30, 8000, 500)
    overruns(0, 2**30, 60000, 200)
    print("2. Flow control of the connection: its window stays at 65535, that of the stream is wide open.")
    overruns(2**30, 0, 8000, 500)
    overruns(2**30, 0, 60000, 200)
    print("3. END_STREAM for a stream that the server has closed, RFC 9113 section 5.1.")
    after_the_server_closed()
    print("4. A stream that the client ends.")
    ends_are_not_told()
    print("5. Invalid text in a DATA frame that does not come in one read.")
    corrupts_memory()
