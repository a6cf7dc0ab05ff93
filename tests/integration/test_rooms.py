"""Rooms: isolation, names, replay, limits."""
import asyncio
import pathlib
import socket
import struct
import sys
import time
import unittest
import urllib.parse

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
from support.server import PATIENCE, SANITIZED, connect, receive  # noqa: E402
from support.transports import ALL, Transport, over  # noqa: E402
from support.wire import PING, TEXT, Wire, frame, request, upgrade  # noqa: E402


class Rooms(Transport):
    def room(self, name):
        return self.url + urllib.parse.quote(name, safe="")

    async def join_room(self, name):
        return await self.enterAsyncContext(connect(self.room(name)))


@over(*ALL)
class Isolation(Rooms):
    async def test_members_of_one_room_never_see_anothers_messages(self):
        self.serve()
        members = {name: [await self.join_room(name) for _ in range(2)] for name in ("a", "b", "聊天室", "x y")}
        for i in range(50):
            for name, (sender, _) in members.items():
                await sender.send(f"{name} {i}")
        for name, clients in members.items():
            for client in clients:
                self.assertEqual([await receive(client) for _ in range(50)], [f"{name} {i}" for i in range(50)])

    async def test_the_path_itself_is_the_default_room(self):
        self.serve(default_room="大廳")
        plain, named = await self.join(), await self.join_room("大廳")
        await plain.send("hi")
        self.assertEqual(await receive(named), "hi")

    async def test_a_client_that_returns_to_another_room_gets_only_its_messages(self):
        self.serve()
        stays, first = await self.join_room("a"), await self.join_room("a")
        await first.close()
        second, other = await self.join_room("b"), await self.join_room("b")
        await stays.send("for a")
        self.assertEqual(await receive(stays), "for a")
        await other.send("for b")
        self.assertEqual(await receive(second), "for b")


@over("plain", "http2")
class Names(Rooms):
    async def test_a_room_name_has_1_to_255_bytes_without_slash_and_control_characters(self):
        self.serve()
        for name in ("a", "x" * 255, "聊" * 85, "a b", "100%", "a?b", "a#b", "a:b", "😀"):
            with self.subTest(name=name):
                self.assertEqual(await self.status(self.room(name)), 101)

    async def test_other_room_names_get_404(self):
        self.serve()
        for raw in ("x" * 256, "%ff", "%c3", "a/b", "a%2fb", "%7f", "a%01b", "%c2%80"):
            with self.subTest(raw=raw):
                self.assertEqual(await self.status(self.url + raw), 404)

    async def test_a_room_above_max_rooms_is_refused_until_one_is_empty(self):
        self.serve(max_rooms=2)
        first, _ = await self.join_room("a"), await self.join_room("b")
        self.assertEqual(await self.status(self.room("c")), 503)
        self.assertEqual(await self.status(self.room("a")), 101)
        await first.close()
        await self.server.until(lambda: self.server.log().count(" left (") >= 2, "room a to be empty")
        await self.join_room("c")


@over(*ALL)
class Replay(Rooms):
    async def test_a_new_client_gets_the_last_messages_and_then_new_ones(self):
        self.serve(replay=3)
        old = await self.join()
        for i in range(5):
            await old.send(f"{i}")
            await receive(old)
        new = await self.join()
        await old.send("next")
        self.assertEqual([await receive(new) for _ in range(4)], ["2", "3", "4", "next"])

    async def test_by_default_a_new_client_gets_no_past_messages(self):
        self.serve()
        old = await self.join()
        await old.send("old")
        await receive(old)
        new = await self.join()
        await old.send("new")
        self.assertEqual(await receive(new), "new")

    async def test_large_messages_are_replayed_whole(self):
        self.serve(replay=2)
        old = await self.join()
        texts = ["a" * 16000, "b" * 15000]
        for text in texts:
            await old.send(text)
            await receive(old)
        new = await self.join()
        self.assertEqual([await receive(new) for _ in texts], texts)

    async def test_an_empty_room_keeps_its_history_until_history_age(self):
        self.serve(replay=10, history_age=1)
        old = await self.join()
        await old.send("kept")
        await receive(old)
        await old.close()
        await self.gone(0)
        back = await self.join()
        self.assertEqual(await receive(back), "kept")
        await back.close()
        deadline = time.monotonic() + PATIENCE
        while True:
            late = await Wire.dial(self.url)
            self.addAsyncCleanup(late.abandon)
            late.send(frame("marker"))
            if (await late.message())[1] == b"marker":
                break
            self.assertLess(time.monotonic(), deadline)
            await asyncio.sleep(0.1)


@over("plain", "tls")
class Rates(Rooms):
    async def test_a_client_over_message_rate_is_read_more_slowly_and_loses_nothing(self):
        self.serve(message_rate=200, message_burst=50)
        fast, other = await self.dial(), await self.join()
        texts = [f"{i} ".ljust(2000, ".") for i in range(450)]
        began = time.monotonic()
        for text in texts:
            fast.send(frame(text))
        for text in texts:
            self.assertEqual(await receive(other), text)
        # 450 messages at 200 per second. 50 of them are free, and some have been read when the pause begins.
        self.assertGreater(time.monotonic() - began, 1)

    async def test_a_fast_client_does_not_slow_down_others(self):
        self.serve(message_rate=10, message_burst=1)
        fast, other = await self.dial(), await self.join()
        for i in range(30):
            fast.send(frame(str(i).ljust(2000, ".")))
        await other.send("mine")
        while await receive(other) != "mine":
            pass

    async def test_a_paused_client_is_not_closed_as_dead(self):
        self.serve(message_rate=5, message_burst=1, ping_interval=1, pong_timeout=1)
        fast = await self.dial()
        for i in range(12):
            fast.send(frame(str(i)))
        seen = 0
        while seen < 12:
            got = await fast.frame()
            seen += got.opcode == TEXT


class Joins(Rooms):
    async def test_too_many_connections_of_one_address_in_a_second_get_429(self):
        self.serve(max_joins_per_second=3)
        statuses = [(await upgrade(self.url)).status for _ in range(30)]
        self.assertIn(429, statuses)
        self.assertEqual(statuses[:3], [101] * 3)


@unittest.skipIf(SANITIZED, "looks at resident memory")
class Bounds(Rooms):
    async def test_stalled_readers_of_a_flooded_room_stay_within_max_memory(self):
        self.serve(max_memory=8 * 2**20, max_lag=64 * 2**20, history_bytes=4 * 2**20, history_size=10000)
        stalled = [await self.dial(receive_buffer=4096) for _ in range(200)]
        for client in stalled:
            client.stop_reading()
        sender, other = await self.dial(), await self.join()
        before = self.server.rss()
        text = "x" * 30000
        for _ in range(1500):
            sender.send(frame(text))
            self.assertEqual((await sender.message())[1], text.encode())
            self.assertEqual(await receive(other), text)
        # Streams and histories take 8 MiB. The rest are copies that lws made for each reader before it was closed.
        self.assertLess(self.server.rss() - before, 60 * 2**20)
        self.assertTrue(self.server.chat_log("slow readers"))

    async def test_memory_does_not_grow_with_100000_short_lived_rooms(self):
        self.serve(history_size=0)

        def churn(worker, rounds):
            """Enters many rooms, sends a message in each, and leaves by a reset, which frees the port at once."""
            for i in range(rounds):
                with socket.create_connection(("127.0.0.1", self.server.port), PATIENCE) as client:
                    client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                    client.sendall(request(f"{self.url}{worker}-{i}"))
                    got = b""
                    while not got.endswith(b"\r\n\r\n"):
                        got += client.recv(4096)
                    client.sendall(frame("hi"))
                    self.assertEqual(client.recv(4096), b"\x81\x02hi")

        churn("early", 10_000)
        early = self.server.rss()
        churn("later", 90_000)
        self.assertLess(self.server.rss() - early, 4 * 2**20)


if __name__ == "__main__":
    unittest.main()
