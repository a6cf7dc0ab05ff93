"""The structured dialect byte by byte: answers to input that no SDK sends. Other clients go on."""
import asyncio
import json
import pathlib
import random
import signal
import sys
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
from support.server import HOST, SANITIZED, close_of, receive  # noqa: E402
from support.transports import ALL, over  # noqa: E402
from support.wire import BINARY, CLOSE, CONTINUATION, TEXT, frame  # noqa: E402

PATH = "/connection/websocket"
CONNECT = {"id": 1, "connect": {}}


def subscribe(room, number=2, **fields):
    return {"id": number, "subscribe": {"channel": room, **fields}}


def publish(room, data, number=3):
    return {"id": number, "publish": {"channel": room, "data": data}}


def text(*commands):
    return "\n".join(json.dumps(command, ensure_ascii=False) for command in commands)


class Structured:
    def serve(self, *vhosts, **options):
        server = super().serve(*vhosts, **options)
        self.chat_url = self.url
        self.url = self.url.replace("/chat/", PATH)
        return server

    async def member(self, room="lobby", **connect):
        """A client in a room."""
        client = await self.join()
        await client.send(text({"id": 1, "connect": connect}, subscribe(room)))
        connected, subscribed = (await receive(client)).split("\n")
        self.assertIn("connect", json.loads(connected))
        self.assertIn("subscribe", json.loads(subscribed))
        return client

    async def replies(self, client, count):
        got = []
        while len(got) < count:
            got += [json.loads(line) for line in (await receive(client)).split("\n")]
        self.assertEqual(len(got), count, got)
        return got

    async def still_serves(self, *members):
        """Asserts that a message of the first client still reaches all."""
        await members[0].send(text(publish("lobby", "still here", 99)))
        for member in members:
            lines = await self.replies(member, 1)
            if lines[0].get("id") == 99:
                lines = await self.replies(member, 1)
            self.assertEqual(lines[0]["push"]["pub"]["data"], "still here")


@over(*ALL)
class Exchange(Structured):
    async def test_text_and_structured_clients_share_a_room(self):
        self.serve()
        member = await self.member()
        self.url = self.chat_url
        texter = await self.join()
        await member.send(text(publish("lobby", "請輸入"), publish("lobby", {"a": [1]}, 4)))
        self.assertEqual([await receive(texter), await receive(texter)], ["請輸入", '{"a": [1]}'])
        await self.replies(member, 4)
        await texter.send('say "hi"')
        self.assertEqual((await self.replies(member, 1))[0]["push"]["pub"]["data"], 'say "hi"')

    async def test_the_bytes_may_be_split_anywhere(self):
        self.serve()
        member = await self.member()
        if self.transport == "http2":
            self.skipTest("raw bytes are for HTTP/1.1")
        client = await self.dial()
        message = text(CONNECT, subscribe("lobby"), publish("lobby", "請輸入" * 50), {"id": 4, "history": {"channel": "lobby", "limit": 9}}).encode()
        for _ in range(20):
            cuts = sorted(random.sample(range(1, len(message)), 3))
            parts = [message[a:b] for a, b in zip([0, *cuts], [*cuts, len(message)])]
            data = b"".join(frame(part, CONTINUATION if i else TEXT, final=i == len(parts) - 1) for i, part in enumerate(parts))
            cuts = sorted(random.sample(range(1, len(data)), 8))
            await client.send_each(data[a:b] for a, b in zip([0, *cuts], [*cuts, len(data)]))
            kinds = []
            while len(kinds) < 5:
                _, payload = await client.message()
                kinds += [next(k for k in json.loads(line) if k != "id") for line in payload.decode().split("\n")]
            self.assertEqual(sorted(kinds), ["connect", "history", "publish", "push", "subscribe"])
            self.assertEqual(kinds[:2], ["connect", "subscribe"])
            await client.abandon()
            client = await self.dial()
        for _ in range(20):
            await self.replies(member, 1)

    async def test_publications_of_many_frames_and_replies_do_not_mix(self):
        if self.transport == "http2":
            self.skipTest("lws does not keep to the windows of HTTP/2")
        self.serve(max_message=1_000_000, max_lag=16_000_000)
        member, other = await self.member(), await self.member()
        big = "x" * 300_000
        await member.send(text(subscribe("second", 5)))
        await self.replies(member, 1)
        await other.send(text(subscribe("second", 5)))
        await self.replies(other, 1)
        for i in range(5):
            await other.send(text(publish("lobby", big, 10 + 2 * i), publish("second", big, 11 + 2 * i)))
            await member.send(text({"id": 50 + i, "presence": {"channel": "lobby"}}))
        got = await self.replies(member, 15)
        pushes = [each["push"]["pub"]["data"] for each in got if "push" in each]
        self.assertEqual(pushes, [big] * 10)


@over("plain", "tls")
class Refused(Structured):
    async def test_invalid_commands_get_3501_and_other_clients_go_on(self):
        self.serve(ping_interval=0)
        member = await self.member()
        for bad in ("hello", "[]", "{", '{"id":1}}', "{\"id\":1,\"connect\":{}}\x00", "\x00", '{"connect":{}}', '{"id":-1,"connect":{}}',
                    '{"id":1,"subscribe":{"channel":"lobby"}}', '{"send":{}}', "[" * 60000, '{"a":' * 12000,
                    text(CONNECT, {**CONNECT, "id": 2}), '{"id":1,"connect":{"data":"\\ud80"}}'):
            with self.subTest(bad=bad[:50]):
                client = await self.join()
                await client.send(bad)
                code, reason = await close_of(client)
                self.assertEqual(code, 3501)
                self.assertRegex(reason, "^bad request: .")
        await self.still_serves(member)

    async def test_codes_tell_the_client_whether_to_reconnect(self):
        self.serve(max_message=1000)
        member = await self.member()
        for message, code in ((b"{}", 3506), ("x" * 1001, 1009)):
            client = await self.join()
            await client.send(message)
            self.assertEqual((await close_of(client))[0], code)
        client = await self.dial()
        client.send(frame(b'{"id":1,"connect":{"name":"\xff"}}'))
        self.assertIn(await client.close_code(), (3501, 1007), "1007 where lws itself looks")
        await self.still_serves(member)

    async def test_a_client_that_does_not_answer_a_ping_gets_3012(self):
        self.serve(ping_interval=1, pong_timeout=1)
        client = await self.member()
        self.assertEqual(await close_of(client), (3012, "no answer to a ping"))

    async def test_a_client_that_does_not_connect_in_time_gets_3502(self):
        self.serve(pong_timeout=1)
        client = await self.join()
        self.assertEqual(await close_of(client), (3502, "did not connect in time"))

    async def test_foreign_origins_are_refused(self):
        self.serve()
        self.assertEqual(await self.status(headers={"Origin": "https://example.org"}), 403)

    async def test_without_a_structured_path_the_dialect_is_off(self):
        self.serve(structured_path="")
        self.assertEqual(await self.status(), 404)

    async def test_the_structured_path_can_be_changed(self):
        self.serve(structured_path="/live")
        self.assertEqual(await self.status(), 404)
        self.url = self.url.replace(PATH, "/live")
        await self.member()


@over("plain", "tls")
class Leaving(Structured):
    async def test_a_normal_close_leaves_at_once_and_other_endings_after_the_grace(self):
        self.serve(presence_grace=3600)
        watcher = await self.join()
        await watcher.send(text(CONNECT, subscribe("lobby", join_leave=True)))
        await self.replies(watcher, 3)  # the last one is its own join

        async def user_of(kind):
            (line,) = await self.replies(watcher, 1)
            return line["push"][kind]["info"]["user"]

        endings = {"normal": b"\x03\xe8", "no code": b"", "loaded again": b"\x03\xe9", "lost": None}
        clients = {}
        for user in endings:
            clients[user] = await self.dial()
            clients[user].send(frame(text({"id": 1, "connect": {"data": {"user": user}}}, subscribe("lobby")).encode()))
            self.assertEqual(await user_of("join"), user)
        for left, user in enumerate(("loaded again", "lost", "normal", "no code")):
            if endings[user] is None:
                await clients[user].reset()
            else:
                clients[user].send(frame(endings[user], CLOSE))
            await self.gone(4 - left)
        self.assertEqual([await user_of("leave"), await user_of("leave")], ["normal", "no code"])
        await watcher.send(text({"id": 9, "presence": {"channel": "lobby"}}))
        (reply,) = await self.replies(watcher, 1)
        present = {info["user"] for info in reply["presence"]["presence"].values()}
        self.assertEqual(present, {"", "loaded again", "lost"})


@over("plain", "tls")
class Watch(Structured):
    async def test_a_talking_client_is_pinged_and_closed_if_it_does_not_answer(self):
        self.serve(ping_interval=1, pong_timeout=1)
        quick, mute = await self.member(), await self.member("other")
        talking = asyncio.create_task(self.answer_pings(quick))
        try:
            await self.gone(1)
            self.assertEqual(len(self.server.chat_log("left (3012 no answer to a ping")), 1)
            await self.server.until(lambda: self.pings >= 2, "a second ping")
        finally:
            talking.cancel()
        await mute.close()

    async def answer_pings(self, client):
        self.pings = 0
        for number in range(10, 100_000):
            await client.send(text({"id": number, "ping": {}}))
            for line in (await receive(client)).split("\n"):
                if line == "{}":
                    self.pings += 1
                    await client.send("{}")
            await asyncio.sleep(0.05)

    async def test_a_client_that_sends_commands_without_reading_is_bounded_and_closed(self):
        self.serve(ping_interval=2, pong_timeout=2, history_size=100)
        member = await self.member()
        for number in range(3, 103):
            await member.send(text(publish("lobby", "x" * 2000, number)))
        await self.replies(member, 200)
        await member.close()
        before = self.server.rss()
        greedy = await self.dial(receive_buffer=4096)
        greedy.send(frame(text(CONNECT, subscribe("lobby"))))
        greedy.stop_reading()
        query = frame(text(*({"id": n, "history": {"channel": "lobby", "limit": -1}} for n in range(3, 500))))
        for _ in range(20):
            greedy.send(query)
        await self.server.logged("left (3012 no answer to a ping")
        if not SANITIZED:
            self.assertLess(self.server.rss() - before, 40_000_000)

    async def room_with_history(self):
        member = await self.member()
        await member.send(text(*(publish("lobby", "x" * 60000, number) for number in range(3, 17))))
        await self.replies(member, 28)
        await member.close()

    async def test_a_client_that_keeps_sending_but_does_not_read_is_closed(self):
        self.serve(ping_interval=1, pong_timeout=2, max_message=1_000_000)
        await self.room_with_history()
        greedy = await self.dial(receive_buffer=4096)
        greedy.send(frame(text(CONNECT, subscribe("lobby"), *({"id": n, "history": {"channel": "lobby", "limit": -1}} for n in range(3, 30)))))
        greedy.stop_reading()
        talking = asyncio.create_task(self.send_for_ever(greedy))
        try:
            await self.server.logged("left (3012 no answer to a ping")
        finally:
            talking.cancel()

    async def send_for_ever(self, client):
        while True:
            client.send(frame("{}"))
            await asyncio.sleep(0.1)

    async def test_unread_answers_of_all_clients_together_are_bounded(self):
        # Without pings, which end clients that do not read, the answers stay unread for as long as it takes.
        self.serve(max_memory=8_000_000, max_message=1_000_000, ping_interval=0)
        await self.room_with_history()
        before = self.server.rss()
        query = frame(text(CONNECT, subscribe("lobby"), *({"id": n, "history": {"channel": "lobby", "limit": -1}} for n in range(3, 12))))
        greedy = [await self.dial(receive_buffer=4096) for _ in range(90)]
        for client in greedy:
            client.send(query)
            client.stop_reading()
        member = await self.member()
        answer = {}
        while answer.get("error", {}).get("code") != 111:
            await member.send(text({"id": 4, "history": {"channel": "lobby", "limit": 1}}))
            answer = (await self.replies(member, 1))[0]
        if not SANITIZED:
            self.assertLess(self.server.rss() - before, 40_000_000)
        for client in greedy:
            await client.abandon()
        await self.server.until(lambda: len(self.server.chat_log("left (")) > 90, "all of them gone")
        await member.send(text({"id": 5, "history": {"channel": "lobby", "limit": 1}}))
        self.assertEqual(len((await self.replies(member, 1))[0]["history"]["publications"]), 1)


@over("plain")
class Namespaces(Structured):
    async def test_a_namespace_has_options_of_its_own(self):
        vhost = self.vhost()
        vhost["ws-protocols"][0]["lws-chat"].update({"typing/history-size": "0", "typing/presence": "0", "log/history-size": "2"})
        self.serve(vhost)
        client = await self.member()
        await client.send(text(subscribe("typing:a", 3), subscribe("log:a", 4), subscribe("other:a", 5)))
        typing, log, other = [reply["subscribe"] for reply in await self.replies(client, 3)]
        self.assertEqual(typing, {})
        self.assertTrue(log["recoverable"] and other["recoverable"])
        await client.send(text(*(publish("log:a", n, 10 + n) for n in range(5)), {"id": 20, "history": {"channel": "log:a", "limit": -1}},
                               {"id": 21, "presence": {"channel": "typing:a"}}))
        got = await self.replies(client, 12)
        history = next(each["history"] for each in got if each.get("id") == 20)
        self.assertEqual([publication["data"] for publication in history["publications"]], [3, 4])
        self.assertEqual(next(each["error"]["code"] for each in got if each.get("id") == 21), 108)

    @unittest.skipIf(HOST == "lwsws", "lwsws does not check")
    async def test_a_wrong_option_of_a_namespace_prevents_the_start(self):
        for name, words in (("typing/history-siz", "did you mean"), ("typing/max-clients", "not an option of rooms"),
                            ("a:b/history-size", "not a namespace")):
            vhost = self.vhost()
            vhost["ws-protocols"][0]["lws-chat"][name] = "0"
            with self.assertRaisesRegex(AssertionError, words):
                self.serve(vhost)


@over("plain")
class End(Structured):
    @unittest.skipIf(HOST == "lwsws", "lwsws ends without telling its clients")
    async def test_at_shutdown_all_published_messages_arrive_before_3001(self):
        self.serve()
        member = await self.member()
        reader = await self.member()
        await member.send(text(*(publish("lobby", n, n) for n in range(3, 103))))
        await self.replies(member, 200)
        self.server.signal(signal.SIGTERM)
        self.assertEqual([each["push"]["pub"]["data"] for each in await self.replies(reader, 100)], list(range(3, 103)))
        self.assertEqual((await close_of(reader))[0], 3001)


@over("plain", "tls")
class LastCommand(Structured):
    async def test_a_publish_and_a_close_in_one_segment_deliver_the_publication_first(self):
        self.serve()
        client = await self.dial()
        client.send(frame(text(CONNECT, subscribe("lobby"))))
        seen = ""
        while '"subscribe"' not in seen:
            seen = (await client.message())[1].decode()
        client.send(frame(text(publish("lobby", "last words"))) + frame(b"\x03\xe8", CLOSE))
        seen = ""
        while not ('"id":3' in seen and "last words" in seen):
            seen += (await client.message())[1].decode()
        self.assertEqual(await client.close_code(), 1000)


if __name__ == "__main__":
    unittest.main()
