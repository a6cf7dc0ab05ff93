"""Nodes and their readers do what tests rely on. These nodes have no Redis, so each is alone."""
import asyncio
import pathlib
import sys
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
from support.back_end import STRUCTURED  # noqa: E402
from support.nodes import Clustered  # noqa: E402
from support.readers import StreamReader, StructuredReader, TextReader  # noqa: E402
from support.sdk_client import SdkClient, SdkError  # noqa: E402
from support.told import contradictions, faults  # noqa: E402


class Alone(Clustered):
    def serve(self, count, **options):
        return super().serve(count, redis="", **options)

    async def test_all_nodes_are_ready_and_each_is_a_server_of_its_own(self):
        self.serve(2)
        self.assertEqual([self.nodes.readyz(i)[0] for i in range(2)], [200, 200])
        await self.publish(0, "here")
        self.assertEqual([(await self.history(i))[0] for i in range(2)], [[(1, "here")], []])

    async def test_options_may_differ_from_node_to_node(self):
        self.serve(2, each=[{}, {"max_message": 10}])
        await self.call(0, "publish", {"channel": "a", "data": "x" * 20})
        await self.call(1, "publish", {"channel": "a", "data": "x" * 20}, status=400)

    async def test_readers_write_down_what_they_get_and_what_they_miss(self):
        server = self.serve(1)[0]
        readers = [StreamReader(server), StructuredReader(server), TextReader(server)]
        for reader in readers:
            await reader.start()
        sdk = await self.enterAsyncContext(SdkClient(server.url_of(path=STRUCTURED)))
        await sdk.ask("join", room="lobby")
        await self.until(self.all_in_the_room, "the text client to be in the room")
        before = await self.publish(0, "before")
        await self.until(lambda: {reader.last for reader in readers} == {"before"}, "the message")
        await asyncio.to_thread(server.kill)
        await asyncio.to_thread(server.start)
        await self.until(lambda: [reader.comings for reader in readers] == [2, 2, 2], "the readers to come back")
        await self.until(lambda: len(sdk.named("subscribed")) == 2, "the SDK to come back")
        await self.until(self.all_in_the_room, "the text client to be in the room")
        after = await self.publish(0, "after")
        expected = [(before["epoch"], 1, "before"), ("gap", after["epoch"], 0), (after["epoch"], 1, "after")]
        await self.until(lambda: {reader.last for reader in readers} == {"after"}, "the second message")
        await self.until(lambda: len(sdk.log()) == 3, "the second message")
        for log in readers[0].log, readers[1].log, sdk.log():
            self.assertEqual(log, expected)
        self.assertEqual(readers[2].log, [(None, None, "before"), ("gap", "closed", 1006), (None, None, "after")])
        self.assertEqual(readers[0].gaps + readers[0].messages, [expected[1], expected[0], expected[2]])
        for reader in readers:
            await reader.stop()

    async def all_in_the_room(self):
        return (await self.result(0, "presence_stats", {"channel": "lobby"}))["num_clients"] == 4

    async def test_an_sdk_client_does_as_it_is_told(self):
        server = self.serve(1)[0]
        for encoding in "json", "protobuf":
            sdk = await self.enterAsyncContext(SdkClient(server.url_of(path=STRUCTURED), encoding))
            await sdk.ask("join", room=encoding)
            await sdk.ask("publish", room=encoding, data={"n": 1})
            got = await sdk.ask("history", room=encoding)
            self.assertEqual((got["publications"], got["offset"]), ([[1, {"n": 1}]], 1))
            self.assertEqual(await sdk.ask("presence", room=encoding), [""])
            with self.assertRaises(SdkError) as refused:
                await sdk.ask("publish", room="another", data=1)
            self.assertEqual((refused.exception.code, refused.exception.temporary), (103, False))
            await sdk.ask("disconnect")
            self.assertEqual(len(sdk.named("disconnected")), 1)


class Judging(unittest.TestCase):
    def test_messages_in_order_and_gaps_that_were_told_are_right(self):
        for log in ([], [("e", 7, "a"), ("e", 8, "b")], [("e", 1, "a"), ("gap", "e", 5), ("e", 6, "b")],
                    [("e", 9, "a"), ("gap", "f", 0), ("f", 1, "b")], [("gap", "e", 3), ("gap", "f", 0), ("f", 1, "a")]):
            self.assertEqual(faults(log), [], log)

    def test_everything_else_is_a_fault(self):
        for log in ([("e", 1, "a"), ("e", 3, "b")], [("e", 2, "a"), ("e", 1, "b")], [("e", 1, "a"), ("e", 1, "a")],
                    [("e", 1, "a"), ("f", 2, "b")], [("gap", "e", 3), ("e", 5, "a")], [("gap", "e", 3), ("f", 1, "a")]):
            self.assertEqual(len(faults(log)), 1, log)

    def test_a_position_has_one_message(self):
        one, other = [("e", 1, "a"), ("gap", "e", 1), ("e", 2, "b")], [("e", 2, "c"), ("f", 1, "d")]
        self.assertEqual(contradictions(one, one), [])
        self.assertEqual(contradictions(one, other), [(("e", 2, "c"), "b")])


if __name__ == "__main__":
    unittest.main()
