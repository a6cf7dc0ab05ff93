"""Several servers with one Redis are one chat: what clients and back ends of different servers see."""
import asyncio
import json
import pathlib
import sys
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
from support.nodes import Clustered  # noqa: E402
from support.readers import StreamReader, StructuredReader, TextReader, position  # noqa: E402
from support.redis import Redis, needs_redis  # noqa: E402
from support.sentinels import Sentinels  # noqa: E402
from support.server import receive  # noqa: E402

EACH = 40  # messages of each publisher


@needs_redis
class Together(Clustered):
    async def test_all_kinds_of_readers_at_all_nodes_get_the_same_in_the_same_order(self):
        self.serve(2, history_size=1000)
        readers = [await self.reader(kind, node) for kind in (TextReader, StreamReader, StructuredReader) for node in (0, 1)]
        sdks = [await self.sdk(node, "lobby", encoding=encoding) for node, encoding in ((0, "json"), (1, "protobuf"), (1, "json"))]
        talkers = [await self.text(node) for node in (0, 1)]
        members = [await self.member(node, "lobby") for node in (0, 1)]

        async def back_end(node):
            for i in range(EACH):
                await self.publish(node, f"back end {node} {i}")

        async def talk(node):
            for i in range(EACH):
                await talkers[node].send(f"text {node} {i}")
                await receive(talkers[node])

        async def publish(node):
            for i in range(EACH):
                self.assertIn("publish", await members[node].ask("publish", channel="lobby", data=f"member {node} {i}"))

        await asyncio.gather(*(say(node) for say in (back_end, talk, publish) for node in (0, 1)))
        end = await self.publish(0, "the end")
        total = 6 * EACH + 1
        self.assertEqual(end["offset"], total)
        await self.until(lambda: all(len(reader.log) == total for reader in readers), "all messages")
        await self.until(lambda: all(len(sdk.log()) == total for sdk in sdks), "all messages")
        expected = readers[2].log
        self.assertEqual([entry[:2] for entry in expected], [(end["epoch"], i) for i in range(1, total + 1)])
        for say in ("back end", "text", "member"):
            for node in (0, 1):
                mine = [data for _, _, data in expected if data.startswith(f"{say} {node} ")]
                self.assertEqual(mine, [f"{say} {node} {i}" for i in range(EACH)], "each publisher's messages in its order")
        for log in [reader.log for reader in readers[2:]] + [sdk.log() for sdk in sdks]:
            self.assertEqual(log, expected)
        for reader in readers[:2]:
            self.assertEqual([data for _, _, data in reader.log], [data for _, _, data in expected])
        history = ([(offset, data) for _, offset, data in expected], end["epoch"], total)
        self.assertEqual([await self.history(node) for node in (0, 1)], [history] * 2)

    async def test_a_back_end_may_use_a_node_where_nobody_is(self):
        self.serve(3)
        text, sdk = await self.text(0), await self.sdk(1, "lobby")
        positions = [await self.publish(2, f"{i}") for i in range(3)]
        self.assertEqual([await receive(text) for _ in range(3)], ["0", "1", "2"])
        await self.until(lambda: len(sdk.log()) == 3, "the messages")
        self.assertEqual(sdk.log(), [(one["epoch"], one["offset"], f"{i}") for i, one in enumerate(positions)])
        self.assertEqual([one["offset"] for one in positions], [1, 2, 3])

    async def test_a_back_end_may_ask_for_the_history_at_a_node_where_nobody_is(self):
        self.serve(2)
        positions = [await self.publish(0, i, tags={"n": f"{i}"}) for i in range(1, 31)]
        epoch = positions[0]["epoch"]
        self.assertEqual(await self.history(1), ([(i, i) for i in range(1, 31)], epoch, 30))
        self.assertEqual(await self.history(1, limit=0), ([], epoch, 30))
        self.assertEqual((await self.history(1, limit=2, since={"offset": 25, "epoch": epoch}))[0], [(26, 26), (27, 27)])
        self.assertEqual((await self.history(1, limit=2, reverse=True))[0], [(30, 30), (29, 29)])
        answers = [await self.result(node, "history", {"channel": "lobby", "limit": -1}) for node in (0, 1)]
        self.assertEqual(answers[0], answers[1])
        self.assertEqual(answers[1]["publications"][4]["tags"], {"n": "5"})

    async def test_messages_are_relayed_exactly_as_they_were_sent(self):
        self.serve(2, binary="relay", replay=20)
        here, there = await self.text(0), await self.text(1)
        said = ["text", "請輸入 \"x\"\n", "", b"\x00\xff binary", b"", '{"z": 1.50,  "a":[null]}', "y" * 60000, b"z" * 60000]
        for text in said:
            await here.send(text)
            self.assertEqual(await receive(here), text)
        self.assertEqual([await receive(there) for _ in said], said)
        late = await self.text(1)
        self.assertEqual([await receive(late) for _ in said], said, "from the history, at the other node")

    async def test_json_and_bytes_of_structured_clients_reach_each_dialect_of_another_node(self):
        self.serve(2)
        stream, _ = await self.stream(1)
        readers = [await self.sdk(1, "lobby", encoding=encoding) for encoding in ("json", "protobuf")]
        values = ["hello", {"z": 1, "a": [None, 1.5, "x"]}, "請輸入", 7, True, "y" * 40000]
        for encoding in "json", "protobuf":
            writer = await self.sdk(0, "lobby", encoding=encoding)
            for value in values:
                await writer.ask("publish", room="lobby", data=value)
        for reader in readers:
            await self.until(lambda: len(reader.log()) == 2 * len(values), "the messages")
            self.assertEqual([data for _, _, data in reader.log()], 2 * values)
        texts = [value if isinstance(value, str) else json.dumps(value, separators=(",", ":"), ensure_ascii=False) for value in values]
        self.assertEqual(await stream.take(len(values)), texts)

    async def test_rooms_without_a_history_are_shared_too(self):
        self.serve(2, history_size=0)
        text, sdk = await self.text(1), await self.sdk(1, "lobby")
        self.assertEqual(await self.publish(0, "hello"), {})
        self.assertEqual(await receive(text), "hello")
        await self.until(lambda: len(sdk.log()) == 1, "the message")
        self.assertEqual(sdk.log()[0][2], "hello")

    async def test_names_of_rooms_may_have_any_signs(self):
        self.serve(2)
        for room in "房 間", "a:b", "{x}", "a.b*?[c]", "x" * 255:
            with self.subTest(room):
                sdk = await self.sdk(1, room)
                await self.publish(0, "hello", channel=room)
                await self.until(lambda: len(sdk.log(room)) == 1, "the message")


@needs_redis
class Moving(Clustered):
    """Clients that come back to another node."""

    async def missed(self, count=3):
        """A room with messages; a reader knows the position of the first one. Returns (epoch, data that it has missed)."""
        first = await self.publish(0, "first")
        for i in range(count):
            await self.publish(i % 2, f"missed {i}")
        return first["epoch"], [f"missed {i}" for i in range(count)]

    async def test_an_event_stream_goes_on_at_another_node(self):
        self.serve(2)
        epoch, missed = await self.missed()
        reader, first = await self.stream(1, last_event_id=f"{epoch}:1")
        self.assertEqual((first.type, position(first)), ("position", (epoch, 1)))
        self.assertEqual(await reader.take(3), missed)
        await self.publish(0, "after")
        event = await reader.next()
        self.assertEqual((event.data, position(event)), ("after", (epoch, 5)))

    async def test_a_structured_client_recovers_at_another_node(self):
        self.serve(2)
        epoch, missed = await self.missed()
        member = await self.member(1)
        reply = (await member.ask("subscribe", channel="lobby", recover=True, epoch=epoch, offset=1))["subscribe"]
        self.assertTrue(reply["recovered"])
        self.assertEqual([(one["offset"], one["data"]) for one in reply["publications"]], list(enumerate(missed, 2)))
        await self.publish(0, "after")
        self.assertEqual(await member.data(), "after")

    async def test_an_sdk_client_recovers_at_another_node(self):
        self.serve(2)
        epoch, missed = await self.missed()
        sdk = await self.sdk(1, "lobby", since={"epoch": epoch, "offset": 1})
        await self.publish(0, "after")
        await self.until(lambda: len(sdk.log()) == 4, "the messages")
        self.assertEqual(sdk.log(), [(epoch, offset, data) for offset, data in enumerate([*missed, "after"], 2)])

    async def test_a_text_client_gets_its_replay_at_another_node(self):
        self.serve(2, replay=2)
        await self.missed()
        text = await self.text(1)
        await self.publish(0, "after")
        self.assertEqual([await receive(text) for _ in range(3)], ["missed 1", "missed 2", "after"])

    async def test_a_client_that_missed_more_than_the_history_is_told_so_at_another_node(self):
        self.serve(2, history_size=5)
        epoch, _ = await self.missed(20)
        sdk = await self.sdk(1, "lobby", since={"epoch": epoch, "offset": 1})
        self.assertEqual(sdk.log()[:1], [("gap", epoch, 21)])
        _, first = await self.stream(1, last_event_id=f"{epoch}:1")
        self.assertEqual((first.type, json.loads(first.data)["offset"]), ("gap", 21))

    async def test_a_client_of_a_killed_node_loses_nothing_at_another_one(self):
        self.serve(2)
        epoch, missed = await self.missed()
        await asyncio.to_thread(self.nodes[0].kill)
        await self.publish(1, "while it is away")
        reader, first = await self.stream(1, last_event_id=f"{epoch}:1")
        self.assertEqual(first.type, "position")
        self.assertEqual(await reader.take(4), [*missed, "while it is away"])
        await asyncio.to_thread(self.nodes[0].start)
        self.lines.clear()
        await self.nodes.until(0)
        self.assertEqual(await self.history(0), await self.history(1))
        await self.publish(0, "after")
        self.assertEqual(await reader.take(1), ["after"])

    async def test_a_room_that_everybody_has_left_goes_on_where_it_was(self):
        self.serve(2)
        sdk = await self.sdk(1, "lobby")
        await self.publish(1, "one")
        await self.until(lambda: len(sdk.log()) == 1, "the message")
        await sdk.ask("leave", room="lobby")
        for data in "two", "three":
            await self.publish(0, data)
        await sdk.ask("join", room="lobby")
        await self.until(lambda: len(sdk.log()) == 3, "the messages")
        self.assertEqual([(offset, data) for _, offset, data in sdk.log()], [(1, "one"), (2, "two"), (3, "three")])


@needs_redis
class BackEnds(Clustered):
    async def test_an_idempotency_key_publishes_once_on_all_nodes(self):
        self.serve(2)
        first = await self.publish(0, "once", idempotency_key="k")
        self.assertEqual(await self.publish(1, "twice", idempotency_key="k"), first)
        self.assertEqual((await self.publish(1, "once", channel="other", idempotency_key="k"))["offset"], 1)
        self.assertEqual((await self.history(1))[0], [(1, "once")])

    async def test_a_late_version_is_late_on_all_nodes(self):
        self.serve(2)
        await self.publish(0, "new", version=7, version_epoch="v")
        await self.publish(1, "late", version=6, version_epoch="v")
        await self.publish(1, "newer", version=8, version_epoch="v")
        self.assertEqual([data for _, data in (await self.history(0))[0]], ["new", "newer"])

    async def test_removed_messages_are_gone_on_all_nodes_and_offsets_go_on(self):
        self.serve(2)
        sdk = await self.sdk(1, "lobby")
        position_before = [await self.publish(0, i) for i in range(3)][-1]
        await self.result(0, "history_remove", {"channel": "lobby"})
        for node in 0, 1:
            self.assertEqual(await self.history(node), ([], position_before["epoch"], 3))
        self.assertEqual(await self.publish(1, "next"), {**position_before, "offset": 4})
        await self.until(lambda: len(sdk.log()) == 4, "the messages")
        self.assertEqual([offset for _, offset, _ in sdk.log()], [1, 2, 3, 4])

    async def test_a_broadcast_reaches_rooms_of_all_nodes(self):
        self.serve(2)
        sdks = [await self.sdk(node, f"room-{node}") for node in (0, 1)]
        await self.result(0, "broadcast", {"channels": ["room-0", "room-1"], "data": "to all"})
        for node, sdk in enumerate(sdks):
            await self.until(lambda: len(sdk.log(f"room-{node}")) == 1, "the message")

    async def test_clients_publish_to_all_nodes_with_the_rules_of_their_own(self):
        self.serve(2, each=[{}, {"may_publish": "nobody"}])
        sdk = await self.sdk(1, "lobby")
        member = await self.member(1, "lobby")
        self.assertEqual((await member.ask("publish", channel="lobby", data=1))["error"]["code"], 103)
        await (await self.text(0)).send("allowed there")
        await self.until(lambda: len(sdk.log()) == 1, "the message")


@needs_redis
class Apart(Clustered):
    async def test_local_rooms_are_those_of_one_node(self):
        self.serve(2, **{"typing/broker": "local"})
        sdk = await self.sdk(1, "typing:a", "lobby")
        await self.publish(0, "at the other node", channel="typing:a")
        await self.publish(0, "shared")
        own = await self.publish(1, "at this node", channel="typing:a")
        await self.until(lambda: len(sdk.log()) + len(sdk.log("typing:a")) == 2, "the messages")
        self.assertEqual(sdk.log("typing:a"), [(own["epoch"], 1, "at this node")])
        self.assertEqual([data for _, _, data in sdk.log()], ["shared"])
        self.assertEqual((await self.history(0, "typing:a"))[0], [(1, "at the other node")])
        self.assertEqual([key for key in self.redis.call("KEYS", "*") if "typing" in key], [])

    async def test_only_one_namespace_may_be_shared(self):
        self.serve(2, broker="local", **{"news/broker": "shared"})
        sdk = await self.sdk(1, "news:a", "lobby")
        await self.publish(0, "local")
        await self.publish(0, "shared", channel="news:a")
        await self.publish(1, "here")
        await self.until(lambda: len(sdk.log()) + len(sdk.log("news:a")) == 2, "the messages")
        self.assertEqual([[data for _, _, data in sdk.log(room)] for room in ("news:a", "lobby")], [["shared"], ["here"]])

    async def test_nodes_with_another_prefix_are_another_chat(self):
        self.serve(3, each=[{}, {}, {"redis_prefix": "staging"}])
        sdks = [await self.sdk(node, "lobby") for node in (1, 2)]
        await self.publish(0, "production")
        await self.publish(2, "staging")
        for sdk, expected in zip(sdks, ("production", "staging")):
            await self.until(lambda: len(sdk.log()) == 1, "the message")
            self.assertEqual([(offset, data) for _, offset, data in sdk.log()], [(1, expected)])

    async def test_several_databases_of_a_redis_have_messages_of_their_own(self):
        redis = self.redis = self.enterContext(Redis())
        self.serve(2, [f"{redis.url}?db=1", f"{redis.tcp_url}/2"])
        await self.publish(0, "one", channel="only:0")
        await self.publish(1, "two", channel="only:1")
        self.assertEqual([(await self.history(1 - node, f"only:{node}"))[0] for node in (0, 1)], [[], []])


@needs_redis
class Servers(Clustered):
    """The ways to a Redis, and to several."""

    async def shared_by(self, *urls, **options):
        """Nodes that reach Redis in these ways share their rooms."""
        self.serve(len(urls), list(urls), **options)
        readers = [await self.reader(StreamReader, node) for node in range(len(urls))]
        for node in range(len(urls)):
            await self.publish(node, f"from {node}")
        await self.until(lambda: all(len(reader.log) == len(urls) for reader in readers), "all messages")
        for reader in readers:
            self.assertEqual(reader.log, readers[0].log)

    async def test_unix_sockets_addresses_and_names_lead_to_the_same_rooms(self):
        redis = self.enterContext(Redis())
        await self.shared_by(redis.url, redis.tcp_url, f"redis://localhost:{redis.port}/0")

    async def test_a_password_comes_from_a_file(self):
        redis = self.enterContext(Redis(password="s3cret"))
        file = redis.folder / "password"
        file.write_text("s3cret\n")
        file.chmod(0o600)
        await self.shared_by(redis.url, redis.tcp_url, redis_password_file=file)
        self.assertNotIn("s3cret", "".join(node.log() for node in self.nodes))

    async def test_a_user_with_few_rights_is_enough(self):
        redis = self.enterContext(Redis())
        redis.call("ACL", "SETUSER", "chat", "on", ">s3cret", "~centrifugo.*", "&centrifugo.*", "+@read", "+@write", "+@pubsub",
                   "+@scripting", "+@connection", "+info", "+time")
        file = redis.folder / "password"
        file.write_text("s3cret\n")
        file.chmod(0o600)
        await self.shared_by(f"redis://chat@127.0.0.1:{redis.port}", f"{redis.url}?user=chat", redis_password_file=file)

    async def test_rooms_are_spread_over_several_servers(self):
        servers = [self.enterContext(Redis()) for _ in range(3)]
        self.serve(2, " ".join(server.url for server in servers))
        rooms = [f"room-{i}" for i in range(60)]
        sdk = await self.sdk(1, *rooms)
        for room in rooms:
            await self.publish(0, room, channel=room)
        await self.until(lambda: all(len(sdk.log(room)) == 1 for room in rooms), "a message in each room")
        kept = [sum(".stream." in key and ".meta." not in key for key in server.call("KEYS", "*")) for server in servers]
        self.assertEqual(sum(kept), len(rooms), kept)
        self.assertTrue(all(kept), kept)

    async def test_sentinels_name_the_server(self):
        sentinels = self.enterContext(Sentinels())
        await self.shared_by(sentinels.url, sentinels.url)
        self.assertTrue([key for key in sentinels.primary.call("KEYS", "*") if ".stream." in key])


if __name__ == "__main__":
    unittest.main()
