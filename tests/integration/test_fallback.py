"""The structured dialect over http_stream and sse, with POST /emulation, by clients of raw bytes."""
import asyncio
import json
import pathlib
import re
import signal
import sys
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
from support.fallback import Fallback, KINDS, TRANSPORTS  # noqa: E402
from support.hook_server import HookServer  # noqa: E402
from support.proto import command, field  # noqa: E402
from support.server import HOST, receive  # noqa: E402
from support.transports import over  # noqa: E402

CONNECT_FIELD, SUBSCRIBE_FIELD, PUBLISH_FIELD = 4, 5, 7  # of Command in client.proto


@over(*TRANSPORTS)
class Talking(Fallback):
    async def test_commands_by_emulation_are_answered_in_the_stream(self):
        self.serve()
        async for kind, client in self.each():
            self.assertEqual(client.headers["content-type"],
                             "text/event-stream" if kind == "sse" else "application/x-ndjson")
            self.assertEqual(client.headers["cache-control"], "no-cache, no-transform")
            self.assertEqual(client.headers["x-accel-buffering"], "no")
            self.assertRegex(client.session, "^[0-9a-f]{32}$")
            self.assertIn("subscribe", await client.do(2, subscribe={"channel": kind}))
            self.assertEqual(await client.do(3, publish={"channel": kind, "data": {"n": 1}}), {"id": 3, "publish": {}})
            self.assertEqual((await client.next())["push"]["pub"]["data"], {"n": 1})
            self.assertEqual(len((await client.do(4, presence={"channel": kind}))["presence"]["presence"]), 1)
            history = (await client.do(5, history={"channel": kind, "limit": 9}))["history"]
            self.assertEqual([p["data"] for p in history["publications"]], [{"n": 1}])

    async def test_messages_of_all_sizes_arrive_as_websockets_get_them(self):
        self.serve(max_message=300_000, max_lag=4_000_000, history_bytes=10_000_000)
        talker = await self.websocket()
        async for kind, client in self.each():
            await client.do(2, subscribe={"channel": "lobby"})
            for i, size in enumerate((0, 1, 16_380, 16_384, 100_000, 290_000)):
                data = json.dumps({"i": i, "text": "é\n\r" + "x" * size}) + "\r"
                await talker.send('{"id":%d,"publish":{"channel":"lobby","data":\r%s}}' % (i + 9, data))
                self.assertEqual((await client.next())["push"]["pub"]["data"], json.loads(data))

    async def test_a_batch_of_commands_runs_in_its_order(self):
        self.serve()
        async for kind, client in self.each():
            await client.do(2, subscribe={"channel": kind})
            self.assertEqual(await client.send("\n".join(
                json.dumps({"id": 10 + i, "publish": {"channel": kind, "data": i}}) for i in range(100))), 204)
            got = []
            while len(got) < 100:
                push = (await client.next()).get("push")
                got += [push["pub"]["data"]] if push else []
            self.assertEqual(got, list(range(100)))

    async def test_a_client_that_comes_back_gets_what_it_missed(self):
        self.serve()
        talker = await self.websocket()
        async for kind, client in self.each():
            told = (await client.do(2, subscribe={"channel": "lobby"}))["subscribe"]
            await client.hang_up()
            for i in range(20):
                await talker.send('{"id":%d,"publish":{"channel":"lobby","data":%d}}' % (i + 9, i))
                while '"publish"' not in await receive(talker):
                    pass
            back = await self.client(kind)
            again = (await back.do(2, subscribe={"channel": "lobby", "recover": True, "epoch": told["epoch"],
                                                 "offset": told.get("offset", 0)}))["subscribe"]
            self.assertEqual((again["recovered"], [p["data"] for p in again["publications"]]), (True, list(range(20))))

    async def test_two_streams_have_two_sessions(self):
        self.serve()
        async for kind, client in self.each():
            other = await self.client(kind)
            self.assertNotEqual(client.session, other.session)
            self.assertEqual(client.node, other.node)
            await other.do(2, subscribe={"channel": "b"})
            self.assertEqual((await client.do(2, publish={"channel": "b", "data": 1}))["error"]["code"], 103)

    async def test_the_connect_hook_knows_the_transport(self):
        back_end = await self.enterAsyncContext(HookServer())
        back_end.answers["connect"] = lambda _: {"result": {"user": "42"}}
        self.serve(**back_end.urls("connect"))
        async for kind, client in self.each():
            self.assertEqual(back_end.questions("connect")[-1]["transport"], kind)

    async def test_both_count_as_structured_clients(self):
        self.serve(metrics=1)
        clients = [client async for _, client in self.each()]
        metrics = (await self.ask("GET", "/metrics")).body.decode()
        self.assertIn('lws_chat_clients{dialect="structured"} %d\n' % len(clients), metrics)

    async def test_http_stream_speaks_protobuf_to_who_sends_bytes(self):
        self.serve()
        octets = {"Content-Type": "application/octet-stream"}
        body = command(1, CONNECT_FIELD) + command(2, SUBSCRIBE_FIELD, field(1, b"room"))
        stream = await self.open("http_stream", body, headers=octets)
        self.assertEqual((stream.status, stream.headers["content-type"]), (200, "application/octet-stream"))
        got = b""
        while field(1, 2) not in got:  # the reply to subscribe
            got += await stream._read()
        session, node = (re.search(pattern, got)[1] for pattern in (rb"\x4a\x20([0-9a-f]{32})", rb"\x52\x20([0-9a-f]{32})"))
        publication = command(3, PUBLISH_FIELD, field(1, b"room") + field(2, b"\xff bytes"))
        envelope = field(1, node) + field(2, session) + field(3, publication)
        self.assertEqual((await self.ask("POST", "/emulation", envelope, octets)).status, 204)
        while b"\xff bytes" not in got:
            got += await stream._read()
        # In another encoding, or malformed.
        text = json.dumps({"session": session.decode(), "node": node.decode(), "data": "{}"})
        self.assertEqual((await self.ask("POST", "/emulation", text)).status, 400)
        for wrong in (b"x", envelope[:-1], field(1, node), b"\xff" * 20):
            self.assertEqual((await self.ask("POST", "/emulation", wrong, octets)).status, 400, wrong)
        self.assertEqual((await self.ask("POST", "/emulation", envelope, octets)).status, 204)


@over(*TRANSPORTS)
class Ending(Fallback):
    async def test_a_disconnect_is_a_push_and_ends_the_stream(self):
        self.serve()
        async for kind, client in self.each():
            self.assertEqual(await client.send("nonsense"), 204)
            self.assertEqual(await client.disconnected(), (3501, "bad request: not a command in JSON"))

    async def test_a_client_that_does_not_answer_pings_is_dropped(self):
        self.serve(ping_interval=1, pong_timeout=4)
        silent = await self.client("sse")
        living = await self.client("http_stream")

        async def answer():
            while (line := await living.line()) is not None:
                if line == "{}":
                    self.assertEqual(await living.send("{}"), 204)
        answering = asyncio.create_task(answer())
        self.assertEqual(await silent.disconnected(), (3012, "no answer to a ping"))
        await self.server.logged("left (3012 no answer to a ping")
        self.assertFalse(answering.done())
        self.assertEqual(await living.send("{}"), 204)
        answering.cancel()

    async def test_a_client_that_never_connects_is_stale(self):
        self.serve(pong_timeout=1)
        for kind in KINDS:
            with self.subTest(kind):
                client = await self.open(kind, "{}")
                self.assertEqual(await client.disconnected(), (3502, "did not connect in time"))

    async def test_a_client_that_goes_is_noticed_and_its_session_is_gone(self):
        self.serve()
        async for kind, client in self.each():
            await client.do(2, subscribe={"channel": "lobby"})
            await client.hang_up()
            await self.gone(0)
            self.assertEqual(await client.send("{}"), 404)

    async def test_a_quiet_stream_costs_nothing(self):
        self.serve()
        clients = [await self.client(kind) for kind in KINDS for _ in range(3)]
        for client in clients:
            await client.do(2, subscribe={"channel": "lobby"})
        await asyncio.sleep(1)
        before = self.server.cpu()
        await asyncio.sleep(2)
        self.assertLess(self.server.cpu() - before, 0.2)

    async def test_a_slow_reader_is_closed(self):
        self.serve(max_lag=100_000, history_bytes=10_000_000)
        talker = await self.websocket()
        for kind in KINDS:
            with self.subTest(kind):
                slow = await self.client(kind)
                await slow.do(2, subscribe={"channel": "lobby"})
                slow.stop_reading()
                before = len(self.server.chat_log("3008 too slow"))
                for i in range(2000):
                    await talker.send('{"id":%d,"publish":{"channel":"lobby","data":"%s"}}' % (i + 9, "x" * 60_000))
                    while '"publish"' not in await receive(talker):
                        pass
                    if len(self.server.chat_log("3008 too slow")) > before:
                        break
                await self.server.logged("3008 too slow", times=before + 1)

    @unittest.skipIf(HOST == "lwsws", "lwsws ends without telling its clients")
    async def test_a_server_that_ends_says_so(self):
        self.serve()
        clients = [client async for _, client in self.each()]
        for client in clients:
            await client.do(2, subscribe={"channel": "lobby"})
        self.server.signal(signal.SIGTERM)
        for client in clients:
            self.assertEqual((await client.disconnected())[0], 3001)


if __name__ == "__main__":
    unittest.main()
