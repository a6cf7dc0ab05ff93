"""Readers of event streams (html.spec.whatwg.org, section 9.2): over raw sockets, and over HTTP/2 through curl."""
import asyncio
import collections
import contextlib
import signal
import socket
import urllib.parse

from support.server import PATIENCE
from support.wire import Wire

Event = collections.namedtuple("Event", "type data id")


class Parser:
    """feed(bytes) parses them into self.events and self.comments."""

    def __init__(self):
        self.events, self.comments = collections.deque(), []
        self.last_id, self.retry, self.bytes = "", None, b""
        self._clear()

    def _clear(self):
        self._type, self._id, self._data = "message", None, []

    def feed(self, data):
        *lines, self.bytes = (self.bytes + data).split(b"\n")
        for line in lines:
            self._line(line.decode())

    def _line(self, line):
        if not line:
            # An event without its end does not count, and neither does its id.
            self.last_id = self.last_id if self._id is None else self._id
            if self._data:
                self.events.append(Event(self._type, "\n".join(self._data), self.last_id))
            return self._clear()
        field, colon, value = line.partition(":")
        value = value.removeprefix(" ")
        assert colon and "\r" not in line, f"a strange line: {line!r}"
        if field == "":
            self.comments.append(value)
        elif field == "event":
            self._type = value
        elif field == "data":
            self._data.append(value)
        elif field == "id":
            self._id = value
        elif field == "retry":
            self.retry = int(value)
        else:
            raise AssertionError(f"a strange line: {line!r}")


class Events(Parser):
    """reader = await Events.open(url); (await reader.next()).data"""

    def __init__(self, source, hang_up):
        super().__init__()
        self.source, self.hang_up, self.wire = source, hang_up, None
        self.status, self.headers, self.all = None, {}, bytearray()

    @classmethod
    async def open(cls, url, last_event_id=None, headers=None, http2=False, method="GET", receive_buffer=None, more=b""):
        """Sends the request, then `more`, and reads the answer's head."""
        fields = dict(headers or {})
        if last_event_id and http2:  # lws hides the header there
            url += ("&" if "?" in url else "?") + "last-event-id=" + urllib.parse.quote(last_event_id)
        elif last_event_id:
            fields["Last-Event-ID"] = last_event_id
        self = await (cls._by_curl(url, fields, method) if http2 else cls._by_hand(url, fields, method, receive_buffer, more))
        head = await asyncio.wait_for(self.source.readuntil(b"\r\n\r\n"), PATIENCE)
        first, *lines = head.decode("latin-1").split("\r\n")[:-2]
        self.status = int(first.split(" ")[1])
        self.headers = {k.lower(): v.strip() for k, v in (line.split(":", 1) for line in lines)}
        return self

    @classmethod
    async def _by_hand(cls, url, headers, method, receive_buffer, more):
        wire = await Wire.open(url, receive_buffer=receive_buffer)
        parts = urllib.parse.urlsplit(url)
        target = parts.path + ("?" + parts.query if parts.query else "")
        lines = [f"{method} {target} HTTP/1.1", *(f"{k}: {v}" for k, v in {"Host": parts.netloc, **headers}.items())]
        wire.send("\r\n".join([*lines, "", ""]).encode() + more)
        self = cls(wire.reader, wire.abandon)
        self.wire = wire
        return self

    @classmethod
    async def _by_curl(cls, url, headers, method):
        more = [part for k, v in headers.items() for part in ("-H", f"{k}: {v}")]
        more += {"HEAD": ["-I"]}.get(method, ["-X", method])
        curl = await asyncio.create_subprocess_exec(
            "curl", "-sikN", "--http2", "--path-as-is", *more, url, stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE, limit=65536)

        async def hang_up():
            with contextlib.suppress(ProcessLookupError):
                curl.kill()
            await curl.communicate()  # asyncio sees the end of curl only after the end of its pipe

        self = cls(curl.stdout, hang_up)
        self.curl = curl
        return self

    async def half_close(self):
        """Ends its side of the connection: a FIN, over TLS without a close_notify."""
        self.wire.writer.transport.get_extra_info("socket").shutdown(socket.SHUT_WR)

    def stop_reading(self):
        self.wire.stop_reading() if self.wire else self.curl.send_signal(signal.SIGSTOP)

    def go_on(self):
        self.wire.writer.transport.resume_reading() if self.wire else self.curl.send_signal(signal.SIGCONT)

    async def more(self, most=65536):
        """Reads at least a byte. Returns false at the end."""
        try:
            data = await asyncio.wait_for(self.source.read(most), PATIENCE)
        except ConnectionError:
            return False
        self.all += data
        self.feed(data)
        return bool(data)

    async def next(self):
        """The next event."""
        while not self.events:
            assert await self.more(), f"the stream ended after {self.all[-500:]}"
        return self.events.popleft()

    async def take(self, count):
        """The data of so many events."""
        return [(await self.next()).data for _ in range(count)]

    async def rest(self):
        """Reads all events up to the end."""
        while await self.more():
            pass
        return self.all
