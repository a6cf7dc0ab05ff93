"""The site that the SDK programs visit: it issues tokens, and cuts the line between a program and the server.

    GET /token?ttl=2                  a token of user ann for a connection
    GET /token?ttl=2&channel=$room    a token of user ann for a subscription
    GET /carried                      how many bytes the lines have carried to clients
    POST /cut                         cuts all lines, publishes 2 and 3 in $room meanwhile, lets the clients come back
"""
import asyncio
import contextlib
import json
import urllib.parse
import urllib.request

from harness.settings import API_KEY
from support.ports import free_port

ROOM = "$room"


class Site:
    def __init__(self, server_port, issuer):
        self.server_port, self.issuer = server_port, issuer
        self.port, self.line_port = free_port(), free_port()
        self.lines = set()  # writers, to clients and to the server
        self.near, self.carried = set(), 0  # writers to clients, and how many bytes they took
        self.open = asyncio.Event()
        self.open.set()

    async def __aenter__(self):
        self.servers = [await asyncio.start_server(self._visit, "127.0.0.1", self.port),
                        await asyncio.start_server(self._line, "127.0.0.1", self.line_port)]
        return self

    async def __aexit__(self, *exc):
        for server in self.servers:
            server.close()
        self._cut()

    async def _line(self, reader, writer):
        """A line to the server, for as long as nobody cuts it."""
        await self.open.wait()
        far_reader, far_writer = await asyncio.open_connection("127.0.0.1", self.server_port)
        self.lines |= {writer, far_writer}
        self.line_made(writer, far_writer)
        await asyncio.gather(self._carry(reader, far_writer), self._carry(far_reader, writer))
        self.lines -= {writer, far_writer}

    async def _carry(self, reader, writer):
        with contextlib.suppress(ConnectionError):
            while data := await reader.read(65536):
                self.line_carries(writer, data)
                writer.write(data)
                await writer.drain()
        writer.close()

    def line_made(self, near, far):
        self.near.add(near)

    def line_carries(self, writer, data):
        """These bytes go to this writer."""
        if writer in self.near:
            self.carried += len(data)

    def _cut(self):
        for writer in self.lines:
            writer.transport.abort()

    async def _visit(self, reader, writer):
        method, target, _ = (await reader.readuntil(b"\r\n\r\n")).decode().split(" ", 2)
        parts = urllib.parse.urlsplit(target)
        query = dict(urllib.parse.parse_qsl(parts.query))
        if parts.path == "/token":
            channel = {"channel": query["channel"]} if "channel" in query else {}
            body = self.issuer("ann", exp=int(query["ttl"]), info={"name": "Ann"}, **channel)
        elif parts.path == "/carried":
            body = str(self.carried)
        else:
            assert (method, parts.path) == ("POST", "/cut"), target
            self.open.clear()
            self._cut()
            for number in (2, 3):
                await asyncio.to_thread(self._publish, {"n": number})
            self.open.set()
            body = "done"
        writer.write(f"HTTP/1.1 200 OK\r\nContent-Length: {len(body)}\r\nConnection: close\r\n\r\n{body}".encode())
        await writer.drain()
        writer.close()

    def _publish(self, data):
        request = urllib.request.Request(
            f"http://127.0.0.1:{self.server_port}/api/publish", json.dumps({"channel": ROOM, "data": data}).encode(),
            {"X-API-Key": API_KEY, "Content-Type": "application/json"})
        with urllib.request.urlopen(request) as answer:
            assert "result" in json.load(answer)
