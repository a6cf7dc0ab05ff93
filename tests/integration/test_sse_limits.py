"""Event streams with readers that are slow, leave, or send what no browser sends. Other clients go on."""
import asyncio
import contextlib
import json
import pathlib
import sys
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
from support.server import PATIENCE, SANITIZED, receive  # noqa: E402
from support.streams import Streams  # noqa: E402
from support.transports import ALL, over  # noqa: E402
from support.wire import Wire  # noqa: E402

NODE_READER = pathlib.Path(__file__).with_name("http2_stream.mjs")


@over("plain", "tls")
class Peers(Streams):
    """Requests that no browser sends."""

    async def check_idle(self):
        """Asserts that the server uses no CPU while nothing happens."""
        before = self.server.cpu()
        await asyncio.sleep(1.5)
        self.assertLess(self.server.cpu() - before, 0.3)

    async def check_goes_on(self, *readers):
        await self.post("still here")
        for reader in readers:
            self.assertEqual((await reader.take(1)), ["still here"])

    async def test_bytes_after_the_request_do_not_keep_the_server_busy(self):
        self.serve()
        other = await self.reading()
        for more in (b"x", b"GET /sse/b HTTP/1.1\r\nHost: x\r\n\r\n" * 10, b"\r\n\r\n", b"\0" * 1000,
                     b"POST /pub/lobby HTTP/1.1\r\nContent-Length: 5\r\n\r\nhello", b"x" * 100_000):
            self.assertEqual((await self.read(more=more)).status, 200)
        await self.check_idle()
        await self.gone(1)
        await self.check_goes_on(other)

    async def test_bytes_after_many_requests_at_once_do_not_keep_the_server_busy(self):
        self.serve(max_joins_per_second=0)
        other = await self.reading()
        await asyncio.gather(*(self.read(more=b"x") for _ in range(100)))
        await self.check_idle()
        await self.gone(1)
        await self.check_goes_on(other)

    async def test_later_bytes_do_not_keep_the_server_busy(self):
        self.serve()
        other = await self.reading()
        for more in (b"x", b"GET / HTTP/1.1\r\n\r\n" * 1000):
            rude = await self.reading()
            rude.wire.send(more)
        await self.check_idle()
        await self.gone(1)
        await self.check_goes_on(other)

    async def test_a_get_with_a_body_gets_400_and_one_with_an_empty_body_is_served(self):
        self.serve()
        other = await self.reading(headers={"Content-Length": "0"})
        for length, body in ((5, b"hello"), (5, b"he"), (5, b"hello, world"), (1_000_000, b"x" * 1000), ("x", b"")):
            with self.subTest(length=length, body=body[:20]):
                rude = await self.refused(400, headers={"Content-Length": str(length)}, more=body, words="body")
                self.assertFalse(await rude.more())
        await self.check_idle()
        await self.check_goes_on(other)

    async def test_peers_that_end_in_any_way_are_noticed(self):
        self.serve()
        other = await self.reading()
        for end in (lambda peer: peer.hang_up(), lambda peer: peer.wire.reset(), lambda peer: peer.half_close()) * 3:
            await end(await self.reading())
        await self.check_idle()
        await self.gone(1)
        await self.check_goes_on(other)

    async def test_incomplete_requests_leave_nothing_behind(self):
        self.serve()
        head = b"GET /sse/lobby HTTP/1.1\r\nHost: localhost\r\n\r\n"
        for size in range(1, len(head) + 1, 3):
            wire = await Wire.open(self.at("/"))
            wire.send(head[:size])
            await wire.writer.drain()
            await wire.reset()
        reader = await self.reading()
        await self.check_goes_on(reader)
        self.assertTrue(self.server.chat_log("clients: ")[-1].endswith("clients: 1"))


# More than all configured buffers, less than the published messages.
MEMORY = 40 * 2**20


@over("http2")
class Windows(Streams):
    """A reader over HTTP/2 that stops reading, which curl cannot do."""

    async def test_a_reader_with_a_closed_window_does_not_keep_the_server_busy_and_resumes_without_loss(self):
        self.serve(max_lag=8 * 2**20)
        url = self.at("/sse/lobby").replace("127.0.0.1", "localhost")
        node = await asyncio.create_subprocess_exec("node", str(NODE_READER), url, "end", stdin=asyncio.subprocess.PIPE,
                                                    stdout=asyncio.subprocess.PIPE)

        async def end():
            with contextlib.suppress(ProcessLookupError):
                node.kill()
            await node.communicate()

        self.addAsyncCleanup(end)
        self.assertEqual(await asyncio.wait_for(node.stdout.readline(), PATIENCE), b"stopped\n")
        for number in range(40):
            await self.post(f"{number} ".ljust(30_000, "x"))
        before = self.server.cpu()
        await asyncio.sleep(1.5)
        self.assertLess(self.server.cpu() - before, 0.3)
        await self.post("end")
        node.stdin.write(b"go on\n")
        got = json.loads(await asyncio.wait_for(node.stdout.readline(), PATIENCE))
        self.assertEqual(got, list(range(40)))


@over(*ALL)
class SlowReaders(Streams):
    async def stalled(self, path="/sse/lobby"):
        """A reader that stops reading."""
        reader = await self.read(path, receive_buffer=16384)
        reader.stop_reading()
        return reader

    async def metrics(self):
        wire = await Wire.open(self.at("/"))
        try:
            wire.send(b"GET /metrics HTTP/1.1\r\nHost: localhost\r\n\r\n")
            return (await wire.answer()).body.decode()
        finally:
            await wire.abandon()

    async def publish(self, texts, reader, room="lobby"):
        """Publishes in rounds. Each round waits until the reader has the one before."""
        talker = await self.talker(room)
        for first in range(0, len(texts), 2):
            batch = texts[first:first + 2]
            for text in batch:
                await talker.send(text)
            for text in batch:
                self.assertEqual(await receive(talker), text)
                self.assertTrue((await reader.next()).data == text)

    @unittest.skipIf(SANITIZED, "looks at resident memory")
    async def test_hundreds_of_stalled_readers_are_closed_and_others_get_every_message(self):
        self.serve(max_lag=65536, metrics=1)
        many = {"plain": 500, "tls": 300, "http2": 20}[self.transport]
        for _ in range(many):
            await self.stalled()
        reader, before = await self.reading(), self.server.rss()
        await self.publish([f"{i:08} ".ljust(30000, "abcdefghij"[i % 10]) for i in range(2000)], reader)
        while f'closed_total{{cause="slow"}} {many}\n' not in await self.metrics():
            await asyncio.sleep(0.1)
        self.assertLess(self.server.rss() - before, MEMORY)

    async def test_a_reader_that_resumes_too_late_sees_no_gap_before_its_close(self):
        self.serve(max_lag=65536)
        stalled, reader = await self.stalled(), await self.reading()
        texts = [f"{i:08} ".ljust(30000, "abcdefghij"[i % 10]) for i in range(600)]
        await self.publish(texts, reader)
        await self.server.logged("left (too slow")
        stalled.go_on()
        await stalled.rest()
        got = [event.data for event in stalled.events][1:]
        self.assertGreater(len(got), 0)
        self.assertTrue(got == texts[:len(got)])
        again = await self.read(last_event_id=stalled.last_id)
        self.assertEqual((await again.next()).type, "gap" if len(got) < len(texts) - 100 else "position")

    async def test_a_slow_reader_within_max_lag_loses_nothing(self):
        self.serve(max_lag=8 * 2**20, max_message=1_000_000)
        for path, rooms in (("/sse/a", ["a"]), ("/sse/?room=a&room=b", ["a", "b"])):
            with self.subTest(path):
                slow = await self.stalled(path)
                texts = [f"{i} ".ljust(100_000, "x") for i in range(40)]
                for text in texts:
                    for room in rooms:
                        await self.post(text, room)
                slow.go_on()
                await slow.take(len(rooms))
                got = {room: [] for room in rooms}
                for _ in range(len(texts) * len(rooms)):
                    event = await slow.next()
                    got[event.type if len(rooms) > 1 else "a"].append(event.data)
                for room in rooms:
                    self.assertTrue(got[room] == texts, room)


if __name__ == "__main__":
    unittest.main()
