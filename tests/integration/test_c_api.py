"""Other plugins in the same server publish through lws-chat.h.

LWS_CHAT_MESSAGES is how many each of the threads publishes (default 20000).
"""
import asyncio
import os
import pathlib
import re
import shutil
import sys
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
from support.server import BUILD, Server, connect, receive, vhost  # noqa: E402
from support.transports import Transport  # noqa: E402

THREADS = 8
MESSAGES = int(os.environ.get("LWS_CHAT_MESSAGES", "20000"))
NONSENSE = ["lws-chat is not enabled on this vhost", "not a room name", "not a room name",
            *["the message is not what its format says, or binary where it is refused"] * 3, "the message is too big",
            '{"a":\n 1}']


class Beside(Transport):
    def serve(self, plugin, pvos, **options):
        made = vhost(**options)
        made["ws-protocols"][0][f"lws-chat-{plugin}"] = pvos
        plugins = pathlib.Path(self.enterContext(self.folder()))
        for name in (BUILD / "plugins/libprotocol_lws_chat.so", BUILD / f"test-plugins/libprotocol_lws_chat_{plugin}.so"):
            shutil.copy(name, plugins)
        self.server = self.enterContext(Server(made, plugins=plugins))

    def folder(self):
        import tempfile
        return tempfile.TemporaryDirectory(prefix="lws-chat-plugins-")

    async def join(self, room):
        return await self.enterAsyncContext(connect(self.server.url_of(path=f"/chat/{room}"), max_queue=None))

    async def test_a_plugin_publishes_the_time_to_a_room(self):
        self.serve("clock", {"room": "clock"})
        client = await self.join("clock")
        for _ in range(2):
            self.assertRegex(await receive(client), r"^\d\d:\d\d:\d\d$")

    async def test_an_empty_room_keeps_the_messages_of_a_plugin(self):
        self.serve("clock", {"room": "empty"}, replay=10)
        await asyncio.sleep(0)
        client = await self.join("empty")
        self.assertRegex(await receive(client), r"^\d\d:\d\d:\d\d$")

    async def test_many_threads_publish_and_each_threads_order_is_kept(self):
        lag = 100_000_000
        self.serve("flood", {"room": "flood", "threads": str(THREADS), "messages": str(MESSAGES), "readers": "2"},
                   max_lag=lag, max_memory=4 * lag, history_size=0)
        readers = [await self.join("flood") for _ in range(2)]
        seen = await asyncio.gather(*(self.read_all(reader) for reader in readers))
        self.assertEqual(seen[0], seen[1])
        self.assertEqual(seen[0], [MESSAGES] * THREADS)

    async def read_all(self, client):
        """The number of messages from each thread, all in order. First come the answers to invalid calls."""
        for words in NONSENSE:
            self.assertEqual(await receive(client), words)
        following = [0] * THREADS
        while sum(following) < THREADS * MESSAGES:
            thread, number = map(int, (await receive(client)).split())
            self.assertEqual(number, following[thread])
            following[thread] += 1
        return following


if __name__ == "__main__":
    unittest.main()
