"""HTTP/1.1 requests: all allowed spellings are accepted, and invalid requests are refused without delaying anybody."""
import asyncio
import json
import pathlib
import re
import sys
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
from support.back_end import KEY, BackEnd, Line, request  # noqa: E402
from support.server import HOST, PATIENCE, receive  # noqa: E402
from support.transports import over  # noqa: E402
from support.wire import Wire, request as upgrade_request  # noqa: E402

PUB = "/pub/lobby"
DATE = r"(Mon|Tue|Wed|Thu|Fri|Sat|Sun), \d\d (Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec) \d{4} \d\d:\d\d:\d\d GMT"


class Requests(BackEnd):
    def page_scheme(self):
        """The scheme of a page of this server."""
        return "http" if self.transport == "plain" else "https"

    async def asked(self, data, body=True):
        """Sends one request on a new connection, which is then self.last. Returns the answer."""
        self.last = await self.open_line()
        self.last.send(data)
        return await self.last.wire.answer(body)

    async def answered_and_ended(self, data, status, body=True):
        """Sends one request and asserts that the connection ends after the answer."""
        answer = await self.asked(data, body)
        self.assertEqual(answer.status, status, answer)
        self.assertEqual(await self.last.ended(), b"")
        return answer

    async def goes_on(self, client):
        """Asserts that this client is still served."""
        await client.send("still here")
        self.assertEqual(await receive(client), "still here")

    def get(self, path, *headers, method="GET", version="HTTP/1.1"):
        return "\r\n".join([f"{method} {path} {version}", "Host: localhost", *headers, "", ""]).encode()


@over("plain", "tls")
class Lengths(Requests):
    async def test_a_length_that_is_too_long_for_lws_is_refused_at_once(self):
        self.serve(health=1)
        client = await self.join()
        for length in ("0" * 30 + "5", "0" * 31, "5" + " " * 30, "1" * 40):
            for path, method in (PUB, "POST"), (PUB, "GET"), ("/healthz", "GET"), ("/sse/lobby", "GET"):
                with self.subTest(length=length, method=method, path=path):
                    answer = await self.answered_and_ended(request(path, b"hello", method, length=length), 400)
                    self.assertIn(b"body" if "sse" in path else b"content-length", answer.body)
        await self.goes_on(client)

    async def test_a_file_requested_with_a_bad_length_is_served_and_ends_the_connection(self):
        self.serve()
        for field in ("Content-Length: " + "0" * 30 + "5", "Content-Length: 5, 5", "Transfer-Encoding: chunked"):
            with self.subTest(field):
                await self.answered_and_ended(self.get("/web/favicon.svg", field) + self.get("/web/favicon.svg"), 200)

    async def test_two_lengths_and_lengths_with_other_characters_than_digits_are_refused(self):
        self.serve()
        for length in ("5, 5", "5,5", "5\r\nContent-Length: 5", "5\r\nContent-Length: 6", "\r\nContent-Length: 5", "+5", "-5",
                       "5.0", "0x5", "5 5", "five", "5;"):
            with self.subTest(length):
                await self.answered_and_ended(request(PUB, b"hello", length=length), 400)

    async def test_leading_zeros_and_spaces_around_a_length_are_allowed(self):
        self.serve()
        client = await self.join()
        for length in ("5", "05", "0" * 20 + "5", "5 ", "5\t ", "\t5"):
            with self.subTest(length):
                self.assertEqual((await self.asked(request(PUB, b"hello", length=length))).status, 200)
                self.assertEqual(await receive(client), "hello")


@over("plain", "tls")
class Fields(Requests):
    async def test_spaces_and_tabs_after_a_value_are_ignored(self):
        self.serve()
        client = await self.join()
        for headers in (f"X-API-Key: {KEY} \t",), (f"Authorization: apikey {KEY}\t ",), (f"Authorization:\tAPIKEY {KEY} ",):
            with self.subTest(headers):
                self.assertEqual((await self.asked(request(PUB, b"hello", key=None, headers=headers))).status, 200)
                self.assertEqual(await receive(client), "hello")
        api = await self.asked(request("/api/info", b"{}", headers=["Content-Type: application/json \t"]))
        self.assertEqual(api.status, 200)

    async def test_the_case_of_a_media_type_does_not_matter(self):
        self.serve()
        for kind in "Application/JSON", "APPLICATION/JSON; charset=UTF-8", "Text/Plain":
            self.assertEqual((await self.asked(request("/api/info", b"{}", headers=[f"Content-Type: {kind}"]))).status, 200, kind)
        for kind in "Multipart/Form-Data; boundary=x", "MULTIPART/mixed":
            self.assertEqual((await self.asked(request(PUB, b"{}", headers=[f"Content-Type: {kind}"]))).status, 415, kind)

    async def test_an_upgrade_with_spaces_after_its_values_is_accepted_if_lws_shows_it(self):
        self.serve()
        for headers in {"Sec-WebSocket-Version": "13 \t"}, {"Connection": "Upgrade \t"}, \
                {"Origin": f"{self.page_scheme()}://localhost:{self.server.port} ", "Host": f"localhost:{self.server.port} \t"}:
            with self.subTest(headers):
                self.assertEqual(await self.status(headers=headers), 101)

    async def test_close_in_a_connection_field_with_several_words_ends_the_connection(self):
        self.serve()
        for value in "close", "Close ", "TE, close", "keep-alive,close\t":
            for data, status in (request(PUB, b"hello", headers=[f"Connection: {value}"]), 200), \
                    (self.get("/web/favicon.svg", f"Connection: {value}"), 200):
                with self.subTest(value=value, data=data[:8]):
                    await self.answered_and_ended(data, status)

    @unittest.skipIf(HOST == "lwsws", "lwsws allows only 4 KB")
    async def test_headers_of_32_KB_are_read(self):
        """For example cookies, because any program on the same host may have set some."""
        self.serve(health=1)
        cookies = [f"Cookie: {name * 4}={name * 1500}" for name in "abcdefghijklmnopqrst"]
        for path in "/web/", "/healthz":
            self.assertEqual((await self.asked(self.get(path, *cookies))).status, 200, path)
        self.assertEqual(await self.status(headers={"Cookie": "; ".join(cookies)}), 101)

    async def test_longer_headers_end_their_connection_and_delay_nobody(self):
        self.serve()
        client = await self.join()
        for field in "X-Long: " + "x" * 200_000, "\r\n".join("Cookie: a=b" for _ in range(5000)):
            line = await self.open_line()
            line.send(self.get("/web/", field))
            self.assertNotIn(b" 200 ", await line.ended())
            await self.goes_on(client)


@over("plain", "tls")
class Upgrades(Requests):
    H2C = ("Connection: Upgrade, HTTP2-Settings", "HTTP2-Settings: AAMAAABkAAQAoAAAAAIAAAAA")

    async def test_an_offer_of_http2_is_ignored(self):
        """Java's HttpClient offers it with every request. Accepting it would expose the defects of lws's HTTP/2."""
        self.serve(health=1)
        client = await self.join()
        for name in "h2c", "H2C":
            offer = [*self.H2C, f"Upgrade: {name}"]
            for path, status in ("/healthz", 200), ("/web/favicon.svg", 200), ("/", 302), ("/nope", 404):
                with self.subTest(name=name, path=path):
                    answer = await self.asked(self.get(path, *offer))
                    self.assertEqual((answer.status, answer.version), (status, "HTTP/1.1"))
                    self.assertNotIn("upgrade", answer.headers)
            self.assertEqual((await self.asked(request(PUB, b"hello", headers=offer))).status, 200)
            self.assertEqual(await receive(client), "hello")
            line = await self.open_line()
            line.send(self.get("/sse/lobby", *offer))
            self.assertEqual((await line.wire.answer(body=False)).headers["content-type"], "text/event-stream")

    async def test_curl_with_an_offer_of_http2_gets_http1(self):
        if self.transport != "plain":
            self.skipTest("over TLS, curl uses ALPN")
        self.serve(health=1)
        curl = await asyncio.create_subprocess_exec("curl", "-s", "--http2", "-o", "/dev/null", "-w", "%{http_code} %{http_version}",
                                                    self.server.http_of(path="/healthz"), stdout=asyncio.subprocess.PIPE)
        said, _ = await asyncio.wait_for(curl.communicate(), PATIENCE)
        self.assertEqual(said, b"200 1.1")

    async def test_an_upgrade_that_lws_does_not_know_gets_403_and_ends_the_connection(self):
        self.serve(health=1)
        client = await self.join()
        for name in "TLS/1.0", "foo", "websocket, h2c", "websocketx", "h2c ":
            for behind in b"", self.get("/healthz"), request(PUB, b"hello"):
                with self.subTest(name=name, behind=behind[:4]):
                    line = await self.open_line()
                    line.send(self.get("/healthz", "Connection: Upgrade", f"Upgrade: {name}") + behind)
                    self.assertRegex(await line.ended(), rb"^HTTP/1.. 403 (?s:(?!.* HTTP/1).*)$")
        await self.goes_on(client)

    async def test_an_upgrade_with_a_url_as_target_is_accepted(self):
        self.serve()
        for scheme in "ws", "http":
            with self.subTest(scheme):
                wire = await Wire.open(self.url)
                self.addAsyncCleanup(wire.abandon)
                own = f"localhost:{self.server.port}"
                data = upgrade_request(self.url, {"Host": "elsewhere.example", "Origin": f"{self.page_scheme()}://{own}"})
                wire.send(data.replace(b"GET /chat/", f"GET {scheme}://{own}/chat/ops".encode()))
                self.assertEqual((await wire.answer()).status, 101)
                await self.server.logged("joined by text")
        for target, host in ("ws://evil.example/chat/", f"localhost:{self.server.port}"), ("ws://localhost", None), ("ws://localhost/x", None):
            with self.subTest(target):
                wire = await Wire.open(self.url)
                self.addAsyncCleanup(wire.abandon)
                data = upgrade_request(self.url, {"Origin": f"http://{host}"} if host else {})
                wire.send(data.replace(b"GET /chat/", f"GET {target}".encode()))
                self.assertEqual((await wire.answer()).status, 403 if host else 404)

    async def test_a_host_in_the_target_must_be_a_name_of_the_server(self):
        self.serve(allowed_hosts="localhost")
        for host, status in ("localhost", 101), ("evil.example", 421):
            wire = await Wire.open(self.url)
            self.addAsyncCleanup(wire.abandon)
            wire.send(upgrade_request(self.url, {"Host": "localhost"}).replace(b"GET /chat/", f"GET ws://{host}/chat/".encode()))
            self.assertEqual((await wire.answer()).status, status)


@over("plain", "tls")
class Expectations(Requests):
    async def test_expect_100_continue_is_answered(self):
        self.serve()
        client = await self.join()
        for value in "100-continue", "100-Continue ":
            line = await self.open_line()
            line.send(request(PUB, headers=[f"Expect: {value}"], length=5))
            self.assertEqual(await asyncio.wait_for(line.wire.reader.readexactly(25), PATIENCE), b"HTTP/1.1 100 Continue\r\n\r\n")
            line.send(b"hello")
            self.assertEqual((await line.answer()).status, 200)
            self.assertEqual(await receive(client), "hello")
            # Do it again on the same connection.
            line.send(request(PUB, b"again", headers=[f"Expect: {value}"]))
            self.assertEqual((await line.answer()).status, 100)
            self.assertEqual((await line.answer()).status, 200)
            self.assertEqual(await receive(client), "again")

    async def test_an_unwanted_body_is_refused_before_it_comes(self):
        self.serve(max_message=10)
        for status, data in ((401, request(PUB, headers=["Expect: 100-continue"], key=None, length=5)),
                             (413, request(PUB, headers=["Expect: 100-continue"], length=50)),
                             (404, request("/api/none", headers=["Expect: 100-continue"], length=5))):
            with self.subTest(status):
                self.assertEqual((await self.asked(data)).status, status)

    async def test_expect_in_http_1_0_is_ignored(self):
        self.serve()
        data = request(PUB, b"hello", headers=["Expect: 100-continue"]).replace(b"HTTP/1.1", b"HTTP/1.0")
        self.assertEqual((await self.asked(data)).status, 200)


@over("plain", "tls")
class Old(Requests):
    async def test_an_http_1_0_connection_ends_with_the_answer_even_with_keep_alive(self):
        """Some clients, such as ab -k, wait for the end if the answer does not say that the connection stays."""
        self.serve(health=1)
        for data, status in ((self.get("/healthz", "Connection: keep-alive", version="HTTP/1.0"), 200),
                             (self.get("/web/favicon.svg", "Connection: keep-alive", version="HTTP/1.0"), 200),
                             (self.get("/web/nope", "Connection: keep-alive", version="HTTP/1.0"), 404),
                             (self.get("/", "Connection: Keep-Alive", version="HTTP/1.0"), 302),
                             (request(PUB, b"hello", headers=["Connection: keep-alive"]).replace(b"1.1", b"1.0", 1), 200),
                             (request(PUB, b"hello", headers=["Connection: keep-alive"], key=None).replace(b"1.1", b"1.0", 1), 401)):
            with self.subTest(data=data[:30]):
                answer = await self.asked(data)
                self.assertEqual(answer.status, status)
                if "/web/" not in data.decode():
                    self.assertEqual(answer.headers["connection"], "close")
                # If the connection stayed, this would get an answer.
                self.last.send(data)
                self.assertEqual(await self.last.ended(), b"")


@over("plain", "tls")
class Bodies(Requests):
    PAD = "X-Pad: " + "p" * 2500  # lws's own answers overwrite this much of the following request in its buffer

    async def test_a_message_may_look_like_a_request_with_the_key(self):
        self.serve()
        client = await self.join()
        line = await self.open_line()
        texts = ("POST /pub/lobby HTTP/1.1\r\nHost: x\r\n\r\n", "POST ", "P", KEY, f"X-API-Key: {KEY}\r\n", "POST /x HTTP/1.0",
                 request(PUB, b"hello").decode())
        for text in texts:
            for sender in line, await self.open_line():
                with self.subTest(text):
                    answer = await sender.ask(PUB, text.encode())
                    if HOST == "lwsws" and sender is line and answer.status == 503:
                        # lwsws announces only the first request of a connection to the plugin.
                        self.assertTrue(text.startswith("POST "[:len(text)]))
                        self.assertEqual(await line.ended(), b"")
                        line = await self.open_line()
                        answer = await line.ask(PUB, text.encode())
                    self.assertEqual(answer.status, 200)
                    self.assertEqual(await receive(client), text)

    async def test_a_request_after_another_one_never_publishes_its_head(self):
        """lws would deliver its head as the body."""
        self.serve(health=1)
        client = await self.join()
        before = {"nothing": None, "a file": self.get("/web/favicon.svg"), "a message": request(PUB, b"first")}
        firsts = {"a file": self.get("/web/favicon.svg", self.PAD), "its head": self.get("/web/favicon.svg", self.PAD, method="HEAD"),
                  "no file": self.get("/web/nope", self.PAD), "a redirection": self.get("/web", self.PAD),
                  "an upgrade": self.get("/web/", self.PAD, "Upgrade: foo"), "nothing of ours": self.get("/nope", self.PAD),
                  "health": self.get("/healthz", self.PAD), "a message": request(PUB, b"x" * 2000)}
        for earlier, begin in before.items():
            for first, data in firsts.items():
                for size in 2, 5, 300, 5000:
                    with self.subTest(before=earlier, first=first, size=size):
                        line = await self.open_line()
                        if begin:
                            line.send(begin)
                            self.assertEqual((await line.answer()).status, 200)
                        line.send(data + request(PUB, b"b" * size))
                        await line.ended()
                        await self.line_of_other("next")
                        while (text := await receive(client)) != "next":
                            self.assertIn(text, ("first", "x" * 2000, "b" * size))

    async def line_of_other(self, text):
        self.assertEqual((await self.ask(PUB, text.encode())).status, 200)

    async def test_the_next_request_on_a_connection_is_served_after_any_other(self):
        """Proxies do this, because their clients share a few connections."""
        self.serve()
        client = await self.join()
        line = await self.open_line()
        for round in range(3):
            for path in "/web/favicon.svg", "/web/", "/web/chat.js":
                line.send(self.get(path))
                self.assertEqual((await line.answer()).status, 200)
                self.assertEqual((await line.ask(PUB, b"GET %d" % round)).status, 200)
                self.assertEqual(await receive(client), f"GET {round}")


@over("plain", "tls")
class Answers(Requests):
    async def test_each_answer_has_a_date(self):
        self.serve(health=1)
        for data, body in ((self.get("/healthz"), True), (self.get("/"), True), (self.get("/nope"), True), (self.get("/sse/lobby"), False),
                           (request(PUB, b"x"), True), (request(PUB, b"x", key=None), True), (self.get("/metrics"), True),
                           (self.get("/sse/lobby", method="OPTIONS"), False)):
            with self.subTest(data[:20]):
                self.assertRegex((await self.asked(data, body)).headers["date"], f"^{DATE}$")
        wire = await Wire.open(self.url)
        self.addAsyncCleanup(wire.abandon)
        wire.send(upgrade_request(self.url, {"Origin": "http://elsewhere.example"}))
        self.assertRegex((await wire.answer()).headers["date"], f"^{DATE}$")

    async def test_an_answer_without_content_has_no_content_length(self):
        self.serve()
        answer = await self.answered_and_ended(self.get("/sse/lobby", "Origin: https://app.example.org", method="OPTIONS"), 204)
        self.assertNotIn("content-length", answer.headers)
        self.assertEqual(answer.headers["connection"], "close")
        self.assertEqual(answer.headers["allow"], "GET, HEAD")

    async def test_head_for_an_event_stream_has_the_headers_of_the_stream(self):
        self.serve(allowed_origins="https://app.example.org", metrics=1)
        for headers in (), ("Origin: https://app.example.org",):
            head = await self.answered_and_ended(self.get("/sse/lobby", *headers, method="HEAD"), 200, body=False)
            got = await self.asked(self.get("/sse/lobby", *headers), body=False)
            self.assertEqual({**head.headers, "date": ""}, {**got.headers, "date": ""})
            await self.last.close()
        for path, status in ("/sse/", 400), ("/sse/a/b", 400):
            await self.answered_and_ended(self.get(path, method="HEAD"), status, body=False)
        await self.answered_and_ended(self.get("/sse/lobby", "Origin: https://elsewhere.example", method="HEAD"), 403, body=False)
        await self.counted(joins_total__events=2)


@over("plain", "tls")
class Swallowed(Requests):
    """In lws, a field whose name is the beginning of a known name swallows the next field."""

    async def test_a_missing_field_never_grants_anything(self):
        self.serve(metrics=1, health=1, trusted_proxies="127.0.0.1")
        for headers in (), ("X: a", "X-Forwarded-For: 203.0.113.9"), ("X-Forwarded-For: 127.0.0.1",), ("X-Forwarded-For: ",), \
                ("X-Forwarded-For: 127.0.0.9", "X: a", "X-Forwarded-For: 203.0.113.9"), ("Forwarded: for=127.0.0.1",):
            for path in "/metrics", "/healthz", "/readyz":
                with self.subTest(headers=headers, path=path):
                    answer = await self.asked(self.get(path, *headers))
                    self.assertEqual(answer.status, 403)
                    self.assertIn("admin-from", json.loads(answer.body)["error"]["message"])
        for status, data in ((401, request(PUB, b"x", key=None, headers=["X: a", f"Authorization: apikey {KEY}"])),
                             (411, request(PUB, b"x", headers=["X: a"])),
                             (401, request(PUB, b"x", key=None, headers=["X: a", f"X-API-Key: {KEY}"]))):
            with self.subTest(status=status):
                self.assertEqual((await self.asked(data)).status, status)

    async def test_a_client_that_a_trusted_proxy_does_not_name_has_an_unknown_address(self):
        self.serve(open=1, trusted_proxies="127.0.0.1", max_joins_per_second=3)
        for value in "192.0.2.7:4711", '"[2001:db8::7]:4711"', "2001:db8::8":
            self.assertEqual(await self.status(headers={"X-Forwarded-For": value}), 101)
        for address in "192.0.2.7", "2001:db8::7", "2001:db8::8":
            await self.server.logged(f": {address} joined by text")
        statuses = [await self.status(headers={"X": "a", "X-Forwarded-For": f"192.0.2.{n}"}) for n in range(40)]
        self.assertIn(429, statuses)
        await self.server.logged("unknown address joined by text")


if __name__ == "__main__":
    unittest.main()
