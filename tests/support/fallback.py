"""For suites of http_stream and sse: the base of their tests, and the transports that they run over."""
import json

from support.emulated import CONNECT, Emulated, ask
from support.server import HOST, connect, receive

KINDS = ("http_stream", "sse")
# lwsws has the same plugin; one transport shows that it works there.
TRANSPORTS = ("plain", "tls", "http2") if HOST == "lws-chatd" else ("tls",)


class Fallback:
    """For all tests: serve(), then client() and others."""

    def serve(self, *vhosts, server=None, **options):
        transport, self.transport = self.transport, "plain"  # the gateway is for WebSockets
        vhosts = vhosts or [self.made(transport, **options)]
        super().serve(*vhosts, server=server)
        self.transport = transport
        self.base = self.server.http_of().replace("localhost", "127.0.0.1").rstrip("/")
        self.http2 = transport == "http2"
        return self.server

    def made(self, transport, **options):
        self.transport = transport
        return self.vhost(**options)

    async def open(self, kind, commands=CONNECT, **kwargs):
        client = await Emulated.open(self.base, kind, commands, http2=self.http2, **kwargs)
        self.addAsyncCleanup(client.hang_up)
        return client

    async def client(self, kind, commands=CONNECT, **kwargs):
        client = await Emulated.connect(self.base, kind, commands, http2=self.http2, **kwargs)
        self.addAsyncCleanup(client.hang_up)
        return client

    async def ask(self, method, path, body="", headers=None):
        return await ask(method, self.base + path, body, headers, self.http2)

    async def websocket(self, room="lobby"):
        """A client over a WebSocket that is in the room."""
        client = await self.enterAsyncContext(connect(self.server.url_of(path="/connection/websocket")))
        await client.send(CONNECT + "\n" + json.dumps({"id": 2, "subscribe": {"channel": room}}))
        await receive(client)
        return client

    async def each(self, **kwargs):
        for kind in KINDS:
            with self.subTest(kind):
                yield kind, await self.client(kind, **kwargs)
