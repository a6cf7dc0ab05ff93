"""permessage-deflate (RFC 7692): who gets it, what is sent, and bad compressed messages. Other clients go on."""
import asyncio
import json
import pathlib
import random
import subprocess
import sys
import unittest
import zlib

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
from support.server import HOST, PATIENCE, SANITIZED, receive  # noqa: E402
from support.transports import Transport, over  # noqa: E402
from support.wire import CLOSE, CONTINUATION, PING, PONG, frame, upgrade  # noqa: E402

OFFER = {"Sec-WebSocket-Extensions": "permessage-deflate; client_max_window_bits"}
ACCEPTED = "permessage-deflate; server_no_context_takeover; client_no_context_takeover"
RSV1 = 4
TEXT_OF_ALL = "很長的訊息, ein langer Text; " * 300


def deflated(payload, level=6, window=-15):
    """A compressed payload, as a client sends it."""
    if isinstance(payload, str):
        payload = payload.encode()
    packer = zlib.compressobj(level, zlib.DEFLATED, window)
    return (packer.compress(payload) + packer.flush(zlib.Z_SYNC_FLUSH))[:-4]


def compressed(payload, **kwargs):
    """A client's frame with a compressed message."""
    return frame(deflated(payload), reserved=RSV1, **kwargs)


async def next_message(client):
    """The server's next message: whether it is compressed, and its payload as it was sent."""
    async def whole():
        payload, marked = b"", None
        while True:
            head = await client.reader.readexactly(2)
            size = head[1] & 0x7f
            if size == 126:
                size = int.from_bytes(await client.reader.readexactly(2), "big")
            body = await client.reader.readexactly(size)
            if head[0] & 0x0f in (PING, PONG):
                continue
            assert head[0] & 0x0f != CLOSE, body
            assert (marked is None) == (head[0] & 0x0f != CONTINUATION), "fragments in order"
            marks = head[0] >> 4 & 7
            assert marks in (0, RSV1) if marked is None else marks == 0, "only the first frame has the mark"
            marked = bool(marks) if marked is None else marked
            payload += body
            if head[0] & 0x80:
                return marked, payload
    return await asyncio.wait_for(whole(), PATIENCE)


async def text_of(client):
    marked, payload = await next_message(client)
    return (zlib.decompress(payload + b"\x00\x00\xff\xff\x03\x00", -15) if marked else payload).decode()


class Clients:
    async def deflating(self):
        """A client of raw bytes that has negotiated compression."""
        return await self.dial(headers=OFFER)


@unittest.skipIf(HOST == "lwsws", "lwsws has no extension of ours")
@over("plain", "tls")
class Compression(Clients):
    async def test_every_reader_gets_the_whole_text(self):
        self.serve(compress_from=1)
        readers = [await self.join(compression="deflate"), await self.join()]
        raw = await self.deflating()
        self.assertIn("permessage-deflate", str(readers[0].extensions[0].name))
        for text in ("", "x", "請輸入", TEXT_OF_ALL, "y" * 65536, "".join(chr(random.randrange(32, 0xd000)) for _ in range(20000))):
            for sender in readers:
                await sender.send(text)
                for reader in readers:
                    self.assertEqual(await receive(reader), text)
                self.assertEqual(await text_of(raw), text)

    async def test_a_compressed_message_may_come_in_fragments_with_a_ping_in_between(self):
        self.serve()
        client, other = await self.deflating(), await self.join()
        payload = deflated(TEXT_OF_ALL)
        third = len(payload) // 3
        client.send(frame(payload[:third], final=False, reserved=RSV1))
        client.send(frame("between", opcode=PING))
        client.send(frame(payload[third:], opcode=CONTINUATION, final=False))
        client.send(frame(b"", opcode=CONTINUATION))
        self.assertEqual(await receive(other), TEXT_OF_ALL)

    async def test_how_tcp_splits_a_compressed_message_does_not_matter(self):
        self.serve()
        client, other = await self.deflating(), await self.join()
        stream = compressed(TEXT_OF_ALL) + frame("plain") + compressed("short")
        rng = random.Random(7)
        pieces = []
        while stream:
            size = rng.choice((1, 2, 7, 100, 400))
            pieces.append(stream[:size])
            stream = stream[size:]
        await client.send_each(pieces)
        for text in (TEXT_OF_ALL, "plain", "short"):
            self.assertEqual(await receive(other), text)

    async def test_binary_messages_are_compressed_too(self):
        self.serve(binary="relay")
        readers = [await self.join(compression="deflate"), await self.join()]
        for sender in readers:
            await sender.send(bytes(5000))
            for reader in readers:
                self.assertEqual(await receive(reader), bytes(5000))

    async def test_broken_compression_is_closed_with_1007_and_others_go_on(self):
        self.serve()
        others = [await self.deflating(), await self.join()]
        whole = deflated(TEXT_OF_ALL)
        for name, payload in {"reserved block type": b"\x06", "half a message": whole[:len(whole) // 2], "nothing": b"",
                              "a stored block without end": b"\x00\xff\xff\x00\x00abc", "noise": b"\xff" * 50,
                              "not UTF-8": deflated(b"\xff\xfe"), "too far back": b"\x02\x7e\x00"}.items():
            with self.subTest(name):
                bad = await self.deflating()
                bad.send(frame(payload, reserved=RSV1))
                self.assertEqual(await bad.close_code(), 1007)
                others[0].send(compressed(name))
                self.assertEqual(await receive(others[1]), name)
                self.assertEqual(await text_of(others[0]), name)

    async def test_a_client_that_keeps_its_window_is_closed_with_1007(self):
        self.serve()
        client = await self.deflating()
        packer = zlib.compressobj(6, zlib.DEFLATED, -15)
        for _ in range(2):
            client.send(frame((packer.compress(TEXT_OF_ALL.encode()) + packer.flush(zlib.Z_SYNC_FLUSH))[:-4], reserved=RSV1))
        self.assertEqual(await text_of(client), TEXT_OF_ALL)
        self.assertEqual(await client.close_code(), 1007)

    async def test_a_bomb_is_closed_with_1009_and_costs_no_memory(self):
        self.serve(max_message=65536)
        other = await self.join()
        bomb = deflated(bytes(60_000_000), 9)
        self.assertLess(len(bomb), 65536)
        before = self.server.rss()
        for _ in range(20):
            bad = await self.deflating()
            bad.send(frame(bomb, reserved=RSV1))
            self.assertEqual(await bad.close_code(), 1009)
        if not SANITIZED:
            self.assertLess(self.server.rss() - before, 8 * 2**20)
        await other.send("still here")
        self.assertEqual(await receive(other), "still here")

    async def test_the_limit_counts_the_message_and_not_its_compressed_form(self):
        self.serve(max_message=20000)
        client = await self.deflating()
        for size in (20000, 20001):
            client.send(compressed("a" * size))
        self.assertEqual(await text_of(client), "a" * 20000)
        self.assertEqual(await client.close_code(), 1009)
        noise = await self.deflating()
        text = "".join(random.Random(3).choice("abcdefgh0123") for _ in range(20000))
        noise.send(frame(deflated(text, 0), reserved=RSV1))
        self.assertEqual(await text_of(noise), text)

    async def test_a_reserved_bit_in_the_wrong_place_is_closed_with_1002(self):
        self.serve()
        first = frame(deflated("one"), final=False, reserved=RSV1)
        for name, data in {"RSV2": frame("x", reserved=2), "RSV3": frame("x", reserved=1), "RSV1 and RSV2": frame("x", reserved=6),
                           "a continuation": first + frame("two", opcode=CONTINUATION, reserved=RSV1),
                           "a pong": frame("x", opcode=PONG, reserved=RSV1),
                           "a close": frame(b"\x03\xe8", opcode=CLOSE, reserved=RSV1)}.items():
            with self.subTest(name):
                bad = await self.deflating()
                bad.send(data)
                self.assertEqual(await bad.close_code(), 1002)

    async def test_rsv1_without_negotiation_is_closed_with_1002(self):
        self.serve()
        client = await self.dial()
        client.send(compressed("x"))
        self.assertEqual(await client.close_code(), 1002)

    async def test_short_messages_and_the_history_come_as_they_are(self):
        self.serve(compress_from=100, replay=10)
        client = await self.deflating()
        for size, marked in ((99, False), (100, True)):
            client.send(frame("a" * size))
            self.assertEqual((await next_message(client))[0], marked)
        late = await self.deflating()
        self.assertEqual([await next_message(late) for _ in range(2)], [(False, b"a" * 99), (False, b"a" * 100)])

    async def test_structured_clients_get_compressed_publications(self):
        self.serve()
        self.url = self.url.replace("/chat/", "/connection/websocket")
        packed, plain = await self.join(compression="deflate"), await self.join()
        for client, fields in ((packed, {"delta": "fossil"}), (plain, {})):
            await client.send(json.dumps({"id": 1, "connect": {}}))
            await client.send(json.dumps({"id": 2, "subscribe": {"channel": "news", **fields}}))
            for _ in range(2):
                await receive(client)
        for number in range(3):
            data = {"number": number, "text": TEXT_OF_ALL}
            await packed.send(json.dumps({"id": 3 + number, "publish": {"channel": "news", "data": data}}))
            got = [line for _ in range(2) for line in (await receive(packed)).split("\n")]
            self.assertIn("push", got[0] + got[1])
            self.assertEqual(json.loads(await receive(plain))["push"]["pub"]["data"], data)

    async def test_metrics_count_compressed_messages_and_bytes(self):
        self.serve(metrics=1)
        client = await self.deflating()
        client.send(compressed("a" * 5000))
        await next_message(client)
        said = subprocess.run(["curl", "-sk", self.server.http_of(path="/metrics")], capture_output=True, text=True, check=True).stdout
        for direction in ("in", "out"):
            self.assertIn(f'lws_chat_compressed_messages_total{{direction="{direction}"}} 1\n', said)
            self.assertIn(f'lws_chat_compressed_plain_bytes_total{{direction="{direction}"}} 5000\n', said)


@unittest.skipIf(HOST == "lwsws", "lwsws has no extension of ours")
class Negotiation(Transport):
    async def answer(self, offer, **headers):
        answer = await upgrade(self.url, {"Sec-WebSocket-Extensions": offer, **headers})
        self.assertEqual(answer.status, 101)
        return answer.headers.get("sec-websocket-extensions")

    async def test_offers_get_the_answer_that_both_sides_keep_no_context(self):
        self.serve()
        window = ACCEPTED + "; server_max_window_bits=15"
        for offer, answer in {"permessage-deflate": ACCEPTED, "permessage-deflate; client_max_window_bits": ACCEPTED,
                              "permessage-deflate; client_max_window_bits=9; server_no_context_takeover": ACCEPTED,
                              "permessage-deflate; server_max_window_bits=15": window,
                              "permessage-deflate; server_max_window_bits=10, permessage-deflate": ACCEPTED,
                              "permessage-deflate; server_max_window_bits=10" + ", permessage-deflate; client_max_window_bits" * 7: ACCEPTED,
                              "x-other; a=1, permessage-deflate": ACCEPTED}.items():
            with self.subTest(offer):
                self.assertEqual(await self.answer(offer), answer)

    async def test_offers_that_lws_cannot_hold_get_400(self):
        self.serve()
        for size in (383, 384, 500, 4000):
            offers = "permessage-deflate; client_max_window_bits, " + "x" * (size - 44)
            with self.subTest(size=size):
                self.assertEqual(await self.status(headers={"Sec-WebSocket-Extensions": offers}), 101 if size == 383 else 400)

    async def test_bad_offers_and_small_windows_are_declined_and_the_connection_works(self):
        self.serve()
        for offer in ("permessage-deflate; server_max_window_bits=9", "permessage-deflate; server_max_window_bits=16",
                      "permessage-deflate; client_max_window_bits=7", "permessage-deflate; unknown", "permessage-deflate; x=y; x=y",
                      "permessage-deflate; server_no_context_takeover; server_no_context_takeover", "x-webkit-deflate-frame",
                      "permessage-deflate, permessage-deflate"):
            with self.subTest(offer):
                self.assertIsNone(await self.answer(offer))

    async def test_broken_safaris_are_declined(self):
        self.serve()
        agent = "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/{} Safari/605.1.15"
        self.assertIsNone(await self.answer("permessage-deflate", **{"User-Agent": agent.format("15.1")}))
        self.assertEqual(await self.answer("permessage-deflate", **{"User-Agent": agent.format("18.0")}), ACCEPTED)

    async def test_it_can_be_switched_off(self):
        self.serve(compression="off")
        self.assertIsNone(await self.answer("permessage-deflate"))


@unittest.skipUnless(HOST == "lwsws", "lws-chatd has the extension")
class WithoutExtension(Transport):
    async def test_lwsws_declines_and_the_connection_works(self):
        self.serve()
        answer = await upgrade(self.url, OFFER)
        self.assertEqual(answer.status, 101)
        self.assertNotIn("sec-websocket-extensions", answer.headers)
        client = await self.join(compression="deflate")
        await client.send(TEXT_OF_ALL)
        self.assertEqual(await receive(client), TEXT_OF_ALL)


if __name__ == "__main__":
    unittest.main()
