"""Redis stands still, is killed, loses its data or its connections: readers get each message once and in order, or are told of
the gap, and publishers are told what happened."""
import asyncio
import os
import pathlib
import sys
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
from support.back_end import Line  # noqa: E402
from support.nodes import Clustered  # noqa: E402
from support.readers import StreamReader, StructuredReader, TextReader  # noqa: E402
from support.redis import Redis, needs_redis  # noqa: E402
from support.relay import Relay  # noqa: E402
from support.sdk_client import SdkError  # noqa: E402
from support.sentinels import Sentinels  # noqa: E402
from support.server import close_of, receive  # noqa: E402
from support.told import contradictions, faults  # noqa: E402

KILLS = int(os.environ.get("LWS_CHAT_KILLS", "10"))
TEMPORARY = 100


class Crowd(Clustered):
    """Readers of every kind at every node, in one room."""

    async def gather_crowd(self):
        nodes = range(len(self.nodes))
        self.texts_read = [await self.reader(TextReader, node) for node in nodes]
        self.readers = [await self.reader(kind, node) for kind in (StreamReader, StructuredReader) for node in nodes]
        self.sdks = [await self.sdk(node, "lobby") for node in nodes]
        await self.everybody_gets("before")

    def logs(self):
        """What readers that know positions have seen."""
        return [reader.log for reader in self.readers] + [sdk.log() for sdk in self.sdks]

    async def everybody_gets(self, data, node=0):
        """Publishes a last message, and waits until all have it, or were told of a gap up to it. Returns its position."""
        position = await self.publish(node, data)
        last = ("gap", position["epoch"], position["offset"])
        await self.until(lambda: all(log and (log[-1][2] == data or log[-1] == last) for log in self.logs()),
                         f"everybody to get {data}")
        await self.until(lambda: all(reader.last == data for reader in self.texts_read), f"everybody to get {data}")
        return position

    async def until_linked(self, linked=True):
        """Waits until all nodes have their Redis, or none. /readyz waits for longer until it says that there is none."""
        async def fact():
            return all([await asyncio.to_thread(self.nodes.linked, node) == linked for node in range(len(self.nodes))])
        await self.until(fact, "the nodes to have their Redis" if linked else "the nodes to lose their Redis")

    async def published(self, data, node=0):
        """Publishes until it works."""
        await self.until(lambda: self.tried(data, node), f"{data} to be published")

    async def tried(self, data, node=0):
        line = await Line.open(self.nodes[node].http_of())
        try:
            status, answer = await line.call("publish", {"channel": "lobby", "data": data})
        finally:
            await line.close()
        self.assertIn(status, (200, 503), answer)
        return status == 200

    def assert_whole(self):
        """Everybody has each message once and in order, nobody has left, and nobody was told of a gap."""
        for log in self.logs():
            self.assertEqual([entry for entry in log if entry[0] == "gap"], [])
        self.assert_told()
        self.assert_stayed()
        first = self.logs()[0]
        for log in self.logs():
            self.assertEqual(log, first)
        for reader in self.texts_read:
            self.assertEqual([data for _, _, data in reader.log], [data for _, _, data in first])

    def assert_stayed(self):
        self.assertEqual([reader.comings for reader in (*self.readers, *self.texts_read)], [1] * 3 * len(self.nodes))
        for sdk in self.sdks:
            self.assertEqual([event["event"] for event in sdk.named("connected", "subscribed", "unsubscribed", "disconnected")],
                             ["connected", "subscribed"])

    def assert_told(self):
        """Everybody has each message once and in order, or was told of the gap."""
        for log in self.logs():
            self.assertEqual(faults(log), [])
        self.assertEqual(contradictions(*self.logs()), [])

    async def until_told(self):
        await self.until(lambda: all(any(entry[0] == "gap" for entry in log) for log in self.logs()),
                         "everybody to be told of the gap")


@needs_redis
class StandsStill(Crowd):
    async def test_readers_stay_and_publishing_fails_until_redis_goes_on(self):
        self.serve(2, history_size=1000)
        await self.gather_crowd()
        member, waiting = await self.member(0, "lobby"), await self.text(1)
        self.redis.pause()
        answer = await self.call(0, "publish", {"channel": "lobby", "data": "refused by the API"}, status=503)
        self.assertEqual(answer["error"]["code"], TEMPORARY)
        reply = await member.ask("publish", channel="lobby", data="refused by the dialect")
        self.assertEqual((reply["error"]["code"], reply["error"].get("temporary")), (TEMPORARY, True))
        with self.assertRaises(SdkError) as failed:
            await self.sdks[1].ask("publish", room="lobby", data="refused by the SDK")
        self.assertEqual((failed.exception.code, failed.exception.temporary), (TEMPORARY, True))
        for i in range(100):
            await waiting.send(f"waiting {i}")
        self.assertEqual((await close_of(waiting))[0], 1013)
        for node in 0, 1:
            self.assertIn(str(self.redis.path), await self.nodes.until(node, 503))
        self.redis.resume()
        for node in 0, 1:
            await self.nodes.until(node, 200)
        await self.everybody_gets("after", 1)
        # A message that was refused may have been in Redis's socket. Then everybody has it.
        self.assert_whole()

    async def test_a_short_stop_is_a_delay(self):
        self.serve(2, history_size=1000)
        await self.gather_crowd()
        text = await self.text(0)
        with self.redis.paused():
            for i in range(20):
                await text.send(f"{i}")
        self.assertEqual([await receive(text) for _ in range(20)], [f"{i}" for i in range(20)])
        await self.everybody_gets("after", 1)
        self.assert_whole()
        self.assertEqual(len(self.readers[0].log), 22)

    async def test_local_rooms_go_on(self):
        self.serve(1, **{"typing/broker": "local"})
        text, member = await self.text(0, "typing:a"), await self.member(0, "typing:a")
        with self.redis.paused():
            await self.call(0, "publish", {"channel": "lobby", "data": "refused"}, status=503)
            await text.send("hello")
            self.assertEqual(await receive(text), "hello")
            self.assertEqual(await member.data(), "hello")
            self.assertEqual((await self.publish(0, "again", channel="typing:a"))["offset"], 2)
            self.assertEqual((await self.history(0, "typing:a"))[0], [(1, "hello"), (2, "again")])

    async def test_who_comes_meanwhile_is_in_the_room_afterwards(self):
        self.serve(1)
        await self.publish(0, "before")
        with self.redis.paused():
            sdk = await self.sdk(0)
            joining = asyncio.ensure_future(sdk.ask("join", room="lobby"))
            await self.nodes.until(0, 503)
        await joining
        await self.published("after")
        await self.until(lambda: [data for _, _, data in sdk.log()] == ["after"], "the message")

    async def test_a_node_ends_in_good_order_meanwhile(self):
        self.serve(2)
        await self.gather_crowd()
        with self.redis.paused():
            await asyncio.to_thread(self.nodes[1].stop)


@needs_redis
class IsKilled(Crowd):
    async def serve_with(self, **options):
        self.redis = self.enterContext(Redis(**options))
        # With replay, a text client that comes back gets the message that it missed in between.
        self.serve(2, self.redis, history_size=1000, replay=1)
        await self.gather_crowd()

    async def kill_and_start(self):
        self.redis.kill()
        await self.call(0, "publish", {"channel": "lobby", "data": "refused"}, status=503)
        await self.until_linked(False)
        self.redis.start()
        await self.until_linked()

    async def test_with_an_append_only_file_nothing_is_lost(self):
        await self.serve_with(append_only=True)
        for i in range(50):
            await self.publish(i % 2, f"{i}")
        await self.kill_and_start()
        await self.everybody_gets("after", 1)
        self.assert_whole()
        self.assertEqual(len(self.logs()[0]), 52)
        self.assertEqual([entry[2] for entry in self.logs()[0]], [data for _, data in (await self.history(0))[0]])

    async def test_without_one_everybody_is_told_though_nobody_publishes(self):
        await self.serve_with()
        await self.publish(1, "lost")
        await self.kill_and_start()
        await self.until_told()
        await self.everybody_gets("after", 1)
        self.assert_told()
        self.assertEqual(len({log[0][0] for log in self.logs()} | {log[-1][0] for log in self.logs()}), 2, "two epochs")
        history, epoch, _ = await self.history(0)
        self.assertEqual([data for _, data in history][-1], "after")
        self.assertEqual((await self.history(1))[1], epoch)

    async def test_a_client_that_comes_back_later_is_told_too(self):
        await self.serve_with()
        before = await self.publish(0, "lost")
        await self.kill_and_start()
        sdk = await self.sdk(1, "lobby", since={"epoch": before["epoch"], "offset": before["offset"]})
        self.assertEqual([entry[0] for entry in sdk.log()[:1]], ["gap"])


@needs_redis
class LosesData(Crowd):
    async def serve_crowd(self, **options):
        self.serve(2, history_size=1000, **options)
        await self.gather_crowd()
        for i in range(10):
            await self.publish(i % 2, f"{i}")

    async def test_after_flushall_everybody_is_told(self):
        await self.serve_crowd(replay=1)
        self.redis.call("FLUSHALL")
        await self.publish(1, "the first one in the new epoch")
        await self.until_told()
        await self.everybody_gets("after")
        self.assert_told()

    async def test_after_script_flush_all_goes_on(self):
        await self.serve_crowd()
        self.redis.call("SCRIPT", "FLUSH")
        await self.everybody_gets("after", 1)
        self.assert_whole()
        self.assertEqual(len(self.logs()[0]), 12)

    async def test_foreign_bytes_in_a_channel_are_counted_and_dropped(self):
        await self.serve_crowd()
        foreign = [b"", b"\xff\0\xff", b"__", b"__p1:", b"__p1:1:", b"__p1:x:y__\xff", b"__p1:99999999999999999999:e__\n\x01", b"__j__\xff", b"x" * 70000]
        for payload in foreign:
            self.redis.call("PUBLISH", "centrifugo.client.lobby", payload)
            self.redis.call("PUBLISH", "centrifugo.control", payload)
        await self.everybody_gets("after", 1)
        self.assert_whole()
        for node in 0, 1:
            said = await self.metrics(node)
            name = "lws_chat_shared_foreign_total"
            self.assertGreater(said[name], 0)


@needs_redis
class LosesConnections(Crowd):
    async def flow(self, fault, times):
        """Publishes at all nodes, each message until it is acknowledged, and lets the fault happen this often."""
        self.ending, self.acknowledged = False, {}
        publishers = [asyncio.ensure_future(self.publisher(node)) for node in range(len(self.nodes))]
        for _ in range(times):
            before = len(self.acknowledged)
            await fault()
            # Some messages between two faults; not too many, so that others are on their way.
            await self.until(lambda: len(self.acknowledged) > before + 2 or any(one.done() for one in publishers), "messages")
        self.ending = True
        await asyncio.gather(*publishers)
        # A node that has lost connections again and again waits longer until it tries.
        for node in range(len(self.nodes)):
            await self.published(f"node {node} is back", node)

    async def publisher(self, node):
        i = 0
        while not self.ending:
            data = f"node {node}: {i}"
            line = await Line.open(self.nodes[node].http_of())
            try:
                status, answer = await line.call("publish", {"channel": "lobby", "data": data, "idempotency_key": data})
            finally:
                await line.close()
            if status == 200:
                self.acknowledged[data] = answer["result"]["offset"]
                i += 1
            else:
                self.assertEqual((status, answer["error"]["code"]), (503, TEMPORARY), answer)
                await asyncio.sleep(0.01)

    async def assert_acknowledged_once(self):
        await self.everybody_gets("the end")
        self.assert_whole()
        at = {data: offset for _, offset, data in self.logs()[0]}
        self.assertEqual(len(at), len(self.logs()[0]), "no message is there twice")
        self.assertEqual({data: at.get(data) for data in self.acknowledged}, self.acknowledged)

    async def killed(self, kind):
        self.serve(2, history_size=100_000, history_bytes=2**28)
        await self.gather_crowd()

        async def fault():
            await asyncio.to_thread(self.redis.call, "CLIENT", "KILL", "TYPE", kind)
        await self.flow(fault, KILLS)
        await self.assert_acknowledged_once()

    async def test_killed_subscriptions_lose_nothing(self):
        await self.killed("pubsub")

    async def test_killed_connections_of_commands_lose_nothing(self):
        await self.killed("normal")

    async def relayed(self):
        """Two nodes; the second one reaches Redis through a relay."""
        self.redis = self.enterContext(Redis())
        self.relay = self.enterContext(Relay(self.redis.path))
        self.serve(2, [self.redis, self.relay], history_size=100_000, history_bytes=2**28)
        await self.gather_crowd()

    async def test_cut_connections_lose_nothing(self):
        await self.relayed()

        async def fault():
            await asyncio.to_thread(self.relay.cut)
        await self.flow(fault, KILLS)
        await self.assert_acknowledged_once()

    async def test_slow_connections_lose_nothing(self):
        await self.relayed()
        self.relay.delay = 0.05
        await self.flow(lambda: asyncio.sleep(0), KILLS)
        await self.assert_acknowledged_once()

    async def test_silence_is_not_taken_for_quiet(self):
        await self.relayed()
        self.relay.black_hole()
        for i in range(10):
            await self.publish(0, f"{i}")
        # The old connections never say that they are gone.
        self.relay.end_black_hole()
        await self.until(lambda: all(len(log) == 11 for log in self.logs()), "the messages that were missed")
        await self.everybody_gets("after", 1)
        self.assert_whole()

    async def test_a_node_that_is_cut_off_for_long_says_so_and_the_others_go_on(self):
        await self.relayed()
        self.relay.refuse()
        await self.nodes.until(1, 503)
        self.assertEqual(self.nodes.readyz(0)[0], 200)
        for i in range(10):
            await self.publish(0, f"{i}")
        await self.call(1, "publish", {"channel": "lobby", "data": "refused"}, status=503)
        self.relay.allow()
        await self.nodes.until(1, 200)
        await self.everybody_gets("after", 1)
        self.assert_whole()
        self.assertEqual(len(self.logs()[0]), 12)

    async def test_who_missed_more_than_the_history_is_told(self):
        self.redis = self.enterContext(Redis())
        self.relay = self.enterContext(Relay(self.redis.path))
        self.serve(2, [self.redis, self.relay], history_size=5, replay=1)
        await self.gather_crowd()
        self.relay.refuse()
        for i in range(20):
            await self.publish(0, f"{i}")
        self.relay.allow()
        await self.published("after", 1)
        await self.everybody_gets("the end", 1)
        self.assert_told()
        here, there = self.logs()[0::2], self.logs()[1::2]
        self.assertTrue(all(any(entry[0] == "gap" for entry in log) for log in there), there)
        self.assertFalse(any(entry[0] == "gap" for log in here for entry in log), here)


@needs_redis
class FailsOver(Crowd):
    async def test_everybody_goes_on_with_the_new_primary_or_is_told(self):
        sentinels = self.enterContext(Sentinels())
        self.serve(2, sentinels.url, history_size=100_000, history_bytes=2**28, replay=1)
        await self.gather_crowd()
        for i in range(20):
            await self.publish(i % 2, f"{i}")
        new = await asyncio.to_thread(sentinels.failover)
        await self.published("after")
        await self.until(lambda: self.seen_at(new, "after"), "the new primary to have the message")
        await self.everybody_gets("the end", 1)
        self.assert_told()
        self.assertEqual(await self.history(0), await self.history(1))

    async def seen_at(self, server, data):
        """The message is at this server. One that came to the old primary in its last seconds is lost: then another is published."""
        found = [key for key in await asyncio.to_thread(server.call, "KEYS", "*stream*lobby") if ".meta." not in key]
        entries = [await asyncio.to_thread(server.call, "XREVRANGE", key, "+", "-", "COUNT", 1) for key in found]
        if any(data in repr(one) for one in entries):
            return True
        await self.tried(data)
        return False


if __name__ == "__main__":
    unittest.main()
