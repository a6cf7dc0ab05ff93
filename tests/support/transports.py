"""Runs the same test over every way in: "plain" ws, "tls" (wss) and "http2" (wss over HTTP/2)."""
import asyncio
import sys
import unittest

from support.http2 import Gateway
from support.server import Server, connect, vhost
from support.wire import Wire, upgrade

ALL = ("plain", "tls", "http2")


async def settle():
    """Lets transports that have been told to close do it, before the server is stopped: it waits for clients."""
    for _ in range(3):
        await asyncio.sleep(0)


def over(*transports):
    """Class decorator: makes a test case of the class for each of the transports."""
    def make(cls):
        module = sys.modules[cls.__module__]
        for transport in transports:
            name = f"{cls.__name__}Over{transport.capitalize()}"
            setattr(module, name, type(name, (cls, Transport), {"transport": transport, "__module__": cls.__module__}))
        return cls
    return make


class Transport(unittest.IsolatedAsyncioTestCase):
    """What a test finds in self: serve() starts a server, self.url then leads to it over the transport."""
    transport = "plain"

    async def asyncSetUp(self):
        asyncio.get_running_loop().set_debug(False)  # unittest turns it on: slow, and noisy about it

    def vhost(self, name="localhost", **options):
        """A vhost that the transport leads to."""
        alpn = "h2,http/1.1" if self.transport == "http2" else "http/1.1"
        return vhost(name, tls=self.transport != "plain", alpn=alpn, **options)

    def serve(self, *vhosts, server=None, **options):
        """Starts a server of the vhosts, else of one with the options; self.url leads to the first."""
        self.server = self.enterContext(Server(*(vhosts or [self.vhost(**options)]), **(server or {})))
        self.addAsyncCleanup(settle)
        self.url = self.server.url
        if self.transport == "http2":
            self.gateway = self.enterContext(Gateway(self.server.http_of()))
            self.url = self.gateway.url()
        return self.server

    async def join(self, **kwargs):
        """A client of a library, python3-websockets, that has been accepted."""
        return await self.enterAsyncContext(connect(self.url, **kwargs))

    async def status(self, url=None, headers=None, drop=()):
        """The HTTP status that an upgrade gets."""
        try:
            return (await upgrade(url or self.url, headers, drop)).status
        except (asyncio.IncompleteReadError, ConnectionError):
            return None

    async def dial(self, **kwargs):
        """A client of raw bytes that has been accepted."""
        client = await Wire.dial(self.url, **kwargs)
        self.addAsyncCleanup(client.abandon)
        return client

    async def gone(self, clients):
        """Waits until the server's log says, in its last line about that, how many clients are left."""
        def left():
            lines = self.server.chat_log("clients: ")
            return bool(lines) and " left (" in lines[-1] and lines[-1].endswith(f"clients: {clients}")
        await self.server.until(left, f"{clients} clients left")
