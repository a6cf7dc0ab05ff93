"""Three servers and a Redis, with readers and publishers of every kind, while things go wrong at random: each reader gets each
message that was accepted once and in order, or is told of the gap.

LWS_CHAT_REDIS_CAMPAIGN is the number of disturbances (default 18); with more than 60, Redis stands still for up to 20 s, too.
LWS_CHAT_SEED repeats the choice of disturbances.
"""
import asyncio
import collections
import contextlib
import os
import pathlib
import random
import shutil
import sys
import time
import unittest

import websockets

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
from support.back_end import Line  # noqa: E402
from support.ledger import Ledger, SdkReader  # noqa: E402
from support.nodes import Clustered  # noqa: E402
from support.readers import StreamReader, StructuredReader, TextReader  # noqa: E402
from support.redis import Redis, RedisError, needs_redis  # noqa: E402
from support.relay import Relay  # noqa: E402
from support.sdk_client import SdkError  # noqa: E402
from support.sentinels import Sentinels  # noqa: E402
from support.server import PATIENCE, connect  # noqa: E402

COUNT = int(os.environ.get("LWS_CHAT_REDIS_CAMPAIGN", "18"))
SEED = int(os.environ.get("LWS_CHAT_SEED", random.randrange(1 << 32)))
LONG = COUNT > 60
NODES = 3
MESSAGES = 5000 if LONG else 1500
PAUSE = 0.02  # of each publisher between two messages
LOBBY, BRIEF, NONE = "lobby", "brief:lobby", "none:lobby"
# How a text client may be told: the server is gone, is busy, or has missed messages.
CLOSINGS = {1006, 1013, 3010}


class Talker(TextReader):
    """A text client that also speaks. What it has heard of itself was accepted."""

    def __init__(self, server, room, ledger, name):
        super().__init__(server, room)
        self.ledger, self.name = ledger, name
        self.visits, self.waiting, self.quiet = 0, set(), False

    async def read(self):
        async with connect(self.server.url_of(path=f"/chat/{self.room}")) as client:
            self.entered()
            self.visits += 1
            talking = asyncio.ensure_future(self.talk(client))
            try:
                while True:
                    self.heard(await client.recv())
            except websockets.ConnectionClosed as closed:
                self.log.append(("gap", "closed", closed.rcvd.code if closed.rcvd else 1006))
                self.ledger.uncertain += len(self.waiting)
                self.waiting.clear()
            finally:
                talking.cancel()

    def heard(self, data):
        self.log.append((None, None, data))
        if data in self.waiting:
            self.waiting.discard(data)
            self.ledger.accepted.setdefault(data, ())

    async def talk(self, client):
        for i in range(1 << 30):
            await asyncio.sleep(5 * PAUSE)
            if self.quiet:
                return
            data = f"{self.name}.{self.visits} {i}"
            self.ledger.sending(data)
            self.waiting.add(data)
            await client.send(data)


class Campaign(Clustered):
    """Readers and publishers. A subclass has disturbances: methods named disturb_NAME; `losing` are those that lose messages."""
    losing = ()

    async def serve_all(self, redis):
        self.random = random.Random(SEED)
        self.serve(NODES, redis, history_size=100_000, history_bytes=2**28, presence=1, max_lag=2**26,
                   **{"brief/history-size": 20, "none/history-size": 0})
        self.ledgers = {room: Ledger(room) for room in (LOBBY, BRIEF, NONE)}
        self.ending, self.times, self.course = False, collections.Counter(), []
        lobby, brief, none = self.ledgers.values()
        nodes = range(NODES)
        sdks = [await self.sdk(node, LOBBY, BRIEF) for node in nodes]
        binary = await self.sdk(1, LOBBY, encoding="protobuf")
        lobby.placed += [SdkReader(sdk, LOBBY) for sdk in (*sdks, binary)]
        brief.placed += [SdkReader(sdk, BRIEF) for sdk in sdks]
        for node in nodes:
            lobby.placed += [await self.reader(kind, node, LOBBY) for kind in (StreamReader, StructuredReader)]
            lobby.plain.append(await self.reader(TextReader, node, LOBBY))
            brief.placed += [await self.reader(kind, node, BRIEF) for kind in (StreamReader, StructuredReader)]
            none.plain.append(await self.reader(TextReader, node, NONE))
        self.talkers = []
        for node in nodes:
            self.talkers.append(await self.reader(lambda server, room, node=node: Talker(server, room, lobby, f"talk-{node}"), node, LOBBY))
        lobby.plain += self.talkers
        await self.reach_end("begin")
        self.publishers = [asyncio.ensure_future(one) for one in (
            *(self.back_end(f"api-{i}", (LOBBY, LOBBY, LOBBY, BRIEF, NONE)[i]) for i in range(5)),
            *(self.member_of(sdk, f"sdk-{i}") for i, sdk in enumerate((*sdks, binary))))]

    # ---- publishers

    async def back_end(self, name, room):
        """Publishes each message until it is accepted, at any node."""
        lines = {}
        for i in range(1 << 30):
            if self.ending:
                break
            await self.accept(room, f"{name} {i}", lines)
            await asyncio.sleep(PAUSE)
        for line in lines.values():
            await line.close()

    async def accept(self, room, data, lines):
        ledger = self.ledgers[room]
        ledger.sending(data)
        fields = {"channel": room, "data": data, "idempotency_key": data}
        deadline = time.monotonic() + 4 * PATIENCE
        while data not in ledger.accepted:
            self.assertLess(time.monotonic(), deadline, f"{data} is not accepted")
            node = random.randrange(NODES)
            try:
                if node not in lines:
                    lines[node] = await Line.open(self.nodes[node].http_of())
            except OSError:
                await asyncio.sleep(PAUSE)  # it was killed
                continue
            try:
                status, answer = await lines[node].call("publish", fields)
            except (asyncio.IncompleteReadError, ConnectionError):
                await lines.pop(node).close()
                ledger.uncertain += 1
                continue
            self.assertIn(status, (200, 503), answer)
            if status == 200:
                result = answer["result"]
                ledger.accepted[data] = (result["epoch"], result["offset"]) if result.get("epoch") else ()
                return
            ledger.uncertain += "nobody knows" in answer["error"]["message"]
            ledger.refused += "nobody knows" not in answer["error"]["message"]
            await asyncio.sleep(PAUSE)

    async def member_of(self, sdk, name):
        """Publishes each message once."""
        ledger = self.ledgers[LOBBY]
        for i in range(1 << 30):
            if self.ending:
                return
            data = f"{name} {i}"
            ledger.sending(data)
            try:
                await sdk.ask("publish", room=LOBBY, data=data)
                ledger.accepted[data] = ()
            except SdkError as error:
                ledger.refused += error.code == 100
                ledger.uncertain += error.code != 100
            await asyncio.sleep(2 * PAUSE)

    # ---- the course of it

    async def reach_end(self, name):
        """Publishes until everybody has a last message."""
        lines = {}
        for ledger in self.ledgers.values():
            for i in range(100):
                data = f"{name} {i}"
                await self.accept(ledger.room, data, lines)
                with contextlib.suppress(AssertionError):
                    await self.within(5, lambda: ledger.everybody_has(data))
                    break
            else:
                raise AssertionError(f"not everybody got {name}\n" + "\n".join(node.log() for node in self.nodes))
        for line in lines.values():
            await line.close()

    async def within(self, seconds, fact):
        deadline = time.monotonic() + seconds
        while not fact():
            assert time.monotonic() < deadline
            await asyncio.sleep(0.02)

    def accepted(self):
        return sum(len(ledger.accepted) for ledger in self.ledgers.values())

    async def some_messages(self):
        before = self.accepted()
        await self.until(lambda: self.accepted() > before + 20 or any(one.done() for one in self.publishers), "messages")
        for one in self.publishers:
            if one.done():
                one.result()

    async def disturb(self, count, losing):
        kinds = self.kinds(losing)
        for i in range(count):
            kind = next(kinds)
            self.times[kind] += 1
            gaps = len(self.ledgers[LOBBY].gaps())
            self.course.append(f"{kind} after {self.accepted()} messages and {gaps} gaps in {LOBBY}")
            await getattr(self, f"disturb_{kind}")()
            # Two of three let everything settle, so that something is under way at the next one.
            if self.random.random() < 0.67:
                await self.some_messages()
            if LONG and i % 20 == 19:
                self.assert_told(ended=False)
                print(f"{i + 1} disturbances, {self.accepted()} accepted", flush=True)

    def kinds(self, losing):
        """Yields each kind once in an order of chance, again and again; at first those that lose messages."""
        kinds = sorted(name.partition("_")[2] for name in dir(self) if name.startswith("disturb_"))
        chosen = [kind for kind in kinds if losing or kind not in self.losing]
        self.random.shuffle(chosen)
        chosen.sort(key=lambda kind: kind not in self.losing)
        while True:
            yield from chosen
            self.random.shuffle(chosen)

    async def pursue(self, count):
        """First what loses nothing, then everything."""
        began = time.monotonic()
        try:
            await self.disturb(count // 2, losing=False)
            await self.reach_end("middle")
            if self.is_harmless():
                self.assertEqual(self.ledgers[LOBBY].gaps(), [], "\n".join(["nothing was lost", *self.course]))
            await self.disturb(count - count // 2, losing=True)
            await self.until(lambda: self.accepted() >= MESSAGES or any(one.done() for one in self.publishers), "messages")
            self.ending = True
            await asyncio.wait_for(asyncio.gather(*self.publishers), 4 * PATIENCE)
            for talker in self.talkers:
                talker.quiet = True
            await self.until(lambda: not any(talker.waiting for talker in self.talkers), "the text clients to hear themselves")
            await self.reach_end("end")
            self.assert_told()
        finally:
            self.ending = True
            for one in self.publishers:
                one.cancel()
            await asyncio.gather(*self.publishers, return_exceptions=True)
            self.show(time.monotonic() - began)

    def assert_told(self, ended=True):
        lines = [line for ledger in self.ledgers.values() for line in ledger.faults(ended)]
        self.assertFalse(lines, "\n".join([f"{len(lines)} faults", *lines[:50], "disturbances:", *self.course[-30:]]))
        codes = set().union(*(ledger.closings() for ledger in self.ledgers.values()))
        self.assertLessEqual(codes, CLOSINGS)

    def show(self, seconds):
        rows = [*sorted(self.times.items()), ("all disturbances", sum(self.times.values()))]
        for name in "sent", "accepted":
            rows.append((f"messages {name}", sum(len(getattr(ledger, name)) for ledger in self.ledgers.values())))
        rows.append(("deliveries", sum(ledger.deliveries() for ledger in self.ledgers.values())))
        for room, ledger in self.ledgers.items():
            rows.append((f"gaps told in {room}", len(ledger.gaps())))
        closings = sum((ledger.closings() for ledger in self.ledgers.values()), collections.Counter())
        rows += [(f"text clients closed, {code}", count) for code, count in sorted(closings.items())]
        for name in "refused", "uncertain":
            rows.append((f"publishes {name}", sum(getattr(ledger, name) for ledger in self.ledgers.values())))
        print(f"\nseed {SEED}, {seconds:.0f} s\n" + "\n".join(f"{name:32}{value:9}" for name, value in rows), flush=True)

    # ---- what goes wrong

    def moment(self, most=1.5, most_in_long=None):
        """Seconds that a disturbance lasts; now and then for long."""
        if LONG and most_in_long and self.random.random() < 0.25:
            most = most_in_long
        return self.random.uniform(0.05, most)

    def server(self):
        return self.redis

    def is_harmless(self):
        """Nothing else has lost messages so far."""
        return True

    async def call(self, *words):
        with contextlib.suppress(RedisError, OSError):
            await asyncio.to_thread(self.server().call, *words)

    async def disturb_kill_subscriptions(self):
        await self.call("CLIENT", "KILL", "TYPE", "pubsub")

    async def disturb_kill_commands(self):
        await self.call("CLIENT", "KILL", "TYPE", "normal")

    async def disturb_script_flush(self):
        await self.call("SCRIPT", "FLUSH")

    async def disturb_kill_a_node(self):
        node = self.nodes[self.random.randrange(NODES)]
        await asyncio.to_thread(node.kill)
        await asyncio.sleep(self.moment())
        await asyncio.to_thread(node.start)


@needs_redis
class OneServer(Campaign):
    losing = ("kill_without_file", "flushall")

    async def test_every_reader_gets_each_message_once_or_is_told_of_the_gap(self):
        # By default a killed Redis may lose what it has acknowledged in the last seconds.
        self.redis = self.enterContext(Redis(append_only=True, appendfsync="always"))
        self.relay = self.enterContext(Relay(self.redis.path))
        await self.serve_all([self.redis, self.redis, self.relay])
        await self.pursue(COUNT - COUNT // 6)

    async def disturb_stand_still(self):
        with self.redis.paused():
            await asyncio.sleep(self.moment(most_in_long=20))

    async def disturb_debug_sleep(self):
        await self.call("DEBUG", "SLEEP", f"{self.moment(most_in_long=8):.2f}")

    async def disturb_flushall(self):
        await self.call("FLUSHALL")

    async def die(self):
        await asyncio.to_thread(self.redis.kill)
        await asyncio.sleep(self.moment(most_in_long=8))

    async def disturb_kill_with_file(self):
        if self.redis.options["appendonly"] == "no":
            self.redis.options["appendonly"] = "yes"
            await self.call("CONFIG", "SET", "appendonly", "yes")
            await self.until(self.writes_file, "the append-only file")
        await self.die()
        await asyncio.to_thread(self.redis.start)

    async def writes_file(self):
        wanted = {"aof_enabled": "1", "aof_rewrite_in_progress": "0", "aof_rewrite_scheduled": "0"}
        got = {name: await asyncio.to_thread(self.redis.info, name) for name in wanted}
        return got == wanted

    async def disturb_kill_without_file(self):
        self.redis.options["appendonly"] = "no"
        await self.call("CONFIG", "SET", "appendonly", "no")
        await self.die()
        shutil.rmtree(self.redis.folder / "appendonlydir", ignore_errors=True)
        await asyncio.to_thread(self.redis.start)

    # Of the node behind the relay:

    async def disturb_cut(self):
        await asyncio.to_thread(self.relay.cut)

    async def disturb_delay(self):
        self.relay.delay = self.random.uniform(0.005, 0.2)
        await asyncio.sleep(self.moment())
        self.relay.delay = 0

    async def disturb_hold(self):
        self.relay.hold()
        await asyncio.sleep(self.moment(most_in_long=8))
        await asyncio.to_thread(self.relay.release)

    async def disturb_black_hole(self):
        await asyncio.to_thread(self.relay.black_hole)
        await asyncio.sleep(self.moment(most_in_long=12))
        self.relay.end_black_hole()

    async def disturb_refuse(self):
        await asyncio.to_thread(self.relay.refuse)
        await asyncio.sleep(self.moment(most_in_long=8))
        self.relay.allow()


@needs_redis
class FailsOver(Campaign):
    losing = ("fail_over", "kill_the_primary")

    async def test_every_reader_gets_each_message_once_or_is_told_of_the_gap(self):
        self.sentinels = self.enterContext(Sentinels(down_after=3000))
        await self.serve_all(self.sentinels.url)
        await self.pursue(COUNT // 6)

    def server(self):
        return self.sentinels.primary or self.sentinels.servers[0]

    def is_harmless(self):
        """On a busy machine, Sentinels may give a server up that is there."""
        return self.sentinels.primary is self.sentinels.servers[0]

    async def disturb_fail_over(self):
        await asyncio.to_thread(self.sentinels.failover)
        await asyncio.to_thread(self.sentinels.settle)

    async def disturb_kill_the_primary(self):
        old = self.sentinels.primary
        await asyncio.to_thread(old.kill)
        await asyncio.to_thread(self.sentinels.follow, old)
        await asyncio.to_thread(old.start)
        await asyncio.to_thread(self.sentinels.settle)


if __name__ == "__main__":
    unittest.main()
