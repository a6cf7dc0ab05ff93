"""GET /sse/ROOM: a room's messages as an event stream, for EventSource in browsers."""
import asyncio
import json
import pathlib
import signal
import sys
import time
import unittest
import urllib.parse

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
from support.server import HOST, close_of, receive  # noqa: E402
from support.streams import Streams  # noqa: E402
from support.transports import ALL, over  # noqa: E402


@over(*ALL)
class Reading(Streams):
    async def test_a_new_reader_gets_its_position_and_the_reconnection_time(self):
        self.serve()
        reader = await self.read()
        self.assertEqual(reader.status, 200)
        self.assertEqual(reader.headers["content-type"], "text/event-stream")
        self.assertEqual(reader.headers["cache-control"], "no-cache, no-transform")
        self.assertEqual(reader.headers["x-accel-buffering"], "no")
        event = await reader.next()
        told = json.loads(event.data)
        self.assertRegex(told["epoch"], "^[0-9a-z]{8}$")
        self.assertEqual((event.type, told["room"], told["offset"]), ("position", "lobby", 0))
        self.assertEqual((event.id, reader.retry), (f"{told['epoch']}:0", 2000))

    async def test_every_message_is_an_event_with_its_position_as_the_last_line(self):
        self.serve(binary="relay")
        reader = await self.read()
        epoch = (await self.position(reader))["epoch"]
        talker, publish = await self.talker(), await self.structured()
        for offset, (say, sent, lines) in enumerate((
                (self.post, "by a back end\nin two lines", "data: by a back end\ndata: in two lines"),
                (talker.send, "部署 🚀", "data: 部署 🚀"),
                (talker.send, b"\0\xff", 'data: {"base64":"AP8="}'),
                (publish, '"a \\"string\\"\\r\\nof JSON"', 'data: a "string"\ndata: of JSON'),
                (publish, '{"z":1, "a":[null]}', 'data: {"z":1, "a":[null]}'),
                (talker.send, "", "data: ")), 1):
            before = len(reader.all)
            await say(sent)
            await reader.next()
            self.assertEqual(reader.all[before:].decode(), f"{lines}\nid: {epoch}:{offset}\n\n")

    async def test_a_stream_accepts_all_room_names(self):
        self.serve()
        for path, room in (("/sse/%E6%88%BF%20%E9%96%93", "房 間"), ("/sse/?room=a+%26%2bb", "a &+b"),
                           ("/sse/" + "x" * 255, "x" * 255)):
            with self.subTest(path):
                reader = await self.read(path)
                self.assertEqual((await self.position(reader))["room"], room)
                await self.post("hello", room)
                self.assertEqual(await reader.take(1), ["hello"])

    async def test_event_streams_and_websockets_get_the_same_messages_and_only_of_their_room(self):
        self.serve()
        readers = [await self.reading("/sse/a") for _ in range(3)]
        talker, elsewhere = await self.talker("a"), await self.reading("/sse/b")
        for number in range(20):
            await talker.send(f"{number}")
            await self.post(f"not for a {number}", "b")
        texts = [f"{number}" for number in range(20)]
        self.assertEqual([await receive(talker) for _ in texts], texts)
        for reader in readers:
            self.assertEqual(await reader.take(20), texts)
        self.assertEqual(await elsewhere.take(20), [f"not for a {number}" for number in range(20)])

    async def test_large_messages_arrive_whole(self):
        self.serve(max_message=400_000, max_lag=4_000_000)
        reader = await self.reading()
        for size in (16383, 16384, 16385, 100_000, 400_000):
            text = "".join(chr(33 + (i * i) % 90) for i in range(size))
            await self.post(text)
            self.assertTrue((await reader.next()).data == text, size)

    async def test_a_new_reader_gets_the_last_messages_if_the_room_has_replay(self):
        self.serve(replay=3)
        for number in range(1, 6):
            await self.post(f"{number}")
        reader = await self.read()
        self.assertEqual((await self.position(reader))["offset"], 2)
        await self.post("6")
        self.assertEqual(await reader.take(4), ["3", "4", "5", "6"])

    async def test_a_room_without_history_has_neither_positions_nor_ids(self):
        self.serve(history_size=0)
        reader = await self.read()
        self.assertEqual(await reader.next(), ("position", '{"room":"lobby"}', ""))
        await self.post("hello")
        self.assertEqual(await reader.next(), ("message", "hello", ""))

    async def test_a_quiet_stream_has_a_comment_every_ping_interval(self):
        self.serve(ping_interval=1)
        reader = await self.reading()
        began = time.monotonic()
        while len(reader.comments) < 2:
            self.assertTrue(await reader.more())
        self.assertEqual(reader.comments, ["", ""])
        self.assertGreater(time.monotonic() - began, 1)
        await self.post("hello")
        self.assertEqual(await reader.take(1), ["hello"])

    async def test_a_reader_that_leaves_is_noticed_within_seconds(self):
        self.serve()
        leaving, staying = await self.reading(), await self.reading()
        await leaving.hang_up()
        began = time.monotonic()
        await self.gone(1)
        self.assertLess(time.monotonic() - began, 8)
        await self.post("still here")
        self.assertEqual(await staying.take(1), ["still here"])

    @unittest.skipIf(HOST == "lwsws", "lwsws ends without telling its clients")
    async def test_a_server_that_ends_sends_waiting_messages_and_the_reason(self):
        self.serve()
        readers = [await self.reading("/sse/a") for _ in range(2)]
        both = await self.read("/sse/?room=a&room=b")
        await both.take(2)
        texts = [f"{number} ".ljust(1000, "x") for number in range(100)]
        talker = await self.talker("a")
        for text in texts:
            await talker.send(text)
        for text in texts[:-10]:
            self.assertEqual(await receive(talker), text)
        self.server.signal(signal.SIGTERM)
        self.assertEqual((await close_of(talker))[0], 1001)
        for reader in (*readers, both):
            ended = await reader.rest()
            got = [event.data for event in reader.events]
            self.assertEqual(got, texts[:len(got)])
            self.assertGreaterEqual(len(got), len(texts) - 10)
            self.assertTrue(ended.endswith(b"\n\n: server is shutting down\n\n"), ended[-100:])


@over(*ALL)
class SeveralRooms(Streams):
    async def test_events_have_the_room_as_name_and_positions_in_all_rooms_as_id(self):
        self.serve()
        reader = await self.read("/sse/?room=a&room=b")
        told = [await reader.next() for _ in range(2)]
        self.assertEqual([event.type for event in told], ["position"] * 2)
        a, b = (json.loads(event.data) for event in told)
        self.assertEqual((a["room"], b["room"]), ("a", "b"))
        self.assertEqual(reader.last_id, f"{a['epoch']}:0,{b['epoch']}:0")
        for room, text, offsets in (("b", "one", (0, 1)), ("a", "two", (1, 1)), ("b", "three", (1, 2))):
            await self.post(text, room)
            self.assertEqual(await reader.next(), (room, text, f"{a['epoch']}:{offsets[0]},{b['epoch']}:{offsets[1]}"))

    async def test_a_room_that_is_named_twice_is_sent_once(self):
        self.serve()
        reader = await self.read("/sse/a?room=b&room=a&room=b")
        self.assertEqual([json.loads(data)["room"] for data in await reader.take(2)], ["a", "b"])
        await self.post("hello", "a")
        await self.post("there", "b")
        self.assertEqual([tuple(await reader.next())[:2] for _ in range(2)], [("a", "hello"), ("b", "there")])

    async def test_rooms_after_an_empty_argument_are_read(self):
        self.serve()
        reader = await self.read("/sse/?&room=a&&room=b&")
        self.assertEqual([json.loads(data)["room"] for data in await reader.take(2)], ["a", "b"])

    async def test_one_stream_has_at_most_32_rooms(self):
        self.serve()
        query = "&".join(f"room=r{i}" for i in range(32))
        reader = await self.read(f"/sse/?{query}")
        await reader.take(32)
        for i in range(32):
            await self.post(f"in {i}", f"r{i}")
        self.assertEqual([tuple(await reader.next())[:2] for _ in range(32)], [(f"r{i}", f"in {i}") for i in range(32)])
        await self.refused(400, f"/sse/?{query}&room=r32", words="32 rooms")

    async def test_large_messages_of_two_rooms_do_not_mix(self):
        self.serve(max_message=200_000, max_lag=8_000_000)
        reader = await self.read("/sse/?room=a&room=b")
        await reader.take(2)
        sent = {room: [f"{room} {i}\n".ljust(100_000 + i, room) for i in range(5)] for room in "ab"}
        await asyncio.gather(*(self.post(text, room) for room in "ab" for text in sent[room]))
        got = {"a": [], "b": []}
        for _ in range(10):
            event = await reader.next()
            got[event.type].append(event.data)
        for room in "ab":
            self.assertTrue(sorted(got[room]) == sent[room])


@over(*ALL)
class Resuming(Streams):
    async def test_a_returning_reader_gets_missed_messages_and_then_new_ones(self):
        self.serve()
        reader = await self.reading()
        await self.post("seen")
        await reader.next()
        await reader.hang_up()
        for text in ("missed", "missed too"):
            await self.post(text)
        reader = await self.read(last_event_id=reader.last_id)
        self.assertEqual((await self.position(reader))["offset"], 1)
        await self.post("new")
        self.assertEqual(await reader.take(3), ["missed", "missed too", "new"])
        self.assertTrue(reader.last_id.endswith(":4"))

    async def test_the_query_may_have_the_position(self):
        self.serve()
        reader = await self.reading()
        await self.post("seen")
        await reader.next()
        await self.post("missed")
        for at in (reader.last_id, reader.last_id.replace(":", "%3A")):
            again = await self.reading(f"/sse/?last-event-id={at}&room=lobby")
            self.assertEqual(await again.take(1), ["missed"])

    async def test_replay_is_for_new_readers_and_not_for_returning_ones(self):
        self.serve(replay=5)
        await self.post("seen")
        reader = await self.reading()
        await reader.next()
        await self.post("missed")
        again = await self.reading(last_event_id=reader.last_id)
        self.assertEqual(await again.take(1), ["missed"])

    async def test_a_too_short_history_is_reported_as_a_gap_and_the_stream_goes_on(self):
        self.serve(history_size=3)
        reader = await self.read()
        epoch = (await self.position(reader))["epoch"]
        for number in range(1, 6):
            await self.post(f"{number}")
        gap = await self.read(last_event_id=f"{epoch}:1")
        event = await gap.next()
        self.assertEqual((event.type, json.loads(event.data)), ("gap", {"room": "lobby", "epoch": epoch, "offset": 5}))
        self.assertEqual(event.id, f"{epoch}:5")
        whole = await self.reading(last_event_id=f"{epoch}:2")
        await self.post("6")
        self.assertEqual(await gap.take(1), ["6"])
        self.assertEqual(await whole.take(4), ["3", "4", "5", "6"])

    async def test_a_foreign_epoch_or_offset_is_reported_as_a_gap(self):
        self.serve()
        reader = await self.read()
        epoch = (await self.position(reader))["epoch"]
        await self.post("1")
        for last_event_id in ("zzzzzzzz:1", f"{epoch}:2", f"{epoch}:18446744073709551615", f"{epoch}:", "1", "garbage",
                              f"{epoch}:1x", ",,,:::"):
            with self.subTest(last_event_id):
                again = await self.read(last_event_id=last_event_id)
                self.assertEqual((await again.next())[::2], ("gap", f"{epoch}:1"))

    async def test_a_room_without_history_always_reports_a_gap(self):
        self.serve(history_size=0)
        reader = await self.read(last_event_id="zzzzzzzz:1")
        self.assertEqual(await reader.next(), ("gap", '{"room":"lobby"}', ""))
        await self.post("hello")
        self.assertEqual(await reader.next(), ("message", "hello", ""))

    async def test_a_gap_in_one_of_several_rooms_names_that_room(self):
        self.serve(history_size=2)
        reader = await self.read("/sse/?room=a&room=b")
        await reader.take(2)
        at = reader.last_id
        await self.post("missed", "a")
        for number in range(4):
            await self.post(f"{number}", "b")
        again = await self.read("/sse/?room=a&room=b", last_event_id=at)
        told = [await again.next() for _ in range(2)]
        self.assertEqual([(event.type, json.loads(event.data)["room"]) for event in told], [("position", "a"), ("gap", "b")])
        self.assertEqual((await again.next())[:2], ("a", "missed"))
        await self.post("new", "b")
        self.assertEqual((await again.next())[:2], ("b", "new"))

    async def test_only_the_last_of_the_first_positions_has_an_id(self):
        """A reader that is cut between them must not store an id without the other rooms' positions."""
        self.serve()
        reader = await self.read("/sse/?room=a&room=b&room=c")
        self.assertEqual([bool((await reader.next()).id) for _ in range(3)], [False, False, True])
        self.assertEqual(reader.last_id.count(":"), 3)

    async def test_the_rooms_of_a_position_may_have_another_order(self):
        self.serve()
        reader = await self.read("/sse/?room=a&room=b")
        await reader.take(2)
        await self.post("1", "a")
        await self.post("2", "b")
        again = await self.read("/sse/?room=b&room=a", last_event_id=reader.last_id)
        self.assertEqual([(await again.next()).type for _ in range(2)], ["position"] * 2)
        self.assertEqual(sorted([(await again.next())[:2] for _ in range(2)]), [("a", "1"), ("b", "2")])


@over(*ALL)
class Refusals(Streams):
    async def test_an_invalid_room_name_gets_400(self):
        self.serve()
        for path in ("/sse/a/b", "/sse/a%2Fb", "/sse/%01", "/sse/%ff", "/sse/" + "x" * 256, "/sse/?room=", "/sse/?room=a%2Fb",
                     "/sse/?room=a&room=%7f", "/sse/?room=.", "/sse/?room=a&room=.."):
            with self.subTest(path):
                await self.refused(400, path, "no room name")
        for path in ("/sse/", "/sse", "/sse/?", "/sse/?room", "/sse/?rooms=a", "/sse?last-event-id=a:1"):
            with self.subTest(path):
                await self.refused(400, path, "no room")
        self.assertFalse(self.server.chat_log("joined"))

    async def test_methods_other_than_get_get_405_with_allow(self):
        self.serve()
        for method in ("POST", "PUT", "DELETE"):
            with self.subTest(method):
                reader = await self.refused(405, method=method)
                self.assertEqual(reader.headers["allow"], "GET, HEAD")
        options = await self.read(method="OPTIONS", headers={"Origin": "https://www.example.org"})
        self.assertEqual((options.status, options.headers["allow"]), (204, "GET, HEAD"))
        self.assertEqual(options.headers["access-control-allow-origin"], "https://www.example.org")
        self.assertIn("last-event-id", options.headers["access-control-allow-headers"])

    async def test_pages_of_other_origins_may_read_only_if_they_are_allowed(self):
        self.serve(allowed_origins="https://www.example.org")
        await self.refused(403, headers={"Origin": "https://example.com"}, words="origin")
        await self.refused(403, headers={"Origin": "null"})
        allowed = await self.read(headers={"Origin": "https://www.example.org"})
        self.assertEqual((allowed.status, allowed.headers["access-control-allow-origin"], allowed.headers["vary"].lower()),
                         (200, "https://www.example.org", "origin"))
        for origin in (None, urllib.parse.urlsplit(self.at("/"))._replace(path="").geturl()):
            own = await self.read(headers={"Origin": origin} if origin else {})
            self.assertEqual(own.status, 200)

    async def test_a_reader_above_max_clients_gets_503_until_one_leaves(self):
        self.serve(max_clients=2)
        reader, talker = await self.reading(), await self.talker()
        for _ in range(3):
            refused = await self.refused(503, words="too many clients")
            self.assertIn("retry-after", refused.headers)
        await talker.close()
        await self.gone(1)
        another = await self.reading()
        await reader.hang_up()
        await self.gone(1)
        await self.talker()
        self.assertEqual(another.status, 200)

    async def test_a_stream_of_several_rooms_counts_as_one_client(self):
        self.serve(max_clients=2)
        for _ in range(2):
            await (await self.read("/sse/?room=a&room=b&room=c")).take(3)
        await self.refused(503)

    async def test_readers_above_max_joins_per_second_get_429(self):
        self.serve(max_joins_per_second=3)
        statuses = [(await self.read()).status for _ in range(12)]
        self.assertIn(429, statuses)
        self.assertEqual(statuses[:3], [200] * 3)

    async def test_rooms_above_max_subscriptions_get_400_and_above_max_rooms_503(self):
        self.serve(max_subscriptions=2, max_rooms=3, history_size=0)
        await self.refused(400, "/sse/?room=a&room=b&room=c", "2 rooms")
        await (await self.read("/sse/?room=a&room=b")).take(2)
        await self.refused(503, "/sse/?room=c&room=d", "too many rooms")
        self.assertEqual((await self.read("/sse/?room=a&room=c")).status, 200)

    async def test_a_vhost_that_is_off_has_no_streams(self):
        self.serve(self.vhost("off", status="off"), self.vhost("on"))
        await self.refused(404)


if __name__ == "__main__":
    unittest.main()
