"""For a while, clients join, talk in bursts, stall, leave and vanish in several rooms, over ws and wss at once.

LWS_CHAT_SOAK is for how many seconds (default 5). Whoever was there all the time has got every message of
its room once, in the order of its sender, all of them in the same sequence.
"""
import asyncio
import collections
import hashlib
import os
import pathlib
import random
import socket
import sys
import time
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
from support.server import PATIENCE, insecure_tls, vhost  # noqa: E402
from support.transports import Transport  # noqa: E402
from support.wire import CLOSE, TEXT, frame, parse, request  # noqa: E402

SECONDS = float(os.environ.get("LWS_CHAT_SOAK", "5"))
ROOMS = ("one", "two", "three")
SURVIVORS = 6  # in each room, half over ws and half over wss
VISITORS = 12  # in each room at a time
MAX_LAG = 2**20


class Member(asyncio.Protocol):
    """Checks each message on arrival: it is from this room, and its sender's numbers have no gap."""

    def __init__(self, url, room):
        self.url, self.room = url, room
        self.buffer, self.upgraded = bytearray(), False
        self.heard = {}  # last number by sender
        self.count, self.hash, self.code, self.trouble = 0, hashlib.sha256(), None, None
        loop = asyncio.get_running_loop()
        self.joined, self.lost = loop.create_future(), loop.create_future()

    def connection_made(self, transport):
        self.transport = transport
        transport.write(request(self.url))

    def connection_lost(self, error):
        for future in (self.joined, self.lost):
            if not future.done():
                future.set_result(error)

    def data_received(self, data):
        self.buffer += data
        if not self.upgraded:
            end = self.buffer.find(b"\r\n\r\n")
            if end < 0:
                return
            if not self.buffer.startswith(b"HTTP/1.1 101"):
                self.trouble = bytes(self.buffer)
                return
            self.upgraded = True
            del self.buffer[:end + 4]
            self.joined.set_result(None)
        at = 0
        while got := parse(self.buffer, at):
            got, at = got
            self.take(got)
        del self.buffer[:at]

    def take(self, got):
        if got.opcode == CLOSE:
            self.code = int.from_bytes(got.payload[:2], "big")
        elif got.opcode == TEXT:
            room, sender, number, _ = got.payload.decode().split(" ", 3)
            number, last = int(number), self.heard.get(sender)
            if room != self.room or (last is not None and number != last + 1):
                self.trouble = self.trouble or f"{room} {sender} {number} in {self.room} after {last}"
            self.heard[sender] = number
            self.count += 1
            self.hash.update(got.payload)

    def say(self, sender, first, count, size):
        self.transport.write(b"".join(frame(f"{self.room} {sender} {n} {'x' * size}")
                                      for n in range(first, first + count)))


class Soak(Transport):
    async def enter(self, room, i, receive_buffer=None):
        url = self.server.url_of(i % 2, f"/chat/{room}")
        member = Member(url, room)
        sock = socket.socket()
        if receive_buffer:
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
        sock.setblocking(False)
        loop = asyncio.get_running_loop()
        await loop.sock_connect(sock, ("127.0.0.1", self.server.port_of(i % 2)))
        tls = {"ssl": insecure_tls(), "server_hostname": ""} if i % 2 else {}
        await loop.create_connection(lambda: member, sock=sock, **tls)
        await asyncio.wait_for(asyncio.shield(member.joined), PATIENCE)
        self.assertTrue(member.upgraded, member.trouble)
        self.addCleanup(member.transport.abort)
        return member

    def clients(self, name):
        """The vhost's number of clients, from its log."""
        return int(self.server.chat_log(f"vhost {name}: ", "clients: ")[-1].rsplit(" ", 1)[1])

    async def talk(self, member, sender, chance, end):
        """Sends bursts of random size with pauses until the end. Returns the number of messages."""
        said = 0
        while time.monotonic() < end and not member.transport.is_closing():
            burst = chance.choice((1, 1, 1, 5, 40))
            member.say(sender, said, burst, chance.choice((0, 10, 200, 5000)))
            said += burst
            await asyncio.sleep(chance.random() * 0.1)
        return said

    async def visit(self, room, i, chance, end, seen):
        """Joins and leaves again and again. The messages of each visit have no gap."""
        turn = 0
        while time.monotonic() < end:
            turn += 1
            stalls = chance.random() < 0.2
            member = await self.enter(room, i + turn, 4096 if stalls else None)
            if stalls:
                member.transport.pause_reading()
            if chance.random() < 0.3:
                member.say(f"v{i}.{turn}", 0, chance.randrange(1, 20), 50)
            stay = chance.random() * 5 if stalls else chance.random() ** 3 * 5
            await asyncio.sleep(min(stay, max(0, end - time.monotonic())))
            if stalls and chance.random() < 0.5:
                member.transport.resume_reading()
                await asyncio.sleep(0.3)
            seen["3008" if member.code == 3008 else "stalled" if stalls else "visits"] += 1
            self.assertIn(member.code, (None, 3008))
            self.assertIsNone(member.trouble)
            if chance.random() < 0.5 and not member.transport.is_closing():
                member.transport.write(frame(b"\x03\xe8", CLOSE))
                member.transport.close()
            else:
                member.transport.abort()

    async def test_every_survivor_gets_each_message_once_and_in_one_sequence(self):
        seed = time.time_ns() % 2**32
        with self.subTest(seed=seed):
            chance = random.Random(seed)
            options = {"hub": "shared", "max_lag": MAX_LAG, "ping_interval": 0}
            self.serve(vhost("plain", **options), vhost("secure", tls=True, **options))
            survivors = {room: [await self.enter(room, i) for i in range(SURVIVORS)] for room in ROOMS}
            end, seen = time.monotonic() + SECONDS, collections.Counter()
            talks = [self.talk(m, f"s{i}", random.Random(chance.random()), end)
                     for room in ROOMS for i, m in enumerate(survivors[room])]
            visits = [self.visit(room, i, random.Random(chance.random()), end, seen)
                      for room in ROOMS for i in range(VISITORS)]
            said = (await asyncio.gather(*talks, *visits))[:len(talks)]
            for name in ("plain", "secure"):
                await self.server.until(lambda n=name: self.clients(n) == len(ROOMS) * SURVIVORS // 2,
                                        "all visitors to be gone")

            for r, room in enumerate(ROOMS):
                wanted = {f"s{i}": said[r * SURVIVORS + i] - 1 for i in range(SURVIVORS)}
                for member in survivors[room]:
                    await self.server.until(lambda m=member: m.trouble or m.lost.done() or wanted.items() <= m.heard.items(),
                                            f"everything that was said in {room}")
                    self.assertIsNone(member.trouble)
                    self.assertFalse(member.lost.done(), f"a survivor was disconnected: {member.code}")
                    self.assertEqual({s: n for s, n in member.heard.items() if s.startswith("s")}, wanted)
                self.assertEqual(len({m.hash.digest() for m in survivors[room]}), 1)
            print(f"soak: {SECONDS:g} s, {sum(m.count for room in ROOMS for m in survivors[room])} deliveries checked, "
                  f"{dict(seen)}", flush=True)


if __name__ == "__main__":
    unittest.main()
