"""Bad requests for a connection, and their answers. Other clients go on."""
import asyncio
import contextlib
import pathlib
import random
import socket
import sys
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
from support.back_end import KEY, key_file  # noqa: E402
from support.server import HOST, PATIENCE, receive  # noqa: E402
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


@over(*ALL)
class Origins:
    """The Origin of the connecting page, compared with the requested host and port."""

    @property
    def scheme(self):
        return "http" if self.transport == "plain" else "https"

    async def status_from(self, origin, host=None):
        headers = {"Origin": origin} if origin is not None else {}
        headers["Host"] = host or f"localhost:{self.server.port}"
        return await self.status(headers=headers)

    async def test_no_origin_is_accepted(self):
        self.serve()
        self.assertEqual(await self.status_from(None), 101)

    async def test_the_servers_own_origin_is_accepted_under_each_name_of_loopback(self):
        self.serve()
        names = ("localhost", "127.0.0.1", "[::1]")
        for host in names:
            for page in names:
                with self.subTest(host=host, page=page):
                    port = self.server.port
                    self.assertEqual(await self.status_from(f"{self.scheme}://{page}:{port}", f"{host}:{port}"), 101)

    async def test_an_http_page_has_another_origin_than_a_tls_server(self):
        self.serve()
        here = f"localhost:{self.server.port}"
        self.assertEqual(await self.status_from(f"https://{here}", here), 101)
        self.assertEqual(await self.status_from(f"http://{here}", here), 101 if self.transport == "plain" else 403)

    async def test_the_servers_own_name_is_accepted_in_any_case(self):
        self.serve()
        port = self.server.port
        self.assertEqual(await self.status_from(f"https://CHAT.example:{port}", f"chat.EXAMPLE:{port}"), 101)

    async def test_another_origin_gets_403_and_a_log_line(self):
        self.serve()
        port = self.server.port
        for origin in (f"http://localhost:{port % 65535 + 1}", "http://localhost", f"http://example.org:{port}",
                       f"http://localhost.example.org:{port}", f"http://localhost:{port}.example.org", "null", "*",
                       f"http://127.0.0.2:{port}", f"http://localhost:{port}@example.org", "file://", "localhost"):
            with self.subTest(origin=origin):
                self.assertEqual(await self.status_from(origin), 403)
                await self.server.logged("refused 127.0.0.1 with 403", f'("{origin} at localhost:{port}")')

    async def test_only_allowed_origins_are_accepted(self):
        self.serve(allowed_origins="https://example.org http://other.example:8080")
        for origin, status in (("https://example.org", 101), ("https://example.org:443", 101),
                               ("http://other.example:8080", 101), ("http://example.org", 403),
                               ("https://example.org:8443", 403), ("https://www.example.org", 403), ("null", 403),
                               (f"{self.scheme}://localhost:{self.server.port}", 101)):
            with self.subTest(origin=origin):
                self.assertEqual(await self.status_from(origin), status)

    async def test_pages_from_files_are_accepted_if_null_is_listed(self):
        self.serve(allowed_origins="null https://example.org")
        for origin, status in (("null", 101), ("https://example.org", 101), ("https://other.example", 403)):
            with self.subTest(origin=origin):
                self.assertEqual(await self.status_from(origin), status)

    async def test_a_star_allows_all(self):
        self.serve(allowed_origins="*")
        for origin in ("https://example.org", "null", "http://localhost:1"):
            with self.subTest(origin=origin):
                self.assertEqual(await self.status_from(origin), 101)


@over(*ALL)
class Names:
    """The Host of a request. With DNS rebinding, a foreign page reaches this server under its own name, so its Origin fits."""

    async def status_at(self, host):
        return await self.status(headers={"Host": host, "Origin": f"{'http' if self.transport == 'plain' else 'https'}://{host}"})

    async def get(self, path, host, version="HTTP/1.1"):
        """Status and body of a GET with this Host (None: without the field), without a gateway."""
        client = await Wire.open(self.server.url)
        self.addAsyncCleanup(client.abandon)
        field = "" if host is None else f"Host: {host}\r\n"
        client.send(f"GET {path} {version}\r\n{field}Connection: close\r\n\r\n".encode())
        answer = await client.answer()
        return answer.status, answer.body.decode()

    async def test_a_vhost_on_loopback_is_localhost_its_addresses_and_its_own_name(self):
        self.serve(self.vhost("chat.local", server_names=""))
        port = self.server.port
        for host in ("localhost", "127.0.0.1", "[::1]", "chat.local", "LOCALHOST"):
            with self.subTest(host):
                self.assertEqual(await self.status_at(f"{host}:{port}"), 101)
        for host in ("evil.example", "localhost.evil.example", "127.evil.example", "192.0.2.1"):
            with self.subTest(host):
                self.assertEqual(await self.status_at(f"{host}:{port}"), 421)
        await self.server.logged("refused 127.0.0.1 with 421", "server-names", f'"evil.example:{port}"')

    async def test_a_foreign_name_gets_no_metrics_no_health_no_stream_and_no_api(self):
        self.serve(metrics=1, health=1, server_names="")
        port = self.server.port
        for path in ("/metrics", "/healthz", "/readyz", "/sse/lobby", "/api/info", "/pub/x"):
            with self.subTest(path):
                status, body = await self.get(path, f"evil.example:{port}")
                self.assertEqual(status, 421)
                self.assertIn("server-names", body)
        status, body = await self.get("/metrics", f"localhost:{port}")
        self.assertEqual(status, 200)
        self.assertIn('lws_chat_refused_total{cause="foreign_host"} 6', body)

    async def test_a_health_check_in_http_1_0_needs_no_name(self):
        self.serve(health=1, server_names="")
        self.assertEqual((await self.get("/healthz", None, "HTTP/1.0"))[0], 200)
        self.assertEqual((await self.get("/healthz", None))[0], 421)

    async def test_with_server_names_only_these_and_loopback_are_accepted(self):
        self.serve(server_names="chat.example.org CHAT.example.net")
        for host, status in (("chat.example.org", 101), ("Chat.Example.ORG:8443", 101), ("chat.example.net", 101),
                             ("localhost", 101), ("example.org", 421), ("a.chat.example.org", 421)):
            with self.subTest(host):
                self.assertEqual(await self.status_at(host), status)

    async def test_a_vhost_on_all_interfaces_accepts_any_name_without_server_names(self):
        self.serve(self.vhost(interface="", server_names=""))
        for host in ("chat.example.org", "192.0.2.1:8000", "localhost"):
            with self.subTest(host):
                self.assertEqual(await self.status_at(host), 101)

    async def test_a_vhost_behind_a_proxy_accepts_any_name(self):
        self.serve(trusted_proxies="127.0.0.1", server_names="")
        self.assertEqual(await self.status_at("chat.example.org"), 101)


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

    async def test_the_structured_dialect_in_protobuf_gets_400_with_that_reason(self):
        self.serve(metrics=1)
        await self.refused("protobuf is not served yet", {"Sec-WebSocket-Protocol": "centrifuge-protobuf"}, cause="protobuf")

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
        self.serve(metrics=1)
        offer = "permessage-deflate; client_no_context_takeover; client_max_window_bits, permessage-deflate; client_no_context_takeover"
        self.assertEqual(await self.status(headers={"Sec-WebSocket-Extensions": (offer + ", " + "x" * 254)[:254]}), 101)
        for length in (255, 300, 1000):
            with self.subTest(length=length):
                offers = ", ".join([offer] * 10)[:length - 1] + "x"
                await self.refused("Sec-WebSocket-Extensions is longer", {"Sec-WebSocket-Extensions": offers})

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


@unittest.skipIf(HOST == "lwsws", "lwsws does not tell the plugin of connections")
@over("plain", "tls")
class Waiting:
    """Connections that have not sent a request yet."""

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
        self.serve(max_waiting_per_address=2, trusted_proxies="127.0.0.1")
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
