"""Peers that do not answer pings are closed. Other clients go on."""
import asyncio
import pathlib
import sys
import time
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
from support import server  # noqa: E402
from support.server import PATIENCE, receive  # noqa: E402
from support.transports import ALL, over  # noqa: E402
from support.wire import PING, PONG, TEXT, Wire, frame  # noqa: E402


@over(*ALL)
class Vanishing:
    async def test_a_vanished_peer_is_removed_after_a_ping_without_an_answer(self):
        self.serve(ping_interval=1, pong_timeout=1)
        silent, other = await self.dial(), await self.join()
        self.assertEqual((await silent.frame()).opcode, PING)
        await self.server.logged("left (no answer to a ping)", "clients: 1")
        if self.transport != "http2":  # there lws tells the peer later
            await silent.gone()
        await other.send("still here")
        self.assertEqual(await receive(other), "still here")

    async def test_a_peer_that_answers_pings_stays(self):
        self.serve(ping_interval=1, pong_timeout=1)
        client, _ = await self.dial(), await self.dial()
        for _ in range(2):
            ping = await client.frame()
            self.assertEqual(ping.opcode, PING)
            client.send(frame(ping.payload, PONG))
        await self.server.logged("left (no answer to a ping)", "clients: 1")
        client.send(frame("still here"))
        self.assertEqual(await client.message(), (TEXT, b"still here"))

    async def test_a_vanished_peer_is_noticed_in_a_busy_room_and_a_talking_one_gets_no_pings(self):
        self.serve(ping_interval=2, pong_timeout=1)
        talker, silent = await self.dial(), await self.dial()
        deadline = time.monotonic() + PATIENCE
        while not self.server.chat_log("left (no answer to a ping)"):
            self.assertLess(time.monotonic(), deadline)
            talker.send(frame("tick"))
            self.assertEqual(await talker.frame(), (TEXT, True, b"tick"))
            await asyncio.sleep(0.05)
        if self.transport != "http2":  # there lws tells the peer later
            await silent.gone()
        await self.gone(1)

    async def test_ping_interval_0_never_pings(self):
        self.serve(self.vhost("never", ping_interval=0, pong_timeout=1), self.vhost("soon", ping_interval=1, pong_timeout=1))
        quiet = await self.dial()
        other = await Wire.dial(self.server.url_of(1))
        self.addAsyncCleanup(other.abandon)
        await self.server.logged("vhost soon:", "left (no answer to a ping)")
        quiet.send(frame("still here"))
        self.assertEqual(await quiet.frame(), (TEXT, True, b"still here"))


@over("plain", "tls")
class IdleTimers:
    @unittest.skipIf(server.HOST == "lwsws", "lwsws leaves no way to turn them off")
    async def test_lws_has_no_timer_for_a_connected_client(self):
        self.serve(server={"arguments": ["-d", "info"]}, ping_interval=1)
        client = await self.dial()
        ping = await client.frame()
        client.send(frame(ping.payload, PONG))
        await self.server.until(lambda: "received pong" in self.server.log(), "the log line of Debian's lws at -d info")
        self.assertNotIn("setting validity timer", self.server.log())


if __name__ == "__main__":
    unittest.main()
