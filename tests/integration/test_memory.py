"""Memory that the server holds for clients is limited, is freed in time, and returns to the system."""
import asyncio
import json
import os
import pathlib
import sys
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
from support import server  # noqa: E402
from support.server import PATIENCE, receive  # noqa: E402
from support.transports import ALL, Transport, over  # noqa: E402
from support.wire import CLOSE, CONTINUATION, TEXT, Wire, frame, header  # noqa: E402

# ASan keeps freed memory for a while, which would spoil the measurement.
LEAN_ASAN = {"ASAN_OPTIONS": os.environ.get("ASAN_OPTIONS", "") + ":quarantine_size_mb=1"}


@over(*ALL)
class Unfinished:
    async def test_an_unfinished_message_closes_its_client_with_1008_even_if_it_answers_pings(self):
        self.serve(ping_interval=1, pong_timeout=1)
        stuck, other = await self.dial(), await self.join()
        stuck.send(frame("begun, and", final=False))
        code = await asyncio.wait_for(self.answering_pings(stuck), PATIENCE)
        self.assertEqual(code, 1008)
        await self.server.logged("left (1008 a message was not completed in time", "clients: 1")
        await other.send("still here")
        self.assertEqual(await receive(other), "still here")

    async def answering_pings(self, client):
        while True:
            got = await client.frame()
            if got.opcode == CLOSE:
                return int.from_bytes(got.payload[:2], "big")
            client.send(frame(got.payload, 10))

    async def test_a_client_that_keeps_sending_a_long_message_may_take_longer(self):
        self.serve(pong_timeout=6, ping_interval=60, max_message=400_000, max_lag=4_000_000)
        # Connecting takes long on a busy machine, and time counts once a message has begun.
        slow, stuck, another = await self.dial(), await self.dial(), await self.dial()
        text = "x" * 70_000
        slow.send(frame(text, final=False))
        stuck.send(frame("begun, and", final=False))
        self.assertEqual(await stuck.close_code(), 1008)
        slow.send(frame(text, CONTINUATION, final=False))
        another.send(frame("begun, and", final=False))
        self.assertEqual(await another.close_code(), 1008)
        slow.send(frame("end", CONTINUATION))
        self.assertEqual((await slow.message())[1], (text + text + "end").encode())

    async def test_clients_with_the_oldest_unfinished_messages_are_closed_first(self):
        self.serve(max_memory=400_000, max_message=65536)
        stuck = [await self.dial() for _ in range(4)]
        for client in stuck:
            client.send(header(60_000) + bytes(4) + b"x" * 50_000)
            # Wait until the server has read it.
            probe = await self.dial()
            probe.send(frame("read"))
            await probe.message()
            await probe.abandon()
        self.assertEqual(await stuck[0].close_code(), 1013)
        await self.server.logged("left (1013 clients hold too much memory", times=1)
        late = await self.dial()
        late.send(frame("y" * 20_000, final=False) + frame("z" * 20_000, CONTINUATION))
        self.assertEqual((await late.message())[1], b"y" * 20_000 + b"z" * 20_000)

    async def test_a_single_message_may_exceed_its_share_of_a_small_max_memory(self):
        self.serve(max_memory=200_000, max_message=60_000)
        client = await self.dial()
        client.send(frame("x" * 30_000, final=False) + frame("x" * 30_000, CONTINUATION))
        self.assertEqual(len((await client.message())[1]), 60_000)


@over("plain")
class Rooms:
    def room(self, name):
        return self.server.url_of(0, f"/chat/{name}")

    async def test_clients_of_one_address_may_make_a_limited_number_of_rooms_and_join_all(self):
        self.serve(open=1, max_rooms_per_address=3, history_size=0, trusted_proxies="127.0.0.1")
        clients = [await Wire.dial(self.room(f"r{i}")) for i in range(3)]
        self.assertEqual(await self.status(self.room("r3")), 503)
        await self.server.logged("too many rooms")
        other = {"X-Forwarded-For": "192.0.2.1"}
        clients.append(await Wire.dial(self.room("theirs"), other))
        clients.append(await Wire.dial(self.room("theirs")))
        self.assertEqual(await self.status(self.room("r3")), 503)
        await clients[0].abandon()
        await self.gone(4)
        clients.append(await Wire.dial(self.room("r3")))
        for client in clients[1:]:
            await client.abandon()

    async def test_ipv6_addresses_of_one_64_bit_network_count_as_one(self):
        self.serve(open=1, max_rooms_per_address=1, history_size=0, trusted_proxies="127.0.0.1")
        first = await Wire.dial(self.room("a"), {"X-Forwarded-For": "2001:db8::1"})
        self.assertEqual(await self.status(self.room("b"), {"X-Forwarded-For": "2001:db8::ffff:1"}), 503)
        second = await Wire.dial(self.room("b"), {"X-Forwarded-For": "2001:db8:0:1::1"})
        await first.abandon()
        await second.abandon()

    async def test_subscriptions_above_the_share_get_error_106_and_the_others_go_on(self):
        self.serve(max_rooms_per_address=2)
        client = await Wire.dial(self.server.url_of(0, "/connection/websocket"))
        lines = [{"id": 1, "connect": {}}] + [{"id": i, "subscribe": {"channel": f"r{i}"}} for i in (2, 3, 4)]
        lines.append({"id": 5, "publish": {"channel": "r2", "data": "hi"}})
        client.send(frame("\n".join(map(json.dumps, lines))))
        replies = {}
        while 5 not in replies:
            for line in (await client.message())[1].decode().splitlines():
                reply = json.loads(line)
                replies[reply.get("id")] = reply
        self.assertEqual(replies[4]["error"]["code"], 106)
        self.assertNotIn("error", replies[5])
        await client.abandon()


@over("plain")
class Identities:
    async def test_identities_count_as_memory_and_too_much_of_them_is_refused(self):
        self.serve(max_memory=200_000)
        data = {"info": "x" * 4000}
        clients, codes = [], []
        for i in range(20):
            client = await Wire.dial(self.server.url_of(0, "/connection/websocket"))
            clients.append(client)
            client.send(frame(json.dumps({"id": 1, "connect": {"data": data}})))
            got = await client.frame()
            if got.opcode == CLOSE:
                codes.append(int.from_bytes(got.payload[:2], "big"))
        self.assertTrue(0 < len(codes) < 20, codes)
        self.assertEqual(set(codes), {3013})
        for client in clients:
            await client.abandon()
        await self.gone(0)


@over("plain")
class GivenBack:
    @unittest.skipIf(server.SANITIZED, "ASan keeps freed memory")
    async def test_memory_of_clients_returns_to_the_system_after_they_left(self):
        self.serve()
        before = self.server.rss()
        clients = [await Wire.dial(self.url) for _ in range(800)]
        for client in clients:
            client.send(header(60_000) + bytes(4) + b"x" * 59_000)
        await self.server.until(lambda: self.server.rss() > before + 40 * 2**20, "the messages to have been read")
        # Some clients stay, so that used memory lies behind the free memory.
        last = await self.dial()
        stay = clients[::40] + clients[-1:]
        for client in clients:
            if client not in stay:
                await client.abandon()
        await self.server.until(lambda: self.server.rss() < before + 12 * 2**20, "memory to be given back")
        last.send(frame("still here"))
        self.assertEqual(await last.message(), (TEXT, b"still here"))
        for client in stay:
            await client.abandon()


if __name__ == "__main__":
    unittest.main()
