"""A relay between clients and a server, over TCP or Unix sockets. It cuts connections, delays data and swallows it.

It has a thread of its own, so tests with and without an event loop can use it.
"""
import asyncio
import collections
import pathlib
import shutil
import socket
import struct
import tempfile
import threading

from support.ports import free_port
from support.server import PATIENCE

HELD = 1 << 20  # bytes that the relay holds in each direction; above that, the peer waits


class End(asyncio.Protocol):
    """One of the two connections of a pair, and the data that goes to it."""

    def __init__(self, pair):
        self.pair, self.other, self.transport = pair, None, None
        self.waiting = collections.deque()  # (time, data); no data: the end
        self.held = 0  # bytes in there
        self.full = False  # the system takes no more for now
        self.alarm = None

    def connection_made(self, transport):
        self.transport = transport
        made = transport.get_extra_info("socket")
        if made.family == socket.AF_INET:
            made.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.pair.opened(self)

    def data_received(self, data):
        if not self.pair.swallowed:
            self.other.take(data)

    def connection_lost(self, error):
        self.transport = None
        if not self.pair.swallowed:  # then nobody is told
            self.other.take(b"")
        self.pair.closed()

    def take(self, data):
        self.waiting.append((self.pair.relay.loop.time() + self.pair.relay.delay, data))
        self.held += len(data)
        self.flow()

    def flow(self):
        """Sends what is due."""
        loop = self.pair.relay.loop
        while self.waiting and self.transport and self.pair.relay.flowing and not self.full:
            due, data = self.waiting[0]
            if due > loop.time():
                self.alarm = self.alarm or loop.call_at(due, self.ring)
                break
            self.waiting.popleft()
            self.held -= len(data)
            self.transport.write(data) if data else self.transport.close()
        if self.other.transport and not self.other.transport.is_closing():
            self.other.transport.pause_reading() if self.held > HELD else self.other.transport.resume_reading()

    def ring(self):
        self.alarm = None
        self.flow()

    def pause_writing(self):
        self.full = True

    def resume_writing(self):
        self.full = False
        self.flow()

    def drop(self):
        """Ends the connection without its waiting data, over TCP with a RST."""
        self.waiting.clear()
        if self.transport:
            made = self.transport.get_extra_info("socket")
            if made.family == socket.AF_INET:
                made.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            self.transport.abort()


class Pair:
    """The connection of a client, and the one to the server that belongs to it."""

    def __init__(self, relay):
        self.relay = relay
        self.near, self.far = End(self), End(self)
        self.near.other, self.far.other = self.far, self.near
        self.swallowed = relay.swallowing

    def opened(self, end):
        if end is self.near:
            self.relay.pairs.add(self)
            if self.relay.refusing:
                self.drop()
            elif not self.swallowed:
                self.connecting = self.relay.loop.create_task(self.connect())
        self.flow()

    async def connect(self):
        try:
            await self.relay.reach(lambda: self.far)
        except OSError:
            self.drop()
        if not self.near.transport:  # it was cut in the meantime
            self.far.drop()

    def closed(self):
        if not self.near.transport and not self.far.transport:
            self.relay.pairs.discard(self)

    def flow(self):
        self.near.flow()
        self.far.flow()

    def drop(self):
        self.near.drop()
        self.far.drop()


class Relay:
    """with Relay(6379) as relay: relay.port ... relay.cut()

    The target is a port of this machine, or the path of a Unix socket. The relay listens on both: `port` and `path`.
    """

    def __init__(self, target):
        self.target = target
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="lws-chat-relay-"))
        self.port, self.path = free_port(), self.folder / "socket"
        self.pairs = set()
        self.cuts = 0  # connections that were cut
        self.delay = 0  # seconds that data takes in each direction; a test may change it at any time
        self.flowing, self.refusing, self.swallowing = True, False, False
        self.loop = asyncio.new_event_loop()
        self.thread = threading.Thread(target=self.loop.run_forever, daemon=True)

    def cut(self):
        """Ends all connections. New ones are served."""
        def drop():
            for pair in list(self.pairs):
                self.cuts += 1
                pair.drop()
        self._do(drop)
        return self

    def refuse(self):
        """Ends all connections, and until allow() each new one at once."""
        self.refusing = True
        return self.cut()

    def allow(self):
        self.refusing = False

    def hold(self):
        """Nothing arrives, in both directions, until release(). Then all of it does."""
        self.flowing = False

    def release(self):
        self.flowing = True
        self._do(lambda: [pair.flow() for pair in self.pairs])

    def black_hole(self):
        """Data is taken and gone, in both directions, and ends are not told. The same on new connections."""
        def swallow():
            self.swallowing = True
            for pair in self.pairs:
                pair.swallowed = True
                for end in pair.near, pair.far:
                    end.waiting.clear()
        self._do(swallow)

    def end_black_hole(self):
        """New connections are served again. The old ones stay as they are: silent."""
        self.swallowing = False

    @property
    def url(self):
        """Of a Redis server behind the relay."""
        return f"unix:{self.path}"

    @property
    def connections(self):
        """Number of clients' connections that the relay has, silent ones too."""
        return sum(pair.near.transport is not None for pair in list(self.pairs))

    # ---- in the thread

    def _do(self, action):
        async def act():
            action()
        asyncio.run_coroutine_threadsafe(act(), self.loop).result(PATIENCE)

    async def reach(self, protocol):
        if isinstance(self.target, int):
            return await self.loop.create_connection(protocol, "127.0.0.1", self.target)
        return await self.loop.create_unix_connection(protocol, str(self.target))

    async def _listen(self):
        self.listeners = [await self.loop.create_server(lambda: Pair(self).near, "127.0.0.1", self.port),
                          await self.loop.create_unix_server(lambda: Pair(self).near, str(self.path))]

    async def _end(self):
        for listener in self.listeners:
            listener.close()
        while self.pairs:
            for pair in list(self.pairs):
                pair.drop()
            await asyncio.sleep(0)

    def __enter__(self):
        self.thread.start()
        asyncio.run_coroutine_threadsafe(self._listen(), self.loop).result(PATIENCE)
        return self

    def __exit__(self, *exc):
        self.refusing = True
        asyncio.run_coroutine_threadsafe(self._end(), self.loop).result(PATIENCE)
        self.loop.call_soon_threadsafe(self.loop.stop)
        self.thread.join(PATIENCE)
        self.loop.close()
        shutil.rmtree(self.folder, ignore_errors=True)
