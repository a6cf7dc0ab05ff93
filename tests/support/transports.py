"""Runs the same test over several transports: "plain" (ws), "tls" (wss) and "http2" (wss over HTTP/2).

LWS_CHAT_ONLY_OVER=plain: of the tests that run over several, only those over this one.
"""
import asyncio
import os
import sys
import unittest

from support.http2 import Gateway
from support.server import Server, connect, vhost
from support.wire import Wire, upgrade

ALL = ("plain", "tls", "http2")
ONE = os.environ.get("LWS_CHAT_ONLY_OVER")


async def settle():
    """Lets closing transports finish before the server stops, because the server waits for clients."""
    for _ in range(3):
        await asyncio.sleep(0)


def over(*transports):
    """Class decorator: makes a test case of the class for each of the transports."""
    def make(cls):
        module = sys.modules[cls.__module__]
        for transport in [ONE] if ONE in transports else transports:
            name = f"{cls.__name__}Over{transport.capitalize()}"
            setattr(module, name, type(name, (cls, Transport), {"transport": transport, "__module__": cls.__module__}))
        return cls
    return make


class Transport(unittest.IsolatedAsyncioTestCase):
    """Base of tests: serve() starts a server, and self.url is its address over the transport."""
    transport = "plain"

    async def asyncSetUp(self):
        asyncio.get_running_loop().set_debug(False)  # unittest turns this on, which is slow and noisy

    def vhost(self, name="localhost", **options):
        """A vhost for the transport."""
        alpn = "h2,http/1.1" if self.transport == "http2" else "http/1.1"
        return vhost(name, tls=self.transport != "plain", alpn=alpn, **options)

    def serve(self, *vhosts, server=None, **options):
        """Starts a server with the vhosts, or with one that has these options. self.url is the first one's address."""
        self.server = self.enterContext(Server(*(vhosts or [self.vhost(**options)]), **(server or {})))
        self.addAsyncCleanup(settle)
        self.url = self.server.url
        if self.transport == "http2":
            self.gateway = self.enterContext(Gateway(self.server.http_of()))
            self.url = self.gateway.url()
        return self.server

    async def join(self, **kwargs):
        """A connected client of the library python3-websockets."""
        return await self.enterAsyncContext(connect(self.url, **kwargs))

    async def status(self, url=None, headers=None, drop=()):
        """The HTTP status of an upgrade."""
        try:
            return (await upgrade(url or self.url, headers, drop)).status
        except (asyncio.IncompleteReadError, ConnectionError):
            return None

    async def dial(self, **kwargs):
        """A connected client of raw bytes."""
        client = await Wire.dial(self.url, **kwargs)
        self.addAsyncCleanup(client.abandon)
        return client

    async def gone(self, clients):
        """Waits until the last log line about clients has this number of them."""
        def left():
            lines = self.server.chat_log("clients: ")
            return bool(lines) and " left (" in lines[-1] and lines[-1].endswith(f"clients: {clients}")
        await self.server.until(left, f"{clients} clients left")
