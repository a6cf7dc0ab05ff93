"""The server is killed again and again while clients publish and read: every message that was acknowledged is in the room once,
under the offset that was told, and every reader gets every message once and in order.

LWS_CHAT_KILLS is the number of kills (default 8); LWS_CHAT_SEED repeats the times of a run, as far as the machine lets it.
"""
import asyncio
import collections
import json
import os
import pathlib
import random
import signal
import sys
import time
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
from support.back_end import Line  # noqa: E402
from support.events import Events  # noqa: E402
from support.server import HOST, PATIENCE, ROOT, connect  # noqa: E402
from support.storage import Stored  # noqa: E402
from support.transports import over  # noqa: E402

KILLS = int(os.environ.get("LWS_CHAT_KILLS", "8"))
SEED = int(os.environ.get("LWS_CHAT_SEED", random.randrange(1 << 32)))
ROOM = "lobby"
PUBLISHERS, TALKERS, STREAMS, SDK_READERS = 2, 2, 2, 2
PAUSE = 0.005  # of each publisher between two messages


@over("plain")
class Kills(Stored):
    async def test_every_acknowledged_message_is_there_once_and_in_order_after_random_kills(self):
        self.random = random.Random(SEED)
        self.serve(history_size=1_000_000, history_bytes=2**30, history_in_memory=50, replay=20, presence_grace=1, max_lag=2**26)
        self.ending = False
        self.acknowledged = {}  # data -> position of publications over HTTP
        self.heard = []  # data that came back to the text client that had sent it
        self.talks = []  # for each connection of a text client: what it was sent
        self.streams = [[] for _ in range(STREAMS)]  # [offset, data], and ["gap", offset]
        self.epochs, self.told = set(), []
        sdk = await self.sdk()
        clients = [asyncio.ensure_future(one) for one in (
            *(self.publisher(i) for i in range(PUBLISHERS)), *(self.talker(i) for i in range(TALKERS)))]
        readers = [asyncio.ensure_future(self.stream(i)) for i in range(STREAMS)]
        began = time.monotonic()
        for kill in range(KILLS):
            await asyncio.sleep(self.random.uniform(0.05, 0.6))
            await self.end_and_start()
            for task in clients + readers:
                if task.done():
                    task.result()
            if KILLS > 20 and kill % 20 == 19:
                print(f"{kill + 1} kills, {len(self.acknowledged)} acknowledged over HTTP, {time.monotonic() - began:.0f} s", flush=True)
        self.ending = True
        await asyncio.wait_for(asyncio.gather(*clients), 2 * PATIENCE)
        await self.say(sdk, "stop", "STOPPED")
        messages = await self.everything()
        self.last = len(messages)
        await asyncio.wait_for(asyncio.gather(*readers), 2 * PATIENCE)
        seen = json.loads(await self.say(sdk, f"last {self.last}"))
        await asyncio.wait_for(sdk.wait(), PATIENCE)
        with self.subTest(f"LWS_CHAT_SEED={SEED}"):
            self.judge(messages, seen)
        print(f"{KILLS} kills: {self.last} messages, acknowledged {len(self.acknowledged)} over HTTP, {len(seen['acknowledged'])} by the "
              f"SDK, {len(self.heard)} texts; {len(self.talks)} connections of text clients; gaps: {len(self.gaps(seen))}", flush=True)

    # ---- the server

    async def end_and_start(self):
        how = self.random.random()
        if how < 0.1 and HOST == "lws-chatd":
            await asyncio.to_thread(self.server.stop)
        else:
            if how < 0.2:
                self.server.signal(signal.SIGSTOP)
                await asyncio.sleep(self.random.uniform(0, 0.1))
            await asyncio.to_thread(self.server.kill)
        # The log would grow, and whoever waits for a line reads all of it.
        self.told += [line for line in self.server.chat_log("storage ") if ": serving " not in line]
        self.server.log_path.write_text("")
        await asyncio.to_thread(self.server.start)
        self.line = None

    async def everything(self):
        """All messages of the room: [data], the first one at offset 1."""
        found = []
        while True:
            got = await self.result("history", {"channel": ROOM, "limit": 1000, "since": {"offset": len(found), "epoch": self.epoch()}})
            for one in got["publications"]:
                self.assertEqual(one["offset"], len(found) + 1)
                found.append(one["data"])
            if len(got["publications"]) < 1000 and len(found) == got["offset"]:
                return found
            self.assertTrue(got["publications"], f"history ends at {len(found)} of {got['offset']}")

    def epoch(self):
        [epoch] = self.epochs  # the one and only
        return epoch

    # ---- clients

    async def publisher(self, number):
        """Publishes over HTTP, each message until it is acknowledged, with the same key."""
        line, i = None, 0
        while not self.ending:
            data = f"http-{number}-{i}"
            try:
                line = line or await Line.open(self.server.http_of())
                status, answer = await line.call("publish", {"channel": ROOM, "data": data, "idempotency_key": data})
            except (OSError, EOFError, asyncio.TimeoutError, json.JSONDecodeError):
                await self.close(line)
                line = None
                await asyncio.sleep(0.01)
                continue
            if status != 200 or "error" in answer:
                self.assertIn(answer["error"]["code"], (100, 503), answer)
                await asyncio.sleep(0.01)
                continue
            self.acknowledged[data] = answer["result"]["offset"]
            self.epochs.add(answer["result"]["epoch"])
            i += 1
            await asyncio.sleep(PAUSE)
        await self.close(line)

    @staticmethod
    async def close(line):
        if line:
            await line.close()

    async def talker(self, number):
        """A text client: what it sends comes back to it."""
        import websockets
        i = 0
        while not self.ending:
            got = []
            try:
                async with connect(self.server.url_of(path=f"/chat/{ROOM}"), open_timeout=5, close_timeout=1) as client:
                    self.talks.append(got)
                    async def read():
                        while True:
                            got.append(await client.recv())
                            if got[-1].startswith(f"text-{number}-"):
                                self.heard.append(got[-1])
                    reading = asyncio.ensure_future(read())
                    try:
                        while not self.ending and not reading.done():
                            i += 1
                            await client.send(f"text-{number}-{i}")
                            await asyncio.sleep(PAUSE)
                    finally:
                        reading.cancel()
                        await asyncio.gather(reading, return_exceptions=True)
            except (OSError, EOFError, asyncio.TimeoutError, websockets.WebSocketException):
                await asyncio.sleep(0.01)

    async def stream(self, number):
        """An event stream that comes back with its last id."""
        log, last_id = self.streams[number], None
        while not self.ending or not log or log[-1][0] != getattr(self, "last", None):
            reader = None
            try:
                reader = await Events.open(self.server.http_of(path=f"/sse/{ROOM}").replace("localhost", "127.0.0.1"), last_id)
                if reader.status != 200:
                    continue
                while not self.ending or not log or log[-1][0] != getattr(self, "last", None):
                    try:
                        event = reader.events.popleft() if reader.events else await asyncio.wait_for(reader.next(), 1)
                    except asyncio.TimeoutError:
                        continue
                    last_id = event.id
                    if event.type == "message":
                        log.append([int(event.id.rpartition(":")[2]), event.data])
                        self.epochs.add(event.id.rpartition(":")[0])
                    elif event.type == "gap":
                        log.append(["gap", json.loads(event.data)["offset"]])
            except (OSError, EOFError, AssertionError, asyncio.TimeoutError):
                await asyncio.sleep(0.02)
            finally:
                if reader:
                    await reader.hang_up()

    async def sdk(self):
        env = {**os.environ, "LWS_CHAT_SDK": str(ROOT / "build/npm/centrifuge/build/index.js"), "NODE_NO_WARNINGS": "1"}
        sdk = await asyncio.create_subprocess_exec(
            "node", pathlib.Path(__file__).with_name("storage_kills.mjs"), self.server.url_of(path="/connection/websocket"), ROOM,
            str(SDK_READERS), env=env, stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE, limit=2**30)
        self.addCleanup(lambda: sdk.returncode is None and sdk.kill())
        self.assertEqual((await asyncio.wait_for(sdk.stdout.readline(), PATIENCE)).decode().strip(), "READY")
        return sdk

    async def say(self, sdk, word, answer=None):
        sdk.stdin.write(f"{word}\n".encode())
        said = (await asyncio.wait_for(sdk.stdout.readline(), 3 * PATIENCE)).decode().strip()
        if answer:
            self.assertEqual(said, answer)
        return said

    # ---- the judgement

    def gaps(self, seen):
        return [entry for log in (*self.streams, *seen["logs"]) for entry in log if entry[0] == "gap"]

    def judge(self, messages, seen):
        self.assertEqual(seen["trouble"], [])
        self.assertEqual([line for line in self.told if "the file is new" not in line], [], "the log says nothing about storage")
        repeated = [data for data, times in collections.Counter(messages).items() if times > 1]
        self.assertEqual(repeated, [], "messages that are there twice")
        at = {data: offset for offset, data in enumerate(messages, 1)}
        lost = {data: offset for data, offset in self.acknowledged.items() if at.get(data) != offset}
        self.assertEqual(lost, {}, "acknowledged over HTTP, and lost or under another offset")
        self.assertEqual([data for data in (*seen["acknowledged"], *self.heard) if data not in at], [], "acknowledged, and lost")
        self.assertEqual(self.gaps(seen), [], "nothing is lost, so nobody is told of a gap")
        for log in (*self.streams, *seen["logs"]):
            first = log[0][0]
            self.assertEqual([offset for offset, _ in log], list(range(first, self.last + 1)), "each message once and in order")
            self.assertEqual([data for _, data in log], messages[first - 1:])
        for got in self.talks:
            offsets = [at.get(data) for data in got]
            self.assertEqual(offsets, list(range(offsets[0], offsets[0] + len(offsets))) if offsets else [], "in order, and none left out")


if __name__ == "__main__":
    unittest.main()
