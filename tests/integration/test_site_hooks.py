"""Questions to the back end about text clients and event streams."""
import asyncio
import pathlib
import sys
import time
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
from support.events import Events  # noqa: E402
from support.hook_server import HookServer, Reply  # noqa: E402
from support.server import receive  # noqa: E402
from support.site import Site  # noqa: E402
from support.transports import over  # noqa: E402


@over("plain", "tls", "http2")
class BackEnds(Site):
    async def asyncSetUp(self):
        await super().asyncSetUp()
        self.back_end = await self.enterAsyncContext(HookServer())

    def ask(self, *kinds, **options):
        return self.serve(**self.back_end.urls(*kinds), **options)

    def answer(self, hook, reply):
        """From now on. None: there is no answer."""
        async def never(_):
            await asyncio.Event().wait()
        self.back_end.answers[hook] = (lambda _: reply) if reply is not None else never

    async def asked(self, hook, times):
        """Waits for so many questions. Returns the last one."""
        await self.server.until(lambda: len(self.back_end.questions(hook)) >= times, f"{times} questions of {hook}")
        return self.back_end.questions(hook)[-1]

    async def test_the_back_end_says_who_a_client_is(self):
        self.ask("connect", hook_headers="cookie")
        self.answer("connect", {"result": {"user": "42", "channels": ["$a"]}})
        client, reader = await self.text(room="$a", headers={"Cookie": "x=y"}), await self.stream(room="$a")
        await self.position(reader)
        text, events = self.back_end.questions("connect")
        self.assertEqual((text["transport"], text["protocol"], text["channels"]), ("websocket", "text", ["$a"]))
        self.assertEqual((events["transport"], events["protocol"], events["channels"]), ("sse", "events", ["$a"]))
        self.assertIn("x=y", [fields.get("cookie") for _, fields, _ in self.back_end.asked])
        await client.send("hello")
        self.assertEqual(await reader.take(1), ["hello"])
        await self.present("42", "42", room="$a")

    async def test_the_back_end_says_no(self):
        self.ask("connect")
        for answer, code, reason, status, words in (
                ({"disconnect": {"code": 4501, "reason": "sign in first"}}, 4501, "sign in first", 403, "sign in first"),
                ({"error": {"code": 1000, "message": "no"}}, 3503, "permission denied: no", 403, "permission denied: no"),
                ({"error": {"code": 1000, "message": "é" * 200, "temporary": True}}, 1013,
                 "temporarily not available, try again later: " + "é" * 37, 503, "éé")):
            self.answer("connect", answer)
            await self.assert_closed(await self.text(), code, reason)
            await self.refused(status, self.path("sse", "lobby"), words)

    async def test_a_back_end_that_fails_is_temporary(self):
        self.ask("connect", hook_timeout=300)
        for answer in (None, Reply(status=500), Reply(b"why")):
            self.answer("connect", answer)
            await self.assert_closed(await self.text(), 1013, "temporarily not available, try again later")
            await self.refused(503, self.path("sse", "lobby"), "temporarily not available")
        self.back_end.close()
        await self.assert_closed(await self.text(), 1013, "temporarily not available, try again later")
        await self.refused(503, self.path("sse", "lobby"), "temporarily not available")

    async def test_a_room_with_subscribe_hook_asks(self):
        self.ask("subscribe", subscribe_hook=1, may_join="nobody")
        self.answer("subscribe", {"result": {"info": {"x": 1}}})
        await self.text(self.token(sub="1"), "a")
        await self.position(await self.stream(room="a"))
        await self.present("", "1", room="a")
        self.assertEqual([(question["user"], question["channel"]) for question in self.back_end.questions("subscribe")], [("1", "a"), ("", "a")])
        self.answer("subscribe", {"error": {"code": 403, "message": "for the team only"}})
        await self.assert_closed(await self.text(room="b"), 3503, "permission denied: for the team only")
        await self.refused(403, self.path("sse", "b"), "for the team only")

    async def test_a_room_with_publish_hook_asks(self):
        self.ask("publish", publish_hook=1, may_publish="nobody")
        client, reader = await self.text(self.token(sub="1")), await self.stream()
        await self.position(reader)
        for answer, got in (({"result": {}}, "say it"), ({"result": {"data": "said"}}, "said"),
                            ({"result": {"data": {"a": 1}}}, '{"a": 1}')):
            self.answer("publish", answer)
            await client.send("say it")
            self.assertEqual([await receive(client), *await reader.take(1)], [got] * 2)
        question = await self.asked("publish", 3)
        self.assertEqual((question["user"], question["channel"], question["data"]), ("1", "lobby", "say it"))
        self.answer("publish", {"error": {"code": 400, "message": "rude"}})
        await client.send("something rude")
        await self.assert_closed(client, 3503, "permission denied: rude")

    async def test_messages_keep_their_order_while_the_back_end_is_asked(self):
        self.ask("publish", publish_hook=1)
        client = await self.text()
        texts = [f"{number}" for number in range(50)]
        for text in texts:
            await client.send(text)
        self.assertEqual([await receive(client) for _ in texts], texts)

    async def test_the_back_end_is_asked_again_when_the_time_is_over(self):
        self.ask("connect", "refresh")
        now = int(time.time())
        self.answer("connect", {"result": {"user": "1", "expire_at": now + 4}})
        self.answer("refresh", {"result": {"expire_at": now + 600}})
        client, reader = await self.text(), await self.stream()
        self.assertEqual((await self.asked("refresh", 2))["user"], "1")
        await client.send("still here")
        self.assertEqual(await receive(client), "still here")
        self.answer("connect", {"result": {"user": "1", "expire_at": int(time.time()) + 4}})
        self.answer("refresh", {"result": {"expired": True}})
        client, reader = await self.text(), await self.stream()
        await self.assert_closed(client, 3005, "connection expired")
        await self.assert_ended(reader, "connection expired")

    async def test_a_back_end_that_fails_prolongs_a_connection(self):
        self.ask("connect", "refresh", hook_timeout=1000)
        # Both are in before the time is over, also on a busy machine.
        self.answer("connect", {"result": {"user": "1", "expire_at": int(time.time()) + 5}})
        self.answer("refresh", None)
        client, reader = await self.text(), await self.stream()
        await self.asked("refresh", 2)
        await self.server.logged("refresh")
        await self.post("both are here")
        self.assertEqual(await receive(client), "both are here")
        await self.position(reader)
        self.assertEqual(await reader.take(1), ["both are here"])

    async def test_a_client_that_leaves_while_the_back_end_is_asked_costs_nothing(self):
        self.ask("connect", hook_timeout=3000)
        self.answer("connect", None)
        client = await self.text()
        wire = await Events._by_hand(self.at(self.path("sse", "lobby")), {}, "GET", None, b"")
        await self.asked("connect", 2)
        client.transport.abort()
        await wire.hang_up()
        before = self.server.cpu()
        await asyncio.sleep(1.5)
        self.assertLess(self.server.cpu() - before, 0.5)
        self.answer("connect", {"result": {"user": "1"}})
        await self.text()
        await self.present("1")


if __name__ == "__main__":
    unittest.main()
