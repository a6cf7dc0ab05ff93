"""POST /pub/ROOM: a back end publishes over HTTP."""
import asyncio
import json
import os
import pathlib
import signal
import ssl
import sys
import tempfile
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
from support.server import HOST, PATIENCE, Server, connect, insecure_tls, lws_version, receive, vhost  # noqa: E402
from support.transports import Transport, over  # noqa: E402

KEY = "0123456789abcdef0123456789abcdef"
OTHER = "the-key-that-comes-after-it"


class Http:
    def serve(self, keys=f"# old and new\n{KEY}\n{OTHER}\n", **options):
        file = pathlib.Path(self.enterContext(tempfile.TemporaryDirectory())) / "keys"
        file.write_text(keys)
        file.chmod(0o600)
        if keys:
            options.setdefault("api_key_file", file)
        tls = self.transport != "plain"
        alpn = "h2,http/1.1" if self.transport == "http2" else "http/1.1"
        self.server = self.enterContext(Server(vhost(tls=tls, alpn=alpn, **options)))

    async def curl(self, *arguments, path="/pub/lobby", key=KEY, body="hello"):
        """The status and the answer, parsed if it is JSON."""
        command = ["curl", "-sk", "--path-as-is", "--max-time", "25", "-w", "\n%{http_code}", self.server.http_of(path=path)]
        if self.transport == "http2":
            command.append("--http2")
        if key:
            command += ["-H", f"Authorization: apikey {key}"]
        if body is not None:
            command += ["--data-binary", "@-"]
        process = await asyncio.create_subprocess_exec(*command, *arguments, stdin=asyncio.subprocess.PIPE,
                                                       stdout=asyncio.subprocess.PIPE)
        body = body.encode() if isinstance(body, str) else body or b""
        output, _ = await asyncio.wait_for(process.communicate(body), PATIENCE)
        answer, status = output.decode().rsplit("\n", 1)
        return int(status), json.loads(answer) if answer.startswith("{") else answer

    async def join(self, room="lobby"):
        return await self.enterAsyncContext(connect(self.server.url_of(path=f"/chat/{room}")))

    async def refused(self, status, *arguments, words="", **request):
        got, answer = await self.curl(*arguments, **request)
        self.assertEqual(got, status, answer)
        self.assertEqual(answer["error"]["code"], status)
        self.assertIn(words, answer["error"]["message"])


@over("plain", "tls", "http2")
class Publish(Http):
    async def test_all_members_get_the_body_and_the_answer_has_the_position(self):
        self.serve()
        clients = [await self.join("ops") for _ in range(2)]
        elsewhere = await self.join()
        for offset in (1, 2):
            status, answer = await self.curl(path="/pub/ops", body=f"部署 {offset}\n")
            self.assertEqual(status, 200)
            epoch = answer["result"].pop("epoch")
            self.assertRegex(epoch, "^[0-9a-z]{8}$")
            self.assertEqual(answer, {"result": {"room": "ops", "offset": offset, "clients": 2}})
            for client in clients:
                self.assertEqual(await receive(client), f"部署 {offset}\n")
        await self.curl(body="for the lobby")
        self.assertEqual(await receive(elsewhere), "for the lobby")

    async def test_an_empty_room_keeps_the_message(self):
        self.serve(replay=5)
        status, answer = await self.curl(path="/pub/%E6%88%BF%20%E9%96%93")
        self.assertEqual((status, answer["result"]["room"], answer["result"]["clients"]), (200, "房 間", 0))
        self.assertEqual(await receive(await self.join("%E6%88%BF%20%E9%96%93")), "hello")

    async def test_every_key_of_the_file_is_valid(self):
        self.serve()
        self.assertEqual((await self.curl(key=OTHER))[0], 200)
        if self.transport != "http2":
            self.assertEqual((await self.curl("-H", f"X-API-Key: {KEY}", key=None))[0], 200)

    async def test_the_largest_message_and_an_empty_one_are_published(self):
        self.serve(max_message=100_000)
        client = await self.join()
        for body in ("x" * 100_000, ""):
            self.assertEqual((await self.curl(body=body))[0], 200)
            self.assertEqual(await receive(client), body)

    async def test_an_error_answer_says_what_is_wrong_with_the_request(self):
        self.serve(max_message=1000)
        client = await self.join()
        await self.refused(401, key=None, words="Authorization")
        await self.refused(403, key=KEY[:-1])
        await self.refused(403, key=KEY + "x")
        await self.refused(405, body=None, words="POST")
        await self.refused(405, "-X", "PUT")
        await self.refused(415, "-H", "Content-Type: multipart/form-data; boundary=x")
        await self.refused(413, body="x" * 1001, words="1000 bytes")
        await self.refused(413, body="x" * 300_000)
        await self.refused(400, body=b"\xff", words="UTF-8")
        for path in ("/pub/", "/pub/a/b", "/pub/%01", "/pub/a%2fb", "/pub/" + "x" * 256):
            await self.refused(400, path=path, words="no room name")
        self.assertEqual((await self.curl(path="/publish/x"))[0], 404)
        self.assertEqual((await self.curl(body="still here"))[0], 200)
        self.assertEqual(await receive(client), "still here")

    async def test_a_body_without_a_length_gets_411_and_blocks_nobody(self):
        """Over HTTP/2, lws 4.3 would deliver empty pieces of such a body for ever."""
        self.serve()
        client = await self.join()
        for body in ("x", "x" * 50_000):
            status, answer = await self.curl("-H", "Content-Length:", body=body)
            # The answer may be lost if the connection ends before the server has read the body: over HTTP/1.1 with a large
            # body, and over HTTP/2 with lws 4.3.
            whole = lws_version() < (4, 2) if self.transport == "http2" else len(body) == 1
            if status or whole:
                self.assertEqual(status, 411, answer)
                self.assertIn("content-length", answer["error"]["message"])
        self.assertEqual((await self.curl(body="still here"))[0], 200)
        self.assertEqual(await receive(client), "still here")

    async def test_a_post_to_an_unknown_path_gets_404(self):
        self.serve()
        self.assertEqual((await self.curl(path="/nope"))[0], 404)

    async def test_without_a_key_file_a_post_gets_404(self):
        self.serve(keys="")
        await self.refused(404)

    async def test_a_room_above_max_rooms_gets_503(self):
        self.serve(max_rooms=1)
        await self.join("a")
        await self.refused(503, path="/pub/b", words="too many rooms")
        self.assertEqual((await self.curl(path="/pub/a"))[0], 200)


@over("plain", "tls")
class Wire(Http):
    """Requests that curl does not send."""

    async def dial(self):
        tls = insecure_tls() if self.transport == "tls" else None
        reader, writer = await asyncio.open_connection("127.0.0.1", self.server.port_of(), ssl=tls)
        self.addCleanup(writer.close)
        return reader, writer

    def request(self, length, body=b"", path="/pub/lobby", more=""):
        return (f"POST {path} HTTP/1.1\r\nHost: localhost\r\nAuthorization: apikey {KEY}\r\n"
                f"Content-Length: {length}\r\n{more}\r\n").encode() + body

    async def status_of(self, reader):
        line = await asyncio.wait_for(reader.readline(), PATIENCE)
        size, self.ends = 0, False
        while (header := (await asyncio.wait_for(reader.readline(), PATIENCE)).strip().lower()):
            if header.startswith(b"content-length:"):
                size = int(header.split(b":")[1])
            self.ends = self.ends or header == b"connection: close"
        self.answer = await asyncio.wait_for(reader.readexactly(size), PATIENCE)
        return int(line.split()[1]) if line else None

    async def test_only_the_first_of_pipelined_requests_is_done(self):
        """With a second request in its buffer, lws 4.1 would loop for ever."""
        self.serve()
        client = await self.join()
        reader, writer = await self.dial()
        writer.write(b"".join(self.request(2, b"%02d" % number) for number in range(10)))
        answered = (await asyncio.wait_for(reader.read(), PATIENCE)).count(b" 200 OK")
        self.assertEqual(answered, 1)
        await self.curl(body="end")
        self.assertEqual([await receive(client) for _ in range(2)], ["00", "end"])

    async def test_an_empty_message_followed_by_bytes_is_published_once_and_the_connection_ends(self):
        """With a content-length that lws reads as 0, lws 4.1 would start the same request again."""
        self.serve()
        client = await self.join()
        for length, status in (("0", 200), ("00", 200), ("0x1a", 400), ("abc", 400)):
            for behind in (b"", b"x", self.request(2, b"no")):
                with self.subTest(length=length, behind=behind[:4]):
                    reader, writer = await self.dial()
                    writer.write(self.request(length) + behind)
                    self.assertEqual(await self.status_of(reader), status)
                    self.assertIn(b'"result"' if status == 200 else b'"error"', self.answer)
                    self.assertEqual(await asyncio.wait_for(reader.read(), PATIENCE), b"")
                    await self.curl(body="next")
                    self.assertEqual([await receive(client) for _ in range(2 if status == 200 else 1)],
                                     ["", "next"] if status == 200 else ["next"])

    async def test_bytes_after_a_body_do_not_belong_to_the_message(self):
        """lws 4.3 delivers all bytes that it has read as the body."""
        self.serve()
        client = await self.join()
        for behind in (b"x", b"\r\n", b"GET /", b"x" * 3000):
            reader, writer = await self.dial()
            writer.write(self.request(4, b"text" + behind))
            self.assertEqual(await self.status_of(reader), 200)
            self.assertEqual(await receive(client), "text")

    async def test_an_answer_that_ends_its_connection_has_connection_close(self):
        self.serve()
        for method in ("GET", "HEAD", "DELETE", "POST"):
            for path, status in (("/nope", 404), ("/", 302), ("/pub", 404)):
                with self.subTest(method=method, path=path):
                    reader, writer = await self.dial()
                    writer.write(f"{method} {path} HTTP/1.1\r\nHost: x\r\n\r\n".encode())
                    self.assertEqual(await self.status_of(reader), status)
                    self.assertTrue(self.ends)
                    self.assertEqual(await asyncio.wait_for(reader.read(), PATIENCE), b"")

    async def test_pipelined_requests_with_unwanted_bodies_do_not_keep_the_server_busy(self):
        self.serve()
        client = await self.join()
        for request in ("POST /", "PUT /", "PATCH /", "DELETE /", "GET /", "OPTIONS /", "POST /nope", "GET /web/", "POST /web/",
                        "PUT /pub/x", "GET /pub/x", "POST /chat/", "POST /connection/websocket"):
            with self.subTest(request):
                reader, writer = await self.dial()
                writer.write(f"{request} HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\naa".encode() * 5)
                await asyncio.wait_for(reader.read(100), PATIENCE)
                writer.close()
                await client.send("still here")
                self.assertEqual(await receive(client), "still here")

    FIRSTS = ("GET /", "GET /healthz", "HEAD /healthz", "OPTIONS /readyz", "GET /nope", "GET /web/favicon.svg")

    async def test_a_post_after_another_request_never_publishes_its_own_headers(self):
        """When lws 4.1 reads two requests at once, it delivers the second one's body from the beginning of its headers."""
        self.serve(health=1)
        client = await self.join()
        for first in self.FIRSTS:
            for size in (10, 5000):
                with self.subTest(first=first, size=size):
                    reader, writer = await self.dial()
                    writer.write(f"{first} HTTP/1.1\r\nHost: x\r\n\r\n".encode() + self.request(size, b"b" * size))
                    await asyncio.wait_for(reader.read(), PATIENCE)
                    await self.curl(body="next")
                    # The server may do the second request or not.
                    while (text := await receive(client)) != "next":
                        self.assertEqual(text, "b" * size)

    async def test_a_head_request_with_a_body_after_another_request_blocks_nobody(self):
        self.serve(health=1)
        client = await self.join()
        for first in self.FIRSTS:
            with self.subTest(first=first):
                reader, writer = await self.dial()
                writer.write(f"{first} HTTP/1.1\r\nHost: x\r\n\r\n".encode() +
                             b"HEAD /web/ HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\nhello")
                await asyncio.wait_for(reader.read(100), PATIENCE)
                writer.close()
                await client.send("still here")
                self.assertEqual(await receive(client), "still here")

    async def test_a_request_may_be_split_anywhere(self):
        self.serve()
        client = await self.join()
        request = self.request(12, "請輸入三".encode())
        for cut in range(1, len(request), 7):
            reader, writer = await self.dial()
            writer.write(request[:cut])
            await writer.drain()
            await asyncio.sleep(0.002)
            writer.write(request[cut:])
            self.assertEqual(await self.status_of(reader), 200)
            self.assertEqual(await receive(client), "請輸入三")
            writer.close()

    async def test_a_missing_body_gets_408(self):
        self.serve()
        reader, writer = await self.dial()
        writer.write(self.request(10, b"half"))
        self.assertEqual(await self.status_of(reader), 408)
        self.assertEqual(await asyncio.wait_for(reader.read(), PATIENCE), b"")

    async def test_a_refused_request_without_its_body_does_not_keep_its_connection_open(self):
        self.serve(max_message=10)
        reader, writer = await self.dial()
        writer.write(self.request(1_000_000, b"x"))
        self.assertEqual(await self.status_of(reader), 413)
        self.assertEqual(await asyncio.wait_for(reader.read(), PATIENCE), b"")

    async def test_invalid_lengths_are_refused_and_the_connection_ends(self):
        self.serve()
        for length, more, expected in (("-5", "", 400), ("5, 6", "", 400), ("99999999999999999999999", "", 400),
                                       ("5", "Transfer-Encoding: chunked\r\n", 411)):
            with self.subTest(length=length, more=more):
                reader, writer = await self.dial()
                writer.write(self.request(length, b"5\r\nhello\r\n0\r\n\r\n", more=more))
                self.assertEqual(await self.status_of(reader), expected)
                self.assertEqual(await asyncio.wait_for(reader.read(), PATIENCE), b"")
        reader, writer = await self.dial()
        writer.write(f"POST /pub/lobby HTTP/1.1\r\nHost: x\r\nAuthorization: apikey {KEY}\r\n\r\n".encode())
        self.assertEqual(await self.status_of(reader), 411)

    async def test_clients_that_vanish_during_a_request_leave_nothing_behind(self):
        self.serve()
        for size in range(0, 100, 5):
            reader, writer = await self.dial()
            writer.write(self.request(1000, b"x" * size))
            await writer.drain()
            writer.transport.abort()
        client = await self.join()
        self.assertEqual((await self.curl(body="still here"))[0], 200)
        self.assertEqual(await receive(client), "still here")


@over("plain")
class Many(Http):
    async def test_offsets_of_concurrent_publishers_have_no_gap(self):
        self.serve()
        client = await self.join()

        async def publish(name):
            offsets = []
            for number in range(10):
                offsets.append((await self.curl(body=f"{name} {number}"))[1]["result"]["offset"])
            self.assertEqual(offsets, sorted(offsets))
            return offsets

        offsets = await asyncio.gather(*(publish(name) for name in range(8)))
        self.assertEqual(sorted(sum(offsets, [])), list(range(1, 81)))
        texts = [await receive(client) for _ in range(80)]
        for name in range(8):
            self.assertEqual([t for t in texts if t.startswith(f"{name} ")], [f"{name} {n}" for n in range(10)])


@over("plain")
class KeyFile(Http):
    @unittest.skipIf(HOST == "lwsws", "lwsws starts a new world on SIGHUP")
    async def test_sighup_reads_keys_again_and_keeps_them_if_the_file_is_invalid(self):
        self.serve()
        file = pathlib.Path(self.server.vhosts[0]["ws-protocols"][0]["lws-chat"]["api-key-file"])
        file.write_text(OTHER)
        self.server.signal(signal.SIGHUP)
        await self.server.logged("read the keys in", str(file))
        await self.refused(403)
        self.assertEqual((await self.curl(key=OTHER))[0], 200)
        file.write_text("short")
        self.server.signal(signal.SIGHUP)
        await self.server.logged("line 1: a key of 5 bytes", "the keys in use stay")
        self.assertEqual((await self.curl(key=OTHER))[0], 200)

    @unittest.skipIf(HOST == "lwsws", "lwsws does not check")
    async def test_an_invalid_key_file_prevents_the_start(self):
        for keys, words in (("short\n", "line 1: a key of 5 bytes"), ("# none\n", "no key found")):
            with self.assertRaisesRegex(AssertionError, words):
                self.serve(keys)
        with self.assertRaisesRegex(AssertionError, "api-key-file /nowhere/keys: missing, create it"):
            self.serve(api_key_file="/nowhere/keys")

    @unittest.skipIf(HOST == "lwsws", "lwsws starts a new world on SIGHUP")
    async def test_a_key_file_that_is_no_longer_a_regular_file_does_not_block_sighup(self):
        self.serve()
        file = pathlib.Path(self.server.vhosts[0]["ws-protocols"][0]["lws-chat"]["api-key-file"])
        for make, kind in ((file.mkdir, "is a folder"), (lambda: os.mkfifo(file), "is a FIFO"),
                           (lambda: file.symlink_to("/dev/zero"), "is a device")):
            file.rmdir() if file.is_dir() else file.unlink()
            make()
            self.server.signal(signal.SIGHUP)
            await self.server.logged(f"api-key-file {file}: {kind}: name a regular file; the keys in use stay")
            self.assertEqual((await self.curl())[0], 200)


if __name__ == "__main__":
    unittest.main()
