"""Questions to back ends: what their answers change, and what happens without an answer."""
import asyncio
import json
import pathlib
import signal
import sys
import tempfile
import time
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
from support.back_end import STRUCTURED, BackEnd, Member  # noqa: E402
from support.hook_server import Deaf, HookServer, Reply  # noqa: E402
from support.server import HOST, PATIENCE, certificate, close_of, connect, free_port  # noqa: E402
from support.tokens import token  # noqa: E402
from support.transports import over  # noqa: E402
from support.wire import Wire, frame  # noqa: E402

ALL_HOOKS = ("connect", "refresh", "subscribe", "publish", "sub_refresh", "rpc")
COMMANDS = {"connect": {}, "rpc": {"method": "m"}, "subscribe": {"channel": "room"}, "publish": {"channel": "room", "data": 1}}
IN_ROOMS = {"subscribe_hook": 1, "publish_hook": 1, "sub_refresh_hook": 1}


def soon():
    return int(time.time()) + 1


class Asking(BackEnd):
    """A server with a back end."""

    async def back_end(self, *hooks, unix=None, certificate=None, **options):
        """Starts both. The server asks about these hooks."""
        self.site = await self.enterAsyncContext(HookServer(unix, certificate))
        urls = {name.replace("-", "_"): url for name, url in self.site.urls(*hooks).items()}
        self.serve(metrics=1, **urls, **options)
        return self.site

    async def client(self, headers=None):
        """A structured client that has not connected yet."""
        return Member(await self.enterAsyncContext(connect(self.url.replace("/chat/", STRUCTURED), headers=headers)))

    async def connected(self, **fields):
        client = await self.client()
        reply = await client.ask("connect", **fields)
        self.assertIn("connect", reply)
        return client

    def secret_file(self, name, text):
        file = pathlib.Path(self.enterContext(tempfile.TemporaryDirectory())) / name
        file.write_text(text)
        file.chmod(0o600)
        return file

    def hold(self):
        """An answer that comes when the event is set."""
        event = asyncio.Event()

        async def answer(request):
            await event.wait()
            return {"result": {"data": "late"}}
        self.addAsyncCleanup(asyncio.sleep, 0)
        self.addCleanup(event.set)
        return event, answer

    async def calls_of(self, hook, outcome):
        return (await self.metrics()).get(f'lws_chat_hook_calls_total{{hook="{hook}",outcome="{outcome}"}}')

    async def called(self, hook, outcome, times=1):
        """Waits until the metrics have so many calls."""
        deadline = time.monotonic() + PATIENCE / 3
        while (seen := await self.calls_of(hook, outcome)) != times:
            self.assertLess(time.monotonic(), deadline, f"{seen} calls of {hook} ended with {outcome}, not {times}")
            await asyncio.sleep(0.01)

    async def asked(self, hook, times=1):
        await self.server.until(lambda: len(self.site.questions(hook)) >= times, f"{times} questions of {hook}")


@over("plain", "tls")
class Answers(Asking):
    async def test_the_back_end_says_who_a_client_is_and_what_it_may_do(self):
        site = await self.back_end(*ALL_HOOKS, **IN_ROOMS)
        site.answers["connect"] = lambda request: {"result": {"user": "ann", "info": {"n": 1}, "data": {"hello": 2}, "channels": ["news"]}}
        site.answers["subscribe"] = lambda request: (
            {"result": {"data": [3]}} if request["channel"] == "good" else {"error": {"code": 1000, "message": "no"}})
        site.answers["publish"] = lambda request: {"result": {"data": [request["user"], request["data"]]}}
        site.answers["rpc"] = lambda request: {"result": {"data": [request["method"], request["data"]]}}
        client = await self.client()
        reply = (await client.ask("connect", data={"a": "b"}, name="test"))["connect"]
        self.assertEqual((reply["data"], list(reply["subs"])), ({"hello": 2}, ["news"]))
        [question] = site.questions("connect")
        self.assertEqual((question["data"], question["name"], question["transport"], question["client"]),
                         ({"a": "b"}, "test", "websocket", reply["client"]))
        self.assertEqual((await client.ask("subscribe", channel="good"))["subscribe"]["data"], [3])
        self.assertEqual((await client.ask("subscribe", channel="bad"))["error"], {"code": 1000, "message": "no"})
        self.assertEqual((await client.ask("rpc", method="sum", data=[4]))["rpc"]["data"], ["sum", [4]])
        await client.send("publish", channel="good", data=5)
        said = [await client.next() for _ in range(2)]
        [publication] = [text["push"]["pub"] for text in said if "push" in text]
        self.assertEqual((publication["data"], publication["info"]["user"]), (["ann", 5], "ann"))
        for hook in "connect", "publish", "rpc":
            await self.called(hook, "ok")
        await self.called("subscribe", "error")

    async def test_expired_connections_and_subscriptions_are_renewed_by_the_back_end(self):
        site = await self.back_end(*ALL_HOOKS, **IN_ROOMS)
        site.answers["connect"] = lambda request: {"result": {"user": "ann", "expire_at": soon()}}
        site.answers["subscribe"] = lambda request: {"result": {"expire_at": soon()}}
        for hook in "refresh", "sub_refresh":
            site.answers[hook] = lambda request: {"result": {"expire_at": soon()}}
        client = await self.connected()
        self.assertIn("subscribe", await client.ask("subscribe", channel="room"))
        await self.asked("refresh", 2)
        await self.asked("sub_refresh", 2)
        self.assertEqual(site.questions("refresh")[0]["user"], "ann")
        self.assertEqual(site.questions("sub_refresh")[0]["channel"], "room")
        self.assertIn("rpc", await client.ask("rpc", method="still here"))
        site.answers["sub_refresh"] = lambda request: {"result": {"expired": True}}
        unsubscribed = await client.push()
        self.assertEqual((unsubscribed["channel"], unsubscribed["unsubscribe"]["code"]), ("room", 2501))
        site.answers["refresh"] = lambda request: {"result": {"expired": True}}
        self.assertEqual((await close_of(client.client))[0], 3005)

    async def test_without_an_answer_a_connection_and_a_subscription_that_expire_go_on(self):
        site = await self.back_end(*ALL_HOOKS, **IN_ROOMS)
        site.answers["connect"] = lambda request: {"result": {"user": "ann", "expire_at": soon()}}
        site.answers["subscribe"] = lambda request: {"result": {"expire_at": soon()}}
        site.answers["refresh"] = site.answers["sub_refresh"] = lambda request: Reply(status=500)
        client = await self.connected()
        self.assertIn("subscribe", await client.ask("subscribe", channel="room"))
        await self.called("refresh", "failed")
        await self.called("sub_refresh", "failed")
        self.assertIn("rpc", await client.ask("rpc", method="still here"))
        await client.send("publish", channel="room", data=1)
        self.assertEqual({"push" in await client.next() for _ in range(2)}, {True, False})

    async def test_a_back_end_disconnects_a_client_with_its_own_code(self):
        site = await self.back_end("connect")
        site.answers["connect"] = lambda request: {"disconnect": {"code": 4501, "reason": "go away"}}
        client = await self.client()
        await client.send("connect")
        self.assertEqual(await close_of(client.client), (4501, "go away"))
        await self.called("connect", "disconnect")

    async def test_a_status_of_the_back_end_becomes_an_answer(self):
        site = await self.back_end(
            "connect", "rpc", hook_status="401:disconnect:4401:sign in; 429:temporary-error:1001:later; 404:error:1002:none")
        client = await self.connected()
        for status, error in ((429, {"code": 1001, "message": "later", "temporary": True}), (404, {"code": 1002, "message": "none"}),
                              (500, {"code": 100, "message": "internal server error", "temporary": True})):
            site.answers["rpc"] = lambda request, status=status: Reply(status=status)
            got = (await client.ask("rpc", method="m"))["error"]
            self.assertEqual({**got, "message": error["message"]}, error)
            self.assertTrue(got["message"].startswith(error["message"]), got)
        site.answers["rpc"] = lambda request: Reply(status=401)
        await client.send("rpc", method="m")
        self.assertEqual(await close_of(client.client), (4401, "sign in"))

    async def test_only_listed_headers_of_the_upgrade_are_forwarded(self):
        file = self.secret_file("headers", "X-Secret: from the file\nX-App: default\n")
        site = await self.back_end("connect", hook_headers="Cookie, x-app", hook_headers_file=file)
        client = await self.client(headers={"Cookie": "session=1", "X-Other": "private"})
        await client.ask("connect")
        fields = site.fields("connect")
        self.assertEqual((fields.get("cookie"), fields.get("x-secret"), fields.get("x-app"), fields.get("x-other")),
                         ("session=1", "from the file", "default", None))
        client = await self.client(headers={"X-App": "mine"})
        await client.ask("connect")
        self.assertEqual((site.fields("connect").get("x-app"), site.fields("connect").get("cookie")), ("mine", None))

    async def test_one_connection_is_kept_for_many_questions(self):
        site = await self.back_end("rpc")
        client = await self.connected()
        for n in range(50):
            await client.ask("rpc", method=str(n))
        self.assertEqual((site.connections, len(site.questions("rpc"))), (1, 50))


@over("plain")
class Ways(Asking):
    """How a back end is reached."""

    async def test_over_a_unix_socket(self):
        folder = self.enterContext(tempfile.TemporaryDirectory())
        site = await self.back_end("rpc", unix=f"{folder}/socket")
        site.answers["rpc"] = lambda request: {"result": {"data": request["method"]}}
        self.assertEqual((await (await self.connected()).ask("rpc", method="m"))["rpc"], {"data": "m"})

    async def test_over_https_with_an_authority_of_its_own(self):
        site = await self.back_end("rpc", certificate=certificate(), hook_ca_file=certificate()[0])
        site.answers["rpc"] = lambda request: {"result": {"data": request["method"]}}
        self.assertEqual((await (await self.connected()).ask("rpc", method="m"))["rpc"], {"data": "m"})

    async def test_over_https_only_with_a_certificate_that_is_trusted(self):
        await self.back_end("rpc", certificate=certificate())
        self.assertEqual((await (await self.connected()).ask("rpc", method="m"))["error"]["code"], 100)
        await self.server.logged("back end: rpc", "certificate")
        self.assertEqual(self.site.questions("rpc"), [])


@over("plain")
class Failures(Asking):
    async def refused_for_now(self, hook, outcome, timeout, url):
        """The client gets error 100 in time, the metrics count it, and the log says so."""
        self.serve(metrics=1, hook_timeout=int(timeout * 1000), **{f"{hook}_url": url})
        client = await self.client()
        if hook != "connect":
            await client.ask("connect")
        began = time.monotonic()
        reply = await client.ask(hook, **COMMANDS[hook])
        self.assertLess(time.monotonic() - began, timeout + 1)
        self.assertEqual((reply["error"]["code"], reply["error"]["temporary"]), (100, True))
        self.assertEqual(await self.calls_of(hook, outcome), 1)
        await self.server.logged(f"back end: {hook} at")
        await client.client.close()
        self.server.stop()

    async def test_a_back_end_without_a_sensible_answer_is_an_error_that_passes(self):
        site = await self.enterAsyncContext(HookServer())
        for hook in "connect", "rpc":
            for name, answer in (("500", Reply(status=500)), ("not JSON", Reply(b"<html>")), ("no object", Reply(b"[]")),
                                 ("empty", Reply()), ("too large", Reply(b'{"result":{"data":"' + b"x" * 100_000 + b'"}}'))):
                with self.subTest(name, hook=hook):
                    site.answers[hook] = lambda request, answer=answer: answer
                    await self.refused_for_now(hook, "failed", 5, site.url(hook))

    async def test_a_back_end_that_is_slow_or_hangs_times_out(self):
        site, deaf = await self.enterAsyncContext(HookServer()), self.enterContext(Deaf())
        _, site.answers["connect"] = self.hold()
        for name, url in ("slow", site.url("connect")), ("never accepts", deaf.url("connect")):
            with self.subTest(name):
                await self.refused_for_now("connect", "timeout", 0.3, url)

    async def test_a_back_end_that_is_down_or_has_no_address_is_an_error_that_passes(self):
        for url in f"http://127.0.0.1:{free_port()}/", "http://no-such-host.invalid/", "unix:/no/such/socket:/":
            with self.subTest(url):
                await self.refused_for_now("connect", "failed", 5, url)

    async def test_failures_are_logged_once_a_second_at_most(self):
        self.serve(metrics=1, rpc_url=f"http://127.0.0.1:{free_port()}/")
        client, began = await self.connected(), time.monotonic()
        for _ in range(100):
            self.assertEqual((await client.ask("rpc", method="m"))["error"]["code"], 100)
        seconds = time.monotonic() - began
        await self.called("rpc", "failed", 100)
        lines = self.server.chat_log("back end: rpc")
        self.assertTrue(1 <= len(lines) <= seconds + 1, (seconds, lines))

    async def others_go_on(self, url):
        self.serve(metrics=1, hook_timeout=60_000, rpc_url=url)
        waiting, ann, ben = await self.connected(), await self.connected(), await self.connected()
        for client in ann, ben:
            await client.ask("subscribe", channel="room")
        await waiting.send("rpc", method="m")
        await self.counted(hook_waiting=1)
        for n in range(200):
            await ann.send("publish", channel="room", data=n)
            self.assertEqual(await ben.data(), n)
        await self.counted(hook_waiting=1)
        self.assertEqual(waiting.waiting, [])
        return waiting

    async def test_others_go_on_while_a_back_end_is_slow(self):
        site = await self.enterAsyncContext(HookServer())
        event, site.answers["rpc"] = self.hold()
        waiting = await self.others_go_on(site.url("rpc"))
        event.set()
        self.assertEqual((await waiting.next())["rpc"], {"data": "late"})

    async def test_others_go_on_while_a_back_end_accepts_no_connection(self):
        await self.others_go_on(self.enterContext(Deaf()).url("rpc"))

    async def test_commands_of_the_client_wait_for_its_answer_in_order(self):
        site = await self.back_end("rpc", hook_timeout=60_000)
        event, site.answers["rpc"] = self.hold()
        client = await self.connected()
        await client.send("rpc", method="m")
        await self.asked("rpc")
        await client.send("subscribe", channel="room")
        await client.send("ping")
        event.set()
        got = [await client.next() for _ in range(3)]
        self.assertEqual([sorted(set(reply) - {"id"}) for reply in got], [["rpc"], ["subscribe"], ["ping"]])


@over("plain")
class Leaving(Asking):
    async def test_a_client_that_leaves_while_the_back_end_is_asked_is_forgotten(self):
        for hook, fields in COMMANDS.items():
            with self.subTest(hook):
                in_room = {f"{hook}_hook": 1} if "channel" in fields else {}
                site = await self.back_end(hook, hook_timeout=60_000, pong_timeout=90, presence_grace=0, **in_room)
                event, answer = self.hold()
                client = await Wire.dial(self.server.url_of(path=STRUCTURED))
                if hook != "connect":
                    client.send(frame('{"id":1,"connect":{}}'))
                    await client.message()
                site.answers[hook] = answer
                client.send(frame(json.dumps({"id": 2, hook: fields})))
                await self.asked(hook)
                await client.reset()
                event.set()
                await self.called(hook, "ok")
                await self.counted(clients__structured=0, hook_waiting=0, subscriptions__structured=0)
                self.server.stop()

    @unittest.skipIf(HOST == "lwsws", "lwsws ends at once")
    async def test_the_server_ends_while_questions_wait(self):
        site = await self.back_end("connect", "rpc", hook_timeout=60_000, pong_timeout=90)
        client = await self.connected()
        _, site.answers["rpc"] = self.hold()
        _, site.answers["connect"] = self.hold()
        coming = await self.client()
        await client.send("rpc", method="m")
        await coming.send("connect")
        await self.counted(hook_waiting=2)
        self.server.signal(signal.SIGTERM)
        for each in client, coming:
            self.assertEqual((await close_of(each.client))[0], 3001)
        # It has ended while both answers are still held back.
        await self.server.until(lambda: self.server.process.poll() is not None, "the server to end")
        self.assertEqual(self.server.process.returncode, 0)


@over("plain")
class Reloads(Asking):
    async def reload(self, line):
        before = len(self.server.chat_log(line))
        self.server.signal(signal.SIGHUP)
        await self.server.logged(line, times=before + 1)

    @unittest.skipIf(HOST == "lwsws", "lwsws ends at SIGHUP")
    async def test_headers_are_read_again_and_a_bad_file_is_refused(self):
        file = self.secret_file("headers", "X-Secret: old\n")
        site = await self.back_end("rpc", hook_headers_file=file)
        client = await self.connected()

        async def secret():
            await client.ask("rpc", method="m")
            return site.fields("rpc")["x-secret"]
        self.assertEqual(await secret(), "old")
        file.write_text("X-Secret: new\n")
        self.assertEqual(await secret(), "old")
        await self.reload("read the files of token keys and back ends again")
        self.assertEqual(await secret(), "new")
        for spoil in lambda: file.write_text("no header\n"), lambda: file.chmod(0o644), file.unlink:
            spoil()
            await self.reload("the keys in use stay")
            self.assertIn("hook-headers-file", self.server.chat_log("the keys in use stay")[-1])
            self.assertEqual(await secret(), "new")

    @unittest.skipIf(HOST == "lwsws", "lwsws ends at SIGHUP")
    async def test_a_secret_is_read_again_and_a_bad_file_is_refused(self):
        old, new = "o" * 64, "n" * 64
        file = self.secret_file("secret", old)
        self.serve(metrics=1, token_secret_file=file)

        async def works(secret):
            client = await self.client()
            await client.send("connect", token=token("ann", secret))
            if await self.lets_in(client):
                return True
            return False
        self.assertEqual((await works(old), await works(new)), (True, False))
        file.write_text(new)
        await self.reload("read the files of token keys and back ends again")
        self.assertEqual((await works(old), await works(new)), (False, True))
        for spoil in lambda: file.write_text(""), lambda: (file.write_text(old), file.chmod(0o644)), file.unlink:
            spoil()
            await self.reload("the keys in use stay")
            self.assertIn("token-secret-file", self.server.chat_log("the keys in use stay")[-1])
            self.assertEqual((await works(old), await works(new)), (False, True))

    @staticmethod
    async def lets_in(client):
        import websockets
        try:
            return "connect" in await client.next()
        except websockets.ConnectionClosed as closed:
            assert closed.rcvd.code == 3500, closed
            return False


if __name__ == "__main__":
    unittest.main()
