"""operator new fails again and again under traffic. The server survives, and serves afterwards."""
import asyncio
import contextlib
import itertools
import json
import pathlib
import sys
import tempfile
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
from support.server import BUILD, SANITIZED, Server, connect, receive, vhost  # noqa: E402
from support.streams import KEY, Streams  # noqa: E402
from support.transports import Transport  # noqa: E402
from support.wire import Wire  # noqa: E402

CALLS = [("publish", {"channel": "lobby", "data": "x" * 5000}), ("presence", {"channel": "lobby"}), ("info", {}),
         ("history", {"channel": "lobby", "limit": -1}), ("unsubscribe", {"channel": "lobby", "user": "ann"}),
         ("disconnect", {"user": "ben"})]


@unittest.skipIf(SANITIZED, "the sanitizers bring an operator new of their own")
class NoMemory(Streams, Transport):
    async def test_a_server_that_runs_out_of_memory_many_times_goes_on(self):
        folder = pathlib.Path(self.enterContext(tempfile.TemporaryDirectory()))
        failing, keys = folder / "failing", folder / "keys"
        keys.write_text(KEY)
        keys.chmod(0o600)
        env = {"LD_PRELOAD": str(BUILD / "test-plugins/fail_new.so"), "FAIL_NEW_WHILE": str(failing), "FAIL_NEW_EVERY": "97"}
        self.server = self.enterContext(Server(vhost(api_key_file=keys, replay=5, max_joins_per_second=0), env=env))
        failing.touch()
        self.over = False
        users = [self.keep_on(traffic) for traffic in (self.text, self.structured_client, self.stream, self.back_end) * 3]
        tasks = [asyncio.create_task(user) for user in users]
        try:
            await self.server.logged("std::bad_alloc", times=40)
        finally:
            self.over = True
            await asyncio.gather(*tasks)
            failing.unlink()
        # All clients have left, and new ones are served. The log says how many there are when the next one leaves: there
        # may have been no memory for the lines before.
        async def alone():
            await (await self.talker()).close()
            await self.server.until(lambda: " left (" in self.server.chat_log("clients: ")[-1], "it to leave")
            return self.server.chat_log("clients: ")[-1].endswith("clients: 0")
        while not await alone():
            pass
        reader, talker = await self.reading("/sse/lobby"), await self.talker()
        publish = await self.structured()
        await publish('"from a structured client"')
        await talker.send("from a text client")
        await self.post("from a back end")
        wanted = {"from a structured client", "from a text client", "from a back end"}
        for source in (lambda: receive(talker), lambda: self.data_of(reader)):
            left = set(wanted)
            while left:
                left.discard(await source())

    async def data_of(self, reader):
        return (await reader.next()).data

    async def keep_on(self, traffic):
        for number in itertools.takewhile(lambda _: not self.over, itertools.count()):
            # The server drops a client for which it has no memory.
            with contextlib.suppress(Exception):
                await asyncio.wait_for(traffic(number), 2)
            await asyncio.sleep(0.001)

    async def text(self, number):
        async with connect(self.server.url_of(), open_timeout=1, close_timeout=1) as client:
            for _ in range(5):
                await client.send("y" * (number % 7 * 1000))
                await client.recv()

    async def structured_client(self, number):
        async with connect(self.server.url_of(path="/connection/websocket"), open_timeout=1, close_timeout=1) as client:
            user = "ann" if number % 2 else "ben"
            room = {"channel": "lobby"}
            commands = [{"connect": {"data": {"user": user, "session": f"{user} {number % 5}"}}},
                        {"subscribe": {**room, "join_leave": True, "recover": True, "offset": 1}},
                        {"publish": {**room, "data": "z" * 2000}}, {"history": {**room, "limit": 50}}, {"presence": room}]
            await client.send("\n".join(json.dumps({"id": i, **command}) for i, command in enumerate(commands, 1)))
            for _ in range(5):
                await client.recv()

    async def stream(self, number):
        wire = await Wire.open(self.at("/"))
        try:
            wire.send(b"GET /sse/?room=lobby&room=other HTTP/1.1\r\nHost: localhost\r\n\r\n")
            await wire.reader.readexactly(3000)
        finally:
            await wire.abandon()

    async def back_end(self, number):
        method, body = CALLS[number % len(CALLS)]
        body = json.dumps(body).encode()
        wire = await Wire.open(self.at("/"))
        try:
            wire.send((f"POST /api/{method} HTTP/1.1\r\nHost: localhost\r\nAuthorization: apikey {KEY}\r\n"
                       f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n").encode() + body)
            await wire.answer()
        finally:
            await wire.abandon()


if __name__ == "__main__":
    unittest.main()
