#!/usr/bin/python3
"""A real Centrifugo and plugin/redis with the same Redis: each reads what the other one writes.

The part of a node of ours plays redis_pen (pen.cpp), which does one thing after the other. Ends with 77, skipped, without
Centrifugo.
"""
import asyncio
import base64
import contextlib
import json
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile
import time
import unittest
import urllib.request

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
import websockets  # noqa: E402
from support import tokens  # noqa: E402
from support.ports import free_port  # noqa: E402
from support.server import BUILD, PATIENCE, ROOT  # noqa: E402

CENTRIFUGO = os.environ.get("LWS_CHAT_CENTRIFUGO", str(ROOT / "build/centrifugo/centrifugo"))
SKIPPED = 77
KEY = "0123456789abcdef0123456789abcdef"
PEN = "00000000-0000-4000-8000-00000000beef"
BOB = '{"user":"bob","client":"b1","conn_info":{"name":"Bob"}}'


def configuration(port, redis):
    allowed = {f"allow_{what}_for_client": True for what in ("subscribe", "publish", "history", "presence")}
    return {
        "http_server": {"address": "127.0.0.1", "port": port},
        "log": {"level": "debug"},
        "usage_stats": {"disabled": True},
        "http_api": {"key": KEY},
        "engine": {"type": "redis", "redis": {"address": f"unix://{redis}", "presence_user_mapping": True}},
        "client": {"token": {"hmac_secret_key": tokens.SECRET}},
        "channel": {"without_namespace": {
            **allowed, "presence": True, "join_leave": True, "force_push_join_leave": True, "history_size": 10,
            "history_ttl": "300s", "force_recovery": True, "force_positioning": True}},
    }


class Client:
    """A client of Centrifugo, in JSON."""

    def __init__(self, socket):
        self.socket = socket
        self.messages = asyncio.Queue()
        self.task = asyncio.create_task(self._read())
        self.ids = 0

    async def _read(self):
        with contextlib.suppress(websockets.ConnectionClosed):
            async for frame in self.socket:
                for line in frame.splitlines():
                    if line.strip() == "{}":
                        await self.socket.send("{}")
                    else:
                        await self.messages.put(json.loads(line))
        await self.messages.put({"closed": self.socket.close_code})

    async def until(self, wanted):
        """The next message in which `wanted`, a function, finds something."""
        async def search():
            while True:
                message = await self.messages.get()
                found = wanted(message)
                if found is not None:
                    return found
                if "closed" in message:
                    raise AssertionError(f"the connection is closed: {message}")
        return await asyncio.wait_for(search(), PATIENCE)

    async def ask(self, **command):
        self.ids += 1
        number = self.ids
        await self.socket.send(json.dumps({"id": number, **command}))
        reply = await self.until(lambda message: message if message.get("id") == number else None)
        if "error" in reply:
            raise AssertionError(reply)
        return reply

    async def pushed(self, kind):
        return await self.until(lambda message: message.get("push", {}).get(kind))


class Pen:
    """redis_pen, which writes and reads like a node of ours."""

    def __init__(self, redis):
        self.process = subprocess.Popen([BUILD / "bin/redis_pen", redis], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                        text=True)

    async def __call__(self, *words):
        def run():
            self.process.stdin.write("\t".join(map(str, words)) + "\n")
            self.process.stdin.flush()
            return json.loads(self.process.stdout.readline())
        return await asyncio.wait_for(asyncio.to_thread(run), PATIENCE)

    async def publish(self, room, format, data, publisher="", tags="", version=0, version_epoch="", key=""):
        if isinstance(data, str):
            data = data.encode()
        return await self("publish", room, format, base64.b64encode(data).decode(), publisher, tags, version,
                          version_epoch, key)

    async def heard(self, **wanted):
        """The next message with these members."""
        while True:
            message = await self("next")
            if message and all(message.get(name) == value for name, value in wanted.items()):
                return message

    def close(self):
        self.process.kill()
        self.process.wait()
        self.process.stdin.close()
        self.process.stdout.close()


class BesideCentrifugo(unittest.IsolatedAsyncioTestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = pathlib.Path(tempfile.mkdtemp(prefix="lws-chat-redis-"))
        cls.addClassCleanup(shutil.rmtree, cls.folder, ignore_errors=True)
        cls.redis = str(cls.folder / "redis.sock")
        cls.start(["redis-server", "--port", "0", "--unixsocket", cls.redis, "--dir", str(cls.folder), "--save", ""],
                  lambda: os.path.exists(cls.redis))
        cls.port = free_port()
        config = cls.folder / "config.json"
        config.write_text(json.dumps(configuration(cls.port, cls.redis)))
        cls.start([CENTRIFUGO, "-c", str(config)], cls.listens)

    @classmethod
    def start(cls, words, is_ready):
        log = cls.folder / (pathlib.Path(words[0]).name + ".log")
        with open(log, "wb") as out:
            process = subprocess.Popen(words, stdin=subprocess.DEVNULL, stdout=out, stderr=out)
        cls.addClassCleanup(process.wait)
        cls.addClassCleanup(process.kill)
        for _ in range(PATIENCE * 50):
            if is_ready():
                return
            if process.poll() is not None:
                break
            time.sleep(0.02)
        raise AssertionError(f"{words[0]} does not start:\n{log.read_text(errors='replace')}")

    @classmethod
    def listens(cls):
        import socket
        with socket.socket() as probe:
            return probe.connect_ex(("127.0.0.1", cls.port)) == 0

    async def asyncSetUp(self):
        self.room = f"room-{self._testMethodName}"
        self.pen = Pen(self.redis)
        self.addCleanup(self.pen.close)

    async def api(self, method, **body):
        request = urllib.request.Request(f"http://127.0.0.1:{self.port}/api/{method}", json.dumps(body).encode(),
                                         {"X-API-Key": KEY, "Content-Type": "application/json"})

        def call():
            with urllib.request.urlopen(request, timeout=PATIENCE) as answer:
                return json.loads(answer.read())
        answer = await asyncio.to_thread(call)
        self.assertNotIn("error", answer)
        return answer["result"]

    async def client(self, user, room=None):
        """A client of Centrifugo, in a room."""
        socket = await websockets.connect(f"ws://127.0.0.1:{self.port}/connection/websocket", open_timeout=PATIENCE)
        self.addAsyncCleanup(socket.close)
        client = Client(socket)
        header, payload = (tokens.b64(json.dumps(part).encode()) for part in (
            {"alg": "HS256"}, {"sub": user, "info": {"name": user.title()}, "exp": int(time.time()) + 3600}))
        signature = tokens.b64(tokens.hmac.digest(tokens.SECRET.encode(), f"{header}.{payload}".encode(), "sha256"))
        client.id = (await client.ask(connect={"token": f"{header}.{payload}.{signature}"}))["connect"]["client"]
        if room:
            client.position = (await client.ask(subscribe={"channel": room}))["subscribe"]
        return client

    async def publications(self):
        return (await self.api("history", channel=self.room, limit=100))["publications"]

    # Ours, seen by Centrifugo

    async def test_messages_of_every_format_reach_clients_and_history(self):
        client = await self.client("ann", self.room)
        text = 'a "text"\nwith \\ lines, 請 and \u0001'
        await self.pen.publish(self.room, "json", '{"a" : [1, 2.50]}', BOB, '{"lang":"en"}')
        await self.pen.publish(self.room, "text", text)
        await self.pen.publish(self.room, "binary", bytes(range(256)))
        expected = [{"a": [1, 2.5]}, text, {"base64": base64.b64encode(bytes(range(256))).decode()}]
        for number, data in enumerate(expected, 1):
            publication = await client.pushed("pub")
            self.assertEqual((publication["data"], publication["offset"]), (data, number))
            if number == 1:
                self.assertEqual(publication["info"], json.loads(BOB))
                self.assertEqual(publication["tags"], {"lang": "en"})
        kept = await self.publications()
        self.assertEqual([publication["data"] for publication in kept], expected)
        self.assertEqual([publication["offset"] for publication in kept], [1, 2, 3])
        self.assertEqual(kept[0]["info"], json.loads(BOB))

    async def test_a_client_recovers_what_we_published(self):
        client = await self.client("ann", self.room)
        place = client.position
        await client.socket.close()
        for text in ("one", "two"):
            await self.pen.publish(self.room, "text", text)
        again = await self.client("ann")
        joined = (await again.ask(subscribe={"channel": self.room, "recover": True, "epoch": place["epoch"],
                                             "offset": place.get("offset", 0)}))["subscribe"]
        self.assertTrue(joined["recovered"])
        self.assertEqual([publication["data"] for publication in joined["publications"]], ["one", "two"])

    async def test_joins_and_leaves(self):
        client = await self.client("ann", self.room)
        await client.pushed("join")  # its own
        await self.pen("join", self.room, BOB)
        self.assertEqual((await client.pushed("join"))["info"], json.loads(BOB))
        await self.pen("leave", self.room, BOB)
        self.assertEqual((await client.pushed("leave"))["info"], json.loads(BOB))

    async def test_presence(self):
        client = await self.client("ann", self.room)
        await self.pen("add", self.room, 60, BOB)
        present = (await self.api("presence", channel=self.room))["presence"]
        self.assertEqual(present["b1"], json.loads(BOB))
        self.assertEqual(set(present), {"b1", client.id})
        self.assertEqual(await self.api("presence_stats", channel=self.room), {"num_clients": 2, "num_users": 2})
        await self.pen("remove", self.room, "b1")
        self.assertEqual(await self.api("presence_stats", channel=self.room), {"num_clients": 1, "num_users": 1})

    async def test_another_lineage_tells_clients_that_they_may_miss_something(self):
        client = await self.client("ann", self.room)
        await self.pen.publish(self.room, "text", "one")
        await client.pushed("pub")
        await self.pen("lineage", "another server", 0)
        await self.pen.publish(self.room, "text", "two")
        self.assertEqual((await client.pushed("unsubscribe"))["code"], 2500)  # insufficient state: it subscribes again
        joined = (await client.ask(subscribe={"channel": self.room, "recover": True, "epoch": client.position["epoch"],
                                              "offset": 1}))["subscribe"]
        self.assertFalse(joined.get("recovered", False))

    # Centrifugo's, seen by us

    async def test_we_read_what_its_api_and_clients_publish(self):
        await self.pen("listen", f"centrifugo.client.{self.room}")
        client = await self.client("ann", self.room)
        joined = await self.pen.heard(kind="join")
        ann = {"user": "ann", "client": client.id, "conn_info": {"name": "Ann"}}
        self.assertEqual(joined["publisher"], ann)
        await self.api("publish", channel=self.room, data={"n": 1}, tags={"a": "b"})
        await client.ask(publish={"channel": self.room, "data": "from Ann"})
        first, second = await self.pen.heard(offset=1), await self.pen.heard(offset=2)
        self.assertEqual((base64.b64decode(first["data"]), first["tags"]), (b'{"n": 1}', {"a": "b"}))
        self.assertEqual((base64.b64decode(second["data"]), second["publisher"]), (b'"from Ann"', ann))
        read = await self.pen("read", self.room)
        self.assertEqual((read["offset"], read["oldest"], read["epoch"]), (2, 1, first["epoch"]))
        self.assertEqual([{**entry, "epoch": first["epoch"]} for entry in read["entries"]], [first, second])
        await client.socket.close()
        self.assertEqual((await self.pen.heard(kind="leave"))["publisher"], ann)

    async def test_we_see_its_clients_in_presence(self):
        client = await self.client("ann", self.room)
        await self.pen("add", self.room, 60, BOB)
        present = (await self.pen("present", self.room))["clients"]
        ann = {"user": "ann", "client": client.id, "conn_info": {"name": "Ann"}}
        self.assertCountEqual(present, [ann, json.loads(BOB)])
        self.assertEqual(await self.pen("count", self.room), {"clients": 2, "users": 2})

    # Both

    async def test_offsets_and_epoch_are_of_the_room(self):
        first = await self.pen.publish(self.room, "text", "one")
        second = await self.api("publish", channel=self.room, data="two")
        third = await self.pen.publish(self.room, "text", "three")
        self.assertEqual([place["offset"] for place in (first, second, third)], [1, 2, 3])
        self.assertEqual({place["epoch"] for place in (first, second, third)}, {first["epoch"]})

    async def test_idempotency_keys(self):
        first = await self.api("publish", channel=self.room, data="one", idempotency_key="k1")
        again = await self.pen.publish(self.room, "text", "again", key="k1")
        self.assertEqual(again, {"outcome": "repeated", **first})
        second = await self.pen.publish(self.room, "text", "two", key="k2")
        again = await self.api("publish", channel=self.room, data="again", idempotency_key="k2")
        self.assertEqual(again["offset"], second["offset"])
        self.assertEqual([publication["data"] for publication in await self.publications()], ["one", "two"])

    async def test_versions(self):
        await self.api("publish", channel=self.room, data="v5", version=5, version_epoch="a")
        late = await self.pen.publish(self.room, "text", "v5 again", version=5, version_epoch="a")
        self.assertEqual(late["outcome"], "outdated")
        await self.pen.publish(self.room, "text", "v6", version=6, version_epoch="a")
        await self.api("publish", channel=self.room, data="v6 again", version=6, version_epoch="a")
        self.assertEqual([publication["data"] for publication in await self.publications()], ["v5", "v6"])

    # Nodes

    async def nodes(self):
        return {node["uid"]: node for node in (await self.api("info"))["nodes"]}

    async def test_nodes_know_each_other_and_answer_surveys(self):
        own = next(uid for uid in await self.nodes() if uid != PEN)
        await self.pen("listen", f"centrifugo.node.{PEN}")
        await self.pen("control", "centrifugo.control", "node", PEN)
        self.assertEqual((await self.pen.heard(kind="node"))["uid"], own)  # told at once, to us alone
        self.assertEqual((await self.nodes())[PEN]["name"], "pen")

        await self.client("ann", self.room)
        await self.pen("control", "centrifugo.control", "ask", 7, "channels")
        answer = await self.pen.heard(kind="answer")
        self.assertEqual((answer["id"], answer["code"], answer["from"]), (7, 0, own))
        self.assertEqual(answer["channels"][self.room], 1)

        await self.pen("listen", "centrifugo.control")
        asking = asyncio.create_task(self.api("channels"))
        question = await self.pen.heard(kind="question", op="channels")
        await self.pen("control", f"centrifugo.node.{own}", "answer", question["id"], self.room, 4)
        self.assertEqual((await asking)["channels"][self.room]["num_clients"], 5)

        await self.pen("control", "centrifugo.control", "shutdown")
        while PEN in await self.nodes():
            await asyncio.sleep(0.02)

    async def test_our_commands_are_done_by_its_clients(self):
        client = await self.client("carol", self.room)
        await self.pen("control", "centrifugo.control", "subscribe", "carol", "another-room")
        self.assertIsNotNone(await client.pushed("subscribe"))
        await self.pen("control", "centrifugo.control", "unsubscribe", "carol", self.room)
        self.assertEqual((await client.pushed("unsubscribe"))["code"], 2000)
        await self.pen("control", "centrifugo.control", "disconnect", "carol", 4567, "pen")
        self.assertEqual(await client.until(lambda message: message.get("closed")), 4567)

    async def test_we_hear_the_commands_of_its_api(self):
        await self.pen("listen", "centrifugo.control")
        await self.api("subscribe", user="dave", channel=self.room, info={"i": 1})
        heard = await self.pen.heard(kind="subscribe")
        self.assertEqual((heard["user"], heard["channel"], heard["info"]), ("dave", self.room, {"i": 1}))
        await self.api("unsubscribe", user="dave", channel=self.room)
        self.assertEqual((await self.pen.heard(kind="unsubscribe"))["code"], 2000)
        await self.api("refresh", user="dave", expire_at=1999999999)
        self.assertEqual((await self.pen.heard(kind="refresh"))["expire_at"], 1999999999)
        await self.api("disconnect", user="dave", disconnect={"code": 4001, "reason": "bye"})
        heard = await self.pen.heard(kind="disconnect")
        self.assertEqual((heard["user"], heard["code"], heard["reason"]), ("dave", 4001, "bye"))


if __name__ == "__main__":
    if not os.access(CENTRIFUGO, os.X_OK):
        print(f"SKIPPED: there is no Centrifugo at {CENTRIFUGO}; tests/support/get-centrifugo build/centrifugo gets it",
              file=sys.stderr)
        sys.exit(SKIPPED)
    unittest.main(verbosity=2)
