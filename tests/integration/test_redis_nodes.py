"""What servers that share rooms know of each other: who is in a room, what a back end orders and asks, tokens that were
revoked."""
import asyncio
import pathlib
import signal
import socket
import sys
import time
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
from support.back_end import STRUCTURED, Member  # noqa: E402
from support.nodes import Clustered  # noqa: E402
from support.redis import Redis, needs_redis  # noqa: E402
from support.relay import Relay  # noqa: E402
from support.server import close_of, connect  # noqa: E402
from support.tokens import secret_file, token  # noqa: E402

TEMPORARY = 100


@needs_redis
class Presence(Clustered):
    async def watcher(self, node):
        """A client that is told who comes and leaves. Its own join is over."""
        watcher = await self.member(node, user=f"watcher {node}")
        self.assertIn("subscribe", await watcher.ask("subscribe", channel="lobby", join_leave=True))
        return watcher

    async def change(self, watcher):
        """Who came or left; nothing if a message comes instead."""
        while "pub" not in (push := await watcher.push()):
            for kind, sign in ("join", "+"), ("leave", "-"):
                if kind in push and not push[kind]["info"]["user"].startswith("watcher"):
                    return sign + push[kind]["info"]["user"]
        return None

    async def told(self, watchers, number, node=0):
        """What each of the watchers is told: so many changes, and those that still come before a message of the node.
        A member is out of the list before everybody is told that it has left."""
        seen = [[await self.change(watcher) for _ in range(number)] for watcher in watchers]
        await self.publish(node, "the end")
        for changes, watcher in zip(seen, watchers):
            while change := await self.change(watcher):
                changes.append(change)
        return seen

    async def present(self, node):
        return sorted(one["user"] for one in (await self.result(node, "presence", {"channel": "lobby"}))["presence"].values())

    async def count(self, node):
        stats = await self.result(node, "presence_stats", {"channel": "lobby"})
        return stats["num_clients"], stats["num_users"]

    async def are_there(self, users):
        return all([await self.present(node) == users for node in range(len(self.nodes)) if self.nodes[node].process])

    async def test_a_client_comes_and_leaves_once_on_all_nodes(self):
        self.serve(3, presence_grace=0)
        watchers = [await self.watcher(node) for node in (0, 1)]
        member = await self.member(2, "lobby", user="ann")
        everybody = ["ann", "watcher 0", "watcher 1"]
        await self.until(lambda: self.are_there(everybody), "presence on all nodes")
        self.assertEqual([await self.count(node) for node in range(3)], [(3, 3)] * 3)
        await member.client.close()
        await self.until(lambda: self.are_there(everybody[1:]), "presence on all nodes")
        self.assertEqual(await self.told(watchers, 2, node=2), [["+ann", "-ann"]] * 2)

    async def test_a_client_in_two_tabs_on_two_nodes_is_one_user(self):
        self.serve(2)
        for node in 0, 1:
            await self.member(node, "lobby", user="ann")
        await self.until(lambda: self.are_there(["ann", "ann"]), "presence on all nodes")
        self.assertEqual([await self.count(node) for node in (0, 1)], [(2, 1)] * 2)

    async def test_a_client_that_comes_back_on_another_node_in_time_was_never_away(self):
        self.serve(2, presence_grace=60)
        watchers = [await self.watcher(node) for node in (0, 1)]
        first = await self.member(0, "lobby", user="ann", session="tab 1")
        await self.until(lambda: self.are_there(["ann", "watcher 0", "watcher 1"]), "presence on all nodes")
        first.client.transport.abort()
        await self.until(lambda: self.is_gone(0), "node 0 to see that the client is gone")
        again = await self.member(1, "lobby", user="ann", session="tab 1")
        self.assertEqual(again.id, first.id)
        self.assertEqual(await self.present(0), ["ann", "watcher 0", "watcher 1"])
        self.assertEqual(await self.told(watchers, 1), [["+ann"]] * 2)
        await again.client.close()
        await self.until(lambda: self.are_there(["watcher 0", "watcher 1"]), "the client to leave")

    async def tab(self, node, former=None):
        """A client with a session. Redis knows it soon after the client: waits until it is not where `former` is."""
        tab = await self.member(node, "lobby", user="ann", session="tab 1")

        async def known():
            values = [self.redis.call("GET", key) for key in self.redis.call("KEYS", "centrifugo.session.*")]
            tab.session = values[0] if values else None
            return tab.session and tab.session != getattr(former, "session", None)

        await self.until(known, "the session to be in Redis")
        return tab

    async def test_a_client_that_comes_to_another_node_replaces_its_old_connection(self):
        self.serve(3, presence_grace=60)
        watchers = [await self.watcher(node) for node in (0, 1)]
        tabs = [await self.tab(0)]
        for node in 1, 0, 2:
            tabs.append(await self.tab(node, former=tabs[-1]))
            self.assertEqual(await close_of(tabs[-2].client), (3503, "replaced by another connection of the same client"))
            self.assertEqual(tabs[-1].id, tabs[0].id)
            self.assertEqual(await self.present(0), ["ann", "watcher 0", "watcher 1"])
        self.assertEqual(await self.told(watchers, 1), [["+ann"]] * 2)
        await tabs[-1].client.close()
        await self.until(lambda: self.are_there(["watcher 0", "watcher 1"]), "the client to leave")

    async def test_former_nodes_of_a_client_do_not_say_that_it_has_left(self):
        self.serve(2, presence_grace=1)
        watcher = await self.watcher(0)
        await self.tab(0)
        again = await self.member(1, "lobby", user="ann", session="tab 1")
        # Another client leaves later than the first connection counts as gone.
        ben = await self.member(0, "lobby", user="ben", session="tab 2")
        ben.client.transport.abort()
        while await self.present(1) != ["ann", "watcher 0"]:
            await asyncio.sleep(0.1)
        self.assertEqual(await self.told([watcher], 3, node=1), [["+ann", "+ben", "-ben"]])
        self.assertIn("ping", await again.ask("ping"))

    async def test_a_client_of_a_killed_node_that_comes_to_another_one_was_never_away(self):
        self.serve(2, presence_grace=60)
        watcher = await self.watcher(0)
        first = await self.member(1, "lobby", user="ann", session="tab 1")
        self.assertEqual(await self.change(watcher), "+ann")  # its node has announced it
        await asyncio.to_thread(self.nodes[1].kill)
        again = await self.member(0, "lobby", user="ann", session="tab 1")
        self.assertEqual(again.id, first.id)
        self.assertEqual(await self.present(0), ["ann", "watcher 0"])
        self.assertEqual(await self.told([watcher], 0), [[]])

    async def is_gone(self, node):
        """Only the watcher is connected."""
        return (await self.metrics(node))['lws_chat_clients{dialect="structured"}'] == 1

    async def test_members_of_a_killed_node_leave_once_when_their_time_is_over(self):
        self.serve(3)
        watchers = [await self.watcher(node) for node in (0, 1)]
        for user in "ann", "ben":
            await self.member(2, "lobby", user=user)
        await self.until(lambda: self.are_there(["ann", "ben", "watcher 0", "watcher 1"]), "presence on all nodes")
        killed = [name for name, one in (await self.result(0, "presence", {"channel": "lobby"}))["presence"].items()
                  if one["user"] in ("ann", "ben")]
        await asyncio.to_thread(self.nodes[2].kill)
        # A minute would pass now. It passes in Redis.
        for name in killed:
            self.redis.call("ZADD", "centrifugo.presence.expire.lobby", 1, name)
        await self.until(lambda: self.are_there(["watcher 0", "watcher 1"]), "them to be over")
        await self.until(lambda: self.redis.call("HLEN", "centrifugo.presence.data.lobby") == 2, "a node to find it")
        for told in await self.told(watchers, 4):
            self.assertEqual((told[:2], sorted(told[2:])), (["+ann", "+ben"], ["-ann", "-ben"]))

    async def test_members_that_redis_has_lost_are_not_announced_again(self):
        self.serve(2, presence_grace=60)
        watchers = [await self.watcher(node) for node in (0, 1)]
        ann = await self.member(1, "lobby", user="ann")
        self.assertEqual(await self.told(watchers, 1), [["+ann"]] * 2)
        self.redis.call("FLUSHALL")
        # The first one who publishes finds it, and all are told of a gap.
        await self.publish(1, "the first one in the new epoch")
        for one in (*watchers, ann):
            while "unsubscribe" not in await one.push():
                pass
            self.assertIn("subscribe", await one.ask("subscribe", channel="lobby", join_leave=True))
        await self.until(lambda: self.are_there(["ann", "watcher 0", "watcher 1"]), "presence on all nodes")
        self.assertEqual(await self.told(watchers, 0), [[]] * 2)
        await ann.ask("unsubscribe", channel="lobby")
        self.assertEqual(await self.told(watchers, 1), [["-ann"]] * 2)

    async def test_members_of_a_node_that_is_cut_off_leave_and_come_once_and_its_own_readers_see_nothing(self):
        self.redis = self.enterContext(Redis())
        relay = self.enterContext(Relay(self.redis.path))
        self.serve(2, [self.redis, relay], presence_grace=60, history_size=10)
        watchers = [await self.watcher(node) for node in (0, 1)]
        ann = await self.member(1, "lobby", user="ann")
        self.assertEqual(await self.told(watchers, 1), [["+ann"]] * 2)
        self.position = await self.publish(0, "before")
        self.assertEqual([await self.change(watcher) for watcher in watchers], [None] * 2)
        relay.refuse()
        await self.until(lambda: not self.nodes.linked(1), "node 1 to be cut off")
        # A minute would pass now. It passes in Redis.
        for client in ann, watchers[1]:
            self.redis.call("ZADD", "centrifugo.presence.expire.lobby", 1, client.id)
        self.assertEqual(await self.change(watchers[0]), "-ann")
        relay.allow()
        self.assertEqual(await self.change(watchers[0]), "+ann")
        # Node 1 cannot know whom it did not hear of.
        self.assertEqual(await self.subscribed_again(watchers[1]), [])
        self.assertEqual(await self.told(watchers, 0), [[]] * 2)

    async def subscribed_again(self, watcher):
        """The watcher is told that it has missed something, and subscribes again from where it was."""
        while "unsubscribe" not in (push := await watcher.push()):
            self.assertNotIn("pub", push)
        self.assertEqual(push["unsubscribe"]["code"], 2500)
        reply = (await watcher.ask("subscribe", channel="lobby", join_leave=True, recover=True, **self.position))["subscribe"]
        self.assertTrue(reply["recovered"])
        return [one["data"] for one in reply.get("publications", [])]

    async def test_readers_of_a_node_that_missed_joins_and_leaves_are_told_and_no_others(self):
        self.redis = self.enterContext(Redis())
        relay = self.enterContext(Relay(self.redis.path))
        self.serve(2, [self.redis, relay], presence_grace=0, history_size=10)
        watchers = [await self.watcher(node) for node in (0, 1)]
        other = await self.member(1, "lobby", user="watcher too")
        ann = await self.member(0, "lobby", user="ann")
        self.assertEqual(await self.told(watchers, 1), [["+ann"]] * 2)
        # A short while in which nothing happens is nothing.
        for happens in False, True:
            relay.refuse()
            await self.until(lambda: not self.nodes.linked(1), "node 1 to be cut off")
            if happens:
                self.position = await self.publish(0, "before")
                await ann.ask("unsubscribe", channel="lobby")
                self.assertEqual(await self.change(watchers[0]), None)
                self.assertEqual(await self.change(watchers[0]), "-ann")
            relay.allow()
            await self.until(lambda: self.nodes.linked(1), "node 1 to be back")
        self.assertEqual(await self.change(watchers[1]), None)
        self.assertEqual(await self.subscribed_again(watchers[1]), [])
        self.assertEqual(await self.present(1), ["watcher 0", "watcher 1", "watcher too"])
        await self.publish(0, "after")
        self.assertEqual([await other.data() for _ in range(3)], ["the end", "before", "after"])
        self.assertEqual([(await self.metrics(node))["lws_chat_shared_join_leave_gaps_total"] for node in (0, 1)], [0, 1])


@needs_redis
class Asked(Clustered):
    async def info(self, node):
        return {one["uid"]: one for one in (await self.result(node, "info"))["nodes"]}

    async def all_know(self, number):
        return all([len(await self.info(node)) == number for node in range(len(self.nodes)) if self.nodes[node].process])

    async def test_each_node_knows_all_and_what_they_count(self):
        self.serve(3)
        await self.until(lambda: self.all_know(3), "the nodes to know each other")
        for user in "ann", "ben":
            await self.member(1, "lobby", "other", user=user)
        await self.until(lambda: self.counts(0, (2, 2, 4, 2)), "node 0 to know who is on node 1")
        await asyncio.to_thread(self.nodes[2].stop)
        await self.until(lambda: self.all_know(2), "a node that ends to be gone")
        await asyncio.to_thread(self.nodes[1].kill)
        await self.until(lambda: self.all_know(1), "a node that is killed to be gone")

    async def test_nodes_of_one_machine_have_different_names(self):
        self.serve(2)
        await self.until(lambda: self.all_know(2), "the nodes to know each other")
        names = {one["name"] for one in (await self.info(0)).values()}
        self.assertEqual(names, {f"{socket.gethostname()}_{node.port}" for node in self.nodes})

    async def counts(self, node, expected):
        return expected in [(one["num_clients"], one["num_users"], one["num_subs"], one["num_channels"])
                            for one in (await self.info(node)).values()]

    async def channels(self, node, **fields):
        said = (await self.result(node, "channels", fields))["channels"]
        return {name: one["num_clients"] for name, one in said.items()}

    async def test_rooms_of_all_nodes_are_listed_together(self):
        self.serve(3)
        await self.until(lambda: self.all_know(3), "the nodes to know each other")
        await self.member(0, "lobby", user="ann")
        await self.member(1, "lobby", "news:a", user="ben")
        await self.member(2, "news:b", user="carl")
        for node in range(3):
            self.assertEqual(await self.channels(node), {"lobby": 2, "news:a": 1, "news:b": 1})
            self.assertEqual(await self.channels(node, pattern="news:*"), {"news:a": 1, "news:b": 1})

    async def test_rooms_are_not_listed_while_a_node_does_not_answer(self):
        self.serve(2)
        await self.until(lambda: self.all_know(2), "the nodes to know each other")
        self.nodes[1].signal(signal.SIGSTOP)
        try:
            answer = await self.call(0, "channels", status=503)
        finally:
            self.nodes[1].signal(signal.SIGCONT)
        self.assertEqual(answer["error"]["code"], TEMPORARY)

    async def test_clients_of_other_nodes_are_disconnected_and_taken_into_rooms_and_out(self):
        self.serve(2)
        ann, ben = [await self.member(1, user=user) for user in ("ann", "ben")]
        await self.result(0, "subscribe", {"user": "ann", "channel": "lobby"})
        self.assertIn("subscribe", await ann.push())
        await self.result(0, "unsubscribe", {"user": "ann", "channel": "lobby"})
        self.assertIn("unsubscribe", await ann.push())
        await self.result(0, "disconnect", {"user": "ann", "disconnect": {"code": 4123, "reason": "enough"}})
        self.assertEqual(await close_of(ann.client), (4123, "enough"))
        self.assertIn("ping", await ben.ask("ping"))

    async def test_a_removed_history_is_gone_where_the_room_is_open_and_where_it_is_not(self):
        self.serve(3)
        readers = [await self.member(node, "lobby", user="ann") for node in (0, 1)]
        before = [await self.publish(2, i) for i in range(3)][-1]
        for reader in readers:
            self.assertEqual([await reader.data() for _ in range(3)], [0, 1, 2])
        await self.result(0, "history_remove", {"channel": "lobby"})
        for node in range(3):
            await self.until(lambda: self.is_empty(node), "the messages to be gone")
        self.assertEqual(await self.publish(1, "next"), {**before, "offset": 4})
        self.assertEqual([await reader.data() for reader in readers], ["next"] * 2)
        for node in range(3):
            await self.until(lambda: self.has_one(node), "the next message")

    async def is_empty(self, node):
        return (await self.history(node))[::2] == ([], 3)

    async def has_one(self, node):
        return (await self.history(node))[0] == [(4, "next")]


@needs_redis
class Revoking(Clustered):
    def serve(self, count=2, redis=None, **options):
        self.secret = secret_file(self)
        return super().serve(count, redis, token_secret_file=self.secret, **options)

    async def came(self, node, text):
        """A client that shows the token."""
        client = Member(await self.enterAsyncContext(connect(self.nodes[node].url_of(path=STRUCTURED))))
        await client.send("connect", token=text)
        return client

    async def lets_in(self, node, text):
        client = await self.came(node, text)
        self.assertIn("connect", await client.next())
        return client

    async def keeps_out(self, node, text):
        self.assertEqual((await close_of((await self.came(node, text)).client))[0], 3500)

    async def is_out(self, client):
        self.assertEqual(await close_of(client.client), (3500, "token was revoked"))

    async def restarted(self, node):
        await asyncio.to_thread(self.nodes[node].kill)
        await asyncio.to_thread(self.nodes[node].start)

    async def test_a_token_is_out_on_all_nodes_and_on_those_that_come_later(self):
        self.serve(2)
        bad, good = token("ann", jti="bad"), token("ann", jti="good")
        clients = [await self.lets_in(node, bad) for node in (0, 1)]
        await self.result(0, "revoke_token", {"uid": "bad", "expire_at": int(time.time()) + 3600})
        for client in clients:
            await self.is_out(client)
        await self.restarted(1)
        for node in 0, 1:
            await self.keeps_out(node, bad)
            await self.lets_in(node, good)

    async def test_a_users_tokens_are_out_by_the_clock_of_the_node_that_was_asked(self):
        self.serve(2)
        old = token("ann", iat=int(time.time()) - 10)
        client = await self.lets_in(1, old)
        await self.result(0, "invalidate_user_tokens", {"user": "ann", "expire_at": int(time.time()) + 3600})
        await self.is_out(client)
        until, before = self.redis.call("HGET", "centrifugo.revoked", "uann").split()
        self.assertGreater(int(until), int(before))
        new = token("ann", iat=int(before))
        await self.restarted(0)
        for node in 0, 1:
            await self.keeps_out(node, old)
            await self.lets_in(node, new)

    async def test_redis_forgets_them_when_they_are_over(self):
        self.serve(1)
        soon, later = int(time.time()) + 100, int(time.time()) + 3600
        for uid, until in ("a", soon), ("b", later), ("b", soon):
            await self.result(0, "revoke_token", {"uid": uid, "expire_at": until})
        self.assertEqual(self.redis.call("HGET", "centrifugo.revoked", "tb"), f"{later} 0")
        for key in "centrifugo.revoked", "centrifugo.revoked.until":
            self.assertTrue(3600 < self.redis.call("TTL", key) <= 4200)
        self.redis.call("ZADD", "centrifugo.revoked.until", 1, "ta")
        await self.result(0, "revoke_token", {"uid": "c", "expire_at": soon})
        self.assertEqual(sorted(self.redis.call("HKEYS", "centrifugo.revoked")), ["tb", "tc"])

    async def test_a_redis_that_has_lost_them_gets_them_back(self):
        self.serve(2)
        await self.result(0, "revoke_token", {"uid": "bad"})
        await self.result(1, "invalidate_user_tokens", {"user": "ben"})
        kept = self.redis.call("HGETALL", "centrifugo.revoked")
        await asyncio.to_thread(self.redis.restart, True)
        await self.until(lambda: sorted(self.redis.call("HGETALL", "centrifugo.revoked")) == sorted(kept), "Redis to have them")
        await self.restarted(1)
        await self.keeps_out(1, token("ann", jti="bad"))

    async def test_a_revocation_that_redis_does_not_take_is_no_success(self):
        self.serve(1)
        client = await self.lets_in(0, token("ann", jti="bad"))
        with self.redis.paused():
            answer = await self.call(0, "revoke_token", {"uid": "bad"}, status=503)
            await self.is_out(client)
        self.assertIn("this node", str(answer))
        await self.until(lambda: self.revoked("bad"), "a further try to work")

    async def revoked(self, uid):
        return (await self.answer(0, "revoke_token", {"uid": uid}))[0] == 200

    async def test_tokens_wait_for_a_redis_that_has_not_been_there_since_the_start(self):
        self.serve(1)
        await self.result(0, "revoke_token", {"uid": "bad"})
        with self.redis.paused():
            await self.restarted(0)
            refused = await (await self.came(0, token("ann"))).next()
            self.assertEqual((refused["error"]["code"], refused["error"]["temporary"]), (TEMPORARY, True))
            self.assertIn("connect", await (await self.came(0, None)).next())
        await self.nodes.until(0)
        await self.lets_in(0, token("ann"))
        await self.keeps_out(0, token("ann", jti="bad"))

    async def test_what_is_revoked_elsewhere_while_a_node_is_cut_off_counts_when_it_is_back(self):
        redis = self.enterContext(Redis())
        relay = self.enterContext(Relay(redis.path))
        self.serve(2, [redis, relay])
        client = await self.lets_in(1, token("ann", jti="bad"))
        relay.refuse()
        await self.until(lambda: not self.nodes.linked(1), "node 1 to be cut off")
        await self.result(0, "revoke_token", {"uid": "bad"})
        self.assertIn("ping", await client.ask("ping"))
        relay.allow()
        await self.is_out(client)


if __name__ == "__main__":
    unittest.main()
