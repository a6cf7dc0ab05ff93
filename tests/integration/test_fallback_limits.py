"""http_stream, sse and POST /emulation: bad requests and limits, and their answers."""
import asyncio
import json
import pathlib
import sys
import time
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
from support.emulated import CONNECT, ask, request  # noqa: E402
from support.fallback import Fallback, KINDS, TRANSPORTS  # noqa: E402
from support.transports import over  # noqa: E402
from support.wire import Wire  # noqa: E402


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
