"""Bad requests for a connection, and their answers. Other clients go on."""
import pathlib
import random
import sys
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
from support.server import receive  # noqa: E402
from support.transports import ALL, Transport, over  # noqa: E402
from support.wire import Wire, request  # noqa: E402


@over(*ALL)
class Paths:
    async def test_an_upgrade_on_another_path_gets_404_and_a_log_line(self):
        self.serve()
        for path in ("/", "/chat", "/chat/x/y", "/chats/", "/Chat/"):
            with self.subTest(path=path):
                self.assertEqual(await self.status(self.url.replace("/chat/", path)), 404)
                await self.server.logged("refused 127.0.0.1 with 404", f'("{path}")')

    async def test_a_query_on_the_right_path_is_accepted(self):
        self.serve()
        for query in ("?", "?token=1", "?a=b&c=%20/../x"):
            with self.subTest(query=query):
                self.assertEqual(await self.status(self.url + query), 101)

    async def test_a_hostile_path_is_refused_and_harmless_in_the_log(self):
        self.serve()
        path = "/%1b[31m" + "\x7f" * 5 + "/"
        self.assertNotEqual(await self.status(self.url.replace("/chat/", path)), 101)
        self.assertNotIn("\x7f", self.server.log())
        self.assertNotIn("\x1b[31m/", self.server.log())
        self.assertEqual(await self.status(), 101)


class Refusals(Transport):
    async def test_a_refusal_is_a_complete_http_response_before_the_upgrade(self):
        self.serve(max_clients=1)
        await self.join()
        for status, url, headers in ((403, self.url, {"Origin": "null"}), (404, self.server.url_of(path="/no"), {}),
                                     (503, self.url, {})):
            with self.subTest(status=status):
                client = await Wire.open(url)
                client.send(request(url, headers))
                answer = await client.answer()
                self.assertEqual((answer.version, answer.status), ("HTTP/1.1", status))
                self.assertNotIn("upgrade", answer.headers)
                self.assertEqual(len(answer.body), int(answer.headers["content-length"]))
                self.assertEqual(answer.headers["connection"].lower(), "close")
                self.assertEqual(await client.reader.read(), b"", "nothing follows the response")
                await client.abandon()


class Handshakes(Transport):
    async def test_an_upgrade_without_a_key_gets_no_101(self):
        self.serve()
        self.assertNotEqual(await self.status(drop=("Sec-WebSocket-Key",)), 101)
        self.assertEqual(await self.status(), 101)

    async def test_another_version_of_the_protocol_gets_no_101(self):
        # RFC 6455 section 4.2.2: every version except 13 gets an error, such as 426.
        self.serve()
        for version in ("99", "8", ""):
            with self.subTest(version=version):
                self.assertNotEqual(await self.status(headers={"Sec-WebSocket-Version": version}), 101)
        with self.subTest("no version"):
            self.assertNotEqual(await self.status(drop=("Sec-WebSocket-Version",)), 101)


@over("plain", "tls")
class BadUpgrades:
    """Upgrades for which lws itself would close the connection without an answer."""

    async def refused(self, why, headers=None, drop=(), status=400, cause="bad_upgrade"):
        """Asserts that the upgrade gets the status and the reason, and that log and metrics have them."""
        client = await Wire.open(self.url)
        self.addAsyncCleanup(client.abandon)
        client.send(request(self.url, headers, drop))
        answer = await client.answer()
        self.assertEqual((answer.version, answer.status), ("HTTP/1.1", status))
        self.assertIn(why, answer.body.decode())
        self.assertEqual(answer.headers["connection"].lower(), "close")
        await client.gone()
        await self.server.logged(f"refused 127.0.0.1 with {status}", why)
        self.assertGreater(await self.counted(cause), 0)

    async def counted(self, cause):
        client = await Wire.open(self.url)
        self.addAsyncCleanup(client.abandon)
        client.send(b"GET /metrics HTTP/1.1\r\nHost: localhost\r\n\r\n")
        sample = f'lws_chat_refused_total{{cause="{cause}"}} '
        return int((await client.answer()).body.decode().split(sample)[1].split()[0])

    async def test_an_unknown_subprotocol_gets_400_that_names_the_known_one(self):
        self.serve(metrics=1)
        for offered in ("mqtt", "graphql-ws, mqtt", "Lws-Chat", "lws-chat2"):
            with self.subTest(offered):
                await self.refused("ask for lws-chat", {"Sec-WebSocket-Protocol": offered}, cause="other_subprotocol")

    async def test_a_subprotocol_list_that_has_lws_chat_is_accepted(self):
        self.serve()
        for offered in ("lws-chat", "mqtt, lws-chat", "mqtt,lws-chat,x", " lws-chat , mqtt"):
            with self.subTest(offered):
                client = await Wire.open(self.url)
                self.addAsyncCleanup(client.abandon)
                client.send(request(self.url, {"Sec-WebSocket-Protocol": offered}))
                answer = await client.answer()
                self.assertEqual((answer.status, answer.headers.get("sec-websocket-protocol")), (101, "lws-chat"))

    async def test_a_subprotocol_list_that_lws_cannot_read_gets_400(self):
        self.serve(metrics=1)
        for why, offered in (("longer than 126 bytes", "a" * 10 + ", b" * 50), ("longer than 63 bytes", "x" * 64),
                             ("is not a list of names", "a b"), ("is not a list of names", ",,")):
            with self.subTest(offered):
                await self.refused(why, {"Sec-WebSocket-Protocol": offered})

    async def test_an_extensions_field_above_254_bytes_gets_400(self):
        self.serve(metrics=1, compression="off")
        offer = "permessage-deflate; client_no_context_takeover; client_max_window_bits, permessage-deflate; client_no_context_takeover"
        self.assertEqual(await self.status(headers={"Sec-WebSocket-Extensions": (offer + ", " + "x" * 254)[:254]}), 101)
        for length in (255, 300, 1000):
            with self.subTest(length=length):
                offers = ", ".join([offer] * 10)[:length - 1] + "x"
                await self.refused("Sec-WebSocket-Extensions is too long", {"Sec-WebSocket-Extensions": offers})

    async def test_a_missing_host_gets_400(self):
        self.serve(metrics=1)
        await self.refused("no Host", drop=("Host",))

    async def test_a_missing_or_bad_key_gets_400(self):
        self.serve(metrics=1)
        await self.refused("no Sec-WebSocket-Key", drop=("Sec-WebSocket-Key",))
        for key in ("", "x", "x" * 24, "a" * 22 + "= ", "a" * 23 + "=", "a" * 30 + "==", "a" * 127, "a" * 300, "ä" * 11 + "=="):
            with self.subTest(key):
                await self.refused("Sec-WebSocket-Key", {"Sec-WebSocket-Key": key})

    async def test_a_connection_field_without_upgrade_gets_400(self):
        self.serve(metrics=1)
        for value in ("keep-alive", "close, te", "keep-alive, " * 12 + "Upgrade", "a b", ";"):
            with self.subTest(value):
                await self.refused("Connection field", {"Connection": value})
        await self.refused("Connection field", drop=("Connection",))
        for value in ("upgrade", "keep-alive, Upgrade", "Upgrade,keep-alive"):
            with self.subTest(value):
                self.assertEqual(await self.status(headers={"Connection": value}), 101)


@over("plain", "tls")
class Raw:
    """CONNECT, which lws turns into a raw connection without a timeout."""

    async def test_connect_gets_405_and_a_log_line_and_is_closed(self):
        self.serve(metrics=1)
        for path in ("a:1", "/", "/chat/"):
            with self.subTest(path):
                client = await Wire.open(self.url)
                self.addAsyncCleanup(client.abandon)
                client.send(f"CONNECT {path} HTTP/1.1\r\nHost: a\r\n\r\n".encode())
                answer = await client.answer()
                self.assertEqual((answer.version, answer.status), ("HTTP/1.1", 405))
                self.assertIn("GET", answer.headers["allow"])
                await client.gone()
        await self.server.logged("refused 127.0.0.1 with 405", times=3)
        self.assertEqual(await self.status(), 101)

    async def test_a_connect_request_without_an_end_is_closed(self):
        self.serve()
        client = await Wire.open(self.url)
        self.addAsyncCleanup(client.abandon)
        client.send(b"CONNECT a:1 HTTP/1.1\r\nHost: a\r\n\r\n" + b"x" * 100000)
        await client.gone()
        await self.server.logged("refused 127.0.0.1 with 405")

    async def test_an_unknown_method_gets_an_answer_and_is_closed(self):
        self.serve()
        for first in (b"TRACE / HTTP/1.1", b"PROPFIND / HTTP/1.1", b"FOO / HTTP/1.1", b"PRI * HTTP/2.0",
                      b"\x16\x03\x01", b"SSH-2.0-OpenSSH_9.2"):
            with self.subTest(first):
                client = await Wire.open(self.url)
                self.addAsyncCleanup(client.abandon)
                client.send(first + b"\r\nHost: a\r\n\r\n")
                self.assertIn((await client.answer()).status, (403, 404, 405, 501))
                await client.gone()


@over("plain", "tls")
class Garbage:
    """Bytes that are not a WebSocket handshake, on connections that stay open."""

    async def check(self, *data, url=None):
        self.serve()
        client = await self.join()
        for each in data:
            wire = await Wire.open(url(self.server) if url else self.url)
            self.addAsyncCleanup(wire.abandon)
            wire.send(each)
        await client.send("still here")
        self.assertEqual(await receive(client), "still here")
        await self.join()

    async def test_bytes_that_are_not_http(self):
        await self.check(random.Random(1).randbytes(1000), b"\0" * 5000, b"\x16\x03\x01\x02\0" + b"x" * 600, b"\r\n" * 500)

    async def test_half_a_handshake_then_silence(self):
        whole = request("ws://localhost/chat/")
        await self.check(whole[:1], whole[:30], whole[:-2], whole[:-1])

    async def test_endless_headers(self):
        await self.check(b"GET /chat/ HTTP/1.1\r\nX-More: " + b"x" * 100000,
                         b"GET /chat/ HTTP/1.1\r\n" + b"X: y\r\n" * 20000, b"GET /" + b"x" * 100000)

    async def test_plain_bytes_instead_of_tls(self):
        await self.check(b"", random.Random(2).randbytes(300), b"GET / HTTP/1.1\r\n\r\n",
                         url=lambda server: f"ws://127.0.0.1:{server.port}/")


if __name__ == "__main__":
    unittest.main()
