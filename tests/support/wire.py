"""A WebSocket client made of raw bytes: it sends exactly the bytes of a test, valid or not, and returns what comes.

RFC 6455 section 5.2 defines the frames.
"""
import asyncio
import base64
import collections
import os
import socket
import struct
import urllib.parse

from support.server import PATIENCE, insecure_tls

CONTINUATION, TEXT, BINARY, CLOSE, PING, PONG = 0, 1, 2, 8, 9, 10

Frame = collections.namedtuple("Frame", "opcode final payload")
Answer = collections.namedtuple("Answer", "status headers body version")


def header(size, opcode=TEXT, final=True, masked=True, reserved=0):
    """A frame's header up to the mask, for a payload of `size` bytes."""
    first = (0x80 if final else 0) | reserved << 4 | opcode
    bit = 0x80 if masked else 0
    if size < 126:
        return struct.pack("!BB", first, bit | size)
    if size < 65536:
        return struct.pack("!BBH", first, bit | 126, size)
    return struct.pack("!BBQ", first, bit | 127, size)


def frame(payload=b"", opcode=TEXT, final=True, masked=True, reserved=0):
    """A client's frame, masked by default."""
    if isinstance(payload, str):
        payload = payload.encode()
    head = header(len(payload), opcode, final, masked, reserved)
    if not masked:
        return head + payload
    mask = os.urandom(4)
    pad = (mask * (len(payload) // 4 + 1))[:len(payload)]
    body = (int.from_bytes(payload, "big") ^ int.from_bytes(pad, "big")).to_bytes(len(payload), "big")
    return head + mask + body


def parse(data, at=0):
    """The server's frame at data[at], and its end. None: it is incomplete."""
    if len(data) < at + 2:
        return None
    size, body = data[at + 1] & 0x7f, at + 2
    extended = {126: 2, 127: 8}.get(size, 0)
    if extended:
        if len(data) < body + extended:
            return None
        size = int.from_bytes(data[body:body + extended], "big")
        body += extended
    if len(data) < body + size:
        return None
    assert not data[at + 1] & 0x80, "a server's frame is not masked"
    assert not data[at] & 0x70, "reserved bits are not set"
    return Frame(data[at] & 0x0f, bool(data[at] & 0x80), bytes(data[body:body + size])), body + size


def request(url, headers=None, drop=()):
    """The bytes of an upgrade request. `headers` adds or replaces fields, `drop` removes some."""
    parts = urllib.parse.urlsplit(url)
    target = parts.path + ("?" + parts.query if parts.query else "")
    fields = {"Host": parts.netloc, "Upgrade": "websocket", "Connection": "Upgrade", "Sec-WebSocket-Version": "13",
              "Sec-WebSocket-Key": base64.b64encode(os.urandom(16)).decode(), **(headers or {})}
    lines = [f"{k}: {v}" for k, v in fields.items() if k not in drop]
    return "\r\n".join([f"GET {target} HTTP/1.1", *lines, "", ""]).encode()


class Wire:
    """client = await Wire.dial(url); client.send(frame("hi")); await client.message()"""

    def __init__(self, reader, writer):
        self.reader, self.writer = reader, writer

    @classmethod
    async def open(cls, url, receive_buffer=None, sock=None):
        """Connects, with TLS if needed, but sends no HTTP. `sock` is a socket that is connected already."""
        parts = urllib.parse.urlsplit(url)
        tls = parts.scheme in ("wss", "https")
        connected = sock is not None
        sock = sock or socket.socket()
        if receive_buffer:
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
        sock.setblocking(False)
        try:
            if not connected:
                await asyncio.get_running_loop().sock_connect(sock, (parts.hostname, parts.port))
            return cls(*await asyncio.wait_for(asyncio.open_connection(
                sock=sock, limit=65536, **({"ssl": insecure_tls(), "server_hostname": ""} if tls else {})), PATIENCE))
        except BaseException:
            sock.close()
            raise

    @classmethod
    async def dial(cls, url, headers=None, **kwargs):
        """A client with an accepted upgrade."""
        client = await cls.open(url, **kwargs)
        client.send(request(url, headers))
        answer = await client.answer()
        assert answer.status == 101, answer
        return client

    def send(self, data):
        self.writer.write(data)

    async def send_each(self, pieces):
        """Sends each piece in its own TCP segment (and TLS record)."""
        for piece in pieces:
            self.writer.write(piece)
            await self.writer.drain()
            await asyncio.sleep(0)

    async def answer(self, body=True):
        """The answer to an upgrade or another request. An answer to HEAD has no body."""
        head = await asyncio.wait_for(self.reader.readuntil(b"\r\n\r\n"), PATIENCE)
        first, *lines = head.decode("latin-1").split("\r\n")[:-2]
        version, status = first.split(" ")[:2]
        headers = {k.lower(): v.strip() for k, v in (line.split(":", 1) for line in lines)}
        size = int(headers.get("content-length", 0)) if body and status != "101" else 0
        body = await asyncio.wait_for(self.reader.readexactly(size), PATIENCE)
        return Answer(int(status), headers, body, version)

    async def frame(self):
        """The next frame."""
        read = self.reader.readexactly
        async def whole():
            head = await read(2)
            extended = {126: 2, 127: 8}.get(head[1] & 0x7f, 0)
            head += await read(extended)
            size = int.from_bytes(head[2:], "big") if extended else head[1] & 0x7f
            return parse(head + await read(size))[0]
        return await asyncio.wait_for(whole(), PATIENCE)

    async def message(self):
        """The next whole text or binary message, as (opcode, payload)."""
        opcode, payload = None, b""
        while True:
            got = await self.frame()
            if got.opcode in (PING, PONG):
                continue
            assert got.opcode != CLOSE, got
            assert (got.opcode == CONTINUATION) == (opcode is not None), "fragments in order"
            opcode = got.opcode if opcode is None else opcode
            payload += got.payload
            if got.final:
                return opcode, payload

    async def close_code(self):
        """Reads up to the server's close frame and answers it. Returns its code. None: the connection ended without one."""
        try:
            while True:
                got = await self.frame()
                if got.opcode == CLOSE:
                    self.send(frame(got.payload[:2], CLOSE))
                    return int.from_bytes(got.payload[:2], "big") if got.payload else 1005
        except (asyncio.IncompleteReadError, ConnectionError):
            return None

    async def gone(self):
        """Waits until the connection ends, and ignores all data."""
        try:
            while await asyncio.wait_for(self.reader.read(65536), PATIENCE):
                pass
        except ConnectionError:
            pass

    def stop_reading(self):
        self.writer.transport.pause_reading()

    async def reset(self):
        """Ends the connection with a TCP RST."""
        self.writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        await self.abandon()

    async def abandon(self):
        """Ends the connection without a close frame: a FIN, over TLS without a close_notify."""
        self.writer.transport.abort()
        await asyncio.sleep(0)  # the transport closes its socket in the next turn


async def upgrade(url, headers=None, drop=(), sock=None):
    """The server's answer to an upgrade request."""
    client = await Wire.open(url, sock=sock)
    try:
        client.send(request(url, headers, drop))
        return await client.answer()
    finally:
        await client.abandon()
