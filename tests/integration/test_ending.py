"""The end of lws-chatd, and how clients learn of it."""
import asyncio
import pathlib
import signal
import sys
import time
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
from support.server import close_of, receive  # noqa: E402
from support.transports import over  # noqa: E402
from support.wire import frame  # noqa: E402

DRAIN = 5    # seconds that clients have to take their last messages, kDrainMs in server.cpp
AT_ONCE = 3  # seconds, less than DRAIN


@over("plain", "tls")
class Ending:
    async def ended(self):
        """Waits for the end of the process. Returns its exit code."""
        await self.server.until(lambda: self.server.process.poll() is not None, "the server to end")
        return self.server.process.returncode

    async def stalled_client(self, megabytes=8):
        """A client that reads nothing, while more waits for it than a socket holds."""
        stalled, other = await self.dial(receive_buffer=65536), await self.dial()
        stalled.stop_reading()
        texts = [f"{i} ".ljust(50000, ".") for i in range(megabytes * 20)]
        for text in texts:
            other.send(frame(text))
            await other.message()
        return stalled, other, texts

    async def test_sigterm_and_sigint_close_all_clients_with_1001_and_end_with_0(self):
        for number in (signal.SIGTERM, signal.SIGINT):
            with self.subTest(number.name):
                self.serve()
                clients = [await self.join() for _ in range(5)]
                self.server.signal(number)
                for client in clients:
                    self.assertEqual(await close_of(client), (1001, "server is shutting down"))
                self.assertEqual(await self.ended(), 0)

    async def test_clients_are_closed_one_after_the_other_over_drain_seconds(self):
        self.serve(drain_seconds=2)
        clients = [await self.join() for _ in range(10)]
        self.server.signal(signal.SIGTERM)
        closed_at = []
        async def watch(client):
            self.assertEqual(await close_of(client), (1012, "server is restarting"))
            closed_at.append(time.monotonic())
        await asyncio.gather(*(watch(client) for client in clients))
        # Without drain-seconds all would be closed within some milliseconds.
        self.assertGreater(max(closed_at) - min(closed_at), 0.3)
        self.assertEqual(await self.ended(), 0)

    async def test_without_clients_drain_seconds_are_skipped(self):
        self.serve(drain_seconds=60)
        client = await self.join()
        await client.close()
        await self.server.logged(" left (")
        began = time.monotonic()
        self.server.signal(signal.SIGTERM)
        self.assertEqual(await self.ended(), 0)
        self.assertLess(time.monotonic() - began, AT_ONCE)

    async def test_sigterm_without_clients_ends_at_once(self):
        self.serve()
        began = time.monotonic()
        self.server.signal(signal.SIGTERM)
        self.assertEqual(await self.ended(), 0)
        self.assertLess(time.monotonic() - began, AT_ONCE)

    async def test_messages_published_right_before_sigterm_arrive_before_the_close(self):
        self.serve(flush_interval=1000)
        sender, other = await self.dial(), await self.join()
        texts = [f"text {i}" for i in range(50)]
        sender.send(frame("first"))
        await sender.message()
        sender.send(b"".join(map(frame, texts)))
        sender.send(frame("", 9))  # a ping: its answer shows that the server has read the texts
        while (await sender.frame()).opcode != 10:
            pass
        self.server.signal(signal.SIGTERM)
        seen = [await receive(other) for _ in range(51)]
        self.assertEqual(seen, ["first", *texts])
        self.assertEqual((await close_of(other))[0], 1001)
        self.assertEqual(await sender.close_code(), 1001)
        self.assertEqual(await self.ended(), 0)

    async def test_a_slow_reader_gets_everything_before_the_close(self):
        self.serve(max_lag=64 * 2**20)
        stalled, other, texts = await self.stalled_client()
        self.server.signal(signal.SIGTERM)
        self.assertEqual(await other.close_code(), 1001)
        stalled.writer.transport.resume_reading()
        for text in texts:
            self.assertEqual((await stalled.message())[1].decode(), text)
        self.assertEqual(await stalled.close_code(), 1001)
        self.assertEqual(await self.ended(), 0)

    async def test_a_client_that_does_not_read_delays_the_end_only_for_a_limited_time(self):
        self.serve(max_lag=64 * 2**20)
        await self.stalled_client()
        began = time.monotonic()
        self.server.signal(signal.SIGTERM)
        self.assertEqual(await self.ended(), 0)
        self.assertLess(time.monotonic() - began, 2 * DRAIN)
        self.assertIn("did not take their last messages in time", self.server.log())

    async def test_a_second_sigterm_ends_at_once(self):
        self.serve(max_lag=64 * 2**20)
        await self.stalled_client()
        self.server.signal(signal.SIGTERM)
        await self.server.until(lambda: "closing all clients" in self.server.log(), "the reaction to the first SIGTERM")
        began = time.monotonic()
        self.server.signal(signal.SIGTERM)
        self.assertEqual(await self.ended(), 0)
        self.assertLess(time.monotonic() - began, AT_ONCE)

    async def test_new_clients_are_refused_during_the_end(self):
        self.serve(max_lag=64 * 2**20)
        await self.stalled_client()
        self.server.signal(signal.SIGTERM)
        await self.server.until(lambda: "closing all clients" in self.server.log(), "the reaction to SIGTERM")
        self.assertIn(await self.status(), (503, None))


if __name__ == "__main__":
    unittest.main()
