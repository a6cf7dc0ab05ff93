"""The structured dialect in protobuf: how a client asks for it, and what wrong clients get. tests/sdk has real SDKs."""
import asyncio
import pathlib
import sys
import unittest

import websockets

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
from support.proto import command, field  # noqa: E402
from support.server import HOST, Server, insecure_tls, vhost  # noqa: E402
from support.transports import over  # noqa: E402
from support.wire import Wire, request  # noqa: E402

SUBPROTOCOL = "centrifuge-protobuf"


CONNECT, SUBSCRIBE, PUBLISH = 4, 5, 7  # of Command in client.proto
CONNECTED = 5  # of Reply


@over("plain", "tls")
class Clients:
    def connect(self, path="/connection/websocket", subprotocols=(SUBPROTOCOL,)):
        url = self.url.replace("/chat/", path)
        return websockets.connect(url, subprotocols=list(subprotocols) or None, compression=None,
                                  ssl=insecure_tls() if url.startswith("wss") else None)

    async def inside(self, socket):
        """Connects and joins `room`. Returns the reply to connect."""
        await socket.send(command(1, CONNECT) + command(2, SUBSCRIBE, field(1, b"room")))
        return await socket.recv()

    async def test_a_client_that_offers_the_subprotocol_gets_it_and_speaks_protobuf(self):
        self.serve()
        async with self.connect() as ann, self.connect() as bob:
            self.assertEqual(ann.subprotocol, SUBPROTOCOL)
            for socket in (ann, bob):
                reply = await self.inside(socket)
                self.assertIsInstance(reply, bytes)
                self.assertEqual(reply[1:3], field(1, 1))
                self.assertEqual(reply[3], CONNECTED << 3 | 2)
            await ann.send(command(3, PUBLISH, field(1, b"room") + field(2, b"\xff\x00 bytes")))
            while b"\xff\x00 bytes" not in await bob.recv():
                pass

    async def test_a_client_that_asks_in_the_query_speaks_protobuf_too(self):
        self.serve()
        async with self.connect("/connection/websocket?cf_protocol=protobuf", ()) as socket:
            self.assertIsNone(socket.subprotocol)
            self.assertIsInstance(await self.inside(socket), bytes)

    async def test_a_text_message_of_a_protobuf_client_gets_3501_and_others_go_on(self):
        self.serve()
        async with self.connect() as other, self.connect() as socket:
            await self.inside(other)
            await socket.send('{"id":1,"connect":{}}')
            with self.assertRaises(websockets.ConnectionClosed) as closed:
                await socket.recv()
            self.assertEqual(closed.exception.rcvd.code, 3501)
            await other.send(command(3, PUBLISH, field(1, b"room") + field(2, b"1")))
            self.assertTrue(await other.recv())

    async def test_a_message_that_is_no_command_gets_3501_with_the_reason(self):
        self.serve()
        for wrong in (b"\x05ab", b"\xff" * 11, b"\x02\x0a\x09", b"\x03\x08\x01\x07"):
            with self.subTest(wrong):
                async with self.connect() as socket:
                    await socket.send(wrong)
                    with self.assertRaises(websockets.ConnectionClosed) as closed:
                        await socket.recv()
                self.assertEqual(closed.exception.rcvd.code, 3501)
                self.assertIn("command", closed.exception.rcvd.reason)

    async def test_a_room_of_the_text_dialect_is_not_for_protobuf_clients(self):
        self.serve(metrics=1)
        client = await Wire.open(self.url)
        self.addAsyncCleanup(client.abandon)
        client.send(request(self.url, {"Sec-WebSocket-Protocol": SUBPROTOCOL}))
        self.assertEqual((await client.answer()).status, 400)
        await self.server.logged("refused 127.0.0.1 with 400", "not for Centrifuge's SDKs")

    async def test_clients_of_both_encodings_get_what_either_publishes(self):
        self.serve()
        json = self.connect(subprotocols=())
        async with self.connect() as proto, json as text:
            await self.inside(proto)
            await text.send('{"id":1,"connect":{}}\n{"id":2,"subscribe":{"channel":"room"}}')
            await text.recv()
            await text.send('{"id":3,"publish":{"channel":"room","data":{"from":"json"}}}')
            while b'{"from":"json"}' not in await proto.recv():
                pass
            await proto.send(command(3, PUBLISH, field(1, b"room") + field(2, b'{"from":\n"proto"}')))
            while '{"from": "proto"}' not in await text.recv():
                pass


class WithoutTheProtocol(unittest.IsolatedAsyncioTestCase):
    @unittest.skipUnless(HOST == "lwsws", "lws-chatd gives every vhost the protocol")
    async def test_a_vhost_of_lwsws_without_the_protocol_answers_400_that_says_what_to_add(self):
        made = vhost()
        del made["ws-protocols"][0][SUBPROTOCOL]
        with Server(made) as server:
            client = await Wire.open(server.url)
            client.send(request(server.url_of(path="/connection/websocket"), {"Sec-WebSocket-Protocol": SUBPROTOCOL}))
            answer = await client.answer()
            self.assertEqual(answer.status, 400)
            self.assertIn("add centrifuge-protobuf to ws-protocols", answer.body.decode())
            await client.abandon()
            await asyncio.sleep(0)


if __name__ == "__main__":
    unittest.main()
