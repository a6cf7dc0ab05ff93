"""Property: a reader in JSON and a reader in protobuf see the same messages of a room, whoever publishes what.

Publishers in JSON and in protobuf, a back end and a text client say random things; the readers' lines are cut now and then. Both
readers get each message once, in order, with the same position and the same publisher. The reader in protobuf gets the bytes that
were published; the reader in JSON gets a value that means the same, and {"base64": ...} for bytes that are no JSON. Prints its
seed; LWS_CHAT_SEED repeats a run. Ends with 77, skipped, without the Python environment.
"""
import asyncio
import base64
import contextlib
import json
import os
import pathlib
import random
import sys
import unittest
import urllib.error
import urllib.request

HERE = pathlib.Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent), str(HERE.parent / "differential")]
os.environ.setdefault("LWS_CHAT_HOST", "lws-chatd")
import walks  # noqa: E402

walks.enter_python_environment()

import payloads  # noqa: E402
import recording  # noqa: E402
from centrifuge.protocol.client_pb2 import Command  # noqa: E402
from harness.script import KEYS  # noqa: E402
from harness.servers import CENTRIFUGO, SERVERS  # noqa: E402
from harness.settings import ANYONE, API_KEY, Rooms, Settings  # noqa: E402
from support.server import PATIENCE, connect  # noqa: E402

EVERYBODY = Settings(anonymous=True, rooms=(("", Rooms(join=ANYONE, publish=ANYONE, history=ANYONE, presence=ANYONE)),))
STEPS = 300
# The room keeps 20 messages. So many are published at most while a reader is away, and so many it may not have read before.
AWAY, UNREAD = 14, 5


class Reader:
    """A client that is in the room, and notes each message as (offset, client that published it, data)."""

    def __init__(self, port):
        self.url = f"ws://127.0.0.1:{port}/connection/websocket"
        self.number, self.epoch, self.offset, self.seen, self.missed = 0, "", 0, [], 0

    async def come(self):
        self.socket = await connect(self.url, subprotocols=self.subprotocols)
        self.missed = 0
        await self.ask("connect", {})
        recover = {"recover": True, "epoch": self.epoch, "offset": self.offset} if self.epoch else {}
        answer = await self.ask("subscribe", {"channel": "room", "recoverable": True, **recover})
        assert not recover or self.field(answer, "recovered"), answer
        self.epoch = self.field(answer, "epoch")
        for publication in self.field(answer, "publications"):
            self.note(publication)

    async def cut(self):
        self.socket.transport.abort()
        await self.socket.wait_closed()
        self.socket = None

    async def ask(self, method, request):
        """The reply to a command. What the server says before it is noted."""
        self.number += 1
        await self.socket.send(self.command(self.number, method, request))
        while True:
            if (reply := await self.hear(method)) is not None:
                return reply

    async def hear(self, method=None):
        """Notes the messages of a frame. Returns the reply to a command, if it is there."""
        found = None
        for reply in self.replies(await asyncio.wait_for(self.socket.recv(), PATIENCE)):
            assert not self.field(reply, "error"), reply
            if self.field(reply, "push"):
                self.note(self.field(self.field(reply, "push"), "pub"))
            elif self.field(reply, "id"):
                found = self.field(reply, method)
        return found

    async def read_up_to(self, offset):
        while self.offset < offset:
            await self.hear()

    def note(self, publication):
        self.offset = self.int_of(self.field(publication, "offset"))
        info = self.field(publication, "info")
        self.seen.append((self.offset, self.field(info, "client") if info else None, self.field(publication, "data")))


class JsonReader(Reader):
    subprotocols = None
    NONE = {"publications": [], "error": None, "push": None, "id": None, "info": None, "recovered": False}

    def command(self, number, method, request):
        return json.dumps({"id": number, method: request})

    def replies(self, message):
        return [reply for line in message.split("\n") if line and (reply := payloads.exactly(line))]

    def field(self, message, name):
        return message.get(name, self.NONE[name]) if name in self.NONE else message[name]

    def int_of(self, value):
        return int(value.removeprefix("number "))

    async def publish(self, text):
        self.number += 1
        await self.socket.send(f'{{"id":{self.number},"publish":{{"channel":"room","data":{text}}}}}')
        while await self.hear("publish") is None:
            pass


class ProtobufReader(Reader):
    subprotocols = ["centrifuge-protobuf"]

    def command(self, number, method, request):
        command = Command(id=number)
        getattr(command, method).SetInParent()
        for name, value in request.items():
            setattr(getattr(command, method), name, value)
        return recording.frame_of([command])

    def replies(self, message):
        return [reply for reply in recording.replies(message) if not recording.is_ping(reply)]

    def field(self, message, name):
        value = getattr(message, name)
        return value if not hasattr(value, "ListFields") or message.HasField(name) else None

    def int_of(self, value):
        return value

    async def publish(self, data):
        await self.ask("publish", {"channel": "room", "data": data})


class Room:
    """The readers, who also publish, the other publishers, and what was published: the bytes, or a text."""

    def __init__(self, port, dice, others):
        self.port, self.dice = port, dice
        self.json, self.protobuf = JsonReader(port), ProtobufReader(port)
        self.readers = [self.json, self.protobuf]
        self.said = []
        self.ways = [self.by_json, self.by_protobuf, self.by_api]
        if others:
            self.ways += [self.by_protobuf_no_json, self.by_pub, self.by_text]

    async def by_json(self):
        text = payloads.json_text(self.dice)
        await self.json.publish(text)
        return text.strip(" \t").encode()

    async def by_protobuf(self):
        text = payloads.json_text(self.dice, newlines=True).encode()
        await self.protobuf.publish(text)
        return text

    async def by_protobuf_no_json(self):
        data = payloads.no_json(self.dice)
        await self.protobuf.publish(data)
        return data

    async def by_api(self):
        text = payloads.json_text(self.dice)
        await self.call("api/publish", f'{{"channel":"room","data":{text}}}')
        return text.strip(" \t").encode()

    async def by_pub(self):
        """A back end publishes a text; it is no JSON even if it looks like it."""
        text = payloads.json_text(self.dice)
        await self.call("pub/room", text)
        return text

    async def by_text(self):
        """As above, in the text dialect."""
        text = payloads.json_text(self.dice)
        socket = await connect(f"ws://127.0.0.1:{self.port}/chat/room")
        await socket.send(text)
        while await asyncio.wait_for(socket.recv(), PATIENCE) != text:
            pass
        await socket.close()
        return text

    async def call(self, path, body):
        request = urllib.request.Request(f"http://127.0.0.1:{self.port}/{path}", body.encode(),
                                         {"X-API-Key": API_KEY, "Content-Type": "application/json"})

        def ask():
            try:
                with urllib.request.urlopen(request, timeout=PATIENCE) as answer:
                    return answer.read()
            except urllib.error.HTTPError as refusal:
                return refusal.read()
        answer = await asyncio.to_thread(ask)
        assert b'"result"' in answer, (body, answer)

    async def step(self):
        reader = self.dice.choice(self.readers)
        if reader.socket is None:
            await reader.come()
        elif self.dice.random() < 0.05:
            await reader.read_up_to(len(self.said) - self.dice.randrange(UNREAD))
            await reader.cut()
        publishers = {self.by_json: self.json, self.by_protobuf: self.protobuf, self.by_protobuf_no_json: self.protobuf}
        ways = [way for way in self.ways if way not in publishers or publishers[way].socket is not None]
        self.said.append(await self.dice.choice(ways)())
        for reader in self.readers:
            if reader.socket is None:
                reader.missed += 1
                if reader.missed == AWAY:
                    await reader.come()

    async def settle(self):
        for reader in self.readers:
            if reader.socket is None:
                await reader.come()
            await reader.read_up_to(len(self.said))
            await reader.socket.close()


def in_json(said):
    """The value that readers in JSON get."""
    if isinstance(said, str):
        return said
    try:
        return payloads.exactly(said.decode())
    except ValueError:
        return payloads.Object([("base64", base64.b64encode(said).decode())])


def in_protobuf(said, got):
    """The bytes that readers in protobuf get. A text may be quoted in more than one way."""
    if isinstance(said, str):
        return got if json.loads(got) == said else json.dumps(said).encode()
    return said


class Encodings(unittest.IsolatedAsyncioTestCase):
    async def talk(self, kind, others):
        seed = int(os.environ.get("LWS_CHAT_SEED", random.randrange(1 << 32)))
        print(f"LWS_CHAT_SEED={seed}", flush=True)
        async with contextlib.AsyncExitStack() as stack:
            server = await stack.enter_async_context(SERVERS[kind](EVERYBODY, "http://127.0.0.1:1", KEYS))
            room = Room(server.port, random.Random(seed), others)
            for reader in room.readers:
                await reader.come()
            for _ in range(STEPS):
                await room.step()
            await room.settle()
        self.assertEqual([offset for offset, _, _ in room.json.seen], list(range(1, STEPS + 1)))
        for said, of_json, of_protobuf in zip(room.said, room.json.seen, room.protobuf.seen):
            self.assertEqual(of_json[:2], of_protobuf[:2], said)
            self.assertEqual(of_json[2], in_json(said), said)
            self.assertEqual(of_protobuf[2], in_protobuf(said, of_protobuf[2]))

    @unittest.skipUnless(os.access(CENTRIFUGO, os.X_OK), "there is no Centrifugo; tests/support/get-centrifugo gets one")
    async def test_centrifugo_does_it_with_json(self):
        """It has no place for other bytes in JSON, and no text clients."""
        await self.talk("centrifugo", others=False)

    async def test_readers_in_json_and_in_protobuf_see_the_same(self):
        await self.talk("lws-chat", others=True)


if __name__ == "__main__":
    unittest.main()
