"""Messages over TLS to many: peers that change their keys, stall inside a record, or close while records wait for them, and
an io_uring that fails."""
import asyncio
import contextlib
import os
import pathlib
import re
import signal
import sys
import unittest
import urllib.request

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
from support.server import BUILD, HOST, PATIENCE, insecure_tls  # noqa: E402
from support.tls_client import TLS1_2, TlsClient  # noqa: E402
from support.transports import Transport, over  # noqa: E402
from support.wire import CLOSE, TEXT, frame, parse  # noqa: E402

LARGE = 30_000  # more than a record
# ASan keeps freed memory for a while, which would spoil the measurement.
LEAN_ASAN = {"ASAN_OPTIONS": os.environ.get("ASAN_OPTIONS", "") + ":quarantine_size_mb=1"}


def frames_in(data):
    """The whole frames at the beginning."""
    while parsed := parse(data):
        yield parsed[0]
        data = data[parsed[1]:]


class TlsFanout(Transport):
    transport = "tls"

    async def start(self, clients=1, version=0, **options):
        """A publisher and clients of the same room, with small receive buffers."""
        self.serve(max_lag=64 * 2**20, metrics=1, ping_interval=0, server={"env": LEAN_ASAN}, **options)
        self.publisher = await self.dial()
        made = [await TlsClient.dial(self.server, receive_buffer=65536, version=version) for _ in range(clients)]
        for client in made:
            self.addCleanup(client.free)
        return made

    def subscriptions(self):
        """The number of connections in the room."""
        with urllib.request.urlopen(self.server.http_of(path="/metrics"), context=insecure_tls(), timeout=PATIENCE) as got:
            return int(re.search(r'^lws_chat_subscriptions{dialect="text"} (\d+)$', got.read().decode(), re.MULTILINE)[1])

    def text(self, i, size=64):
        return f"{i:06} ".ljust(size, "abcdefghij"[i % 10])

    async def publish(self, first, count, size=64):
        """Returns when everybody who takes what is sent has been sent these messages."""
        for i in range(first, first + count):
            self.publisher.send(frame(self.text(i, size)))
        for i in range(first, first + count):
            self.assertEqual((await self.publisher.message())[1].decode(), self.text(i, size))

    async def texts(self, client, first, count, size=64, most=65536):
        async def all_of_them():
            i = first
            payload = b""
            async for got in client.frames(most):
                payload += got.payload
                if not got.final:
                    continue
                self.assertEqual(payload.decode(), self.text(i, size))
                i, payload = i + 1, b""
                if i == first + count:
                    return
            self.fail(f"the connection ended before message {i}")
        await asyncio.wait_for(all_of_them(), PATIENCE)

    async def test_clients_that_change_their_keys_under_load_get_every_message(self):
        clients = await self.start(clients=3)
        for i in range(0, 400, 10):
            clients[i % 2].change_keys()
            await self.publish(i, 10)
            clients[1].change_keys()
            await asyncio.gather(*(self.texts(client, i, 10) for client in clients))

    # Nobody looks at what the one that asks gets: it may be refused behind everything, or be cut.
    async def test_clients_that_ask_to_negotiate_again_cost_the_others_nothing(self):
        reads, stalled, other = await self.start(clients=3, version=TLS1_2)
        stalled.stop_reading()
        for i in range(0, 300, 20):
            await self.publish(i, 20, LARGE)
            await asyncio.gather(*(self.texts(client, i, 20, LARGE) for client in (reads, other)))
        stalled.negotiate_again()
        reads.negotiate_again()
        self.assertEqual(await asyncio.wait_for(reads.read(), PATIENCE), b"")
        self.assertTrue(reads.refused)
        for i in range(300, 400, 20):
            await self.publish(i, 20, LARGE)
            await self.texts(other, i, 20, LARGE)
        stalled.read_again()
        got = b""
        with contextlib.suppress(ConnectionResetError):
            while more := await stalled.read():
                got += more
        texts = "".join(self.text(i, LARGE) for i in range(400)).encode()
        whole = b"".join(frame.payload for frame in frames_in(got))
        self.assertEqual(whole, texts[:len(whole)])
        self.assertGreater(len(whole), 10 * LARGE)

    async def test_a_client_that_stalls_inside_a_record_gets_the_rest_when_it_reads_again(self):
        stalled, other = await self.start(clients=2)
        stalled.stop_reading()
        for i in range(0, 300, 20):
            await self.publish(i, 20, LARGE)
            await self.texts(other, i, 20, LARGE)
        stalled.read_again()
        # The first ones arrive byte by byte.
        await self.texts(stalled, 0, 1, LARGE, most=1)
        await self.texts(stalled, 1, 299, LARGE)
        await self.publish(300, 1)
        await self.texts(stalled, 300, 1)

    async def test_a_client_that_changes_its_keys_while_records_wait_for_it_gets_every_message(self):
        stalled, = await self.start()
        stalled.stop_reading()
        await self.publish(0, 300, LARGE)
        stalled.change_keys()
        stalled.send(frame("from the stalled one"))
        self.assertEqual((await self.publisher.message())[1], b"from the stalled one")
        stalled.read_again()
        await self.texts(stalled, 0, 300, LARGE)

    # If lws itself holds bytes, it ends the connection without an answer.
    async def test_a_client_that_closes_while_records_wait_for_it_gets_whole_frames_and_an_answer(self):
        stalled, = await self.start()
        if not self.server.chat_log("fanout by io_uring"):
            self.skipTest("lws holds the records if there is no io_uring")
        stalled.stop_reading()
        for i in range(300):
            await self.publish(i, 1, LARGE)
        stalled.send(frame((1000).to_bytes(2, "big") + b"bye", CLOSE))
        # Its close frame has been read.
        await self.server.until(lambda: self.subscriptions() == 1, "it to leave the room")
        stalled.read_again()
        got = [found async for found in stalled.frames()]
        self.assertEqual((got[-1].opcode, got[-1].payload), (CLOSE, (1000).to_bytes(2, "big") + b"bye"))
        self.assertTrue(stalled.closed, "close_notify came")
        text = b"".join(found.payload for found in got[:-1]).decode()
        whole = [text[at:at + LARGE] for at in range(0, len(text), LARGE)]
        self.assertGreater(len(whole), 10)
        self.assertEqual(whole, [self.text(i, LARGE) for i in range(len(whole))])

    @unittest.skipIf(HOST != "lws-chatd", "lwsws does not say goodbye")
    async def test_the_close_frame_and_close_notify_of_the_server_follow_all_messages(self):
        client, = await self.start()
        await self.publish(0, 50)
        self.server.signal(signal.SIGTERM)
        got = []
        async for found in client.frames():
            got.append(found)
            if found.opcode == CLOSE:
                client.send(frame(found.payload[:2], CLOSE))
        self.assertEqual([found.payload.decode() for found in got if found.opcode == TEXT], [self.text(i) for i in range(50)])
        self.assertEqual((got[-1].opcode, got[-1].payload[:2]), (CLOSE, (1001).to_bytes(2, "big")))
        self.assertTrue(client.closed, "close_notify came")

    @unittest.skipIf(HOST != "lws-chatd", "lwsws does not say goodbye")
    async def test_the_close_of_the_server_follows_the_records_that_wait_for_a_stalled_client(self):
        stalled, = await self.start()
        stalled.stop_reading()
        await self.publish(0, 300, LARGE)
        self.server.signal(signal.SIGTERM)
        await self.server.until(lambda: "closing all clients" in self.server.log(), "the end to begin")
        stalled.read_again()
        got = []
        async for found in stalled.frames():
            got.append(found)
            if found.opcode == CLOSE:
                stalled.send(frame(found.payload[:2], CLOSE))
        text = b"".join(found.payload for found in got[:-1]).decode()
        self.assertEqual((got[-1].opcode, got[-1].payload[:2]), (CLOSE, (1001).to_bytes(2, "big")))
        self.assertEqual(text, "".join(self.text(i, LARGE) for i in range(300)))
        self.assertTrue(stalled.closed, "close_notify came")

    @unittest.skipIf(HOST != "lws-chatd", "lwsws does not say goodbye")
    async def test_an_event_stream_that_stalls_inside_a_record_goes_on_and_ends_with_close_notify(self):
        await self.start(clients=0)
        stream = await TlsClient.get(self.server, "/sse/lobby", receive_buffer=65536)
        self.addCleanup(stream.free)
        got = stream.rest
        while b"event: position" not in got:
            got += await stream.read()
        stream.stop_reading()
        await self.publish(0, 300, LARGE)
        self.server.signal(signal.SIGTERM)
        await self.server.until(lambda: "closing all clients" in self.server.log(), "the end to begin")
        stream.read_again()
        while more := await stream.read():
            got += more
        events = [line[6:] for line in got.decode().split("\n") if line.startswith("data: 0")]
        self.assertEqual(events, [self.text(i, LARGE) for i in range(300)])
        self.assertTrue(stream.closed, "close_notify came")

    async def test_what_waits_for_stalled_clients_is_a_piece_of_each(self):
        clients = await self.start(clients=20)
        for client in clients:
            client.stop_reading()
        await self.publish(0, 150, LARGE)  # as many as the sockets hold
        before = self.server.rss()
        await self.publish(150, 150, LARGE)
        # The room's log grows, too.
        self.assertLess(self.server.rss() - before, 150 * LARGE + len(clients) * 200_000)


@over("plain", "tls")
class BrokenRing:
    """io_uring fails in the middle of a batch, then everything is written."""

    async def check(self, how):
        env = {"LD_PRELOAD": str(BUILD / "test-plugins/broken_ring.so"), "BREAK_RING": how}
        self.serve(server={"env": env})
        if not self.server.chat_log("fanout by io_uring"):
            self.skipTest("there is no io_uring")
        clients = [await self.dial() for _ in range(8)]
        for i in range(20):
            clients[0].send(frame(f"{i}"))
            clients[1].send(frame(f"{i} again"))
        for client in clients:
            got = [(await client.message())[1].decode() for _ in range(40)]
            self.assertEqual([text for text in got if "again" not in text], [f"{i}" for i in range(20)])
            self.assertEqual([text for text in got if "again" in text], [f"{i} again" for i in range(20)])
        self.assertTrue(self.server.chat_log("io_uring stopped working"))

    async def test_no_message_is_lost_if_the_kernel_takes_half_of_a_batch(self):
        await self.check("submit")

    async def test_no_message_is_lost_if_the_kernel_refuses_an_entry(self):
        await self.check("entry")


if __name__ == "__main__":
    unittest.main()
