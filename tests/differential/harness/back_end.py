"""The site's back end: answers the servers' hooks as the script says, and serves the key set. HTTP/1.1, kept alive."""
import asyncio
import json

from support.ports import free_port


class Reply:
    """An answer that is not 200 with JSON at once. The wire's ways: "length", "chunks", "close" ends the connection after the
    answer, "hang up" ends it instead of an answer."""

    def __init__(self, status=200, body=b"", after=0.0, way="length"):
        self.status, self.body, self.after, self.way = status, body, after, way

    def wire(self):
        head = f"HTTP/1.1 {self.status} Status\r\nContent-Type: application/json\r\n".encode()
        if self.way == "chunks":
            return (head + b"Transfer-Encoding: chunked\r\n\r\n"
                    + b"".join(b"1\r\n" + bytes([byte]) + b"\r\n" for byte in self.body) + b"0\r\n\r\n")
        if self.way == "close":
            return head + b"Connection: close\r\n\r\n" + self.body
        return head + f"Content-Length: {len(self.body)}\r\n\r\n".encode() + self.body


class BackEnd:
    """`answers` maps a hook's name to a function of its request that returns a JSON object or a Reply."""

    def __init__(self, answers, key_set, seen):
        self.answers, self.key_set, self.seen = answers, key_set, seen
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"

    async def __aenter__(self):
        self.server = await asyncio.start_server(self._serve, "127.0.0.1", self.port)
        return self

    async def __aexit__(self, *exc):
        self.server.close()

    async def _serve(self, reader, writer):
        try:
            while True:
                head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
                path = head[0].split(" ")[1]
                fields = {k.lower(): v.strip() for k, _, v in (line.partition(":") for line in head[1:-2])}
                body = await reader.readexactly(int(fields.get("content-length", 0)))
                reply = await self._reply(path, fields, body)
                await asyncio.sleep(reply.after)
                if reply.way == "hang up":
                    break
                writer.write(reply.wire())
                await writer.drain()
                if reply.way == "close":
                    break
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            writer.close()

    async def _reply(self, path, fields, body):
        if path == "/jwks":
            return Reply(body=json.dumps(self.key_set).encode())
        hook, request = path[1:], json.loads(body)
        self.seen(hook, fields, request)
        try:
            answer = self.answers[hook](request)
        except KeyError:  # a request that no case expects, which the transcripts show
            answer = Reply(500)
        return answer if isinstance(answer, Reply) else Reply(body=json.dumps(answer).encode())
