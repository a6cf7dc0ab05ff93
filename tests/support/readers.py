"""Readers of a room that stay: they come back after each end, and write down what they got and which gaps they were told of.

A log has (epoch, offset, data) for each message and ("gap", epoch, offset) for each gap.
"""
import asyncio
import contextlib
import json

import websockets

from support.back_end import STRUCTURED, Member
from support.events import Events
from support.server import connect

# How a reader's connection may end without a fault of the test: it comes back.
ENDS = (OSError, EOFError, asyncio.TimeoutError, websockets.WebSocketException)


def position(event):
    """(epoch, offset) of an event of a stream. None: it has none."""
    epoch, colon, offset = event.id.rpartition(":")
    return (epoch, int(offset)) if colon else None


class Reader:
    """reader = await StreamReader(server).start(); ... reader.log ... await reader.stop()"""

    def __init__(self, server, room="lobby"):
        self.server, self.room = server, room
        self.log, self.joined, self.comings, self.task = [], asyncio.Event(), 0, None

    async def start(self):
        """Returns when the reader is in the room."""
        self.task = asyncio.ensure_future(self.stay())
        joined = asyncio.ensure_future(self.joined.wait())
        await asyncio.wait({self.task, joined}, return_when=asyncio.FIRST_COMPLETED)
        if self.task.done():
            joined.cancel()
            self.task.result()
        return self

    async def stay(self):
        while True:
            with contextlib.suppress(*ENDS):
                await self.read()
            await asyncio.sleep(0.02)

    def entered(self):
        self.comings += 1
        self.joined.set()

    async def stop(self):
        if self.task.done():
            self.task.result()  # it has failed
        # What waits in there may take the first request for an end of its own wait.
        while not self.task.done():
            self.task.cancel()
            await asyncio.wait({self.task}, timeout=1)

    @property
    def last(self):
        """The data of the last message."""
        return self.log[-1][2] if self.log and self.log[-1][0] != "gap" else None

    @property
    def messages(self):
        return [entry for entry in self.log if entry[0] != "gap"]

    @property
    def gaps(self):
        return [entry for entry in self.log if entry[0] == "gap"]


class StreamReader(Reader):
    """An event stream that comes back with its last id."""
    last_id = None

    async def read(self):
        url = self.server.url_of(path=f"/sse/{self.room}").replace("ws", "http", 1)
        reader = await Events.open(url, self.last_id)
        try:
            if reader.status != 200:
                return
            while reader.events or await reader.more():
                if not reader.events:
                    continue
                event = reader.events.popleft()
                if event.id:
                    self.last_id = event.id
                if event.type == "message":
                    self.log.append((*position(event), event.data))
                elif event.type == "gap":
                    told = json.loads(event.data)
                    self.log.append(("gap", told["epoch"], told["offset"]))
                if not self.joined.is_set() or event.type in ("position", "gap"):
                    self.entered()
        finally:
            await reader.hang_up()


class StructuredReader(Reader):
    """A client of the structured dialect that recovers, as the SDKs do. Data are texts."""
    at = None  # (epoch, offset)

    async def read(self):
        async with connect(self.server.url_of(path=STRUCTURED)) as client:
            member = await Member(client).enter()
            while True:
                await self.subscribe(member)
                while "unsubscribe" not in (push := await member.push()):
                    if "pub" in push:
                        self.got(push["pub"])

    async def subscribe(self, member):
        fields = {"channel": self.room, "recoverable": True, "positioned": True}
        if self.at:
            fields |= {"recover": True, "epoch": self.at[0], "offset": self.at[1]}
        while "error" in (reply := await member.ask("subscribe", **fields)):
            assert reply["error"].get("temporary"), reply
            await asyncio.sleep(0.05)
        reply = reply["subscribe"]
        missed = self.at and not reply.get("recovered")
        self.at = (reply.get("epoch", ""), self.at[1] if self.at and not missed else reply.get("offset", 0))
        if missed:
            self.log.append(("gap", *self.at))
        for publication in reply.get("publications", []):
            self.got(publication)
        self.entered()

    def got(self, publication):
        self.at = (self.at[0], publication["offset"])
        self.log.append((*self.at, publication["data"]))


class TextReader(Reader):
    """A text client. It knows no positions, so its log has the data only, and ("gap", "closed", code) for each end."""

    async def read(self):
        async with connect(self.server.url_of(path=f"/chat/{self.room}")) as client:
            self.entered()
            try:
                while True:
                    self.log.append((None, None, await client.recv()))
            except websockets.ConnectionClosed as closed:
                self.log.append(("gap", "closed", closed.rcvd.code if closed.rcvd else 1006))
