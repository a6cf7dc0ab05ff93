"""Invalid messages, and more of everything than the limits allow. Other clients go on."""
import asyncio
import os
import pathlib
import sys
import time
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
from support import server  # noqa: E402
from support.server import PATIENCE, receive  # noqa: E402
from support.transports import ALL, Transport, over  # noqa: E402
from support.wire import BINARY, CLOSE, CONTINUATION, PING, PONG, TEXT, Wire, frame, header, parse  # noqa: E402


@over(*ALL)
class Sizes:
    LIMIT = 1000

    async def start(self):
        self.serve(max_message=self.LIMIT, binary="relay")
        return await self.dial(), await self.join()

    async def refused(self, sender, other):
        self.assertEqual(await sender.close_code(), 1009)
        await sender.abandon()
        await other.send("still here")
        self.assertEqual(await receive(other), "still here")
        await self.server.logged("left (1009", "clients: 1")

    async def test_a_message_of_exactly_max_message_is_accepted(self):
        sender, other = await self.start()
        text = "x" * self.LIMIT
        sender.send(frame(text))
        self.assertEqual(await receive(other), text)
        sender.send(frame(text[:400], final=False) + frame(text[400:], CONTINUATION))
        self.assertEqual(await receive(other), text)

    async def test_the_limit_counts_bytes_not_characters(self):
        sender, other = await self.start()
        sender.send(frame("喔" * (self.LIMIT // 3 + 1)))
        await self.refused(sender, other)

    async def test_a_message_of_one_byte_more_gets_1009(self):
        sender, other = await self.start()
        sender.send(frame("x" * (self.LIMIT + 1)))
        await self.refused(sender, other)

    async def test_a_binary_message_over_the_limit_gets_1009(self):
        sender, other = await self.start()
        sender.send(frame(b"\0" * (self.LIMIT + 1), BINARY))
        await self.refused(sender, other)

    async def test_fragments_that_exceed_the_limit_together_get_1009(self):
        sender, other = await self.start()
        for i in range(11):
            sender.send(frame("x" * 91, CONTINUATION if i else TEXT, final=False))
        await self.refused(sender, other)

    async def test_endless_fragments_get_1009(self):
        sender, other = await self.start()
        sender.send(frame("x", final=False) + frame("xx", CONTINUATION, final=False) * self.LIMIT)
        await self.refused(sender, other)

    async def test_a_huge_length_is_refused_when_its_first_byte_comes(self):
        sender, other = await self.start()
        sender.send(header(2**40) + b"\0\0\0\0" + b"x")
        await self.refused(sender, other)

    async def test_a_length_just_over_the_limit_is_refused_when_its_first_byte_comes(self):
        sender, other = await self.start()
        sender.send(header(self.LIMIT + 1) + b"\0\0\0\0" + b"x")
        await self.refused(sender, other)

    async def test_a_length_with_the_top_bit_set_is_refused(self):
        sender, other = await self.start()
        sender.send(header(2**63 + 5) + b"\0\0\0\0" + b"x")
        self.assertIn(await sender.close_code(), (1002, 1009, None))
        await other.send("still here")
        self.assertEqual(await receive(other), "still here")

    async def test_messages_of_a_client_after_1009_are_ignored(self):
        sender, other = await self.start()
        sender.send(frame("x" * (self.LIMIT + 1)) + frame("not heard"))
        await self.refused(sender, other)


@over(*ALL)
class InvalidText:
    GOOD = "喔\N{ROCKET}".encode()

    async def check(self, *frames):
        self.serve()
        sender, other = await self.dial(), await self.join()
        sender.send(b"".join(frames))
        self.assertEqual(await sender.close_code(), 1007)
        await other.send("still here")
        self.assertEqual(await receive(other), "still here", "and nothing of the bad text")
        await self.gone(1)

    async def test_invalid_utf8_gets_1007(self):
        for what, payload in (("a lone continuation byte", b"a\x80"), ("a byte that never occurs", b"\xff"),
                              ("an overlong slash", b"\xc0\xaf"), ("an overlong NUL", b"\xe0\x80\x80"),
                              ("a surrogate", b"\xed\xa0\x80"), ("beyond U+10FFFF", b"\xf4\x90\x80\x80"),
                              ("latin-1", "é".encode("latin-1") + b" text")):
            with self.subTest(what):
                await self.check(frame(payload))

    async def test_a_text_that_ends_inside_a_character_gets_1007(self):
        for end in (-1, -2, -3):
            with self.subTest(end=end):
                await self.check(frame(self.GOOD[:end]))

    async def test_invalid_utf8_split_across_fragments_gets_1007(self):
        await self.check(frame(b"a\xe5", final=False), frame(b"b", CONTINUATION))

    async def test_fragments_that_end_inside_a_character_get_1007(self):
        await self.check(frame(b"a", final=False), frame(self.GOOD[:2], CONTINUATION))

    async def test_an_empty_last_fragment_after_half_a_character_gets_1007(self):
        await self.check(frame(self.GOOD[:2], final=False), frame(b"", CONTINUATION))

    async def test_invalid_utf8_after_the_first_read_gets_1007(self):
        if self.transport == "http2":
            self.skipTest("lws 4.1.6 corrupts its memory then: see http2_evidence.py")
        await self.check(frame(b"a" * 10000 + b"\xff" + b"a" * 10000))

    async def test_a_character_split_across_fragments_is_valid_in_every_message(self):
        self.serve()
        sender, other = await self.dial(), await self.join()
        for _ in range(3):
            sender.send(frame(self.GOOD[:1], final=False) + frame(self.GOOD[1:5], CONTINUATION, final=False)
                        + frame(self.GOOD[5:], CONTINUATION))
            self.assertEqual((await receive(other)).encode(), self.GOOD)


@over(*ALL)
class Violations:
    """A peer that violates RFC 6455 is closed with 1002 or without a close frame."""

    async def check(self, *violations):
        self.serve()
        senders, other = [await self.dial() for _ in violations], await self.join()
        for sender, data in zip(senders, violations):
            sender.send(data)
        for code in await asyncio.gather(*(sender.close_code() for sender in senders)):
            self.assertIn(code, (1002, None))
        for sender in senders:
            await sender.abandon()  # the rest of an unfinished frame would swallow an answer to the close
        await self.gone(1)
        await other.send("still here")
        self.assertEqual(await receive(other), "still here", "and nothing of the violators'")

    async def test_an_unmasked_frame_harms_nobody(self):
        # RFC 6455 requires a refusal. But lws 4.1.6 to 4.5 accepts the frame, and a plugin cannot see that it is unmasked.
        self.serve()
        sender, other = await self.dial(), await self.join()
        sender.send(frame("bare", masked=False))
        await other.send("still here")
        seen = [await receive(other)]
        while seen[-1] != "still here":
            seen.append(await receive(other))
        self.assertIn(seen, (["still here"], ["bare", "still here"], ["still here", "bare"]))

    async def test_reserved_opcodes(self):
        await self.check(*(frame("what", opcode=opcode) for opcode in (3, 7, 11, 15)))

    async def test_reserved_bits(self):
        await self.check(*(frame("what", reserved=bits) for bits in (1, 2, 4, 7)))

    async def test_a_fragmented_ping(self):
        await self.check(frame("half", PING, final=False))

    async def test_a_ping_of_126_bytes(self):
        await self.check(frame("x" * 126, PING))

    async def test_a_continuation_of_nothing(self):
        await self.check(frame("more", CONTINUATION))

    async def test_a_new_message_within_a_fragmented_one(self):
        await self.check(frame("half", final=False) + frame("another"))

    async def test_a_close_frame_with_half_a_code(self):
        self.serve()
        sender, other = await self.dial(), await self.join()
        sender.send(frame(b"\x03", CLOSE))
        await sender.gone()
        await self.gone(1)
        await other.send("still here")
        self.assertEqual(await receive(other), "still here")

    async def test_random_bytes(self):
        await self.check(b"\xff" * 500)


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


@over(*ALL)
class TooMany:
    async def test_a_client_above_max_clients_gets_503_until_one_leaves(self):
        self.serve(max_clients=2)
        first, second = await self.join(), await self.join()
        for _ in range(3):
            self.assertEqual(await self.status(), 503)
        await self.server.logged("refused 127.0.0.1 with 503")
        await first.close()
        await self.gone(1)
        third = await self.join()
        await third.send("hello")
        self.assertEqual(await receive(second), "hello")

    async def test_max_clients_0_is_no_limit(self):
        self.serve(max_clients=0)
        clients = [await self.join() for _ in range(20)]
        await clients[0].send("hello")
        self.assertEqual(await receive(clients[-1]), "hello")


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


class Descriptors(Transport):
    async def test_without_free_descriptors_clients_go_on_and_the_log_has_one_line(self):
        self.serve(server={"descriptors": 100})
        clients = []
        while await self.status() == 101:
            clients.append(await self.dial())
        self.assertGreater(len(clients), 40)
        for _ in range(20):
            self.assertIn(await self.status(), (503, None))
        clients[0].send(frame("still here"))
        for client in clients:
            self.assertEqual(await client.message(), (TEXT, b"still here"))
        self.assertEqual(len(self.server.chat_log("out of file descriptors")), 1)
        for client in clients[10:15]:
            await client.abandon()
        await self.gone(len(clients) - 5)
        newcomer = await self.dial()
        newcomer.send(frame("back again"))
        self.assertEqual(await clients[0].message(), (TEXT, b"back again"))

    @unittest.skipIf(server.HOST == "lwsws", "lwsws accepts for itself, and logs each failure")
    async def test_a_very_small_descriptor_limit_does_not_flood_the_log(self):
        self.serve(server={"descriptors": 40})
        client = await self.dial()
        for _ in range(60):
            self.addAsyncCleanup((await Wire.open(self.url)).abandon)
        client.send(frame("still here"))
        self.assertEqual(await client.message(), (TEXT, b"still here"))
        self.assertEqual(len(self.server.chat_log("out of file descriptors")), 1)
        self.assertLess(self.server.log_path.stat().st_size, 100_000)

    @unittest.skipIf(server.HOST == "lwsws", "lwsws accepts for itself, and logs each failure")
    async def test_silent_connections_that_use_all_descriptors_do_not_flood_the_log(self):
        self.serve(server={"descriptors": 100})
        client = await self.dial()
        for _ in range(120):
            self.addAsyncCleanup((await Wire.open(self.url)).abandon)
        for i in range(20):
            client.send(frame(f"still here {i}"))
            self.assertEqual(await client.message(), (TEXT, f"still here {i}".encode()))
        self.assertLess(self.server.log_path.stat().st_size, 100_000)


if __name__ == "__main__":
    unittest.main()
