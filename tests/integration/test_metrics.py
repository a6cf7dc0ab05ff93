"""GET /metrics, /healthz and /readyz: correct numbers, and who may read them."""
import asyncio
import json
import pathlib
import signal
import subprocess
import sys
import tempfile
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
from support.back_end import BackEnd, Line, key_file, numbers, request  # noqa: E402
from support.configs import read  # noqa: E402
from support.server import HOST, PATIENCE, ROOT, close_of, free_port, receive  # noqa: E402
from support.transports import ALL, over  # noqa: E402
from support.wire import Wire, request as upgrade_request  # noqa: E402

PROMTOOL = ROOT / "build/promtool/promtool"


@over(*ALL)
class Numbers(BackEnd):
    async def events(self, room):
        """An event stream that has begun."""
        client = await Wire.open(self.server.http_of().replace("localhost", "127.0.0.1"))
        self.addAsyncCleanup(client.abandon)
        client.send(request(f"/sse/{room}", method="GET", key=None))
        await asyncio.wait_for(client.reader.readuntil(b"event: position"), PATIENCE)
        return client

    async def test_present_clients_and_rooms_are_counted_by_dialect(self):
        self.serve(metrics=1, presence_grace=0)
        await self.counted(clients__text=0, clients__structured=0, clients__events=0, rooms__occupied=0, rooms__remembered=0)
        member, texters = await self.member("a", "b"), [await self.texter("a") for _ in range(3)]
        await self.counted(clients__text=3, clients__structured=1, subscriptions__text=3, subscriptions__structured=2,
                           joins_total__text=3, joins_total__structured=2, rooms__occupied=2)
        await texters[0].close()
        await member.ask("unsubscribe", channel="b")
        await self.counted(clients__text=2, connects_total__text=3, clients__structured=1, connects_total__structured=1,
                           subscriptions__text=2, subscriptions__structured=1, joins_total__text=3, joins_total__structured=2,
                           rooms__occupied=1)

    async def test_event_streams_are_counted_too(self):
        if self.transport == "http2":
            self.skipTest("raw bytes are for HTTP/1.1")
        self.serve(metrics=1)
        stream = await self.events("a")
        await self.counted(clients__events=1, subscriptions__events=1, joins_total__events=1, rooms__occupied=1)
        await stream.abandon()
        await self.counted(clients__events=0, subscriptions__events=0, connects_total__events=1)

    async def test_messages_bytes_and_deliveries_include_all_publishers(self):
        self.serve(metrics=1)
        member, texter = await self.member("a"), await self.texter("a")
        await texter.send("請輸入")
        await member.send("publish", channel="a", data="12345")
        await self.result("publish", {"channel": "a", "data": 1234})
        self.assertEqual((await self.ask("/pub/elsewhere", b"123")).status, 200)
        self.assertEqual({await receive(texter) for _ in range(3)}, {"請輸入", "12345", "1234"})
        await self.counted(messages_received_total=4, received_bytes_total=9 + 7 + 4 + 3, deliveries_total=6, replayed_total=0)
        said = await self.metrics()
        # A text frame has a header of two bytes.
        self.assertGreater(said["lws_chat_sent_bytes_total"], 2 * 3 + 9 + 5 + 4)
        self.assertLessEqual(said["lws_chat_writes_total"], 6)
        self.assertGreaterEqual(said["lws_chat_delivery_delay_seconds_count"], 1)

    async def test_history_is_counted_until_it_is_dropped(self):
        self.serve(metrics=1)
        for n in range(3):
            await self.result("publish", {"channel": "a", "data": "x" * 1000})
        await self.result("publish", {"channel": "a", "data": 1, "skip_history": True})
        await self.result("publish", {"channel": "b", "data": 1})
        await self.counted(history_messages=4, rooms__remembered=2, rooms__occupied=0)
        said = await self.metrics()
        self.assertGreater(said["lws_chat_history_bytes"], 3006)
        self.assertLess(said["lws_chat_history_bytes"], 4000)
        self.assertGreaterEqual(said["lws_chat_memory_bytes"], said["lws_chat_history_bytes"])
        for room in "ab":
            await self.result("history_remove", {"channel": room})
        await self.counted(history_messages=0, history_bytes=0, rooms__remembered=0)

    async def test_a_replay_counts_as_deliveries(self):
        self.serve(metrics=1, replay=10)
        for n in range(3):
            await self.result("publish", {"channel": "a", "data": n})
        texter = await self.texter("a")
        self.assertEqual([await receive(texter) for _ in range(3)], ["0", "1", "2"])
        await self.counted(deliveries_total=3, replayed_total=3)

    async def test_recoveries_are_full_or_failed(self):
        self.serve(metrics=1, history_size=3)
        first = await self.result("publish", {"channel": "a", "data": 0})
        for n in range(1, 4):
            await self.result("publish", {"channel": "a", "data": n})
        for epoch, offset, recovered in ((first["epoch"], 1, True), (first["epoch"], 4, True), ("other", 1, False), (first["epoch"], 0, False)):
            member = await self.member()
            reply = await member.ask("subscribe", channel="a", recover=True, epoch=epoch, offset=offset)
            self.assertEqual(reply["subscribe"]["recovered"], recovered)
        await self.counted(recoveries_total__full=2, recoveries_total__failed=2, replayed_total=3)

    async def test_api_calls_are_counted_by_method_and_status_without_health_and_metrics(self):
        self.serve(metrics=1, health=1)
        for _ in range(3):
            await self.result("publish", {"channel": "a", "data": 1})
        await self.call("publish", {}, status=400)
        await self.ask("/pub/a", b"x")
        await self.ask("/pub/a", b"x", key="wrong")
        for path in ("/healthz", "/readyz", "/metrics"):
            await self.ask(path)
        self.assertEqual(await self.calls(), {("publish", 200): 3, ("publish", 400): 1, ("pub", 200): 1, ("pub", 403): 1})

    async def test_closes_are_counted_by_cause(self):
        self.serve(metrics=1, max_message=1000)
        member, texter = await self.member("a", user="ann"), await self.texter("a")
        await self.result("disconnect", {"user": "ann"})
        await close_of(member.client)
        await texter.send("close")
        await close_of(texter)
        big = await self.texter("a")
        await big.send("x" * 1001)
        await close_of(big)
        await self.counted(closed_total__forced=1, closed_total__on_request=1, closed_total__message_too_big=1, closed_total__slow=0,
                           clients__text=0, clients__structured=0)

    async def test_promtool_accepts_the_metrics(self):
        # Nothing listens there.
        nobody = f"http://127.0.0.1:{free_port()}/"
        self.serve(metrics=1, rpc_url=nobody, token_jwks_url=nobody)
        await self.member("a")
        await self.result("publish", {"channel": "a", "data": 1})
        answer = await self.ask("/metrics")
        self.assertEqual(answer.headers["content-type"], "text/plain; version=0.0.4; charset=utf-8")
        self.assertEqual(answer.headers["cache-control"], "no-store")
        done = subprocess.run([PROMTOOL, "check", "metrics"], input=answer.body, capture_output=True)
        self.assertEqual((done.returncode, done.stdout + done.stderr), (0, b""))
        build = [name for name in numbers(answer.body.decode()) if name.startswith("lws_chat_build_info")]
        self.assertRegex(build[0], r'^lws_chat_build_info\{version="\d[^"]*",libwebsockets="\d[^"]*",fanout="\w+"\}$')


@over("plain", "tls")
class Refusals(BackEnd):
    """Not over HTTP/2, because the test's gateway hides the statuses of upgrades."""

    async def upgrade(self, path="/chat/", **headers):
        client = await Wire.open(self.server.url)
        client.send(upgrade_request(self.server.url_of(path=path), headers))
        answer = await client.answer()
        if answer.status == 101:
            self.addAsyncCleanup(client.abandon)
        else:
            await client.abandon()
        return answer.status

    async def test_refusals_are_counted_by_cause(self):
        self.serve(metrics=1, max_clients=3, max_rooms=2)
        self.assertEqual(await self.upgrade(Origin="https://example.org"), 403)
        for _ in range(2):
            self.assertEqual(await self.upgrade("/nowhere"), 404)
        self.assertEqual(await self.upgrade(**{"Sec-WebSocket-Version": "12"}), 426)
        for room, status in (("a", 101), ("b", 101), ("c", 503), ("a", 101), ("a", 503)):
            self.assertEqual(await self.upgrade(f"/chat/{room}"), status)
        self.assertEqual((await self.call("publish", {"channel": "c", "data": 1}))["error"]["code"], 106)
        await self.counted(refused_total__foreign_origin=1, refused_total__not_found=2, refused_total__other_version=1,
                           refused_total__too_many_rooms=2, refused_total__full=1, refused_total__going_away=0,
                           clients__text=3, connects_total__text=3)

    async def test_too_many_connections_of_one_address_are_counted(self):
        self.serve(metrics=1, max_joins_per_second=2)
        got = []
        while 429 not in got:
            got.append(await self.upgrade())
        await self.counted(refused_total__too_many_joins=1, connects_total__text=len(got) - 1)

    async def test_a_slow_reader_is_counted_when_it_is_closed(self):
        self.serve(metrics=1, max_lag=100_000, ping_interval=0)
        slow = await self.dial(receive_buffer=4096)
        slow.stop_reading()
        for _ in range(200):
            await self.result("publish", {"channel": "lobby", "data": "x" * 60_000})
            if (await self.metrics())['lws_chat_closed_total{cause="slow"}']:
                break
        await self.counted(closed_total__slow=1, clients__text=0)
        said = await self.metrics()
        self.assertGreaterEqual(said['lws_chat_reader_lag_bytes_bucket{le="+Inf"}'], 1)
        self.assertGreater(said["lws_chat_reader_lag_bytes_sum"], 50_000)

    async def test_pauses_of_clients_that_send_too_fast_are_counted(self):
        self.serve(metrics=1, message_rate=100, message_burst=5)
        texter = await self.texter()
        for n in range(20):
            await texter.send(str(n))
        self.assertEqual([await receive(texter) for _ in range(20)], [str(n) for n in range(20)])
        self.assertGreaterEqual((await self.metrics())["lws_chat_pauses_total"], 1)


@over(*ALL)
class Doors(BackEnd):
    PATHS = ("/metrics", "/healthz", "/readyz")

    async def test_metrics_and_health_are_off_by_default(self):
        self.serve()
        for path in self.PATHS:
            await self.refused(404, "not found", self.ask(path))

    async def test_metrics_and_health_can_be_switched_on_separately(self):
        self.serve(metrics=1)
        self.assertEqual([(await self.ask(path)).status for path in self.PATHS], [200, 404, 404])
        self.server.stop()
        self.serve(health=1)
        self.assertEqual([(await self.ask(path)).status for path in self.PATHS], [404, 200, 200])

    async def test_a_running_server_is_ready(self):
        self.serve(health=1)
        self.assertEqual(json.loads((await self.ask("/healthz")).body), {"status": "ok"})
        self.assertEqual(json.loads((await self.ask("/readyz")).body), {"status": "ready"})

    async def test_addresses_outside_admin_from_get_403(self):
        self.serve(metrics=1, health=1, admin_from="192.0.2.0/24, 2001:db8::/32")
        for path in self.PATHS:
            await self.refused(403, "admin-from", self.ask(path))

    async def test_addresses_in_admin_from_get_an_answer(self):
        self.serve(metrics=1, health=1, admin_from="192.0.2.0/24 127.0.0.1")
        for path in self.PATHS:
            self.assertEqual((await self.ask(path)).status, 200)

    async def test_an_empty_admin_from_allows_nobody(self):
        self.serve(metrics=1, health=1, admin_from="")
        for path in self.PATHS:
            await self.refused(403, "admin-from", self.ask(path))

    async def test_a_request_that_a_proxy_forwarded_gets_403_whatever_address_it_names(self):
        self.serve(metrics=1, health=1)
        for path in self.PATHS:
            for value in ("203.0.113.9", "127.0.0.1"):
                await self.refused(403, "admin-from", self.ask(path, headers=[f"X-Forwarded-For: {value}"]))

    async def test_only_get_is_allowed(self):
        self.serve(metrics=1, health=1)
        for path in self.PATHS:
            for method in ("POST", "PUT", "DELETE", "OPTIONS"):
                answer = await self.ask(path, b"{}" if method in ("POST", "PUT") else None, method=method)
                self.assertEqual((answer.status, answer.headers["allow"]), (405, "GET, HEAD"), method)
            got, head = await self.ask(path), await self.ask(path, method="HEAD")
            self.assertEqual((head.status, head.headers["content-type"]), (200, got.headers["content-type"]))
            if path != "/metrics":
                self.assertEqual(head.headers["content-length"], str(len(got.body)))
            self.assertEqual((await self.ask(path + "/")).status, 404)

    async def test_a_full_server_is_healthy_but_not_ready(self):
        self.serve(health=1, max_clients=1)
        texter = await self.texter()
        self.assertEqual((await self.ask("/healthz")).status, 200)
        answer = await self.refused(503, "too many clients", self.ask("/readyz"))
        self.assertEqual(answer.headers["retry-after"], "5")
        await texter.close()
        while (await self.ask("/readyz")).status != 200:
            await asyncio.sleep(0.01)

    @unittest.skipIf(HOST == "lwsws", "lwsws ends at once")
    async def test_a_server_that_shuts_down_is_healthy_but_not_ready(self):
        if self.transport == "http2":
            self.skipTest("raw bytes are for HTTP/1.1")
        self.serve(metrics=1, health=1, max_lag=64_000_000, max_memory=128_000_000)
        # The server waits for a client that does not read its last messages.
        slow = await self.dial(receive_buffer=4096)
        slow.stop_reading()
        for _ in range(200):
            await self.result("publish", {"channel": "lobby", "data": "x" * 60_000})
        self.server.signal(signal.SIGTERM)
        while (await self.ask("/readyz")).status != 503:
            await asyncio.sleep(0.01)
        await self.refused(503, "shutting down", self.ask("/readyz"))
        self.assertEqual((await self.ask("/healthz")).status, 200)
        self.assertEqual((await self.metrics())["lws_chat_draining"], 1)
        await self.refused(503, "shutting down", self.ask("/api/publish", b'{"channel":"a","data":1}'))
        await slow.reset()
        await self.server.until(lambda: self.server.process.poll() is not None, "the server to end")

    @unittest.skipIf(HOST != "lwsws", "lws-chatd does not start with it: see test_starting.py")
    async def test_a_vhost_with_wrong_options_is_healthy_but_not_ready(self):
        wrong, right = self.vhost("wrong", health=1, metrics=1, max_lag="much"), self.vhost("right", health=1)
        self.serve(wrong, right, server={"serving": 1})
        await self.refused(503, "options of this vhost are wrong", self.ask("/readyz"))
        self.assertEqual((await self.ask("/healthz")).status, 200)
        self.assertEqual((await self.ask("/metrics")).status, 200)
        if self.transport != "http2":
            line = await Line.open(self.server.http_of(1))
            self.addAsyncCleanup(line.close)
            self.assertEqual((await line.ask("/readyz", method="GET")).status, 200)


@over("plain")
class StatusVhost(BackEnd):
    """The shipped vhost for metrics and health, to which no proxy forwards."""

    async def test_the_status_vhost_covers_all_vhosts_of_its_hub(self):
        file = "conf/lws-chatd/conf.d/30-status" if HOST == "lws-chatd" else "conf/lwsws/conf.d/lws-chat"
        shipped = read(ROOT / file)["vhosts"][-1]
        shipped["port"] = str(free_port())
        options = shipped["ws-protocols"][0]["lws-chat"]
        if "storage" in options:
            options["storage"] = self.enterContext(tempfile.TemporaryDirectory()) + "/rooms.db"
        # Those on which vhosts of a hub must agree.
        common = {name: value for name, value in options.items() if "/" in name or name.startswith(("storage", "history-"))}
        self.serve(self.vhost("chat", hub="main", max_clients=2, api_key_file=key_file(self), **common), shipped)
        await self.result("publish", {"channel": "a", "data": 1})
        texter = await self.texter("a")

        async def status(path):
            line = await Line.open(self.server.http_of(1))
            self.addAsyncCleanup(line.close)
            return await line.ask(path, method="GET", key=None)
        said = numbers((await status("/metrics")).body.decode())
        self.assertEqual(said['lws_chat_clients{dialect="text"}'], 1)
        self.assertEqual(said['lws_chat_api_calls_total{method="publish",status="200"}'], 1)
        self.assertEqual(((await status("/healthz")).status, (await status("/readyz")).status), (200, 200))
        await self.texter("a")
        self.assertEqual((await status("/readyz")).status, 503)
        await texter.close()
        while (await status("/readyz")).status != 200:
            await asyncio.sleep(0.01)
        for path in "/metrics", "/healthz", "/readyz":
            self.assertEqual((await self.ask(path)).status, 404)


if __name__ == "__main__":
    unittest.main()
