"""The structured dialect over http_stream and sse, with POST /emulation, by clients of raw bytes."""
import asyncio
import json
import pathlib
import re
import signal
import sys
import time
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
from support.emulated import CONNECT, Emulated, ask, request  # noqa: E402
from support.hook_server import HookServer  # noqa: E402
from support.proto import command, field  # noqa: E402
from support.server import HOST, connect, receive  # noqa: E402
from support.transports import over  # noqa: E402
from support.wire import Wire  # noqa: E402

KINDS = ("http_stream", "sse")
# lwsws has the same plugin; one transport shows that it works there.
TRANSPORTS = ("plain", "tls", "http2") if HOST == "lws-chatd" else ("tls",)
CONNECT_FIELD, SUBSCRIBE_FIELD, PUBLISH_FIELD = 4, 5, 7  # of Command in client.proto


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


@over(*TRANSPORTS)
class Hostile(Fallback):
    async def test_a_wrong_session_or_node_gets_404_and_is_counted(self):
        self.serve(metrics=1)
        client = await self.client("http_stream")
        for wrong in ({"session": "0" * 32}, {"node": "0" * 32}, {"session": client.session[:-1]}, {"session": client.node},
                      {"node": ""}):
            self.assertEqual(await client.send("{}", **wrong), 404)
        self.assertIn('lws_chat_refused_total{cause="no_session"} 5\n', (await self.ask("GET", "/metrics")).body.decode())
        self.assertEqual(await client.send("{}"), 204)

    async def test_wrong_sessions_count_as_connections_of_their_address(self):
        self.serve(max_joins_per_second=20)
        client = await self.client("http_stream")
        statuses = await asyncio.gather(*(client.send("{}", session="0" * 32) for _ in range(60)))
        self.assertLessEqual(set(statuses), {404, 429})
        self.assertIn(429, statuses)
        self.assertEqual(await client.send("{}"), 204)

    async def test_a_body_that_is_no_message_gets_400(self):
        self.serve()
        client = await self.client("http_stream")
        whole = json.loads(client.message("{}"))
        for body in ("nonsense", "[]", '"text"', "{}", "{", json.dumps({**whole, "data": {}}), json.dumps({**whole, "session": 1}),
                     json.dumps({k: v for k, v in whole.items() if k != "data"}),
                     json.dumps({k: v for k, v in whole.items() if k != "session"}), b"\xff", b'{"data":"\xc3"}'):
            answer = await self.ask("POST", "/emulation", body)
            self.assertEqual(answer.status, 400, body)
        self.assertEqual(await client.send("{}"), 204)

    async def test_a_message_that_is_too_large_gets_413(self):
        self.serve(max_message=1000)
        client = await self.client("sse")
        self.assertEqual(await client.send("{}" + " " * 999), 413)
        self.assertEqual(await client.send("x" * 100_000), 413)
        self.assertEqual((await self.ask("POST", "/connection/http_stream", CONNECT + " " * 1000)).status, 413)
        self.assertEqual(await client.send("{}" + " " * 998), 204)

    async def test_other_methods_and_protobuf_as_events_are_refused(self):
        self.serve()
        for method, path, status, allow in (
                ("GET", "/connection/http_stream", 405, "POST"), ("GET", "/emulation", 405, "POST"),
                ("DELETE", "/connection/sse", 405, "GET, POST"), ("GET", "/connection/sse", 400, None)):
            answer = await self.ask(method, path)
            self.assertEqual((answer.status, answer.headers.get("allow")), (status, allow), (method, path))
        answer = await self.ask("POST", "/connection/sse", "x", {"Content-Type": "application/octet-stream"})
        self.assertEqual(answer.status, 415)

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

    async def test_text_that_is_not_utf8_ends_the_session(self):
        self.serve()
        url = self.base + "/connection/http_stream"
        answer = await ask("POST", url, b'{"id":1,"connect":{"name":"\xff"}}', {}, True) if self.http2 else None
        if answer is None:
            wire = await Wire.open(url)
            wire.send(request("POST", url, b'{"id":1,"connect":{"name":"\xff"}}'))
            await wire.answer()
            body = await wire.reader.read()
        else:
            body = answer.body
        self.assertIn(b'{"push":{"disconnect":{"code":3501,', body)

    async def test_a_flood_is_slowed_down_and_then_ends_the_session(self):
        self.serve(message_rate=10, message_burst=10, max_message=1000)
        client = await self.client("http_stream")
        await client.do(2, subscribe={"channel": "lobby"})
        began = time.monotonic()
        statuses = [await client.send(json.dumps({"id": 10 + i, "publish": {"channel": "lobby", "data": i}})) for i in range(20)]
        self.assertEqual(set(statuses), {204})
        self.assertGreater(time.monotonic() - began, 0.9)
        filler = json.dumps({"id": 9, "publish": {"channel": "lobby", "data": "x" * 900}})
        flood = asyncio.gather(*(client.send(filler) for _ in range(120)))
        code, _ = await client.disconnected()
        self.assertEqual(code, 3013)
        self.assertLessEqual(set(await flood), {204, 404})

    async def test_the_option_and_an_empty_path_switch_them_off(self):
        for options in ({"structured_streams": 0}, {"structured_path": ""}):
            with self.subTest(options):
                self.serve(**options)
                for method, path in (("POST", "/connection/http_stream"), ("POST", "/connection/sse"), ("POST", "/emulation"),
                                     ("GET", "/connection/sse?cf_connect=%7B%7D"), ("GET", "/emulation")):
                    self.assertEqual((await self.ask(method, path, "{}" if method == "POST" else "")).status, 404, path)

    async def test_pages_of_allowed_origins_may_send_and_others_may_not(self):
        self.serve(allowed_origins="https://app.example")
        client = await self.client("http_stream", headers={"Origin": "https://app.example"})
        self.assertEqual(client.headers["access-control-allow-origin"], "https://app.example")
        self.assertEqual(client.headers["access-control-allow-credentials"], "true")
        for path in ("/emulation", "/connection/http_stream"):
            allowed = await self.ask("OPTIONS", path, headers={"Origin": "https://app.example"})
            self.assertEqual((allowed.status, allowed.headers["access-control-allow-origin"]), (204, "https://app.example"))
            self.assertIn("content-type", allowed.headers["access-control-allow-headers"])
            self.assertEqual(allowed.headers["access-control-allow-methods"], "POST")
            refused = await self.ask("OPTIONS", path, headers={"Origin": "https://evil.example"})
            self.assertNotIn("access-control-allow-origin", refused.headers)
        self.assertEqual(await client.send("{}", headers={"Origin": "https://app.example"}), 204)
        self.assertEqual(await client.send("{}", headers={"Origin": "https://evil.example"}), 403)
        for kind in KINDS:
            self.assertEqual((await self.open(kind, headers={"Origin": "https://evil.example"})).status, 403)

    async def test_a_foreign_host_is_refused(self):
        self.serve(allowed_hosts="")
        for kind in KINDS:
            self.assertEqual((await self.open(kind, headers={"Host": "evil.example"})).status, 421)
        client = await self.client("sse")
        self.assertEqual(await client.send("{}", headers={"Host": "evil.example"}), 421)

    async def test_max_clients_counts_them(self):
        self.serve(max_clients=1)
        await self.client("http_stream")
        for kind in KINDS:
            self.assertEqual((await self.open(kind)).status, 503)


@over(*TRANSPORTS[:2])
class Bytes(Fallback):
    """Over HTTP/1.1 only."""

    async def test_bytes_behind_the_request_end_the_stream(self):
        self.serve()
        for kind in KINDS:
            for more in (b"x", b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n", request("POST", self.base + "/emulation", b"{}")):
                with self.subTest(kind, more=more):
                    try:
                        client = await self.open(kind, more=more)
                        await client.ended()
                    except (asyncio.IncompleteReadError, ConnectionError):
                        pass  # it ended before its answer
        await self.server.until(lambda: not self.server.chat_log("clients: ") or
                                self.server.chat_log("clients: ")[-1].endswith("clients: 0"), "all to be gone")

    async def test_something_said_later_ends_the_stream(self):
        self.serve()
        async for kind, client in self.each():
            client.wire.send(b"x")
            await client.ended()
            await self.gone(0)

    async def test_a_client_that_goes_within_its_body_leaves_nothing(self):
        self.serve()
        whole = request("POST", self.base + "/connection/http_stream", CONNECT.encode())
        for cut in range(1, len(whole), 7):
            wire = await Wire.open(self.base)
            wire.send(whole[:cut])
            await wire.writer.drain()
            await wire.abandon()
        client = await self.client("http_stream")
        await client.hang_up()
        await self.gone(0)

    async def test_a_body_that_comes_in_pieces_is_put_together(self):
        self.serve()
        whole = request("POST", self.base + "/connection/http_stream", CONNECT.encode())
        wire = await Wire.open(self.base)
        await wire.send_each(whole[i:i + 1] for i in range(len(whole)))
        self.assertEqual((await wire.answer()).status, 200)
        self.assertIn(b'"connect"', await wire.reader.readline())
        await wire.abandon()

    async def test_a_request_without_a_body_or_length_is_refused(self):
        self.serve()
        for path in ("/connection/http_stream", "/emulation"):
            for headers, statuses in (({"Content-Length": None}, (411,)), ({"Content-Length": 0}, (400, 411)),
                                      ({"Content-Length": "x"}, (400,)), ({"Content-Length": None, "Transfer-Encoding": "chunked"}, (411,))):
                with self.subTest(path, headers=headers):
                    self.assertIn((await ask("POST", self.base + path, b"", headers)).status, statuses)

    async def test_one_connection_serves_many_emulation_requests(self):
        self.serve()
        client = await self.client("http_stream")
        wire = await Wire.open(self.base)
        for _ in range(20):
            wire.send(request("POST", self.base + "/emulation", client.message("{}").encode()))
            self.assertEqual((await wire.answer()).status, 204)
        await wire.abandon()


if __name__ == "__main__":
    unittest.main()
