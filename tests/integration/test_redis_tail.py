"""A Redis with an append-only file is killed, and the end of the file is lost: whoever was answered with a position there is told."""
import contextlib
import pathlib
import sys
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
from support.nodes import Clustered  # noqa: E402
from support.redis import Redis, needs_redis  # noqa: E402


@needs_redis
class LosesTheEnd(Clustered):
    def serve_two(self):
        self.redis = self.enterContext(Redis(append_only=True, appendfsync="always"))
        self.serve(2, self.redis, history_size=100)

    def log_file(self):
        """The file that grows: its folder is new in Redis 7."""
        files = [*self.redis.folder.glob("appendonlydir/*.incr.aof"), *self.redis.folder.glob("appendonly.aof")]
        return files[0]

    @contextlib.asynccontextmanager
    async def lost(self):
        """What Redis takes in this block it has lost afterwards."""
        size = self.log_file().stat().st_size
        yield
        self.redis.kill()
        await self.until(lambda: self.linked(0) is False and self.linked(1) is False, "the nodes to lose their Redis")
        with open(self.log_file(), "ab") as file:
            file.truncate(size)
        self.redis.start()
        await self.until(lambda: self.linked(0) and self.linked(1), "the nodes to have their Redis")

    def linked(self, node):
        return self.nodes.linked(node)

    async def assert_reported(self, node):
        await self.until(lambda: "has lost messages" in self.nodes[node].log(), "the loss to be in the log")
        self.assertEqual(self.nodes[node].log().count("has lost messages"), 1)
        self.assertEqual((await self.metrics(node))["lws_chat_shared_renewals_total"], 1)

    async def test_a_room_that_nobody_reads_gets_another_epoch(self):
        self.serve_two()
        first = await self.publish(0, "kept", channel="empty")
        async with self.lost():
            last = await self.publish(0, "lost", channel="empty")
        after = await self.publish(1, "after", channel="empty")
        self.assertEqual(first["epoch"], last["epoch"])
        self.assertEqual(after["offset"], last["offset"])
        self.assertNotEqual(after["epoch"], last["epoch"])
        await self.assert_reported(0)

    async def test_readers_are_told(self):
        self.serve_two()
        sdks = [await self.sdk(node, "lobby") for node in (0, 1)]
        await self.publish(0, "kept")
        async with self.lost():
            last = await self.publish(0, "lost")
            await self.until(lambda: all(sdk.log() and sdk.log()[-1][2] == "lost" for sdk in sdks), "everybody to have it")
        await self.publish(1, "after")
        await self.until(lambda: all(sdk.log()[-1][2] == "after" or sdk.log()[-1][0] == "gap" for sdk in sdks), "everybody to go on")
        for sdk in sdks:
            self.assertIn("gap", [entry[0] for entry in sdk.log()])
            self.assertNotEqual(sdk.log()[-1][0], last["epoch"])
        for node in 0, 1:
            await self.assert_reported(node)


if __name__ == "__main__":
    unittest.main()
