"""Clients of the structured dialect over http_stream and sse: an answer that does not end, and POST /emulation."""
import asyncio
import collections
import contextlib
import json
import signal
import urllib.parse

from support.server import PATIENCE
from support.wire import Wire

CONNECT = '{"id":1,"connect":{}}'


def request(method, url, body=b"", headers=None):
    """The bytes of a request. A header of None is left out."""
    parts = urllib.parse.urlsplit(url)
    fields = {"Host": parts.netloc, "Content-Type": "application/json", "Content-Length": len(body), **(headers or {})}
    if method in ("GET", "OPTIONS") and not body:
        fields.setdefault("Content-Length", None)
        fields["Content-Length"] = (headers or {}).get("Content-Length")
    target = parts.path + ("?" + parts.query if parts.query else "")
    lines = [f"{method} {target} HTTP/1.1", *(f"{k}: {v}" for k, v in fields.items() if v is not None)]
    return "\r\n".join([*lines, "", ""]).encode() + body


async def curl(method, url, body=b"", headers=None):
    """A running curl that shows the answer's head and body, over HTTP/2."""
    more = [part for k, v in {"Content-Type": "application/json", **(headers or {})}.items() for part in ("-H", f"{k}: {v}")]
    process = await asyncio.create_subprocess_exec(
        "curl", "-sikN", "--http2", "-X", method, *more, *(["--data-binary", "@-"] if body else []), url,
        stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE, limit=2 ** 20)
    if body:
        process.stdin.write(body)
    process.stdin.close()
    return process


async def head_of(source):
    head = await asyncio.wait_for(source.readuntil(b"\r\n\r\n"), PATIENCE)
    first, *lines = head.decode("latin-1").split("\r\n")[:-2]
    return int(first.split(" ")[1]), {k.lower(): v.strip() for k, v in (line.split(":", 1) for line in lines)}


Answer = collections.namedtuple("Answer", "status headers body")


async def ask(method, url, body=b"", headers=None, http2=False):
    """One request, on a connection of its own."""
    body = body.encode() if isinstance(body, str) else body
    if http2:
        process = await curl(method, url, body, headers)
        status, fields = await head_of(process.stdout)
        rest = await asyncio.wait_for(process.stdout.read(), PATIENCE)
        await process.wait()
        return Answer(status, fields, rest)
    wire = await Wire.open(url)
    try:
        wire.send(request(method, url, body, headers))
        answer = await wire.answer()
        return Answer(answer.status, answer.headers, answer.body)
    finally:
        await wire.abandon()


class Emulated:
    """client = await Emulated.connect(base, "sse"); await client.send('{"id":2,...}'); await client.next()"""

    def __init__(self, base, kind, http2):
        self.base, self.kind, self.http2 = base.rstrip("/"), kind, http2
        self.session, self.node, self.status, self.headers = None, None, None, None
        self.wire = self.curl = None
        self.waiting = collections.deque()
        self.all = b""

    @classmethod
    async def open(cls, base, kind, commands=CONNECT, http2=False, headers=None, receive_buffer=None, more=b""):
        """Sends the request, then `more`, and reads the answer's head."""
        self = cls(base, kind, http2)
        url, method = f"{self.base}/connection/{kind}", "POST"
        body = commands if isinstance(commands, bytes) else commands.encode()
        if kind == "sse":
            url, method, body = url + "?" + urllib.parse.urlencode({"cf_connect": commands}), "GET", b""
        if http2:
            self.curl = await curl(method, url, body, headers)
            self.source = self.curl.stdout
        else:
            self.wire = await Wire.open(url, receive_buffer=receive_buffer)
            self.wire.send(request(method, url, body, headers) + more)
            self.source = self.wire.reader
        self.status, self.headers = await head_of(self.source)
        return self

    @classmethod
    async def connect(cls, base, kind, commands=CONNECT, **kwargs):
        """A client whose connect was answered."""
        self = await cls.open(base, kind, commands, **kwargs)
        assert self.status == 200, self.status
        reply = (await self.next())["connect"]
        self.session, self.node = reply["session"], reply["node"]
        return self

    async def _read(self):
        """Some bytes of the body. Centrifugo sends it in chunks."""
        try:
            if self.wire is None or self.headers.get("transfer-encoding") != "chunked":
                return await asyncio.wait_for(self.source.read(2 ** 20), PATIENCE)
            size = int((await asyncio.wait_for(self.source.readline(), PATIENCE)) or b"0", 16)
            return (await self.source.readexactly(size + 2))[:-2]
        except (ConnectionError, asyncio.IncompleteReadError):
            return b""

    async def line(self):
        """The next line or event. None: the body has ended."""
        while not self.waiting:
            data = await self._read()
            if not data:
                return None
            self.all += data
            separator = b"\n\n" if self.kind == "sse" else b"\n"
            *whole, self.all = self.all.split(separator)
            for text in whole:
                if self.kind == "sse":
                    text = text.removeprefix(b"\r\n")  # Centrifugo's first bytes
                    assert text.startswith(b"data: ") and b"\n" not in text and b"\r" not in text, text
                    text = text[len(b"data: "):]
                self.waiting.append(text.decode())
        return self.waiting.popleft()

    async def next(self):
        """The next reply or push, but no ping."""
        while True:
            line = await self.line()
            assert line is not None, "the answer has ended"
            if line != "{}":
                return json.loads(line)

    async def ended(self):
        """Reads to the end. Returns the replies and pushes."""
        rest = []
        while (line := await self.line()) is not None:
            if line != "{}":
                rest.append(json.loads(line))
        return rest

    async def disconnected(self):
        """The code and reason of the disconnect that ends the answer; None: there is none."""
        rest = await self.ended()
        push = (rest[-1] if rest else {}).get("push", {}).get("disconnect")
        return push and (push["code"], push["reason"])

    def message(self, data, **changes):
        return json.dumps({"session": self.session, "node": self.node, "data": data, **changes})

    async def send(self, data, headers=None, **changes):
        """Returns the status of POST /emulation."""
        return (await ask("POST", self.base + "/emulation", self.message(data, **changes), headers, self.http2)).status

    async def do(self, id, **command):
        """Sends a command, and returns its reply. Pushes before it are left out."""
        status = await self.send(json.dumps({"id": id, **command}))
        assert status == 204, status
        while (got := await self.next()).get("id") != id:
            pass
        return got

    def stop_reading(self):
        self.wire.stop_reading() if self.wire else self.curl.send_signal(signal.SIGSTOP)

    async def hang_up(self):
        if self.wire:
            return await self.wire.abandon()
        with contextlib.suppress(ProcessLookupError):
            self.curl.send_signal(signal.SIGCONT)
            self.curl.kill()
        await self.curl.communicate()
