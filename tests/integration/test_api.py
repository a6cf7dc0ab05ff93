"""POST /api/METHOD: Centrifugo's server HTTP API, and the effects of its methods on clients."""
import json
import os
import pathlib
import subprocess
import sys
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
from support.back_end import KEY, BackEnd, Line, key_file, request  # noqa: E402
from support.server import PATIENCE, ROOT, close_of, lws_version, receive  # noqa: E402
from support.transports import ALL, over  # noqa: E402
from support.wire import frame  # noqa: E402

SCRIPT = pathlib.Path(__file__).with_name("cent.mjs")
SDK = ROOT / "build/npm/centrifuge/build/index.js"


@over(*ALL)
class Methods(BackEnd):
    async def test_publish_reaches_all_dialects_and_returns_the_position(self):
        self.serve()
        member, texter = await self.member("ops"), await self.texter("ops")
        result = await self.result("publish", {"channel": "ops", "data": {"部署": [1.5, None]}, "tags": {"kind": "deploy"}})
        self.assertEqual(result["offset"], 1)
        self.assertRegex(result["epoch"], "^[0-9a-z]{8}$")
        self.assertEqual(await member.publication(), {"data": {"部署": [1.5, None]}, "tags": {"kind": "deploy"}, "offset": 1})
        self.assertEqual(await receive(texter), '{"部署": [1.5, null]}')

    async def test_a_message_that_skips_the_history_has_no_position(self):
        self.serve()
        member = await self.member("ops")
        self.assertEqual(await self.result("publish", {"channel": "ops", "data": 1, "skip_history": True}), {})
        self.assertEqual(await member.publication(), {"data": 1})
        self.assertEqual((await self.result("publish", {"channel": "ops", "data": 2}))["offset"], 1)

    async def test_a_request_with_the_same_idempotency_key_is_done_once(self):
        self.serve()
        member = await self.member("ops")
        answers = [await self.result("publish", {"channel": "ops", "data": n, "idempotency_key": "k"}) for n in range(3)]
        self.assertEqual(answers, [answers[0]] * 3)
        await self.result("publish", {"channel": "ops", "data": "next"})
        self.assertEqual([await member.data(), await member.data()], [0, "next"])

    async def test_broadcast_goes_to_each_room(self):
        self.serve()
        a, b = await self.member("a"), await self.member("b")
        got = await self.result("broadcast", {"channels": ["a", "b", "x/y"], "data": "all"})
        self.assertEqual([list(each) for each in got["responses"]], [["result"], ["result"], ["error"]])
        self.assertEqual([await a.data(), await b.data()], ["all", "all"])

    async def test_presence_and_presence_stats_include_all_members(self):
        self.serve()
        ann = await self.member("ops", user="ann", info={"nick": "A"})
        await self.texter("ops")
        present = (await self.result("presence", {"channel": "ops"}))["presence"]
        self.assertEqual(present[ann.id], {"user": "ann", "client": ann.id, "conn_info": {"nick": "A"}})
        self.assertEqual(len(present), 2)
        self.assertEqual(await self.result("presence_stats", {"channel": "ops"}), {"num_clients": 2, "num_users": 2})

    async def test_history_can_be_read_and_removed(self):
        self.serve()
        await self.member("ops")
        for n in range(1, 6):
            await self.result("publish", {"channel": "ops", "data": n})
        got = await self.result("history", {"channel": "ops", "limit": 2, "reverse": True})
        self.assertEqual([(each["data"], each["offset"]) for each in got["publications"]], [(5, 5), (4, 4)])
        self.assertEqual(got["offset"], 5)
        since = {"offset": 3, "epoch": got["epoch"]}
        got = await self.result("history", {"channel": "ops", "limit": 10, "since": since})
        self.assertEqual([each["data"] for each in got["publications"]], [4, 5])
        self.assertEqual(await self.result("history_remove", {"channel": "ops"}), {})
        got = await self.result("history", {"channel": "ops", "limit": 10})
        self.assertEqual((got["publications"], got["offset"]), ([], 5))
        got = await self.result("history", {"channel": "ops", "limit": 1, "since": since})
        self.assertEqual((got["publications"], got["offset"]), ([], 5))
        since["epoch"] = "another"
        self.assertEqual((await self.call("history", {"channel": "ops", "limit": 1, "since": since}))["error"]["code"], 112)

    async def test_channels_and_info_list_rooms_and_the_server(self):
        self.serve()
        await self.member("chat:1", "chat:2", user="ann")
        await self.texter("news")
        self.assertEqual(await self.result("channels", {"pattern": "chat:*"}),
                         {"channels": {"chat:1": {"num_clients": 1}, "chat:2": {"num_clients": 1}}})
        node, = (await self.result("info"))["nodes"]
        self.assertEqual({key: node[key] for key in ("num_clients", "num_users", "num_subs", "num_channels")},
                         {"num_clients": 2, "num_users": 1, "num_subs": 3, "num_channels": 3})
        self.assertRegex(node["version"], r"^lws-chat \d")

    async def test_an_unsubscribed_client_gets_earlier_messages_first_and_may_subscribe_again(self):
        self.serve()
        member = await self.member("ops", "other", user="ann")
        await self.call("batch", {"commands": [{"publish": {"channel": "ops", "data": "before"}},
                                               {"unsubscribe": {"channel": "ops", "user": "ann"}},
                                               {"publish": {"channel": "ops", "data": "after"}}]})
        self.assertEqual(await member.data(), "before")
        push = await member.push()
        self.assertEqual((push["channel"], push["unsubscribe"]["code"]), ("ops", 2000))
        self.assertEqual((await self.result("presence_stats", {"channel": "ops"}))["num_clients"], 0)
        await self.result("publish", {"channel": "other", "data": "elsewhere"})
        self.assertEqual(await member.data(), "elsewhere")
        self.assertIn("subscribe", await member.ask("subscribe", channel="ops"))
        await self.result("publish", {"channel": "ops", "data": "again"})
        self.assertEqual(await member.data(), "again")

    async def test_disconnect_closes_only_the_clients_of_that_user(self):
        self.serve()
        gone = [await self.member("ops", user="ann") for _ in range(2)]
        spared, other = await self.member("ops", user="ann"), await self.member("ops", user="bob")
        await self.result("disconnect", {"user": "ann", "whitelist": [spared.id]})
        for member in gone:
            self.assertEqual(await close_of(member.client), (3503, "force disconnect"))
        await self.result("publish", {"channel": "ops", "data": "still here"})
        self.assertEqual([await spared.data(), await other.data()], ["still here", "still here"])

    async def test_disconnect_sends_the_code_and_reason_of_the_request(self):
        self.serve()
        member, other = await self.member("ops", user="ann", session="tab 1"), await self.member("ops", user="ann")
        await self.result("disconnect", {"session": "tab 1", "disconnect": {"code": 4001, "reason": "請輸入"}})
        self.assertEqual(await close_of(member.client), (4001, "請輸入"))
        await self.result("disconnect", {"client": other.id, "disconnect": {"code": 4999, "reason": ""}})
        self.assertEqual(await close_of(other.client), (4999, ""))

    async def test_a_reason_cannot_forge_log_lines_or_colours(self):
        self.serve()
        member = await self.member("ops")
        await self.result("disconnect", {"client": member.id, "disconnect": {"code": 4001, "reason": "\u001b[31mRED\nforged"}})
        await self.server.logged(" left (", r'4001 "\x1b[31mRED\nforged"')
        self.assertNotIn("\x1b[31m", self.server.log())
        self.assertNotIn("\nforged", self.server.log())

    async def test_a_text_client_can_be_disconnected_by_its_id_from_presence(self):
        self.serve()
        texter, other = await self.texter("ops"), await self.texter("other")
        client, = (await self.result("presence", {"channel": "ops"}))["presence"]
        await self.result("disconnect", {"client": client, "disconnect": {"code": 4001, "reason": "bye"}})
        self.assertEqual(await close_of(texter), (4001, "bye"))
        client, = (await self.result("presence", {"channel": "other"}))["presence"]
        await self.result("disconnect", {"client": client})
        self.assertEqual(await close_of(other), (3503, "force disconnect"))

    async def test_batch_answers_each_command(self):
        self.serve()
        got = await self.call("batch", {"commands": [{"publish": {"channel": "ops", "data": 1}}, {"nope": {}},
                                                     {"history": {"channel": "ops", "limit": 1}}]})
        published, unknown, history = got["replies"]
        self.assertEqual(published["publish"]["offset"], 1)
        self.assertEqual(unknown["error"]["code"], 104)
        self.assertEqual(history["history"]["publications"][0]["data"], 1)


@over(*ALL)
class Refused(BackEnd):
    async def test_an_error_of_a_method_has_status_200(self):
        self.serve(presence=0, history_size=0)
        for method in ("presence", "presence_stats", "history", "history_remove"):
            self.assertEqual((await self.call(method, {"channel": "ops"}))["error"]["code"], 108)

    async def test_malformed_json_is_400_and_names_the_byte(self):
        self.serve()
        for body, place in ((b"", "the body is empty"), (b'{"channel":"ops","data":}', "byte 25 of 25"),
                            (b'{"channel":"ops"', "it ends after 16 bytes"),
                            (b"{} {}", "byte 4 of 5"), (b"[" * 100_000, "byte 1 of 100000")):
            got = await self.call("publish", body, status=400)
            self.assertEqual(got["error"]["code"], 107)
            self.assertIn(place, got["error"]["message"])
        self.assertIn("not valid UTF-8", (await self.call("publish", b'{"channel":"\xff"}', status=400))["error"]["message"])

    async def test_a_request_without_a_valid_key_gets_401_with_the_reason(self):
        self.serve()
        answer = await self.refused(401, "Authorization", self.ask("/api/info", b"{}", key=None))
        self.assertEqual(answer.headers["www-authenticate"], "apikey")
        for key in (KEY[:-1], KEY + "x", "x" * 1000):
            await self.refused(401, "wrong key", self.ask("/api/info", b"{}", key=key))
        for value in (f"Bearer {KEY}", f"apikey{KEY}", "apikey ", "apikey  "):
            answer = await self.ask("/api/info", b"{}", key=None, headers=[f"Authorization: {value}"])
            self.assertEqual(answer.status, 401, value)

    async def test_either_header_may_have_the_key(self):
        self.serve()
        answer = await self.ask("/api/info", b"{}", key=None, headers=[f"Authorization: apikey {KEY}"])
        self.assertEqual(answer.status, 200)
        if self.transport != "http2":
            answer = await self.ask("/api/info", b"{}", key=None, headers=[f"x-api-key: {KEY}"])
            self.assertEqual(answer.status, 200)

    async def test_unknown_paths_and_methods_get_404(self):
        self.serve()
        for path in ("/api/", "/api/rpc", "/api/PUBLISH", "/api/publish/", "/api/publish/x", "/api/publish%2fx", "/api/publish%20",
                     "/api/%70ublis", "/api/publish;x"):
            answer = await self.ask(path, b"{}")
            self.assertEqual(answer.status, 404, path)
        answer = await self.ask("/api", b"{}")
        self.assertEqual(answer.status, 404)

    async def test_a_path_with_a_zero_byte_gets_404_or_ends_the_connection(self):
        if self.transport == "http2":
            self.skipTest("raw bytes are for HTTP/1.1")
        self.serve()
        line = await self.open_line()
        line.send(request("/api/%00", b"{}"))
        said = await line.ended()
        # lws 4.1 cuts off the path at the zero byte. 4.3 closes the connection without an answer.
        self.assertEqual(said[:12], b"HTTP/1.1 404" if lws_version() < (4, 2) else b"")
        self.assertEqual((await self.ask("/api/info", b"{}")).status, 200)

    async def test_a_path_may_have_percent_escapes_and_a_query_is_ignored(self):
        self.serve()
        for path in ("/api/%69nfo", "/%61pi/info", "/api/info?x=1", "/api/info?"):
            answer = await self.ask(path, b"{}")
            self.assertEqual(answer.status, 200, path)

    async def test_without_a_key_file_the_api_answers_404(self):
        self.serve(api_key_file="")
        await self.refused(404, "not found", self.ask("/api/info", b"{}"))

    async def test_only_post_is_allowed(self):
        self.serve()
        for method in ("GET", "HEAD", "OPTIONS", "PUT", "DELETE", "PATCH"):
            answer = await self.ask("/api/info", None if method in ("GET", "HEAD", "OPTIONS") else b"{}", method=method)
            self.assertEqual((answer.status, answer.headers.get("allow")), (405, "POST"), method)

    async def test_other_content_types_get_415_except_the_default_of_curl(self):
        self.serve()
        for kind in ("application/json", "application/json; charset=utf-8", "application/x-www-form-urlencoded", "text/plain"):
            answer = await self.ask("/api/info", b"{}", headers=[f"Content-Type: {kind}"])
            self.assertEqual(answer.status, 200, kind)
        for kind in ("multipart/form-data; boundary=x", "application/xml", "application/jsonx", "application"):
            await self.refused(415, "application/json", self.ask("/api/info", b"{}", headers=[f"Content-Type: {kind}"]))

    async def test_a_request_larger_than_a_mebibyte_gets_413(self):
        self.serve()
        await self.refused(413, "1048576 bytes", self.ask("/api/info", b" " * 1_048_577))
        # Over HTTP/2, lws 4.1 sometimes stops reading an upload of more than about 200 kB.
        size = 1_048_576 if self.transport != "http2" else 100_000
        body = b'{"channel":"ops","data":1}' + b" " * (size - 26)
        self.assertEqual((await self.ask("/api/publish", body)).status, 200)

    async def test_refused_requests_are_counted_by_method_and_status_and_disturb_nobody(self):
        self.serve(metrics=1)
        member = await self.member("ops")
        for method, body, more in (("publish", b"{", {}), ("publish", b"{}", {"key": None}), ("publish", None, {"method": "GET"}),
                                   ("publish", b"x" * 1_048_577, {}), ("publish", b"{}", {"headers": ["Content-Type: image/png"]}),
                                   ("nope", b"{}", {}), ("%01", b"{}", {}), ("info", b"{}", {})):
            await self.ask(f"/api/{method}", body, **more)
        self.assertEqual(await self.calls(), {("publish", 400): 1, ("publish", 401): 1, ("publish", 405): 1, ("publish", 413): 1,
                                              ("publish", 415): 1, ("unknown", 404): 2, ("info", 200): 1})
        await self.result("publish", {"channel": "ops", "data": "still here"})
        self.assertEqual(await member.data(), "still here")


@over("plain", "tls")
class Neighbours(BackEnd):
    async def test_two_vhosts_of_one_hub_reach_the_same_clients_each_with_its_own_key(self):
        other = "another-key-of-32-bytes-00000000"
        first = self.vhost("a", hub="town", api_key_file=key_file(self))
        second = self.vhost("b", hub="town", api_key_file=key_file(self, other + "\n"))
        self.serve(first, second)
        member = await self.member("ops", user="ann")
        line = await Line.open(self.server.http_of(1))
        self.addAsyncCleanup(line.close)
        self.assertEqual((await line.call("publish", {"channel": "ops", "data": 1}, key=other))[0], 200)
        self.assertEqual(await member.data(), 1)
        self.assertEqual((await line.call("unsubscribe", {"channel": "ops", "user": "ann"}, key=other))[0], 200)
        self.assertIn("unsubscribe", await member.push())
        self.assertEqual((await line.call("info", key=KEY))[0], 401)

    async def test_a_slow_client_is_unsubscribed_after_it_has_read_the_earlier_messages(self):
        self.serve(max_lag=16_000_000, history_size=0)
        slow = await self.dial_structured()
        slow.stop_reading()
        for n in range(40):
            await self.result("publish", {"channel": "ops", "data": "x" * 60_000})
        await self.result("unsubscribe", {"channel": "ops", "user": "slow"})
        await self.result("publish", {"channel": "ops", "data": "after"})
        slow.writer.transport.resume_reading()
        pushes = []
        while not pushes or "unsubscribe" not in pushes[-1]:
            _, payload = await slow.message()
            pushes += [json.loads(text)["push"] for text in payload.decode().split("\n")]
        self.assertEqual(len(pushes), 41)

    async def dial_structured(self):
        self.url = self.url.replace("/chat/", "/connection/websocket")
        slow = await self.dial(receive_buffer=4096)
        slow.send(frame('{"id":1,"connect":{"data":{"user":"slow"}}}\n{"id":2,"subscribe":{"channel":"ops"}}'))
        await slow.message()
        return slow


@over("plain", "tls")
class Libraries(BackEnd):
    """The npm packages cent.js, a client of this API, and centrifuge, both unmodified."""

    def run_scenario(self, scenario, **options):
        self.serve(**options)
        env = {**os.environ, "LWS_CHAT_SDK": str(SDK), "NODE_NO_WARNINGS": "1"}
        command = ["node", str(SCRIPT), scenario, self.server.url_of(path="/connection/websocket"), self.server.http_of(path="/api"), KEY]
        done = subprocess.run(command, env=env, capture_output=True, text=True, timeout=2 * PATIENCE)
        self.assertEqual(done.returncode, 0, done.stderr[-2000:])
        return json.loads(done.stdout)

    def test_publications_arrive_with_tags_and_queries_return_the_state(self):
        got = self.run_scenario("rooms")
        self.assertEqual(got["data"], [{"n": 1}, {"all": True}])
        self.assertEqual(got["tags"], [{"kind": "a"}, None])
        self.assertEqual(got["offsets"], [1, 2])
        self.assertEqual(got["history"], [{"n": 1}, {"all": True}])
        self.assertEqual(got["users"], ["ann"])
        self.assertEqual(got["stats"], {"num_clients": 1, "num_users": 1})
        self.assertEqual(got["channels"], {"ops": {"num_clients": 1}})
        self.assertEqual(got["nodes"], 1)
        self.assertEqual(got["removed"], [])

    def test_an_unsubscribed_client_gets_2000_and_may_subscribe_again(self):
        got = self.run_scenario("unsubscribe")
        self.assertEqual(got, {"code": 2000, "reason": "server unsubscribe", "connection": "connected", "data": ["before", "again"]})

    def test_the_code_of_disconnect_decides_whether_the_client_reconnects(self):
        got = self.run_scenario("disconnect")
        self.assertEqual(got["ann"], ["connecting 0", "disconnected 3503"])
        self.assertEqual(got["bob"], ["connecting 0", "connecting 4001"])
        self.assertEqual(got["carol"], ["connecting 0", "disconnected 4501"])
        self.assertEqual(got["reasons"], ["force disconnect", "bye", "for good"])
        self.assertEqual(got["back"], True)

    def test_an_error_is_an_exception_of_the_library(self):
        self.assertEqual(self.run_scenario("wrong"), {"key": True, "room": True, "field": True})


if __name__ == "__main__":
    unittest.main()
