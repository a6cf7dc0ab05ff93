"""Connections that have not sent a request yet."""
import asyncio
import contextlib
import pathlib
import socket
import sys
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
from support.back_end import KEY, key_file  # noqa: E402
from support.server import PATIENCE, receive  # noqa: E402
from support.transports import over  # noqa: E402
from support.wire import Wire  # noqa: E402


@over("plain", "tls")
class Waiting:
    async def silent(self, count):
        """Opens so many connections that send nothing, not even TLS's first message."""
        for _ in range(count):
            reader, writer = await asyncio.open_connection("127.0.0.1", self.server.port)
            self.addAsyncCleanup(self.drop, writer)
            self.writers.append(writer)

    async def drop(self, writer):
        writer.transport.abort()

    async def dropped(self, times):
        """Waits until the log has so many dropped connections."""
        return await self.server.logged("dropped 127.0.0.1: too many connections that have asked for nothing", times=times)

    async def freed(self):
        """Waits until one more connection is accepted."""
        for _ in range(1000):
            if await self.status() == 101:
                return
        self.fail("nobody may come any more")

    def setUp(self):
        self.writers = []

    async def test_connections_above_max_waiting_are_dropped_and_the_others_go_on(self):
        self.serve(max_waiting=3, metrics=1)
        client = await self.join()
        await self.silent(5)
        words = "dropped the one that waited longest: too many connections that have asked for nothing"
        self.assertIn("(max-waiting)", (await self.server.logged(words, times=2))[0])
        # Those that came last are still there.
        self.writers[-1].write(b"" if self.transport == "tls" else b"GET /chat/ HTTP/1.1\r\nHost: localhost\r\n\r\n")
        self.assertEqual(await self.status(), 101)
        await client.send("still here")
        self.assertEqual(await receive(client), "still here")
        for writer in self.writers:
            writer.transport.abort()
        await self.freed()
        wire = await Wire.open(self.url)
        self.addAsyncCleanup(wire.abandon)
        wire.send(b"GET /metrics HTTP/1.1\r\nHost: localhost\r\n\r\n")
        self.assertRegex((await wire.answer()).body.decode(), r'refused_total\{cause="too_many_waiting"\} [2-9]')

    async def test_connections_of_an_address_above_max_waiting_per_address_are_dropped(self):
        self.serve(max_waiting_per_address=2)
        await self.silent(3)
        self.assertIn("(max-waiting-per-address)", (await self.dropped(1))[0])
        sock = socket.create_connection(("127.0.0.1", self.server.port), source_address=("127.0.0.2", 0))
        with sock:
            sock.sendall(b"x" if self.transport == "tls" else b"GET /chat/ HTTP/1.1\r\n\r\n")
            sock.settimeout(PATIENCE)
            with contextlib.suppress(ConnectionResetError):
                sock.recv(1)
        self.assertEqual(self.server.chat_log("dropped 127.0.0.2"), [])

    async def test_a_trusted_proxy_is_exempt_from_max_waiting_per_address(self):
        self.serve(open=1, max_waiting_per_address=2, trusted_proxies="127.0.0.1")
        await self.silent(5)
        self.assertEqual(await self.status(), 101)
        self.assertEqual(self.server.chat_log("dropped"), [])

    async def test_clients_and_running_requests_do_not_count_as_waiting(self):
        self.serve(max_waiting=2)
        clients = [await self.join() for _ in range(6)]
        for _ in range(6):
            reader = await Wire.open(self.url)
            self.addAsyncCleanup(reader.abandon)
            reader.send(b"GET /sse/lobby HTTP/1.1\r\nHost: localhost\r\n\r\n")
            self.assertEqual((await reader.answer()).status, 200)
        await clients[0].send("all here")
        for client in clients:
            self.assertEqual(await receive(client), "all here")

    async def test_a_connection_counts_as_waiting_again_after_its_request(self):
        self.serve(max_waiting=2, api_key_file=key_file(self))
        kept = []
        for _ in range(3):
            wire = await Wire.open(self.url)
            self.addAsyncCleanup(wire.abandon)
            fields = f"Host: localhost\r\nX-API-Key: {KEY}\r\nContent-Length: 1"
            wire.send(f"POST /pub/x HTTP/1.1\r\n{fields}\r\n\r\nx".encode())
            self.assertEqual((await wire.answer()).status, 200)
            kept.append(wire)
        await self.server.logged("dropped the one that waited longest")
        await kept[0].gone()


if __name__ == "__main__":
    unittest.main()
