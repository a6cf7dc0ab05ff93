"""A vhost without an access rule serves clients of its own machine only, unless it is open."""
import json
import pathlib
import re
import sys
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
from support.back_end import KEY, key_file  # noqa: E402
from support.elsewhere import Elsewhere, own_network  # noqa: E402
from support.transports import over  # noqa: E402
from support.wire import TEXT, Wire, frame, request, upgrade  # noqa: E402

REASON = "only clients of the server's own machine are let in"
EVERY_PATH = ("/chat/", "/chat/room", "/connection/websocket")
PROXIED = {"X-Forwarded-For": "203.0.113.9"}

setUpModule = own_network


class Open:
    def serve(self, *vhosts, **options):
        if vhosts:
            return super().serve(*vhosts)
        return super().serve(self.vhost(**{"interface": "", "metrics": 1, "allowed_hosts": "", **options}))

    async def fetch(self, path, headers=(), method="GET", body=b"", sock=None):
        """The answer to a request that is no upgrade."""
        wire = await Wire.open(self.server.url, sock=sock)
        self.addAsyncCleanup(wire.abandon)
        lines = [f"{method} {path} HTTP/1.1", "Host: localhost", *headers]
        if body:
            lines.append(f"Content-Length: {len(body)}")
        wire.send("\r\n".join([*lines, "", ""]).encode() + body)
        return await wire.answer(body=not (path.startswith("/sse/") and sock is None))

    async def counted(self):
        """Clients that were refused because the vhost is not open."""
        text = (await self.fetch("/metrics")).body.decode()
        found = re.search(r'lws_chat_refused_total\{cause="not_open"\} (\d+)', text)
        return int(found[1]) if found else 0

    async def line(self):
        """The one log line about refusals."""
        await self.server.logged("with 403")
        [line] = self.server.chat_log("with 403")
        self.assertIn('"open": "1" to let everybody in', line)
        return line


@over("plain", "tls")
class Machines(Open):
    """Clients of another machine: a network namespace with an address of its own."""

    def setUp(self):
        self.elsewhere = self.enterContext(Elsewhere())

    def stranger(self):
        return self.elsewhere.connect(self.server.port)

    def url_at(self, address, path="/chat/"):
        return self.server.url_of(0, path).replace("127.0.0.1", address)

    async def upgraded(self, path="/chat/", headers=None):
        return await upgrade(self.url_at(self.elsewhere.here, path), headers, sock=self.stranger())

    async def test_a_stranger_is_refused_in_all_dialects_and_one_log_line_names_the_option(self):
        self.serve()
        for path in EVERY_PATH:
            with self.subTest(path):
                answer = await self.upgraded(path)
                self.assertEqual(answer.status, 403)
                self.assertIn(REASON, answer.body.decode())
                self.assertIn("option open", answer.body.decode())
        for _ in range(2):
            answer = await self.fetch("/sse/lobby", sock=self.stranger())
            self.assertEqual((answer.status, answer.headers["content-type"]), (403, "application/json"))
            error = json.loads(answer.body)["error"]
            self.assertEqual(error["code"], 403)
            self.assertIn(REASON, error["message"])
        self.assertEqual(await self.counted(), len(EVERY_PATH) + 2)
        self.assertIn(f"refused {self.elsewhere.there} with 403: it is not on this machine", await self.line())

    async def test_each_vhost_says_it_once(self):
        self.serve(self.vhost("one", interface=""), self.vhost("two", interface=""))
        for vhost in 0, 1, 0, 1:
            sock = self.elsewhere.connect(self.server.port_of(vhost))
            self.assertEqual((await upgrade(self.server.url_of(vhost), sock=sock)).status, 403)
        for name in "one", "two":
            self.assertEqual(len(await self.server.logged(f"vhost {name}: refused")), 1)

    async def test_claims_of_a_stranger_do_not_help(self):
        self.serve(trusted_proxies="127.0.0.1")
        for headers in {"X-Forwarded-For": "127.0.0.1"}, {"X-Forwarded-For": self.elsewhere.here}, {"Forwarded": "for=127.0.0.1"}, \
                {"Host": f"localhost:{self.server.port}"}, {"Origin": f"http://localhost:{self.server.port}"}:
            with self.subTest(headers):
                self.assertEqual((await self.upgraded(headers=headers)).status, 403)

    async def test_a_proxy_on_another_machine_does_not_make_its_own_clients_local(self):
        self.serve(trusted_proxies=f"127.0.0.1 {self.elsewhere.there}")
        for address in "127.0.0.1", "203.0.113.9", self.elsewhere.there:
            self.assertEqual((await self.upgraded(headers={"X-Forwarded-For": address})).status, 403)

    async def test_this_machine_is_let_in_at_each_of_its_addresses(self):
        self.serve()
        for address in "127.0.0.1", self.elsewhere.here:
            for path in EVERY_PATH:
                with self.subTest(address=address, path=path):
                    self.assertEqual(await self.status(self.url_at(address, path)), 101)
        self.assertEqual((await self.fetch("/sse/lobby")).status, 200)
        self.assertEqual(await self.counted(), 0)

    async def test_an_open_vhost_lets_a_stranger_in_to_hear_and_publish(self):
        self.serve(open=1)
        stranger = await Wire.open(self.server.url, sock=self.stranger())
        self.addAsyncCleanup(stranger.abandon)
        ours = await self.dial()
        stranger.send(request(self.url_at(self.elsewhere.here)))
        self.assertEqual((await stranger.answer()).status, 101)
        await self.server.logged(f"{self.elsewhere.there} joined by text")
        stranger.send(frame("from afar"))
        self.assertEqual(await ours.message(), (TEXT, b"from afar"))
        self.assertEqual(await stranger.message(), (TEXT, b"from afar"))
        ours.send(frame("from here"))
        self.assertEqual(await stranger.message(), (TEXT, b"from here"))
        self.assertEqual(self.server.chat_log("with 403"), [])

    async def test_back_ends_with_a_key_and_readers_of_the_page_may_be_elsewhere(self):
        self.serve(api_key_file=key_file(self))
        key = [f"Authorization: apikey {KEY}"]
        for path, body in ("/api/info", b"{}"), ("/pub/lobby", b"hello"):
            with self.subTest(path):
                self.assertEqual((await self.fetch(path, key, "POST", body, self.stranger())).status, 200)
                self.assertEqual((await self.fetch(path, (), "POST", body, self.stranger())).status, 401)
        self.assertEqual((await self.fetch("/web/", sock=self.stranger())).status, 200)

    async def test_a_stranger_reaches_an_open_vhost_by_address_and_by_allowed_names(self):
        self.serve(open=1, allowed_hosts="chat.example.org")
        for host, status in (self.elsewhere.here, 101), ("chat.example.org:8443", 101), ("[2001:db8::1]", 101), ("evil.example", 421):
            with self.subTest(host):
                self.assertEqual((await self.upgraded(headers={"Host": host})).status, status)

    async def test_a_refused_stranger_does_not_learn_which_names_are_allowed(self):
        self.serve()
        self.assertEqual((await self.upgraded(headers={"Host": "evil.example"})).status, 403)


@over("plain", "tls")
class Proxies(Open):
    """Proxies on this machine: for the server, their connections come from the loopback."""

    async def test_behind_a_trusted_proxy_the_clients_address_counts(self):
        self.serve(trusted_proxies="127.0.0.1")
        for address, status in ("203.0.113.9", 403), ("2001:db8::9", 403), ("127.0.0.1", 101), ("127.9.9.9:4711", 101), ("[::1]:4711", 101), \
                ("127.0.0.1, 203.0.113.9", 403), ("203.0.113.9, 127.0.0.1", 403), ("nobody", 403):
            with self.subTest(address):
                self.assertEqual(await self.status(headers={"X-Forwarded-For": address}), status)
        self.assertIn("refused 203.0.113.9 with 403: it is not on this machine", await self.line())

    async def test_a_client_that_a_trusted_proxy_does_not_name_is_refused(self):
        self.serve(trusted_proxies="127.0.0.1")
        self.assertEqual(await self.status(), 403)
        self.assertIn("refused unknown address with 403", await self.line())

    async def test_what_a_proxy_forwards_that_is_not_trusted_is_refused_and_the_log_names_both_options(self):
        self.serve()
        claims = PROXIED, {"X-Forwarded-For": "127.0.0.1"}, {"Forwarded": "for=203.0.113.9"}, {"X-Real-IP": "203.0.113.9"}
        for headers in claims:
            with self.subTest(headers):
                self.assertEqual(await self.status(headers=headers), 403)
        self.assertEqual((await self.fetch("/sse/lobby", ["X-Forwarded-For: 203.0.113.9"])).status, 403)
        self.assertEqual(await self.counted(), len(claims) + 1)
        line = await self.line()
        for words in "refused 127.0.0.1 with 403", "a proxy that is not in trusted-proxies", "add it there":
            self.assertIn(words, line)

    async def test_an_open_vhost_serves_the_clients_of_every_proxy(self):
        for proxies in "", "127.0.0.1":
            self.serve(open=1, trusted_proxies=proxies)
            for headers in PROXIED, {}:
                with self.subTest(proxies=proxies, headers=headers):
                    self.assertEqual(await self.status(headers=headers), 101)


if __name__ == "__main__":
    unittest.main()
