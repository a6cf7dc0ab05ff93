"""Frames and texts that RFC 6455 forbids. Other clients go on."""
import asyncio
import pathlib
import sys
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
from support.server import receive  # noqa: E402
from support.transports import ALL, over  # noqa: E402
from support.wire import CLOSE, CONTINUATION, PING, frame  # noqa: E402


@over(*ALL)
class InvalidText:
    GOOD = "喔\N{ROCKET}".encode()

    async def check(self, *frames):
        self.serve()
        sender, other = await self.dial(), await self.join()
        sender.send(b"".join(frames))
        self.assertEqual(await sender.close_code(), 1007)
        await other.send("still here")
        self.assertEqual(await receive(other), "still here", "and nothing of the bad text")
        await self.gone(1)

    async def test_invalid_utf8_gets_1007(self):
        for what, payload in (("a lone continuation byte", b"a\x80"), ("a byte that never occurs", b"\xff"),
                              ("an overlong slash", b"\xc0\xaf"), ("an overlong NUL", b"\xe0\x80\x80"),
                              ("a surrogate", b"\xed\xa0\x80"), ("beyond U+10FFFF", b"\xf4\x90\x80\x80"),
                              ("latin-1", "é".encode("latin-1") + b" text")):
            with self.subTest(what):
                await self.check(frame(payload))

    async def test_a_text_that_ends_inside_a_character_gets_1007(self):
        for end in (-1, -2, -3):
            with self.subTest(end=end):
                await self.check(frame(self.GOOD[:end]))

    async def test_invalid_utf8_split_across_fragments_gets_1007(self):
        await self.check(frame(b"a\xe5", final=False), frame(b"b", CONTINUATION))

    async def test_fragments_that_end_inside_a_character_get_1007(self):
        await self.check(frame(b"a", final=False), frame(self.GOOD[:2], CONTINUATION))

    async def test_an_empty_last_fragment_after_half_a_character_gets_1007(self):
        await self.check(frame(self.GOOD[:2], final=False), frame(b"", CONTINUATION))

    async def test_invalid_utf8_after_the_first_read_gets_1007(self):
        if self.transport == "http2":
            self.skipTest("lws 4.1.6 corrupts its memory then: see http2_evidence.py")
        await self.check(frame(b"a" * 10000 + b"\xff" + b"a" * 10000))

    async def test_a_character_split_across_fragments_is_valid_in_every_message(self):
        self.serve()
        sender, other = await self.dial(), await self.join()
        for _ in range(3):
            sender.send(frame(self.GOOD[:1], final=False) + frame(self.GOOD[1:5], CONTINUATION, final=False)
                        + frame(self.GOOD[5:], CONTINUATION))
            self.assertEqual((await receive(other)).encode(), self.GOOD)


@over(*ALL)
class Violations:
    """A peer that violates RFC 6455 is closed with 1002 or without a close frame."""

    async def check(self, *violations):
        self.serve()
        senders, other = [await self.dial() for _ in violations], await self.join()
        for sender, data in zip(senders, violations):
            sender.send(data)
        for code in await asyncio.gather(*(sender.close_code() for sender in senders)):
            self.assertIn(code, (1002, None))
        for sender in senders:
            await sender.abandon()  # the rest of an unfinished frame would swallow an answer to the close
        await self.gone(1)
        await other.send("still here")
        self.assertEqual(await receive(other), "still here", "and nothing of the violators'")

    async def test_an_unmasked_frame_harms_nobody(self):
        # RFC 6455 requires a refusal. But lws 4.1.6 to 4.5 accepts the frame, and a plugin cannot see that it is unmasked.
        self.serve()
        sender, other = await self.dial(), await self.join()
        sender.send(frame("bare", masked=False))
        await other.send("still here")
        seen = [await receive(other)]
        while seen[-1] != "still here":
            seen.append(await receive(other))
        self.assertIn(seen, (["still here"], ["bare", "still here"], ["still here", "bare"]))

    async def test_reserved_opcodes(self):
        await self.check(*(frame("what", opcode=opcode) for opcode in (3, 7, 11, 15)))

    async def test_reserved_bits(self):
        await self.check(*(frame("what", reserved=bits) for bits in (1, 2, 4, 7)))

    async def test_a_fragmented_ping(self):
        await self.check(frame("half", PING, final=False))

    async def test_a_ping_of_126_bytes(self):
        await self.check(frame("x" * 126, PING))

    async def test_a_continuation_of_nothing(self):
        await self.check(frame("more", CONTINUATION))

    async def test_a_new_message_within_a_fragmented_one(self):
        await self.check(frame("half", final=False) + frame("another"))

    async def test_a_close_frame_with_half_a_code(self):
        self.serve()
        sender, other = await self.dial(), await self.join()
        sender.send(frame(b"\x03", CLOSE))
        await sender.gone()
        await self.gone(1)
        await other.send("still here")
        self.assertEqual(await receive(other), "still here")

    async def test_random_bytes(self):
        await self.check(b"\xff" * 500)


if __name__ == "__main__":
    unittest.main()
