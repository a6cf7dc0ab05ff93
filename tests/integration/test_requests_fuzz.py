"""Sends randomly changed requests to the running server. Each gets an answer or its connection ends, and an innocent client is
always served. Run it under the sanitizers to find most.

By default it is short and always the same. LWS_CHAT_FUZZ_SECONDS=600 sets a duration, LWS_CHAT_FUZZ_SEED=2 another start. A
failure is printed with its number, and LWS_CHAT_FUZZ_CASE=NUMBER sends only that request.
"""
import asyncio
import itertools
import os
import pathlib
import random
import sys
import time
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
from support.back_end import KEY, key_file, request  # noqa: E402
from support.server import PATIENCE, connect, receive  # noqa: E402
from support.transports import Transport  # noqa: E402
from support.wire import frame, request as upgrade_request  # noqa: E402

CASES = 10_000
AT_ONCE = 48
SECONDS = float(os.environ.get("LWS_CHAT_FUZZ_SECONDS", 0))
SEED = int(os.environ.get("LWS_CHAT_FUZZ_SEED", 1))
ONLY = os.environ.get("LWS_CHAT_FUZZ_CASE")


def get(path, *headers, method="GET", version="HTTP/1.1"):
    return "\r\n".join([f"{method} {path} {version}", "Host: localhost", *headers, "", ""]).encode()


RIGHT = [
    request("/pub/fuzz", b"hello"), request("/pub/fuzz", b"x" * 3000, headers=["Expect: 100-continue"]), request("/pub/fuzz", b""),
    request("/api/publish", b'{"channel":"fuzz","data":{"a":1}}', headers=["Content-Type: application/json"]),
    request("/api/batch", b'{"commands":[{"info":{}},{"channels":{}}]}'), request("/api/presence", b'{"channel":"fuzz"}', key=None),
    get("/sse/fuzz"), get("/sse/?room=a&room=b", "Last-Event-ID: abcdefgh:1"), get("/sse/fuzz", method="HEAD"),
    get("/sse/fuzz", "Origin: http://a.example", method="OPTIONS"), get("/metrics"), get("/healthz", "X-Forwarded-For: 192.0.2.1"),
    get("/readyz", "Connection: keep-alive", version="HTTP/1.0"), get("/"), get("/web"), get("/web/"), get("/web/favicon.svg"),
    get("/web/favicon.svg", "Range: bytes=0-5,7-9"), get("/web/", method="HEAD"), get("http://localhost/healthz"),
    get("/healthz", "Connection: Upgrade, HTTP2-Settings", "Upgrade: h2c", "HTTP2-Settings: AAMAAABkAAQAoAAAAAIAAAAA"),
    get("/", "Upgrade: foo"), get("a.example:1", method="CONNECT"), get("/web/", "Content-Length: 3") + b"abc",
    upgrade_request("ws://localhost/chat/fuzz") + frame("hello") + frame(b"\x03\xe8", opcode=8),
    upgrade_request("ws://localhost/connection/websocket") + frame('{"id":1,"connect":{}}\n{"id":2,"subscribe":{"channel":"fuzz"}}'),
]

PIECES = [b"\r\n", b"\n", b"\r", b"\r\n\r\n", b"\0", b" ", b"\t", b":", b",", b"%", b"%00", b"%2f..%2f", b"?", b"//", b"/../", b"\xff", b"HTTP/1.0",
          b"HTTP/2.0", b"POST ", b"PUT ", b"DELETE ", b"Content-Length: 5\r\n", b"Content-Length: " + b"0" * 31 + b"5\r\n",
          b"Content-Length: -1\r\n", b"Content-Length: 18446744073709551616\r\n", b"Transfer-Encoding: chunked\r\n", b"X: a\r\n",
          b"Auth: a\r\n", b"Connection: close\r\n", b"Connection: Upgrade\r\n", b"Upgrade: websocket\r\n", b"Upgrade: h2c\r\n",
          b"Upgrade: x\r\n", b"Expect: 100-continue\r\n", b"Origin: null\r\n", b"Host: \r\n", b"X-Pad: " + b"p" * 3000 + b"\r\n",
          b"Cookie: " + b"c" * 30000 + b"\r\n", b"Sec-WebSocket-Protocol: lws-chat\r\n", b"Sec-WebSocket-Extensions: permessage-deflate\r\n",
          b"Authorization: apikey " + KEY.encode() + b"\r\n", b"If-None-Match: x\r\n", b"Range: bytes=-1\r\n", b"X-Forwarded-For: [::1]:1\r\n"]


def change(data, rng):
    """One change at a random place."""
    at, lines = rng.randrange(len(data) + 1), data.split(b"\r\n")
    match rng.randrange(8):
        case 0: return data[:at] + rng.choice(PIECES) + data[at:]
        case 1: return data[:at] + bytes([rng.randrange(256)]) + data[at + 1:]
        case 2: return data[:at] + data[at + rng.randrange(1, 20):]
        case 3:
            line = rng.randrange(len(lines))
            return b"\r\n".join(lines[:line] + [lines[line]] * rng.choice([0, 2, 2, 40]) + lines[line + 1:])
        case 4:
            a, b = rng.randrange(len(lines)), rng.randrange(len(lines))
            lines[a], lines[b] = lines[b], lines[a]
            return b"\r\n".join(lines)
        case 5: return data[:at] + rng.choice(PIECES) * rng.randrange(1, 200) + data[at:]
        case 6: return data[:at] + rng.choice(PIECES).strip() + data[at:]
        # Insert fields after the first line.
        case _: return b"\r\n".join([lines[0], rng.choice(PIECES).strip(), *lines[1:]])


def make(number):
    """The pieces of a case, and its end: "fin", "wait" or "reset"."""
    rng = random.Random(f"{SEED}/{number}")
    data = b""
    for _ in range(rng.choice([1, 1, 1, 2, 3])):
        one = rng.choice(RIGHT)
        for _ in range(rng.choice([0, 1, 1, 2, 5])):
            one = change(one, rng)
        data += one
    if rng.random() < 0.2:
        data = data[:rng.randrange(len(data) + 1)]
    cuts = sorted(rng.randrange(len(data) + 1) for _ in range(rng.choice([0, 0, 1, 3])))
    pieces = [data[a:b] for a, b in zip([0, *cuts], [*cuts, len(data)])]
    return pieces, rng.choice(["fin", "fin", "wait", "reset"])


class Fuzz(Transport):
    async def send(self, number):
        pieces, end = make(number)
        reader, writer = await asyncio.open_connection("127.0.0.1", self.server.port)
        try:
            for piece in pieces:
                writer.write(piece)
                await asyncio.sleep(0)
            if end == "reset":
                return
            if end == "wait":
                # An incomplete request gets no answer. It ends with the FIN below.
                try:
                    await asyncio.wait_for(reader.read(1000), 0.05)
                except asyncio.TimeoutError:
                    pass
            writer.write_eof()
            while await asyncio.wait_for(reader.read(65536), PATIENCE):
                pass
        except asyncio.TimeoutError:
            raise AssertionError(f"case {number} of seed {SEED} is neither answered nor ended: {pieces}") from None
        except OSError:
            pass  # the connection has ended
        finally:
            writer.transport.abort()

    async def test_any_request_is_answered_or_ended_and_other_clients_are_served(self):
        self.serve(api_key_file=key_file(self), metrics=1, health=1, max_message=5000, max_rooms=1000)
        innocent = await self.enterAsyncContext(connect(self.server.url_of(path="/chat/innocents")))
        if ONLY:
            return await self.send(int(ONLY))
        began = time.monotonic()
        numbers = itertools.takewhile(lambda n: n < CASES if SECONDS == 0 else time.monotonic() - began < SECONDS, itertools.count())

        async def work():
            for number in numbers:
                await self.send(number)
                self.assertIsNone(self.server.process.poll(), f"the server died at about case {number} of seed {SEED}")
                self.sent = number + 1

        workers = asyncio.gather(*(work() for _ in range(AT_ONCE)))
        while not workers.done():
            await innocent.send("still here")
            self.assertEqual(await receive(innocent), "still here")
            await asyncio.sleep(0.01)
        await workers
        print(f"{self.sent} cases of seed {SEED}", file=sys.stderr)


if __name__ == "__main__":
    unittest.main()
