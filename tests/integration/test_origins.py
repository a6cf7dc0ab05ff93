"""The names in a request: Origin, the page that connects, and Host, the server that it means."""
import pathlib
import sys
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
from support.transports import ALL, over  # noqa: E402
from support.wire import Wire  # noqa: E402


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

    async def test_a_vhost_is_localhost_each_address_and_its_own_name(self):
        for interface in "127.0.0.1", "":
            self.serve(self.vhost("chat.local", interface=interface, allowed_hosts=""))
            port = self.server.port
            for host in ("localhost", "127.0.0.1", "[::1]", "chat.local", "LOCALHOST", "192.0.2.1", "[2001:db8::1]"):
                with self.subTest(host, interface=interface):
                    self.assertEqual(await self.status_at(f"{host}:{port}"), 101)
            for host in ("evil.example", "localhost.evil.example", "127.evil.example", "192.0.2.1.evil.example", "chat"):
                with self.subTest(host, interface=interface):
                    self.assertEqual(await self.status_at(f"{host}:{port}"), 421)
            await self.server.logged("refused 127.0.0.1 with 421", "allowed-hosts", f'"evil.example:{port}"')

    async def test_a_foreign_name_gets_no_metrics_no_health_no_stream_and_no_api(self):
        self.serve(metrics=1, health=1, allowed_hosts="")
        port = self.server.port
        for path in ("/metrics", "/healthz", "/readyz", "/sse/lobby", "/api/info", "/pub/x"):
            with self.subTest(path):
                status, body = await self.get(path, f"evil.example:{port}")
                self.assertEqual(status, 421)
                self.assertIn("allowed-hosts", body)
        status, body = await self.get("/metrics", f"localhost:{port}")
        self.assertEqual(status, 200)
        self.assertIn('lws_chat_refused_total{cause="foreign_host"} 6', body)

    async def test_a_health_check_in_http_1_0_needs_no_name(self):
        self.serve(health=1, allowed_hosts="")
        self.assertEqual((await self.get("/healthz", None, "HTTP/1.0"))[0], 200)
        self.assertEqual((await self.get("/healthz", None))[0], 421)

    async def test_allowed_hosts_are_accepted_in_addition(self):
        self.serve(self.vhost("chat.local", allowed_hosts="chat.example.org CHAT.example.net"))
        for host, status in (("chat.example.org", 101), ("Chat.Example.ORG:8443", 101), ("chat.example.net", 101),
                             ("localhost", 101), ("chat.local", 101), ("192.0.2.1", 101), ("example.org", 421),
                             ("a.chat.example.org", 421)):
            with self.subTest(host):
                self.assertEqual(await self.status_at(host), status)

    async def test_a_star_accepts_any_name(self):
        self.serve(allowed_hosts="*")
        for host in ("chat.example.org", "192.0.2.1:8000", "localhost"):
            with self.subTest(host):
                self.assertEqual(await self.status_at(host), 101)

    async def test_a_vhost_behind_a_proxy_needs_its_public_name(self):
        self.serve(trusted_proxies="127.0.0.1", open=1, allowed_hosts="")
        self.assertEqual(await self.status_at("chat.example.org"), 421)
        self.serve(trusted_proxies="127.0.0.1", open=1, allowed_hosts="chat.example.org")
        self.assertEqual(await self.status_at("chat.example.org"), 101)


if __name__ == "__main__":
    unittest.main()
