"""POST /api/METHOD on connections that stay open: bad, slow, concurrent and repeated requests."""
import asyncio
import json
import pathlib
import sys
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
from support.back_end import KEY, BackEnd, encoded, request  # noqa: E402
from support.server import receive  # noqa: E402
from support.transports import ALL, over  # noqa: E402


@over("plain", "tls")
class Connections(BackEnd):
    async def test_one_connection_serves_many_requests(self):
        self.serve()
        member, line = await self.member("ops"), await self.open_line()
        for n in range(1, 501):
            status, answer = await line.call("publish", {"channel": "ops", "data": n})
            self.assertEqual((status, answer["result"]["offset"]), (200, n))
        self.assertEqual([await member.data() for _ in range(500)], list(range(1, 501)))

    async def test_a_complete_request_with_an_error_keeps_its_connection(self):
        self.serve()
        line = await self.open_line()
        for _ in range(3):
            self.assertEqual((await line.call("publish", b"nonsense"))[0], 400)
            self.assertEqual((await line.call("publish", {"channel": "ops", "data": 1}))[0], 200)

    async def test_a_client_that_sends_its_whole_body_before_reading_gets_the_reason_of_a_refusal(self):
        self.serve(metrics=1)
        for key, status in ((None, 401), (KEY, 413)):
            line = await self.open_line()
            answer = await line.ask("/api/publish", b"x" * 8_000_000, key=key)
            self.assertEqual((answer.status, answer.headers["connection"]), (status, "close"))
            self.assertEqual(await line.ended(), b"")
        self.assertEqual(await self.calls(), {("publish", 401): 1, ("publish", 413): 1})

    async def test_posts_of_all_kinds_share_a_connection_until_a_get_ends_it(self):
        self.serve(metrics=1, health=1)
        for path in ("/metrics", "/healthz", "/readyz"):
            line = await self.open_line()
            for _ in range(5):
                self.assertEqual((await line.call("info"))[0], 200)
                self.assertEqual((await line.ask("/pub/ops", b"hello")).status, 200)
            answer = await line.ask(path, method="GET")
            self.assertEqual((answer.status, answer.headers["connection"]), (200, "close"))
            self.assertEqual(await line.ended(), b"")

    async def test_answers_of_megabytes_arrive_whole(self):
        self.serve(history_bytes=8_000_000)
        for n in range(8):
            await self.result("publish", {"channel": "ops", "data": f"{n}" + "x" * 60_000})
        line = await self.open_line()
        for _ in range(3):
            commands = [{"history": {"channel": "ops", "limit": -1}}] * 20
            status, answer = await line.call("batch", {"commands": commands})
            self.assertEqual(status, 200)
            replies = answer["replies"]
            whole = [reply for reply in replies if "history" in reply]
            self.assertGreater(len(whole), 5)
            for reply in whole:
                self.assertEqual(len(reply["history"]["publications"]), 8)
            self.assertEqual({reply["error"]["code"] for reply in replies if "error" in reply}, {106})

    async def test_a_request_may_be_split_anywhere(self):
        self.serve()
        data = request("/api/publish", encoded({"channel": "ops", "data": "請輸入"}))
        line = await self.open_line()
        for number, cut in enumerate(range(1, len(data), 5), 1):
            line.send(data[:cut])
            await asyncio.sleep(0.001)
            line.send(data[cut:])
            answer = await line.answer()
            self.assertEqual(json.loads(answer.body)["result"]["offset"], number)

    async def test_only_the_first_of_pipelined_requests_is_done_and_the_connection_ends(self):
        self.serve()
        member, line = await self.member("ops"), await self.open_line()
        line.send(b"".join(request("/api/publish", encoded({"channel": "ops", "data": n})) for n in range(5)))
        self.assertEqual((await line.ended()).count(b" 200 OK"), 1)
        await self.result("publish", {"channel": "ops", "data": "end"})
        self.assertEqual([await member.data(), await member.data()], [0, "end"])

    async def test_pipelined_requests_of_all_kinds_do_not_keep_the_server_busy(self):
        self.serve(metrics=1, health=1)
        member = await self.member("ops")
        kinds = [request("/metrics", method="GET"), request("/healthz", b"body", method="GET"), request("/metrics", b"{}"),
                 request("/readyz", method="HEAD"), request("/api/nope", b"{}"), request("/api/info", b"{}", key=None),
                 request("/api/info", b"nonsense"), request("/api/info", b"{}", method="GET")]
        for kind in kinds:
            with self.subTest(kind):
                line = await self.open_line()
                line.send(kind * 5 + request("/api/info", b"{}"))
                await self.result("publish", {"channel": "ops", "data": "still here"})
                self.assertEqual(await member.data(), "still here")
                await line.close()

    async def test_a_missing_body_gets_408_and_delays_nobody(self):
        self.serve(metrics=1)
        member, line = await self.member("ops"), await self.open_line()
        line.send(request("/api/publish", b'{"channel":', length=100))
        await self.result("publish", {"channel": "ops", "data": "meanwhile"})
        self.assertEqual(await member.data(), "meanwhile")
        self.assertEqual((await line.answer()).status, 408)
        self.assertEqual(await line.ended(), b"")
        self.assertEqual(await self.calls(), {("publish", 200): 1, ("publish", 408): 1})

    async def test_clients_that_vanish_during_a_body_leave_nothing_behind(self):
        self.serve(metrics=1)
        member = await self.member("ops")
        for size in range(0, 200, 10):
            line = await self.open_line()
            line.send(request("/api/publish", b'{"channel":"ops","data":"' + b"x" * size, length=1000))
            await line.wire.writer.drain()
            await (line.close() if size % 20 else line.wire.reset())
        await self.result("publish", {"channel": "ops", "data": "still here"})
        self.assertEqual(await member.data(), "still here")
        self.assertEqual(await self.calls(), {("publish", 200): 1})

    async def test_a_body_without_one_valid_length_is_refused_and_the_connection_ends(self):
        self.serve(metrics=1)
        member = await self.member("ops")
        body = b'{"channel":"ops","data":1}'
        for status, headers in ((411, []), (411, ["Transfer-Encoding: chunked"]), (411, ["Transfer-Encoding: chunked", "Content-Length: 26"]),
                                (400, ["Content-Length: 26, 27"]), (400, ["Content-Length: 26", "Content-Length: 27"]),
                                (400, ["Content-Length: 26", "Content-Length: 26"]), (400, ["Content-Length: -26"]),
                                (400, ["Content-Length: 0x1a"]), (400, ["Content-Length: 26 26"]),
                                (400, ["Content-Length: 99999999999999999999999"])):
            with self.subTest(headers=headers):
                line = await self.open_line()
                line.send(request("/api/publish", headers=headers) + body)
                self.assertEqual((await line.answer()).status, status)
                self.assertEqual(await line.ended(), b"")
        self.assertEqual(await self.calls(), {("publish", 400): 7, ("publish", 411): 3})
        await self.result("publish", {"channel": "ops", "data": "still here"})
        self.assertEqual(await member.data(), "still here")

    async def test_the_largest_batch_is_answered_and_a_larger_one_refused_without_delaying_anybody(self):
        self.serve()
        member = await self.member("ops")
        many = b'{"commands":[' + b",".join([b'{"publish":{"channel":"ops","data":1}}'] * 10_000) + b"]}"
        too_many = b'{"commands":[' + b",".join([b"1"] * 500_000) + b"]}"
        for body in (many, too_many):
            line = await self.open_line()
            line.send(request("/api/batch", body))
            answering = asyncio.create_task(line.answer())
            texter = await self.texter("other")
            await texter.send("still here")
            self.assertEqual(await receive(texter), "still here")
            answer = await answering
            if body is too_many:
                self.assertEqual(answer.status, 400)
                self.assertIn("10000 commands", json.loads(answer.body)["error"]["message"])
                continue
            self.assertEqual(answer.status, 200)
            replies = json.loads(answer.body)["replies"]
            self.assertEqual([reply["publish"]["offset"] for reply in replies], list(range(1, 10_001)))
            self.assertEqual([(await member.publication())["offset"] for _ in range(10_000)], list(range(1, 10_001)))

    async def test_a_client_that_does_not_read_its_answer_is_closed(self):
        self.serve(history_bytes=8_000_000)
        for n in range(8):
            await self.result("publish", {"channel": "ops", "data": "x" * 60_000})
        line = await self.open_line()
        line.wire.stop_reading()
        line.send(request("/api/batch", encoded({"commands": [{"history": {"channel": "ops", "limit": -1}}] * 20})))
        texter = await self.texter("other")
        await texter.send("still here")
        self.assertEqual(await receive(texter), "still here")
        await line.wire.reset()
        self.assertEqual((await self.call("info"))["result"]["nodes"][0]["num_clients"], 1)


@over(*ALL)
class Load(BackEnd):
    async def test_offsets_of_concurrent_publishers_have_no_gap_and_a_reader_gets_all_in_order(self):
        lines, each = (8, 500) if self.transport != "http2" else (4, 15)
        self.serve(history_size=10, max_lag=16_000_000)
        member = await self.member("ops")

        async def publish(name):
            line = await self.open_line() if self.transport != "http2" else None
            offsets = []
            for n in range(each):
                fields = {"channel": "ops", "data": [name, n]}
                answer = (await line.call("publish", fields))[1] if line else await self.call("publish", fields)
                offsets.append(answer["result"]["offset"])
            return offsets

        async def read():
            return [await member.publication() for _ in range(lines * each)]

        *offsets, got = await asyncio.gather(*(publish(name) for name in range(lines)), read())
        for mine in offsets:
            self.assertEqual(mine, sorted(mine))
        self.assertEqual(sorted(sum(offsets, [])), list(range(1, lines * each + 1)))
        self.assertEqual([each["offset"] for each in got], list(range(1, lines * each + 1)))
        for name in range(lines):
            self.assertEqual([(each["data"][1], each["offset"]) for each in got if each["data"][0] == name],
                             list(enumerate(offsets[name])))


@over("plain", "tls")
class Idempotency(BackEnd):
    async def test_each_idempotency_key_counts_once_among_concurrent_publishers(self):
        self.serve(history_size=1000)
        member = await self.member("a")

        async def publish(name):
            line = await self.open_line()
            answers = {}
            for n in range(50):
                fields = {"channels": ["a", "b"], "data": [name, n], "idempotency_key": f"key {n}"}
                answers[n] = (await line.call("broadcast", fields))[1]
            return answers

        answers = await asyncio.gather(*(publish(name) for name in range(8)))
        for other in answers[1:]:
            self.assertEqual(other, answers[0])
        self.assertEqual([(await member.publication())["data"][1] for _ in range(50)], list(range(50)))
        for room in "ab":
            self.assertEqual((await self.result("history", {"channel": room, "limit": 0}))["offset"], 50)


if __name__ == "__main__":
    unittest.main()
