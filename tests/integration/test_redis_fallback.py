"""Clients without WebSocket behind a balancer that sends each of their requests to another server: what reaches a server that
does not have their session is passed on."""
import asyncio
import json
import pathlib
import signal
import sys
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
from support.back_end import STRUCTURED  # noqa: E402
from support.emulated import Emulated, ask, request  # noqa: E402
from support.nodes import Clustered, RoundRobin  # noqa: E402
from support.redis import needs_redis  # noqa: E402
from support.sdk_client import SdkClient  # noqa: E402
from support.wire import Wire  # noqa: E402

NOBODY = "00000000-0000-4000-8000-000000000000"


@needs_redis
class PassedOn(Clustered):
    async def together(self, **options):
        """Two nodes that know each other."""
        self.serve(2, **options)
        await self.until(self.know_each_other, "the nodes to know each other")

    async def know_each_other(self):
        return all([len((await self.result(node, "info"))["nodes"]) == 2 for node in (0, 1)])

    def base(self, node):
        return f"http://127.0.0.1:{self.nodes[node].port}"

    async def client(self, node, kind="http_stream"):
        client = await Emulated.connect(self.base(node), kind)
        self.addAsyncCleanup(client.hang_up)
        return client

    async def sent(self, at, client, data, headers=None, **changes):
        """The answer of a node to a message of the client."""
        return await ask("POST", self.base(at) + "/emulation", client.message(data, **changes), headers)

    # ---- the npm package

    async def chats(self, transport, encoding="json"):
        await self.together()
        front = await self.enterAsyncContext(RoundRobin(self.nodes))
        sdk = await self.enterAsyncContext(SdkClient(f"ws://127.0.0.1:{front.port}{STRUCTURED}", encoding, transport))
        for room in "lobby", "other":
            await sdk.ask("join", room=room)
        for i in range(20):
            await sdk.ask("publish", room="lobby", data={"n": i, "text": '"quoted" \\ 請'})
        await self.until(lambda: len(sdk.log()) == 20, "the messages")
        self.assertEqual([data["n"] for _, _, data in sdk.log()], list(range(20)))
        self.assertEqual(len(sdk.named("connected")), 1, "it never had to connect again")
        self.assertGreaterEqual(front.count, 2)

    async def test_an_sdk_over_http_stream(self):
        await self.chats("http_stream")

    async def test_an_sdk_over_http_stream_in_protobuf(self):
        await self.chats("http_stream", "protobuf")

    async def test_an_sdk_over_sse(self):
        await self.chats("sse")

    # ---- bytes

    async def test_commands_run_where_the_session_is(self):
        await self.together()
        for kind in "http_stream", "sse":
            client = await self.client(0, kind)
            self.assertEqual((await self.sent(1, client, '{"id":2,"subscribe":{"channel":"lobby"}}')).status, 204)
            self.assertIn("subscribe", await client.next())

    async def test_sessions_that_are_nowhere_are_not_found(self):
        await self.together()
        client = await self.client(0)
        for changes in {"session": NOBODY}, {"node": NOBODY}, {"session": NOBODY, "node": NOBODY}, {"node": ""}:
            answer = await self.sent(1, client, "{}", **changes)
            self.assertEqual((answer.status, json.loads(answer.body)["error"]["code"]), (404, 404), changes)
        self.assertEqual((await self.sent(1, client, '{"id":2,"ping":{}}')).status, 204)
        self.assertEqual((await client.next())["id"], 2)

    async def test_a_message_that_is_too_large_is_refused_where_it_comes(self):
        await self.together(max_message=1000)
        client = await self.client(0)
        for size in 1001, 100_000, 10_000_000:
            self.assertEqual((await self.sent(1, client, "x" * size)).status, 413, size)
        self.assertEqual((await self.sent(1, client, '{"id":2,"ping":{}}')).status, 204)
        self.assertEqual((await client.next())["id"], 2)

    async def test_a_message_in_another_encoding_is_refused(self):
        await self.together()
        client = await self.client(0)
        parts = [part.encode() for part in (client.node, client.session, "x")]
        body = b"".join(bytes([(number << 3) | 2, len(part)]) + part for number, part in enumerate(parts, 1))
        answer = await ask("POST", self.base(1) + "/emulation", body, {"Content-Type": "application/octet-stream"})
        self.assertEqual(answer.status, 400, answer.body)

    async def begun(self, body):
        """A request whose head the server has read."""
        whole = request("POST", self.base(0) + "/emulation", body, {"Expect": "100-continue"})
        wire = await Wire.open(self.base(0))
        self.addAsyncCleanup(wire.abandon)
        wire.send(whole.removesuffix(body))
        self.assertEqual((await wire.answer()).status, 100)
        return wire

    async def test_a_message_that_comes_together_with_the_answer_to_the_one_before_is_taken(self):
        self.serve(1)
        client = await self.client(0)
        await client.do(2, subscribe={"channel": "lobby"})
        first = client.message('{"id":3,"publish":{"channel":"lobby","data":1}}').encode()
        second = client.message('{"id":4,"ping":{}}').encode()
        one, other = await self.begun(first), await self.begun(second)
        # When the node looks the next time, Redis has answered, and the message is there.
        with self.redis.paused():
            one.send(first)
            for _ in range(2):
                await self.metrics(0)  # the node has sent the publication when it has answered what came later
            self.nodes[0].signal(signal.SIGSTOP)
        try:
            self.redis.wait(lambda: self.redis.call("EXISTS", "centrifugo.stream.lobby") == 1, "the publication")
            other.send(second)
            await asyncio.sleep(0)  # the bytes are with the system
        finally:
            self.nodes[0].signal(signal.SIGCONT)
        self.assertEqual([(await wire.answer()).status for wire in (one, other)], [204, 204])
        replies = [await client.next() for _ in range(3)]
        self.assertEqual([one["id"] for one in replies if "push" not in one], [3, 4])

    async def test_a_session_whose_node_is_killed_is_not_found(self):
        await self.together()
        client = await self.client(0)
        await asyncio.to_thread(self.nodes[0].kill)
        answer = await self.sent(1, client, "{}")
        self.assertIn(answer.status, (404, 503))
        self.assertIn("connect again", json.loads(answer.body)["error"]["message"])

    async def test_a_node_that_hangs_is_not_waited_for_for_ever(self):
        await self.together()
        client = await self.client(0)
        self.nodes[0].signal(signal.SIGSTOP)
        try:
            answer = await self.sent(1, client, "{}")
        finally:
            self.nodes[0].signal(signal.SIGCONT)
        self.assertEqual(answer.status, 503)
        self.assertIn("connect again", json.loads(answer.body)["error"]["message"])

    async def test_without_redis_the_client_is_told_to_connect_again(self):
        await self.together()
        client = await self.client(0)
        self.redis.kill()
        await self.until(lambda: not self.nodes.linked(1), "node 1 to see it")
        answer = await self.sent(1, client, "{}")
        self.assertIn(answer.status, (404, 503))
        self.assertEqual((await self.sent(0, client, '{"id":2,"ping":{}}')).status, 204)
        self.assertEqual((await client.next())["id"], 2)


if __name__ == "__main__":
    unittest.main()
