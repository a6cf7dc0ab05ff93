"""Many clients, many messages, clients that vanish all the time: the survivors see one identical sequence."""
import asyncio
import collections
import hashlib
import pathlib
import random
import socket
import struct
import sys
import time
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
from support.server import PATIENCE, insecure_tls  # noqa: E402
from support.transports import Transport, over  # noqa: E402
from support.wire import TEXT, frame, parse, request  # noqa: E402

CLIENTS = 200
SENDERS = 20   # surviving clients that send
EACH = 1000    # messages of each sender
DOOMED = CLIENTS // 2
BATCH = 10     # messages in one write


class Listener(asyncio.Protocol):
    """A cheap client: it only hashes the bytes after the handshake, and keeps them on request.

    Frames that come unmasked and without extensions are the same bytes for everybody, so equal hashes
    mean equal sequences.
    """

    def __init__(self, url, keep):
        self.url, self.keep = url, keep
        self.size, self.hash, self.bytes = 0, hashlib.sha256(), bytearray()
        self.head, self.wanted = b"", None
        loop = asyncio.get_running_loop()
        self.joined, self.lost, self.enough = loop.create_future(), loop.create_future(), loop.create_future()

    def connection_made(self, transport):
        self.transport = transport
        transport.write(request(self.url))

    def data_received(self, data):
        if not self.joined.done():
            self.head += data
            head, end, data = self.head.partition(b"\r\n\r\n")
            if not end:
                return
            assert head.startswith(b"HTTP/1.1 101"), head
            self.joined.set_result(None)
        self.size += len(data)
        self.hash.update(data)
        if self.keep:
            self.bytes += data
        self.check()

    def check(self):
        if self.wanted is not None and self.size >= self.wanted and not self.enough.done():
            self.enough.set_result(None)

    def connection_lost(self, error):
        if not self.lost.done():
            self.lost.set_result(error)
        if not self.enough.done():
            self.enough.set_exception(ConnectionError("a survivor was disconnected"))
            self.enough.exception()

    async def has(self, size):
        self.wanted = size
        self.check()
        await asyncio.wait_for(asyncio.shield(self.enough), 4 * PATIENCE)

    async def hears(self, text):
        """Waits for a text. The listener must keep its bytes."""
        wanted = bytes((0x81, len(text))) + text.encode()
        deadline = time.monotonic() + 4 * PATIENCE
        while wanted not in self.bytes:
            assert not self.lost.done(), "a survivor was disconnected"
            assert time.monotonic() < deadline, f"{text!r} did not come"
            await asyncio.sleep(0.01)

    def vanish(self, how):
        """Ends the connection in one of several ways."""
        if how == "close":
            self.transport.write(frame(b"\x03\xe8", 8))
        elif how == "reset":
            self.transport.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        if how != "close":
            self.transport.abort()


@over("plain", "tls")
class Crowds:
    async def enter(self, keep=False):
        listener = Listener(self.url, keep)
        tls = {"ssl": insecure_tls(), "server_hostname": ""} if self.transport == "tls" else {}
        await asyncio.get_running_loop().create_connection(lambda: listener, "127.0.0.1", self.server.port, **tls)
        await asyncio.wait_for(listener.joined, PATIENCE)
        self.addCleanup(listener.transport.abort)
        return listener

    async def speak(self, listener, name, pauses):
        """Sends EACH messages in batches, in turn with the others."""
        for first in range(0, EACH, BATCH):
            if listener.transport.is_closing():
                return
            listener.transport.write(b"".join(frame(f"{name} {i}") for i in range(first, first + BATCH)))
            await asyncio.sleep(pauses.random() * 0.004)

    async def test_all_survivors_of_200_clients_see_one_sequence_despite_random_disconnects(self):
        seed = time.time_ns() % 2**32
        with self.subTest(seed=seed):
            chance = random.Random(seed)
            self.serve(ping_interval=0, max_lag=16 * 2**20)
            clients = [await self.enter(keep=i == 0) for i in range(CLIENTS)]
            doomed = clients[SENDERS:SENDERS + DOOMED]
            survivors = clients[:SENDERS] + clients[SENDERS + DOOMED:]

            async def doom(listener, name):
                """Stays for a while, perhaps sends, then ends in one of several ways."""
                talk = asyncio.create_task(self.speak(listener, name, chance)) if chance.random() < 0.3 else None
                await asyncio.sleep(chance.random() * 0.5)
                listener.vanish(chance.choice(("close", "reset", "abort")))
                if talk:
                    await talk

            names = [f"s{i}" for i in range(SENDERS)]
            await asyncio.gather(*(self.speak(c, n, chance) for c, n in zip(clients, names)),
                                 *(doom(c, f"d{i}") for i, c in enumerate(doomed)))
            await self.gone(len(survivors))
            # Messages of different senders have no order. So the end marker is sent when all messages have arrived.
            for name in names:
                await clients[0].hears(f"{name} {EACH - 1}")
            clients[0].transport.write(frame("end"))
            await clients[0].hears("end")
            await asyncio.gather(*(c.has(clients[0].size) for c in survivors))

            self.assertEqual({c.size for c in survivors}, {clients[0].size})
            self.assertEqual({c.hash.digest() for c in survivors}, {clients[0].hash.digest()})
            said, at = collections.defaultdict(list), 0
            while at < len(clients[0].bytes):
                got, at = parse(clients[0].bytes, at)
                self.assertEqual((got.opcode, got.final), (TEXT, True))
                name, _, number = got.payload.decode().partition(" ")
                said[name].append(number)
            everything = [str(i) for i in range(EACH)]
            for name in names:
                self.assertEqual(said[name], everything, name)
            for name, numbers in said.items():
                if name.startswith("d"):
                    self.assertEqual(numbers, everything[:len(numbers)], name)


if __name__ == "__main__":
    unittest.main()
