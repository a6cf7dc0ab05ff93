#!/usr/bin/python3
"""Two servers of ours and a real Centrifugo with one Redis are one chat: what clients and back ends of each see.

Ends with 77, skipped, without Centrifugo.
"""
import asyncio
import json
import os
import pathlib
import subprocess
import sys
import tempfile
import time
import unittest
import urllib.error
import urllib.request

sys.path[:0] = [str(pathlib.Path(__file__).resolve().parents[1]), str(pathlib.Path(__file__).resolve().parent)]
import websockets  # noqa: E402
from support import tokens  # noqa: E402
from support.emulated import Emulated, ask  # noqa: E402
from support.nodes import Clustered  # noqa: E402
from support.ports import free_port  # noqa: E402
from support.redis import Redis, missing  # noqa: E402
from support.server import PATIENCE  # noqa: E402
from test_centrifugo import CENTRIFUGO, KEY, SKIPPED, Client, configuration  # noqa: E402

THEIRS = 2  # the node that is Centrifugo


class Centrifugo:
    """with Centrifugo(redis) as theirs: theirs.port ..."""

    def __init__(self, redis):
        self.port, self.redis, self.process = free_port(), redis, None

    def answers(self):
        request = urllib.request.Request(f"http://127.0.0.1:{self.port}/api/info", b"{}", {"X-API-Key": KEY})
        try:
            with urllib.request.urlopen(request, timeout=PATIENCE) as answer:
                return answer.status == 200
        except (urllib.error.URLError, OSError):
            assert self.process.poll() is None, self.log()
            return False

    def log(self):
        return (pathlib.Path(self.folder.name) / "log").read_text(errors="replace")

    def __enter__(self):
        self.folder = tempfile.TemporaryDirectory(prefix="lws-chat-test-")
        config = pathlib.Path(self.folder.name) / "config.json"
        said = configuration(self.port, str(self.redis.path))
        config.write_text(json.dumps({**said, "http_stream": {"enabled": True}}))
        with open(pathlib.Path(self.folder.name) / "log", "wb") as log:
            self.process = subprocess.Popen([CENTRIFUGO, "-c", str(config)], stdin=subprocess.DEVNULL, stdout=log, stderr=log)
        deadline = time.monotonic() + PATIENCE
        while not self.answers():
            assert time.monotonic() < deadline, self.log()
            time.sleep(0.02)
        return self

    def __exit__(self, *exc):
        self.process.kill()
        self.process.wait()
        self.folder.cleanup()


class Mixed(Clustered):
    async def asyncSetUp(self):
        await super().asyncSetUp()
        redis = self.enterContext(Redis())
        self.serve(2, redis, history_size=10, presence_grace=0, token_secret_file=tokens.secret_file(self))
        self.redis = redis
        self.theirs = self.enterContext(Centrifugo(redis))
        await self.until(self.know_each_other, "the three nodes to know each other")

    async def know_each_other(self):
        return all([len((await self.result(node, "info"))["nodes"]) == 3 for node in range(3)])

    async def answer(self, node, method, fields=None):
        """Node 2 is Centrifugo."""
        if node != THEIRS:
            return await super().answer(node, method, fields)
        request = urllib.request.Request(f"http://127.0.0.1:{self.theirs.port}/api/{method}", json.dumps(fields or {}).encode(),
                                         {"X-API-Key": KEY, "Content-Type": "application/json"})

        def call():
            with urllib.request.urlopen(request, timeout=PATIENCE) as answer:
                return answer.status, json.loads(answer.read())
        return await asyncio.to_thread(call)

    async def client(self, node, user, *rooms, **fields):
        """A client in these rooms, as support of the tests of Centrifugo has it. `position`: of the last room."""
        path = "/connection/websocket"
        url = f"ws://127.0.0.1:{self.theirs.port}{path}" if node == THEIRS else self.nodes[node].url_of(path=path)
        socket = await websockets.connect(url, open_timeout=PATIENCE)
        self.addAsyncCleanup(socket.close)
        client = Client(socket)
        shown = tokens.token(user, info={"name": user.title()})
        client.id = (await client.ask(connect={"token": shown}))["connect"]["client"]
        for room in rooms:
            client.position = (await client.ask(subscribe={"channel": room, "positioned": True, "recoverable": True,
                                                           "join_leave": True, **fields}))["subscribe"]
        return client

    async def everybody(self, room="lobby"):
        return [await self.client(node, user, room) for node, user in enumerate(("ann", "ben", "carl"))]

    async def test_publications_of_all_reach_all_in_one_order(self):
        clients = await self.everybody()
        writers = [await self.client(node, user, "lobby") for node, user in enumerate(("ann", "ben", "carl"))]
        expected = []
        for turn in range(3):
            for node, writer in enumerate(writers):
                await self.publish(node, {"from": node, "turn": turn})
                await writer.ask(publish={"channel": "lobby", "data": f"client {node} {turn}"})
                expected += [{"from": node, "turn": turn}, f"client {node} {turn}"]
        for client in clients:
            got = [await client.pushed("pub") for _ in expected]
            self.assertEqual([(one["offset"], one["data"]) for one in got], list(enumerate(expected, 1)))
            self.assertEqual(got[1]["info"]["user"], "ann")
            self.assertEqual(got[1]["info"]["conn_info"], {"name": "Ann"})
        kept = [await self.history(node) for node in range(3)]
        self.assertEqual(kept[0][0], list(enumerate(expected, 1))[-10:])
        self.assertEqual(kept, [kept[0]] * 3)

    async def test_who_comes_back_elsewhere_gets_what_was_missed(self):
        first = await self.client(0, "ann", "lobby")
        at = first.position
        for i in range(4):
            await self.publish(i % 3, i)
        await self.until(lambda: self.are_at(4), "the messages everywhere")
        for node in range(3):
            client = await self.client(node, "ann", "lobby", recover=True, epoch=at["epoch"], offset=at.get("offset", 0) + 1)
            self.assertTrue(client.position["recovered"], node)
            self.assertEqual([(one["offset"], one["data"]) for one in client.position["publications"]], [(2, 1), (3, 2), (4, 3)])
        for i in range(20):
            await self.publish(i % 3, i)
        await self.until(lambda: self.are_at(24), "the messages everywhere")
        for node in range(3):
            client = await self.client(node, "ann", "lobby", recover=True, epoch=at["epoch"], offset=1)
            self.assertFalse(client.position.get("recovered", False), node)
            self.assertEqual((client.position["epoch"], client.position["offset"]), (at["epoch"], 24))

    async def are_at(self, offset):
        return all([(await self.history(node))[2] == offset for node in range(3)])

    async def present(self, node):
        said = (await self.result(node, "presence", {"channel": "lobby"}))["presence"]
        return {(name, one["user"], json.dumps(one.get("conn_info"))) for name, one in said.items()}

    async def test_presence_is_that_of_all(self):
        clients = await self.everybody()
        await self.client(0, "ann", "lobby")
        expected = {(client.id, user, json.dumps({"name": user.title()})) for client, user in zip(clients, ("ann", "ben", "carl"))}
        await self.until(lambda: self.are_more(expected), "presence everywhere")
        for node in range(3):
            self.assertEqual(await self.result(node, "presence_stats", {"channel": "lobby"}), {"num_clients": 4, "num_users": 3})
        await clients[THEIRS].socket.close()
        await self.until(lambda: self.lacks(clients[THEIRS]), "the client to leave everywhere")

    async def are_more(self, expected):
        return all([len(got := await self.present(node)) == 4 and expected <= got for node in range(3)])

    async def lacks(self, client):
        return all([client.id not in {name for name, _, _ in await self.present(node)} for node in range(3)])

    async def test_who_comes_and_leaves_is_told_once_everywhere(self):
        watchers = [await self.client(node, "watcher", "lobby") for node in range(3)]
        for node, user in enumerate(("ann", "ben", "carl")):
            client = await self.client(node, user, "lobby")
            for watcher in watchers:
                self.assertEqual((await self.others(watcher, "join"))["client"], client.id)
            await client.socket.close()
            for watcher in watchers:
                self.assertEqual((await self.others(watcher, "leave"))["client"], client.id)

    @staticmethod
    async def others(watcher, kind):
        """The next one who comes, or leaves, and is no watcher."""
        while (who := (await watcher.pushed(kind))["info"])["user"] == "watcher":
            pass
        return who

    async def test_a_back_end_may_ask_any_node_to_disconnect_and_to_subscribe(self):
        for node in range(3):
            clients = [await self.client(other, f"user {node}") for other in range(3)]
            await self.result(node, "subscribe", {"user": f"user {node}", "channel": "lobby"})
            for client in clients:
                self.assertIsNotNone(await client.pushed("subscribe"))
            await self.result(node, "unsubscribe", {"user": f"user {node}", "channel": "lobby"})
            for client in clients:
                self.assertEqual((await client.pushed("unsubscribe"))["code"], 2000)
            await self.result(node, "disconnect", {"user": f"user {node}", "disconnect": {"code": 4567, "reason": "enough"}})
            for client in clients:
                self.assertEqual(await client.until(lambda message: message.get("closed")), 4567)

    async def test_rooms_of_all_are_listed(self):
        await self.everybody()
        await self.client(THEIRS, "carl", "other")
        for node in range(3):
            said = (await self.result(node, "channels"))["channels"]
            self.assertEqual({name: one["num_clients"] for name, one in said.items()}, {"lobby": 3, "other": 1})

    async def test_a_history_that_we_remove_is_gone_everywhere(self):
        # Centrifugo tells nobody of one that it removes: our nodes have messages in memory as long as somebody reads them.
        clients = await self.everybody()
        await self.publish(0, 1)
        for node in range(2):
            await self.result(node, "history_remove", {"channel": "lobby"})
            await self.publish(node, "next")
            await self.until(lambda: self.have(node + 2), "the next message everywhere")
        for client in clients:
            self.assertEqual([(await client.pushed("pub"))["offset"] for _ in range(3)], [1, 2, 3])

    async def have(self, offset):
        return all([(await self.history(node))[0] == [(offset, "next")] for node in range(3)])

    async def test_a_client_without_websocket_may_send_to_any_node(self):
        shown = json.dumps({"id": 1, "connect": {"token": tokens.token("ann")}})
        bases = [f"http://127.0.0.1:{port}" for port in (self.nodes[0].port, self.nodes[1].port, self.theirs.port)]
        for base in bases:
            client = await Emulated.connect(base, "http_stream", shown)
            self.addAsyncCleanup(client.hang_up)
            for number, other in enumerate(bases, 2):
                data = json.dumps({"id": number, "history": {"channel": "lobby"}})
                answer = await ask("POST", other + "/emulation", client.message(data))
                self.assertIn(answer.status, (200, 204), (base, other, answer.body))
                self.assertEqual((await client.next())["id"], number)


if __name__ == "__main__":
    if not os.access(CENTRIFUGO, os.X_OK) or missing():
        print(f"SKIPPED: {missing() or f'there is no Centrifugo at {CENTRIFUGO}; tests/support/get-centrifugo build/centrifugo gets it'}",
              file=sys.stderr)
        sys.exit(SKIPPED)
    unittest.main(verbosity=2)
