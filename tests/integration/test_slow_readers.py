"""Readers that take less than they are sent. Other clients get every message."""
import asyncio
import os
import pathlib
import sys
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
from support.server import PATIENCE  # noqa: E402
from support.transports import over  # noqa: E402
from support.wire import CLOSE, frame, parse  # noqa: E402


class Crowd:
    """Publishes in rounds while others read. Each round waits until every reader has its messages, so that no reader is more
    than one round behind. A round is smaller than the max-lag of each test."""

    def __init__(self, sender, readers, size=16000, round_messages=4):
        self.sender, self.readers = sender, [sender, *readers]
        self.size, self.round_messages = size, round_messages
        self.published = []

    def text(self, i):
        return f"{i:08} ".ljust(self.size, "abcdefghij"[i % 10])

    async def publish(self, megabytes):
        async def read(client, first):
            for i in range(first, first + self.round_messages):
                got = (await client.message())[1]
                assert got.decode() == self.text(i), f"message {i}, got {got[:20]}"

        done = 0
        while done < megabytes * 1_000_000:
            first = len(self.published)
            batch = [self.text(i) for i in range(first, first + self.round_messages)]
            self.published += [t[:8] for t in batch]
            self.sender.send(b"".join(map(frame, batch)))
            await asyncio.gather(*(read(c, first) for c in self.readers))
            done += self.size * self.round_messages


# ASan keeps freed memory for a while, which would spoil the measurement.
LEAN_ASAN = {"ASAN_OPTIONS": os.environ.get("ASAN_OPTIONS", "") + ":quarantine_size_mb=1"}
MEMORY = 16 * 2**20  # more than all configured buffers, less than the published messages


@over("plain", "tls")
class SlowReaders:
    async def start(self):
        self.serve(max_lag=65536, server={"env": LEAN_ASAN})
        stalled = await self.dial(receive_buffer=65536)
        stalled.stop_reading()
        return stalled, Crowd(await self.dial(), [await self.dial() for _ in range(2)])

    async def test_a_reader_that_stops_is_closed_and_all_others_get_every_message(self):
        stalled, crowd = await self.start()
        await crowd.publish(1)
        before = self.server.rss()
        await crowd.publish(50)
        self.assertLess(self.server.rss() - before, MEMORY)
        line = (await self.server.logged("left (3008 too slow"))[0]
        self.assertRegex(line, r"left \(3008 too slow: \d+ bytes behind\), clients: 3$")
        behind = int(line.split(" bytes behind")[0].split()[-1])
        self.assertGreater(behind, 65536)
        self.assertLess(behind, 65536 + 20 * 16000)
        await crowd.publish(1)

    async def test_a_reader_that_resumes_too_late_sees_no_gap_before_its_close(self):
        stalled, crowd = await self.start()
        await crowd.publish(20)
        stalled.writer.transport.resume_reading()
        data, at, seen, close = await self.rest_of(stalled), 0, [], None
        while close is None and (parsed := parse(data, at)):
            got, at = parsed
            if got.opcode == CLOSE:
                close = got.payload
            else:
                seen.append(got.payload[:8].decode())
        self.assertGreater(len(seen), 0)
        self.assertEqual(seen, crowd.published[:len(seen)])
        if close is None:  # the connection was lost before the close frame arrived
            self.assertLess(len(data) - at, crowd.size + 4)
        else:
            self.assertEqual(int.from_bytes(close[:2], "big"), 3008)
            self.assertRegex(close[2:].decode(), r"^too slow: \d+ bytes behind$")
            self.assertEqual(at, len(data), "nothing follows the close frame")

    async def rest_of(self, client):
        data = bytearray()
        try:
            while chunk := await asyncio.wait_for(client.reader.read(1 << 16), PATIENCE):
                data += chunk
        except ConnectionError:
            pass
        return bytes(data)

    async def test_a_slow_reader_within_max_lag_loses_nothing(self):
        self.serve(max_lag=4 * 2**20)
        slow = await self.dial(receive_buffer=65536)
        crowd = Crowd(await self.dial(), [])
        for _ in range(4):
            slow.stop_reading()
            first = len(crowd.published)
            await crowd.publish(3)
            slow.writer.transport.resume_reading()
            for i in range(first, len(crowd.published)):
                self.assertEqual((await slow.message())[1].decode(), crowd.text(i))


if __name__ == "__main__":
    unittest.main()
