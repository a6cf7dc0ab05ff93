"""A client of the unmodified npm package centrifuge, driven by a test: integration/sdk_client.mjs in a process of its own."""
import asyncio
import itertools
import json
import os
import pathlib

from support.server import PATIENCE, ROOT

SCRIPT = pathlib.Path(__file__).parents[1] / "integration/sdk_client.mjs"
SDK = ROOT / "build/npm/centrifuge/build"


class SdkError(Exception):
    """What the SDK throws: code, message, temporary."""

    def __init__(self, error):
        super().__init__(error)
        self.code, self.temporary = error.get("code"), error.get("temporary")


class SdkClient:
    """async with SdkClient(url) as sdk: await sdk.ask("join", room="lobby") ... sdk.log("lobby")

    `events` has everything that happened, as the dicts that sdk_client.mjs writes.
    """

    def __init__(self, url, encoding="json", transport="websocket"):
        self.url, self.encoding, self.transport = url, encoding, transport
        self.events, self.numbers, self.asked = [], itertools.count(1), {}

    async def __aenter__(self):
        sdk = SDK / ("protobuf/index.js" if self.encoding == "protobuf" else "index.js")
        self.process = await asyncio.create_subprocess_exec(
            "node", str(SCRIPT), self.url, self.encoding, stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE,
            limit=1 << 26, env={**os.environ, "LWS_CHAT_SDK": str(sdk), "LWS_CHAT_TRANSPORT": self.transport,
                                       "NODE_NO_WARNINGS": "1"})
        self.reading = asyncio.ensure_future(self.read())
        return self

    async def __aexit__(self, *exc):
        self.process.stdin.close()
        try:
            await asyncio.wait_for(self.process.wait(), PATIENCE)
        except asyncio.TimeoutError:
            self.process.kill()
            await self.process.wait()
        await asyncio.gather(self.reading, return_exceptions=True)

    async def read(self):
        while line := await self.process.stdout.readline():
            said = json.loads(line)
            if "event" in said:
                self.events.append(said)
            elif "error" in said:
                self.asked.pop(said["id"]).set_exception(SdkError(said["error"]))
            else:
                self.asked.pop(said["id"]).set_result(said["result"])
        for asked in self.asked.values():
            asked.set_exception(ConnectionError("the SDK's process has ended"))

    async def ask(self, action, **fields):
        """Does something, and returns what the SDK's promise brings. Raises SdkError."""
        number = next(self.numbers)
        self.asked[number] = asyncio.get_running_loop().create_future()
        self.process.stdin.write(f"{json.dumps({'id': number, 'action': action, **fields})}\n".encode())
        return await asyncio.wait_for(self.asked[number], 2 * PATIENCE)

    def log(self, room="lobby"):
        """What a reader has seen: (epoch, offset, data) of messages, ("gap", epoch, offset) where it was told of one."""
        log, epoch = [], None
        for event in self.events:
            if event.get("room") != room:
                continue
            if event["event"] == "subscribed":
                epoch = event.get("epoch")
                if event["wasRecovering"] and not event["recovered"]:
                    log.append(("gap", epoch, event.get("offset")))
            elif event["event"] == "publication":
                log.append((epoch, event.get("offset"), event["data"]))
        return log

    def named(self, *names):
        """The events with these names."""
        return [event for event in self.events if event["event"] in names]
