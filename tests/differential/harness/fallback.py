"""A client over http_stream or sse with POST /emulation, in the shape of a WebSocket of the library websockets."""
import asyncio
import json

import websockets
from support.emulated import Emulated
from websockets.frames import Close


class Fallback:
    def __init__(self, port, kind, headers):
        self.base, self.kind, self.headers = f"http://127.0.0.1:{port}", kind, headers
        self.opened = asyncio.get_running_loop().create_future()

    async def send(self, text):
        """The first message opens the stream."""
        if not self.opened.done():
            self.opened.set_result(await Emulated.open(self.base, self.kind, text, headers=self.headers))
            return
        stream = self.opened.result()
        if await stream.send(text) != 204:
            raise websockets.ConnectionClosedError(None, None)

    async def recv(self):
        stream = await self.opened
        try:
            line = await stream.line() or None
        except asyncio.TimeoutError:
            line = None
        if line is None:
            raise websockets.ConnectionClosedError(None, None)
        message = json.loads(line)
        if "connect" in message:
            stream.session, stream.node = message["connect"]["session"], message["connect"]["node"]
        disconnect = message.get("push", {}).get("disconnect")
        if disconnect:  # the code and reason of a close, in these transports
            raise websockets.ConnectionClosedError(Close(disconnect["code"], disconnect["reason"]), None)
        return line

    async def close(self):
        if self.opened.done():
            await self.opened.result().hang_up()
