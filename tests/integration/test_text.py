"""The text dialect: each message reaches everybody unchanged, over every transport."""
import asyncio
import pathlib
import sys
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
from support.server import HOST, close_of, receive  # noqa: E402
from support.transports import ALL, over  # noqa: E402
from support.wire import BINARY, CLOSE, CONTINUATION, PING, PONG, TEXT, frame  # noqa: E402

CLOSE_REPLY = "你要求我關閉喔!"
MAX_MESSAGE = 65536


async def take(client, count):
    return [await receive(client) for _ in range(count)]


@over(*ALL)
class Joining:
    async def test_a_client_is_accepted_at_once_and_gets_no_message(self):
        self.serve()
        client = await self.join()
        self.assertIsNone(client.subprotocol)
        await client.send("first")
        self.assertEqual(await receive(client), "first")

    async def test_the_log_has_each_join_with_the_number_of_clients(self):
        self.serve()
        for count in (1, 2, 3):
            await self.join()
            lines = await self.server.logged("joined", times=count)
            self.assertRegex(lines[-1], rf"vhost localhost: 127\.0\.0\.1 joined by text, clients: {count}$")

    async def test_a_new_client_gets_only_later_messages(self):
        self.serve()
        old = await self.join()
        await old.send("before")
        await receive(old)
        new = await self.join()
        await old.send("after")
        self.assertEqual(await receive(new), "after")


@over(*ALL)
class Relaying:
    async def test_a_text_reaches_every_client_including_the_sender(self):
        self.serve()
        clients = [await self.join() for _ in range(3)]
        await clients[0].send("hello")
        for client in clients:
            self.assertEqual(await receive(client), "hello")

    async def test_texts_of_any_size_arrive_whole(self):
        self.serve()
        sender, other = await self.join(), await self.join()
        for size in (0, 1, 125, 126, 127, 4096, 16379, 16380, 16381, 65535, MAX_MESSAGE):
            with self.subTest(size=size):
                text = "".join(chr(33 + i % 90) for i in range(size))
                await sender.send(text)
                self.assertTrue(await receive(sender) == text, "what the sender got")
                self.assertTrue(await receive(other) == text, "what the other got")

    async def test_a_text_is_relayed_unchanged(self):
        self.serve()
        sender, other = await self.join(), await self.join()
        for text in ("請輸入", "\N{PILE OF POO} \N{WOMAN}\u200d\N{ROCKET}", "e\u0301 \u00e9 \ufeff", "\0\x01\x7f\r\n\t ",
                     "<img src=x onerror=alert(1)>", '{"type": "text"}', "\U0010ffff\ufffe", " closed ", "CLOSE"):
            with self.subTest(text=text):
                await sender.send(text)
                self.assertEqual(await receive(other), text)

    async def test_everybody_sees_the_same_order_with_several_senders_at_once(self):
        self.serve()
        clients = [await self.join() for _ in range(6)]
        senders, each = clients[:4], 100

        async def speak(who, client):
            for i in range(each):
                await client.send(f"{who} {i}")
                if i % 10 == who:
                    await asyncio.sleep(0)

        results = await asyncio.gather(*(take(c, each * len(senders)) for c in clients),
                                       *(speak(who, c) for who, c in enumerate(senders)))
        seen = results[:len(clients)]
        for other in seen[1:]:
            self.assertEqual(seen[0], other)
        for who in range(len(senders)):
            self.assertEqual([t for t in seen[0] if t.startswith(f"{who} ")], [f"{who} {i}" for i in range(each)])

    async def test_many_texts_in_one_segment_all_arrive(self):
        self.serve()
        sender, other = await self.dial(), await self.join()
        texts = [f"text {i} " + "x" * (i % 300) for i in range(500)]
        sender.send(b"".join(map(frame, texts)))
        self.assertEqual(await take(other, len(texts)), texts)

    async def test_the_text_of_a_sender_that_leaves_at_once_still_arrives(self):
        self.serve()
        sender, other = await self.dial(), await self.join()
        sender.send(frame("my last words") + frame(b"\x03\xe8", CLOSE))
        self.assertEqual(await receive(other), "my last words")


@over(*ALL)
class Splitting:
    async def check(self, pieces, *expected):
        self.serve()
        sender, other = await self.dial(), await self.join()
        await sender.send_each(pieces)
        self.assertEqual(await take(other, len(expected)), list(expected))
        for text in expected:
            self.assertEqual(await sender.message(), (TEXT, text.encode()))

    async def test_a_fragmented_text_arrives_as_one(self):
        await self.check([frame("one ", final=False), frame("two ", CONTINUATION, final=False),
                          frame("three", CONTINUATION)], "one two three")

    async def test_empty_fragments_are_harmless(self):
        await self.check([frame("", final=False), frame("", CONTINUATION, final=False), frame("x", CONTINUATION, final=False),
                          frame("", CONTINUATION)], "x")

    async def test_a_multi_byte_character_may_be_split_across_fragments(self):
        pieces = [bytes([b]) for b in "喔\N{ROCKET}".encode()]
        await self.check([frame(pieces[0], final=False), *(frame(p, CONTINUATION, final=False) for p in pieces[1:-1]),
                          frame(pieces[-1], CONTINUATION)], "喔\N{ROCKET}")

    async def test_a_ping_between_fragments_is_answered_and_does_not_disturb(self):
        self.serve()
        sender, other = await self.dial(), await self.join()
        sender.send(frame("one ", final=False) + frame("two ", CONTINUATION, final=False))
        sender.send(frame("are you there", PING))
        self.assertEqual(await sender.frame(), (PONG, True, b"are you there"))
        sender.send(frame("three", CONTINUATION))
        self.assertEqual(await receive(other), "one two three")

    async def test_a_frame_may_come_byte_by_byte(self):
        await self.check([bytes([b]) for b in frame("slow but 完整")], "slow but 完整")

    async def test_a_header_may_be_split(self):
        for cut in (1, 2, 3, 5, 7):
            with self.subTest(cut=cut):
                text = "y" * 300
                data = frame(text)
                await self.check([data[:cut], data[cut:]], text)

    async def test_a_segment_may_end_inside_the_next_frame(self):
        data = frame("first") + frame("second") + frame("third")
        await self.check([data[:15], data[15:]], "first", "second", "third")

    async def test_a_big_text_may_be_split_anywhere(self):
        text = "".join(chr(0x4e00 + i % 5000) for i in range(20000))
        data, pieces, at, step = frame(text), [], 0, 1
        while at < len(data):
            pieces.append(data[at:at + step])
            at, step = at + step, step * 3 % 4001
        await self.check(pieces, text)

    async def test_fragments_of_two_senders_do_not_mix(self):
        self.serve()
        a, b, other = await self.dial(), await self.dial(), await self.join()
        a.send(frame("a1 ", final=False))
        b.send(frame("b1 ", final=False) + frame("b2", CONTINUATION))
        self.assertEqual(await receive(other), "b1 b2")
        a.send(frame("a2", CONTINUATION))
        self.assertEqual(await receive(other), "a1 a2")


@over(*ALL)
class Closing:
    async def test_close_is_broadcast_then_only_the_sender_gets_a_reply_and_is_closed(self):
        self.serve()
        sender, other = await self.join(), await self.join()
        await sender.send("close")
        self.assertEqual(await take(sender, 2), ["close", CLOSE_REPLY])
        self.assertEqual(await close_of(sender), (1000, ""))
        await other.send("still here")
        self.assertEqual(await take(other, 2), ["close", "still here"])

    async def test_messages_before_close_arrive_before_it(self):
        self.serve()
        sender = await self.dial()
        texts = [f"text {i}" for i in range(200)]
        sender.send(b"".join(map(frame, [*texts, "close", "after"])))
        got = [(await sender.message())[1].decode() for _ in range(len(texts) + 2)]
        self.assertEqual(got, [*texts, "close", CLOSE_REPLY])
        self.assertEqual(await sender.close_code(), 1000)

    async def test_a_fragmented_close_counts(self):
        self.serve()
        client = await self.dial()
        client.send(frame("clo", final=False) + frame("se", CONTINUATION))
        self.assertEqual((await client.message())[1], b"close")
        self.assertEqual((await client.message())[1].decode(), CLOSE_REPLY)

    async def test_only_the_exact_word_closes(self):
        self.serve()
        client = await self.join()
        for text in ("Close", "close ", "closed", "clos", " close", "close\n"):
            with self.subTest(text=text):
                await client.send(text)
                self.assertEqual(await receive(client), text)

    async def test_everything_after_the_close_word_is_ignored_even_in_the_same_segment(self):
        self.serve()
        leaver, other = await self.dial(), await self.join()
        leaver.send(frame("close") + frame("close") + frame("too late"))
        self.assertEqual(await receive(other), "close")
        await self.gone(1)
        await other.send("next")
        self.assertEqual(await receive(other), "next")

    async def test_close_word_can_be_changed(self):
        self.serve(close_word="再見")
        client = await self.join()
        await client.send("close")
        await client.send("再見")
        self.assertEqual(await take(client, 3), ["close", "再見", CLOSE_REPLY])
        self.assertEqual(await close_of(client), (1000, ""))

    async def test_an_empty_close_word_disables_it(self):
        self.serve(close_word="")
        client = await self.join()
        for text in ("close", "", "still open"):
            await client.send(text)
            self.assertEqual(await receive(client), text)

    async def test_close_reply_can_be_changed(self):
        self.serve(close_reply="bye 👋")
        client = await self.join()
        await client.send("close")
        self.assertEqual(await take(client, 2), ["close", "bye 👋"])

    async def test_an_empty_close_reply_sends_nothing(self):
        self.serve(close_reply="")
        client = await self.join()
        await client.send("close")
        self.assertEqual(await receive(client), "close")
        self.assertEqual(await close_of(client), (1000, ""))


@over(*ALL)
class Binary:
    async def test_binary_is_refused_with_1003_and_nobody_else_notices(self):
        self.serve()
        sender, other = await self.join(), await self.join()
        await sender.send(b"\0\1\2")
        self.assertEqual((await close_of(sender))[0], 1003)
        await other.send("still here")
        self.assertEqual(await receive(other), "still here")

    async def test_relayed_binary_stays_binary_and_unchanged(self):
        self.serve(binary="relay")
        sender, other = await self.join(), await self.join()
        for payload in (b"", b"\0\xff\xfe" * 7, bytes(range(256)) * 256):
            with self.subTest(size=len(payload)):
                await sender.send(payload)
                self.assertEqual(await receive(other), payload)

    async def test_relayed_fragmented_binary_arrives_as_one_message(self):
        self.serve(binary="relay")
        sender, other = await self.dial(), await self.join()
        sender.send(frame(b"\xff\0", BINARY, final=False) + frame(b"\xfe", CONTINUATION))
        self.assertEqual(await receive(other), b"\xff\0\xfe")

    async def test_the_close_word_as_binary_is_only_data(self):
        self.serve(binary="relay")
        client = await self.join()
        await client.send(b"close")
        await client.send("still here")
        self.assertEqual(await take(client, 2), [b"close", "still here"])


@over(*ALL)
class Leaving:
    async def check(self, leave):
        self.serve()
        leaver, other = await self.dial(), await self.join()
        await leave(leaver)
        await self.gone(1)
        await other.send("still here")
        self.assertEqual(await receive(other), "still here")
        left = self.server.chat_log(" left ")
        self.assertEqual(len(left), 1, left)
        self.assertRegex(left[0], r"vhost localhost: 127\.0\.0\.1 left \(.+\), clients: 1$")
        return left[0]

    async def test_a_client_that_closes_is_removed_and_answered(self):
        async def leave(client):
            client.send(frame(b"\x03\xe8bye", CLOSE))
            self.assertEqual(await client.close_code(), 1000)
        self.assertIn("closed by the client with 1000", await self.check(leave))

    async def test_a_client_that_closes_without_a_code_is_removed(self):
        async def leave(client):
            client.send(frame(b"", CLOSE))
            await client.gone()
        await self.check(leave)

    async def test_a_client_whose_connection_ends_is_removed(self):
        async def leave(client):
            await client.abandon()
        await self.check(leave)

    async def test_a_client_whose_connection_is_reset_is_removed(self):
        async def leave(client):
            await client.reset()
        await self.check(leave)

    async def test_a_client_that_ends_inside_a_frame_is_removed_and_its_text_dropped(self):
        async def leave(client):
            client.send(frame("half of it")[:-3])
            await client.abandon()
        await self.check(leave)

    async def test_a_client_that_ends_inside_a_message_is_removed_and_its_text_dropped(self):
        async def leave(client):
            client.send(frame("half of it", final=False))
            await client.abandon()
        await self.check(leave)


@over("plain", "tls")
class CloseFrames:
    """Answers to a peer's close frame: RFC 6455 sections 5.5.1 and 7.4."""

    async def answer_to(self, body):
        """Code and body of the answer to a close frame."""
        client = await self.dial()
        client.send(frame(body, CLOSE))
        got = await client.frame()
        self.assertEqual(got.opcode, CLOSE)
        await client.gone()
        return int.from_bytes(got.payload[:2], "big"), got.payload

    async def test_a_valid_close_frame_is_answered_with_the_same_body(self):
        self.serve()
        for code in (1000, 1001, 1003, 1007, 1011, 3000, 3999, 4000, 4999):
            with self.subTest(code):
                body = code.to_bytes(2, "big") + "bye 早".encode()
                self.assertEqual(await self.answer_to(body), (code, body))

    async def test_a_close_frame_of_one_byte_is_answered_with_1002(self):
        self.serve()
        self.assertEqual((await self.answer_to(b"\x03"))[0], 1002)
        await self.server.logged(" left (")

    async def test_forbidden_close_codes_are_answered_with_1002(self):
        self.serve()
        for code in (0, 999, 1004, 1005, 1006, 1015, 1016, 2000, 2999, 5000, 65535):
            with self.subTest(code):
                self.assertEqual((await self.answer_to(code.to_bytes(2, "big")))[0], 1002)

    @unittest.skipIf(HOST == "lwsws", "lwsws makes lws look at the reason, which ends the connection without an answer")
    async def test_a_reason_that_is_not_utf8_is_answered_with_1007(self):
        self.serve()
        for reason in (b"\xff", b"ok \xc3", b"\xed\xa0\x80"):
            with self.subTest(reason):
                self.assertEqual((await self.answer_to(b"\x03\xe8" + reason))[0], 1007)

    async def test_a_text_and_a_close_in_one_segment_deliver_the_text_first(self):
        self.serve()
        other = await self.join()
        sender = await self.dial()
        sender.send(frame("last words") + frame(b"\x03\xe8", CLOSE))
        self.assertEqual((await sender.message())[1], b"last words")
        self.assertEqual(await sender.close_code(), 1000)
        self.assertEqual(await receive(other), "last words")


if __name__ == "__main__":
    unittest.main()
