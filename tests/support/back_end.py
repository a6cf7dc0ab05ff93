"""A back end: POST /api/METHOD with a key, and GET /metrics.

It uses curl over HTTP/2, and otherwise connections of raw bytes that stay open.
"""
import asyncio
import json
import pathlib
import re
import tempfile

from support.server import PATIENCE, connect, receive
from support.wire import Answer, Wire

KEY = "0123456789abcdef0123456789abcdef"
STRUCTURED = "/connection/websocket"


def key_file(test, keys=KEY + "\n"):
    """A key file for the duration of the test."""
    file = pathlib.Path(test.enterContext(tempfile.TemporaryDirectory())) / "keys"
    file.write_text(keys)
    file.chmod(0o600)
    return file


def request(path, body=None, method="POST", key=KEY, headers=(), length=None):
    """The bytes of an HTTP/1.1 request. `length` replaces the body's real length."""
    lines = [f"{method} {path} HTTP/1.1", "Host: localhost"]
    if key:
        lines.append(f"X-API-Key: {key}")
    lines += headers
    if length is None and body is not None:
        length = len(body)
    if length is not None:
        lines.append(f"Content-Length: {length}")
    return "\r\n".join([*lines, "", ""]).encode() + (body or b"")


def encoded(fields):
    return fields if isinstance(fields, bytes) else json.dumps(fields, ensure_ascii=False).encode()


class Line:
    """A connection of HTTP/1.1: line = await Line.open(url); await line.call("info", {})"""

    def __init__(self, wire):
        self.wire = wire

    @classmethod
    async def open(cls, url):
        return cls(await Wire.open(url.replace("localhost", "127.0.0.1")))

    def send(self, data):
        self.wire.send(data)

    async def answer(self):
        return await self.wire.answer()

    async def ask(self, path, body=None, method="POST", **fields):
        self.send(request(path, body, method, **fields))
        return await self.wire.answer(body=method != "HEAD")

    async def call(self, method, fields=None, **more):
        """Calls a method. Returns (status, answer)."""
        answer = await self.ask(f"/api/{method}", encoded(fields if fields is not None else {}), **more)
        return answer.status, json.loads(answer.body)

    async def ended(self):
        """Reads until the server ends the connection. Returns these bytes."""
        rest = b""
        try:
            while piece := await asyncio.wait_for(self.wire.reader.read(65536), PATIENCE):
                rest += piece
        except ConnectionError:
            pass
        return rest

    async def close(self):
        await self.wire.abandon()


class BackEnd:
    """For test cases over a transport: serve() with a key, then call() methods."""

    def serve(self, *vhosts, **options):
        if not vhosts:
            options.setdefault("api_key_file", key_file(self))
        self.line = None
        return super().serve(*vhosts, **options)

    async def open_line(self):
        line = await Line.open(self.server.http_of())
        self.addAsyncCleanup(line.close)
        return line

    async def ask(self, path, body=None, method=None, key=KEY, headers=()):
        """Sends a request. Returns an Answer. The connection stays for the next request, if the server keeps it."""
        method = method or ("GET" if body is None else "POST")
        if self.transport == "http2":
            return await self.curl(path, body, method, key, headers)
        if self.line is None or self.line.wire.reader.at_eof():
            self.line = await self.open_line()
        answer = await self.line.ask(path, body, method=method, key=key, headers=headers)
        if answer.headers.get("connection") == "close":
            self.line = None
        return answer

    async def curl(self, path, body, method, key, headers):
        command = ["curl", "-sk", "--http2", "--path-as-is", "--max-time", "25", self.server.http_of(path=path)]
        # lws does not know the header X-API-Key. It passes on unknown headers over HTTP/1.1 only.
        for header in [*headers, *([f"Authorization: apikey {key}"] if key else [])]:
            command += ["-H", header]
        command += ["--head"] if method == "HEAD" else ["-D", "-", "-X", method]
        if body is not None:
            command += ["--data-binary", "@-"]
        process = await asyncio.create_subprocess_exec(*command, stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE)
        output, _ = await asyncio.wait_for(process.communicate(body or b""), PATIENCE)
        head, _, rest = output.partition(b"\r\n\r\n")
        first, *lines = head.decode("latin-1").split("\r\n")
        fields = {name.lower(): value.strip() for name, value in (line.split(":", 1) for line in lines)}
        return Answer(int(first.split()[1]), fields, rest, first.split()[0])

    async def call(self, method, fields=None, status=200, **more):
        """Calls a method. Returns its result or its error."""
        answer = await self.ask(f"/api/{method}", encoded(fields if fields is not None else {}), **more)
        self.assertEqual(answer.status, status, answer.body)
        self.assertEqual(answer.headers["content-type"], "application/json")
        return json.loads(answer.body)

    async def result(self, method, fields=None):
        return (await self.call(method, fields))["result"]

    async def refused(self, status, words, answer):
        answer = await answer
        self.assertEqual(answer.status, status, answer.body)
        error = json.loads(answer.body)["error"]
        self.assertEqual(error["code"], status)
        self.assertIn(words, error["message"])
        return answer

    async def member(self, *rooms, **data):
        """A structured client in these rooms."""
        client = await self.enterAsyncContext(connect(self.url.replace("/chat/", STRUCTURED)))
        return await Member(client).enter(*rooms, **data)

    async def texter(self, room="lobby"):
        return await self.enterAsyncContext(connect(self.url + room))

    async def metrics(self):
        """The metrics, as {'lws_chat_clients{dialect="text"}': 1.0, ...}."""
        answer = await self.ask("/metrics", key=None)
        self.assertEqual(answer.status, 200, answer.body)
        return numbers(answer.body.decode())

    async def counted(self, **expected):
        """Waits until /metrics has these values. Names are without lws_chat_; __ precedes the value of the first label."""
        wanted = {sample(name): value for name, value in expected.items()}
        seen = {}

        async def fact():
            said = await self.metrics()
            seen.update({name: said.get(name, 0) for name in wanted})
            return seen == wanted
        deadline = asyncio.get_running_loop().time() + PATIENCE / 3
        while not await fact():
            if asyncio.get_running_loop().time() > deadline:
                self.assertEqual(seen, wanted)
            await asyncio.sleep(0.01)

    async def calls(self):
        """Number of calls by method and status: {("publish", 200): 3}."""
        pattern = re.compile(r'lws_chat_api_calls_total\{method="(\w+)",status="(\d+)"\}')
        said = await self.metrics()
        return {(found[1], int(found[2])): int(value) for name, value in said.items() if (found := pattern.fullmatch(name))}


LABELS = {"clients": "dialect", "connects_total": "dialect", "subscriptions": "dialect", "joins_total": "dialect", "rooms": "state",
          "recoveries_total": "result", "refused_total": "cause", "closed_total": "cause"}


def sample(name):
    """ "clients__text" is lws_chat_clients{dialect="text"} """
    family, _, value = name.partition("__")
    return f'lws_chat_{family}{{{LABELS[family]}="{value}"}}' if value else f"lws_chat_{family}"


def numbers(text):
    return {name: float(value) for name, value in
            (line.rsplit(" ", 1) for line in text.splitlines() if not line.startswith("#"))}


class Member:
    """A structured client that reads replies and pushes one after the other."""

    def __init__(self, client):
        self.client = client
        self.waiting = []
        self.number = 0

    async def enter(self, *rooms, **data):
        self.id = (await self.ask("connect", data=data))["connect"]["client"]
        for room in rooms:
            self.assert_in(await self.ask("subscribe", channel=room), "subscribe")
        return self

    @staticmethod
    def assert_in(reply, name):
        assert name in reply, reply

    async def next(self):
        while not self.waiting:
            for line in (await receive(self.client)).split("\n"):
                if line == "{}":
                    await self.client.send("{}")
                else:
                    self.waiting.append(json.loads(line))
        return self.waiting.pop(0)

    async def send(self, method, /, **fields):
        self.number += 1
        await self.client.send(json.dumps({"id": self.number, method: fields}))

    async def ask(self, method, /, **fields):
        """The next reply. Keeps pushes that come before it."""
        await self.send(method, **fields)
        kept = []
        while (got := await self.next()).get("id") != self.number:
            kept.append(got)
        self.waiting = kept + self.waiting
        return got

    async def push(self):
        got = await self.next()
        assert "push" in got, got
        return got["push"]

    async def publication(self):
        return (await self.push())["pub"]

    async def data(self):
        return (await self.publication())["data"]
