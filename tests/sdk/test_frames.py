"""The recorded frames of frames/: what the client said is said to lws-chatd, whose replies must have the recorded content.

SDKs that cannot be run here, for Swift and Dart, speak protobuf as the recorded one does. These may differ:
  - ids of clients, epochs, versions; ttl, which must be there if it was recorded
  - when a publication was made, which lws-chatd tells and Centrifugo does not
  - how replies are spread over frames, and whether a publisher gets its own message before or after the reply to it
  - what lws-chatd adds to the message of an error after ": "
Tokens, and epochs that the client shows, are replaced by new ones. Ends with 77, skipped, without the Python environment.
"""
import asyncio
import contextlib
import json
import os
import pathlib
import sys
import unittest
import urllib.request

HERE = pathlib.Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent), str(HERE.parent / "differential")]
os.environ.setdefault("LWS_CHAT_HOST", "lws-chatd")
import walks  # noqa: E402

walks.enter_python_environment()

import recording  # noqa: E402
import results  # noqa: E402
from harness.back_end import BackEnd  # noqa: E402
from harness.script import KEYS, issuer  # noqa: E402
from harness.servers import CENTRIFUGO, SERVERS  # noqa: E402
from harness.settings import API_KEY  # noqa: E402
from servers import BACK_END, HOOKS, TOKENS  # noqa: E402
from support import wire  # noqa: E402
from support.server import BUILD, PATIENCE  # noqa: E402

RECORDING = HERE / "frames/go-protobuf"


def normal(reply):
    """What of a reply must be the same."""
    def cleaned(value, key=""):
        if isinstance(value, dict):
            return {("CLIENT" if key == "presence" else k): cleaned(v, k) for k, v in value.items() if k != "time"}
        if isinstance(value, list):
            return [cleaned(item) for item in value]
        if key in ("client", "epoch", "version", "ttl", "node", "session"):
            return key.upper()
        return value.split(": ")[0] if key == "message" and isinstance(value, str) else value
    return cleaned(recording.shown(reply))


class Line:
    """A line of the recording: what it has said, and what the server says now."""

    def __init__(self, client):
        self.client = client
        self.said, self.recorded, self.got = [], [], []

    async def hear(self):
        """Waits until as much has come as had in the recording."""
        while len(self.got) < len(self.recorded):
            opcode, payload = await self.client.message()
            assert opcode == wire.BINARY, payload
            self.got += [reply for reply in recording.replies(payload) if not recording.is_ping(reply)]

    def compared(self):
        """Replies and pushes, each in their order; recorded and now."""
        def sorted_out(all_of_them):
            return {"replies": sorted((normal(reply) for reply in all_of_them if reply.id), key=lambda reply: reply["id"]),
                    "pushes": [normal(reply) for reply in all_of_them if not reply.id]}
        return sorted_out(self.recorded), sorted_out(self.got)


class Replay:
    def __init__(self, servers):
        self.servers, self.lines, self.closed = servers, {}, {}
        self.token = issuer()
        self.epochs = {}  # recorded -> the server's

    def _learn(self, line):
        """The epochs that the server gave where the recorded ones were given."""
        for then, now in zip(sorted(line.recorded, key=lambda reply: reply.id), sorted(line.got, key=lambda reply: reply.id)):
            if then.HasField("subscribe"):
                self.epochs[then.subscribe.epoch] = now.subscribe.epoch

    def _renew(self, request):
        """A new token and the server's epoch in the request of a command."""
        fields = request.DESCRIPTOR.fields_by_name
        if "token" in fields and request.token:
            channel = {"channel": request.channel} if "channel" in fields else {}
            request.token = self.token("ann", exp=3600, info={"name": "Ann"}, **channel)
        position = request.since if "since" in fields and request.HasField("since") else request
        if "epoch" in position.DESCRIPTOR.fields_by_name and position.epoch:
            position.epoch = self.epochs[position.epoch]

    async def play(self, event):
        line = self.lines.get(event.line)
        if event.word == "open":
            url = f"ws://127.0.0.1:{self.servers[event.value].port}/connection/websocket"
            protocol = {"Sec-WebSocket-Protocol": "centrifuge-protobuf"}
            self.lines[event.line] = Line(await wire.Wire.dial(url, protocol))
        elif event.word == ">":
            await self._say(line, event.value)
        elif event.word == "<":
            line.recorded += recording.replies(event.value)
        elif event.word == "closed":
            await line.hear()
            self.closed[event.line] = (int(event.value), await line.client.close_code())
        elif event.word in ("cut", "ended"):
            await line.hear()
            self._learn(line)
            await line.client.abandon()
        else:
            await asyncio.to_thread(self._publish, event.value)

    async def _say(self, line, frame):
        await line.hear()
        self._learn(line)
        commands = recording.commands(frame)
        assert recording.frame_of(commands) == frame, "Python's protobuf writes the bytes that Go's has written"
        for command in commands:
            for field, request in command.ListFields():
                if field.message_type:
                    self._renew(request)
        line.client.send(wire.frame(recording.frame_of(commands), wire.BINARY))

    def _publish(self, data):
        request = urllib.request.Request(
            f"http://127.0.0.1:{self.servers['tokens'].port}/api/publish",
            json.dumps({"channel": "$room", "data": data}).encode(),
            {"X-API-Key": API_KEY, "Content-Type": "application/json"})
        with urllib.request.urlopen(request, timeout=PATIENCE) as answer:
            assert "result" in json.load(answer)


class Frames(unittest.IsolatedAsyncioTestCase):
    maxDiff = None

    async def replay(self, kind):
        async with contextlib.AsyncExitStack() as stack:
            back_end = await stack.enter_async_context(BackEnd(BACK_END, {}, lambda *_: None))
            servers = {name: await stack.enter_async_context(SERVERS[kind](settings, back_end.url, KEYS))
                       for name, settings in (("tokens", TOKENS), ("hooks", HOOKS))}
            replay = Replay(servers)
            for event in recording.load(RECORDING):
                await replay.play(event)
        for line in replay.lines.values():
            self.assertEqual(*reversed(line.compared()))
        self.assertTrue(replay.closed)
        for then, now in replay.closed.values():
            self.assertEqual(then, now)

    @unittest.skipUnless(os.access(CENTRIFUGO, os.X_OK), "there is no Centrifugo; tests/support/get-centrifugo gets one")
    async def test_centrifugo_says_again_what_was_recorded(self):
        await self.replay("centrifugo")

    async def test_lws_chatd_says_what_centrifugo_said(self):
        same = False
        try:
            await self.replay("lws-chat")
            same = True
        finally:
            results.write_frames(BUILD, same)


if __name__ == "__main__":
    unittest.main()
