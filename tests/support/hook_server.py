"""A site's back end that answers the questions of servers, well or badly."""
import asyncio
import inspect
import json
import socket
import ssl

from support.ports import free_port


class Reply:
    """An answer other than 200 with JSON."""

    def __init__(self, body=b"", status=200):
        self.body, self.status = body, status


class HookServer:
    """async with HookServer() as back_end: back_end.answers["connect"] = lambda request: {"result": {}}

    An answer is a JSON object or a Reply; if the function is a coroutine, it comes later. `asked` has the questions: name,
    header fields, JSON. `connections` counts the connections that servers have made.
    """

    def __init__(self, unix=None, certificate=None, port=None):
        self.answers, self.asked, self.connections = {}, [], 0
        self.unix, self.certificate = unix, certificate
        self.port = port or (None if unix else free_port())
        self._writers = set()

    def url(self, name):
        if self.unix:
            return f"unix:{self.unix}:/{name}"
        return f"{'https' if self.certificate else 'http'}://127.0.0.1:{self.port}/{name}"

    def urls(self, *names):
        """Options of a vhost: urls("connect", "rpc")"""
        return {f"{name}_url": self.url(name) for name in names}

    def questions(self, name):
        return [request for asked, _, request in self.asked if asked == name]

    def fields(self, name):
        """The header fields of the last question of that name."""
        return [fields for asked, fields, _ in self.asked if asked == name][-1]

    async def __aenter__(self):
        if self.unix:
            self._server = await asyncio.start_unix_server(self._serve, self.unix)
            return self
        context = None
        if self.certificate:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(*self.certificate)
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", self.port, ssl=context)
        return self

    async def __aexit__(self, *exc):
        self.close()

    def close(self):
        """It no longer listens, and its connections end."""
        self._server.close()
        for writer in self._writers:
            writer.transport.abort()

    async def _serve(self, reader, writer):
        self.connections += 1
        self._writers.add(writer)
        try:
            while True:
                head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
                fields = {k.lower(): v.strip() for k, _, v in (line.partition(":") for line in head[1:-2])}
                body = await reader.readexactly(int(fields.get("content-length", 0)))
                reply = await self._reply(head[0].split(" ")[1][1:], fields, body)
                writer.write(f"HTTP/1.1 {reply.status} Status\r\nContent-Length: {len(reply.body)}\r\n\r\n".encode() + reply.body)
                await writer.drain()
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            self._writers.discard(writer)
            writer.close()

    async def _reply(self, name, fields, body):
        request = json.loads(body) if body else None
        self.asked.append((name, fields, request))
        answer = self.answers[name](request) if name in self.answers else {"result": {}}
        if inspect.isawaitable(answer):
            answer = await answer
        return answer if isinstance(answer, Reply) else Reply(json.dumps(answer).encode())


class Deaf:
    """with Deaf() as server: a server that never accepts a connection, although the kernel does."""

    def __enter__(self):
        self.socket = socket.socket()
        self.port = free_port()
        self.socket.bind(("127.0.0.1", self.port))
        self.socket.listen(64)
        return self

    def url(self, name):
        return f"http://127.0.0.1:{self.port}/{name}"

    def __exit__(self, *exc):
        self.socket.close()
