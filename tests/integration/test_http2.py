"""WebSocket over HTTP/2 (RFC 8441), as browsers use it by themselves where a vhost's alpn offers h2.

What a single client sees over HTTP/2 is tested with the other transports in test_text.py, test_limits.py and others;
here are streams that share a connection, and clients of both kinds in one room.
"""
import asyncio
import pathlib
import sys
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
from support.http2 import Gateway  # noqa: E402
from support.server import Server, close_of, connect, receive, vhost  # noqa: E402
from support.transports import Transport  # noqa: E402
from support.wire import Wire, frame  # noqa: E402


class Streams(Transport):
    """Several WebSockets, each a stream, on one HTTP/2 connection."""

    def serve(self, **options):
        self.server = self.enterContext(Server(vhost(tls=True, alpn="h2,http/1.1", **options)))
        self.url = self.enterContext(Gateway(self.server.http_of(), "shared")).url()

    async def join_by_http1(self):
        return await self.enterAsyncContext(connect(self.server.url))

    async def test_streams_of_one_connection_share_the_room(self):
        self.serve()
        clients = [await self.join() for _ in range(5)]
        for i, sender in enumerate(clients):
            await sender.send(f"from {i}")
            for client in clients:
                self.assertEqual(await receive(client), f"from {i}")

    async def test_closing_a_stream_does_not_affect_the_others_of_its_connection(self):
        self.serve()
        leaving, staying = await self.join(), await self.join()
        await leaving.close()
        await self.gone(1)
        await staying.send("still here")
        self.assertEqual(await receive(staying), "still here")
        newcomer = await self.join()
        await staying.send("hello")
        self.assertEqual(await receive(newcomer), "hello")

    async def test_a_reset_stream_leaves_at_the_next_ping_and_does_not_affect_the_others(self):
        # lws 4.1.6 reports neither RST_STREAM nor END_STREAM.
        self.serve(ping_interval=1, pong_timeout=1)
        leaving, staying = await self.dial(), await self.join()
        await leaving.reset()
        await self.gone(1)
        await staying.send("still here")
        self.assertEqual(await receive(staying), "still here")

    async def test_a_stream_that_the_server_closes_does_not_affect_the_others_of_its_connection(self):
        self.serve()
        for what, code in (("close", 1000), (b"binary", 1003), ("x" * 70000, 1009)):
            with self.subTest(code=code):
                leaving, staying = await self.join(), await self.join()
                await leaving.send(what)
                self.assertEqual((await close_of(leaving))[0], code)
                await staying.send("still here")
                while await receive(staying) != "still here":
                    pass

    async def test_a_refusal_is_an_http_status_and_the_connection_stays_usable(self):
        self.serve(max_clients=1)
        client = await self.join()
        self.assertEqual(await self.status(self.url.replace("/chat/", "/other/")), 404)
        self.assertEqual(await self.status(headers={"Origin": "https://example.org"}), 403)
        self.assertEqual(await self.status(), 503)
        await client.send("still here")
        self.assertEqual(await receive(client), "still here")
        await client.close()
        await self.gone(0)
        self.assertEqual(await self.status(), 101)

    async def test_big_messages_arrive_whole_at_every_stream(self):
        self.serve()
        clients = [await self.join() for _ in range(3)]
        for size in (16383, 16384, 16385):  # larger than the windows, lws breaks the connection: http2_evidence.py
            with self.subTest(size=size):
                text = "".join(chr(33 + (i * i) % 90) for i in range(size))
                await clients[0].send(text)
                for client in clients:
                    self.assertTrue(await receive(client) == text)

    async def test_twenty_streams_fit_on_one_connection(self):
        self.serve()
        clients = [await self.join() for _ in range(20)]
        await clients[0].send("hello")
        for client in clients:
            self.assertEqual(await receive(client), "hello")


class Vhosts(Transport):
    async def test_plain_http1_and_http2_vhosts_may_share_a_hub(self):
        server = self.enterContext(Server(vhost("plain", hub="town"), vhost("tls", tls=True, hub="town"),
                                          vhost("h2", tls=True, alpn="h2,http/1.1", hub="town")))
        gateway = self.enterContext(Gateway(server.http_of(2)))
        urls = (server.url_of(0), server.url_of(1), gateway.url())
        clients = [await self.enterAsyncContext(connect(url)) for url in urls]
        for i, sender in enumerate(clients):
            await sender.send(f"from {i}")
            for client in clients:
                self.assertEqual(await receive(client), f"from {i}")

    async def test_a_vhost_without_h2_in_alpn_uses_http1(self):
        server = self.enterContext(Server(vhost(tls=True)))
        client = await Wire.open(server.url)
        self.assertNotEqual(client.writer.get_extra_info("ssl_object").selected_alpn_protocol(), "h2")
        await client.abandon()


if __name__ == "__main__":
    unittest.main()
