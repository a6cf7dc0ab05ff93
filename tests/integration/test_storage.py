"""Rooms in a file: what clients and back ends see after the server was killed and started again."""
import asyncio
import json
import pathlib
import signal
import sys
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
from integration.test_centrifuge import Sdk  # noqa: E402
from support.back_end import STRUCTURED, Member, key_file  # noqa: E402
from support.events import Events  # noqa: E402
from support.server import HOST, close_of, connect, receive  # noqa: E402
from support.storage import Stored  # noqa: E402
from support.tokens import secret_file, token  # noqa: E402
from support.transports import over  # noqa: E402


@over("plain", "tls")
class Killed(Stored):
    async def test_a_text_client_gets_its_replay(self):
        self.serve(replay=10)
        writer = await self.texter()
        for text in "one", "two", "three":
            await writer.send(text)
            self.assertEqual(await receive(writer), text)
        self.restart()
        reader = await self.texter()
        self.assertEqual([await receive(reader) for _ in range(3)], ["one", "two", "three"])
        await reader.send("four")
        self.assertEqual(await receive(reader), "four")

    async def test_an_event_stream_goes_on_at_its_id(self):
        self.serve()
        url = self.server.url_of(path="/sse/lobby").replace("ws", "http", 1)
        reader = await Events.open(url)
        await reader.next()
        for text in "one", "two":
            await self.publish(text)
        self.assertEqual([(await reader.next()).data for _ in range(2)], ["one", "two"])
        last = reader.last_id
        await self.publish("three")
        await reader.hang_up()
        self.restart()
        reader = await Events.open(url, last)
        self.addAsyncCleanup(reader.hang_up)
        self.assertEqual((await reader.next()).type, "position", "no gap")
        self.assertEqual((await reader.next()).data, "three")
        await self.publish("four")
        self.assertEqual((await reader.next()).data, "four")

    async def test_http_history_is_there_though_nobody_has_come_back(self):
        self.serve()
        positions = [await self.publish(i, tags={"n": str(i)}) for i in range(1, 4)]
        before = await self.result("history", {"channel": "lobby", "limit": -1})
        self.restart()
        self.assertEqual(await self.result("history", {"channel": "lobby", "limit": -1}), before)
        self.assertEqual(await self.history(), ([(1, 1), (2, 2), (3, 3)], positions[-1]))
        self.assertEqual(await self.publish(4), {**positions[-1], "offset": 4})

    async def test_each_kind_of_message_comes_back_as_it_was(self):
        self.serve(replay=10, binary="relay")
        writer = await self.texter()
        said = ["text", "請輸入 \"x\"\n", "", b"\x00\xff binary", "y" * 60000]
        for text in said:
            await writer.send(text)
            self.assertEqual(await receive(writer), text)
        await self.publish({"z": 1.50, "a": [None, "x"]})
        self.restart()
        reader = await self.texter()
        self.assertEqual([await receive(reader) for _ in said], said)
        self.assertEqual(json.loads(await receive(reader)), {"z": 1.5, "a": [None, "x"]})

    async def test_a_key_that_was_used_before_the_crash_publishes_nothing(self):
        self.serve()
        first = await self.publish("once", idempotency_key="k")
        self.restart()
        self.assertEqual(await self.publish("twice", idempotency_key="k"), first)
        self.assertEqual((await self.publish("once", channel="other", idempotency_key="k"))["offset"], 1)
        self.assertEqual((await self.history())[0], [(1, "once")])

    async def test_a_late_version_is_late_after_the_crash_too(self):
        self.serve()
        first = await self.publish("new", version=7, version_epoch="v")
        self.restart()
        self.assertEqual((await self.publish("late", version=6, version_epoch="v"))["offset"], first["offset"])
        self.assertEqual((await self.publish("newer", version=8, version_epoch="v"))["offset"], 2)

    async def test_a_revoked_token_stays_revoked(self):
        self.serve(token_secret_file=secret_file(self))
        bad, good = token("ann", jti="bad"), token("ann", jti="good")
        await self.result("invalidate_user_tokens", {"user": "ben"})
        # Killed as soon as the back end has its answer.
        await self.result("revoke_token", {"uid": "bad"})
        self.restart()
        for text, expected in (bad, 3500), (token("ben"), 3500), (good, None):
            client = Member(await self.enterAsyncContext(connect(self.server.url_of(path=STRUCTURED))))
            await client.send("connect", token=text)
            if expected:
                self.assertEqual((await close_of(client.client))[0], expected)
            else:
                self.assertIn("connect", await client.next())

    async def test_who_was_present_is_so_for_the_grace_and_comes_back_as_the_same_client(self):
        self.serve(presence_grace=30)
        ann = await self.member("lobby", user="ann", session="tab 1")
        await self.publish("after")
        self.restart()
        present = (await self.result("presence", {"channel": "lobby"}))["presence"]
        self.assertEqual({name: one["user"] for name, one in present.items()}, {ann.id: "ann"})
        watcher = await self.member(user="watcher")
        self.assertIn("subscribe", await watcher.ask("subscribe", channel="lobby", join_leave=True))
        again = await self.member("lobby", user="ann", session="tab 1")
        self.assertEqual(again.id, ann.id)
        await self.publish("the end")
        seen = []
        while not seen or "pub" not in seen[-1]:
            seen.append(await watcher.push())
        self.assertEqual([push["join"]["info"]["user"] for push in seen if "join" in push and push["join"]["info"]["user"] == "ann"], [])
        self.assertEqual([push for push in seen if "leave" in push], [])

    async def test_a_room_that_is_not_durable_begins_anew(self):
        self.serve(**{"typing/durable": 0, "fleeting/history_size": 0})
        for room in "typing:a", "lobby":
            await self.publish("x", channel=room)
        old = await self.history("typing:a")
        self.assertEqual(await self.publish("y", channel="fleeting:a"), {})
        self.restart()
        messages, position = await self.history("typing:a")
        self.assertEqual((messages, position["offset"]), ([], 0))
        self.assertNotEqual(position["epoch"], old[1]["epoch"])
        self.assertEqual((await self.history())[0], [(1, "x")])

    async def test_a_room_that_was_not_durable_for_a_while_tells_those_who_come_back(self):
        self.serve(replay=10)
        old = await self.publish("durable")
        for durable, data in (0, "fleeting"), (1, "durable again"):
            self.server.stop()
            self.line = None
            self.set_option("durable", str(durable))
            self.start()
            await self.publish(data)
        client = await self.member()
        reply = await client.ask("subscribe", channel="lobby", recover=True, offset=old["offset"], epoch=old["epoch"])
        self.assertFalse(reply["subscribe"].get("recovered", False))
        self.assertEqual((await self.history())[0], [(1, "durable again")])

    async def test_nothing_is_accepted_while_somebody_has_moved_the_file(self):
        self.serve()
        await self.publish(1)
        away = self.file.rename(self.folder / "away.db")
        await self.call("publish", {"channel": "lobby", "data": 2}, status=503)
        await self.server.logged("was removed or replaced while the server has it open")
        self.assertEqual((await self.ask("/readyz", key=None)).status, 503)
        away.rename(self.file)
        await self.publish(3)
        self.restart()
        self.assertEqual((await self.history())[0], [(1, 1), (2, 3)])

    async def test_removed_messages_do_not_come_back_and_offsets_go_on(self):
        self.serve()
        position = [await self.publish(i) for i in range(3)][-1]
        await self.result("history_remove", {"channel": "lobby"})
        self.restart()
        self.assertEqual(await self.history(), ([], position))
        self.assertEqual((await self.publish("next"))["offset"], 4)

    async def test_messages_that_are_not_in_memory_come_from_the_file(self):
        self.serve(history_size=2000, history_in_memory=10)
        await self.call("batch", {"commands": [{"publish": {"channel": "lobby", "data": i}} for i in range(1, 1001)]})
        everything = [(i, i) for i in range(1, 1001)]
        for again in range(2):
            messages, position = await self.history()
            self.assertEqual(messages, everything)
            part, _ = await self.history(limit=3, reverse=True, since={"offset": 501, "epoch": position["epoch"]})
            self.assertEqual(part, [(500, 500), (499, 499), (498, 498)])
            client = await self.member()
            reply = await client.ask("subscribe", channel="lobby", recover=True, offset=300, epoch=position["epoch"])
            self.assertTrue(reply["subscribe"]["recovered"])
            got = [one["offset"] for one in reply["subscribe"].get("publications", [])]
            while len(got) < 700:
                got.append((await client.publication())["offset"])
            self.assertEqual(got, list(range(301, 1001)))
            if not again:
                self.restart()
        self.assertLess((await self.metrics())["lws_chat_history_messages"], 20)

    @unittest.skipIf(HOST == "lwsws", "tests kill lwsws")
    async def test_an_orderly_end_keeps_everything_too(self):
        self.serve()
        positions = await asyncio.gather(*(self.one_call(i) for i in range(20)))
        self.server.stop()
        self.start()
        self.line = None
        messages, position = await self.history()
        self.assertEqual([offset for offset, _ in messages], list(range(1, 21)))
        self.assertEqual(sorted(one["offset"] for one in positions), list(range(1, 21)))
        self.assertEqual(position["epoch"], positions[0]["epoch"])

    async def one_call(self, i):
        line = await self.open_line()
        return (await line.call("publish", {"channel": "lobby", "data": i}))[1]["result"]

    async def test_a_server_that_stood_still_loses_nothing(self):
        self.serve()
        writer, reader = await self.texter(), await self.texter()
        await writer.send("before")
        self.assertEqual(await receive(reader), "before")
        self.server.signal(signal.SIGSTOP)
        for i in range(50):
            await writer.send(f"{i}")
        await asyncio.sleep(0.2)
        self.server.signal(signal.SIGCONT)
        self.assertEqual([await receive(reader) for _ in range(50)], [f"{i}" for i in range(50)])
        self.restart()
        self.assertEqual(len((await self.history())[0]), 51)

    async def test_metrics_count_what_was_written_and_restored(self):
        self.serve()
        await self.publish("hello")
        said = await self.metrics()
        self.assertEqual((said["lws_chat_storage_messages_total"], said["lws_chat_storage_message_bytes_total"]), (1, 7))
        self.assertGreater(said["lws_chat_storage_file_bytes"], 0)
        self.assertGreater(said["lws_chat_storage_commit_seconds_count"], 0)
        for name in "queue_messages", "queue_bytes", "failures_total", "refused_total", "failing":
            self.assertEqual(said[f"lws_chat_storage_{name}"], 0, name)
        self.restart()
        await self.history()
        self.assertEqual((await self.metrics())["lws_chat_storage_restored_rooms_total"], 1)


@over("plain", "tls")
class KilledSdk(Stored, Sdk):
    async def test_an_sdk_client_comes_back_recovered_though_it_was_connected(self):
        got = await self.scenario("restart", RESTART=self.back)
        self.assertEqual(got, {"other": False, "wasRecovering": True, "recovered": True, "data": ["before", "after"],
                               "offsets": [1, 2]})

    async def test_an_sdk_client_that_was_away_gets_what_it_missed(self):
        async def act():
            for i in range(4, 7):
                await self.publish(i)
            self.restart()
        got = await self.scenario("away", AWAY=act)
        self.assertEqual(got, {"same": True, "recovered": True, "data": ["one", "two", "three", 4, 5, 6, "after"],
                               "offsets": [1, 2, 3, 4, 5, 6, 7]})

    async def back(self):
        self.restart()

    async def scenario(self, name, **when):
        loop = asyncio.get_running_loop()
        actions = {word: lambda act=act: asyncio.run_coroutine_threadsafe(act(), loop).result() for word, act in when.items()}
        return await asyncio.to_thread(self.run_scenario, name, when=actions, api_key_file=key_file(self))


if __name__ == "__main__":
    unittest.main()
