"""For tests of event streams: a server whose rooms are read over the transport, and ways to publish."""
import asyncio
import json
import pathlib
import tempfile
import urllib.parse

from support.events import Events
from support.server import PATIENCE, connect, receive
from support.wire import Wire

KEY = "0123456789abcdef0123456789abcdef"


class Streams:
    """For use with @over(...): serve(), then read(), reading(), post() and others."""

    def serve(self, *vhosts, server=None, **options):
        if not vhosts:
            file = pathlib.Path(self.enterContext(tempfile.TemporaryDirectory())) / "keys"
            file.write_text(KEY)
            file.chmod(0o600)
            vhosts = [self.vhost(api_key_file=file, **options)]
        # Only readers use HTTP/2 here, and they need no gateway.
        reading, self.transport = self.transport, "plain"
        super().serve(*vhosts, server=server)
        self.transport = reading
        return self.server

    def at(self, path):
        return self.server.url_of(path=path).replace("ws", "http", 1)

    async def read(self, path="/sse/lobby", last_event_id=None, **kwargs):
        """A reader with the head of its answer."""
        reader = await Events.open(self.at(path), last_event_id, http2=self.transport == "http2", **kwargs)
        self.addAsyncCleanup(reader.hang_up)
        return reader

    async def position(self, reader):
        """Reads the first event of a stream of one room. Returns the reader's position."""
        event = await reader.next()
        self.assertEqual(event.type, "position")
        return json.loads(event.data)

    async def reading(self, path="/sse/lobby", **kwargs):
        """A reader in the room."""
        reader = await self.read(path, **kwargs)
        await self.position(reader)
        return reader

    async def talker(self, room="lobby"):
        """A text client."""
        return await self.enterAsyncContext(connect(self.server.url_of(path=f"/chat/{urllib.parse.quote(room)}")))

    async def post(self, body, room="lobby"):
        """Publishes like a back end, with POST. Returns the offset."""
        wire = await Wire.open(self.at("/"))
        try:
            body = body.encode()
            wire.send((f"POST /pub/{urllib.parse.quote(room)} HTTP/1.1\r\nHost: localhost\r\nAuthorization: apikey {KEY}\r\n"
                       f"Content-Length: {len(body)}\r\n\r\n").encode() + body)
            answer = await wire.answer()
        finally:
            await wire.abandon()
        self.assertEqual(answer.status, 200, answer)
        return json.loads(answer.body)["result"].get("offset")

    async def structured(self, room="lobby"):
        """A structured client in the room. Returns a function that publishes."""
        client = await self.enterAsyncContext(connect(self.server.url_of(path="/connection/websocket")))
        await client.send('{"id":1,"connect":{}}\n' + json.dumps({"id": 2, "subscribe": {"channel": room}}))
        await receive(client)

        async def publish(json_data):
            await client.send('{"id":3,"publish":{"channel":%s,"data":%s}}' % (json.dumps(room), json_data))
        return publish

    async def refused(self, status, path="/sse/lobby", words="", **kwargs):
        reader = await self.read(path, **kwargs)
        self.assertEqual(reader.status, status)
        if kwargs.get("method") != "HEAD":
            body = await asyncio.wait_for(reader.source.readexactly(int(reader.headers["content-length"])), PATIENCE)
            self.assertIn(words, json.loads(body)["error"]["message"])
        return reader
