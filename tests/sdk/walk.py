"""The walk with centrifuge-python. See test_sdk.py."""
import asyncio
import json
import sys
import urllib.parse
import urllib.request

from centrifuge import Client, ClientEventHandler, SubscriptionEventHandler

url, site, asking = sys.argv[1:]


async def ask(path, method="GET"):
    def call():
        with urllib.request.urlopen(urllib.request.Request(site + path, method=method)) as answer:
            return answer.read().decode()
    return await asyncio.to_thread(call)


class Events(ClientEventHandler):
    def __init__(self):
        self.connections, self.disconnected, self.data = 0, None, None

    async def on_connected(self, ctx):
        self.connections += 1
        self.data = ctx.data

    async def on_disconnected(self, ctx):
        self.disconnected = ctx.code


class RoomEvents(SubscriptionEventHandler):
    def __init__(self):
        self.publications, self.subscribed, self.refused = [], [], None

    async def on_publication(self, ctx):
        self.publications.append(ctx.pub)

    async def on_subscribed(self, ctx):
        self.subscribed.append(ctx)

    async def on_unsubscribed(self, ctx):
        self.refused = ctx.code


async def until(fact, what):
    for _ in range(1500):
        if fact():
            return
        await asyncio.sleep(0.01)
    raise AssertionError(f"waited for {what}")


async def walk_of_ann(report):
    stranger = Events()
    await Client(url, events=stranger, proxy=None).connect()
    await until(lambda: stranger.disconnected, "the refusal")
    report["refused"] = stranger.disconnected

    tokens, room_tokens = [], []

    async def token():
        tokens.append(await ask("/token?ttl=2"))
        return tokens[-1]

    async def room_token(channel):
        room_tokens.append(await ask(f"/token?ttl=2&channel={urllib.parse.quote(channel)}"))
        return room_tokens[-1]
    events, seen = Events(), RoomEvents()
    ann = Client(url, events=events, get_token=token, min_reconnect_delay=0.01, max_reconnect_delay=0.1, proxy=None)
    room = ann.new_subscription("$room", events=seen, get_token=room_token)
    await ann.connect()
    await room.subscribe()
    await room.ready(10)

    await room.publish({"n": 1})
    await until(lambda: len(seen.publications) == 1, "the own message")
    first = seen.publications[0]
    report["own"] = first.data
    report["publisher"] = f"{first.info.user} {first.info.conn_info['name']}"
    report["presence"] = [info.user for info in (await room.presence()).clients.values()]
    stats = await room.presence_stats()
    report["stats"] = [stats.num_clients, stats.num_users]
    report["history"] = [publication.data for publication in (await room.history(limit=10)).publications]

    await ask("/cut", "POST")
    await until(lambda: len(seen.publications) == 3, "what was published during the cut")
    report["recovered"] = seen.subscribed[-1].recovered
    report["after the cut"] = [publication.data for publication in seen.publications[1:]]

    # Both tokens are renewed, and neither the connection nor the subscription notices.
    before, room_before, times = len(tokens), len(room_tokens), len(seen.subscribed)
    await until(lambda: len(tokens) > before and len(room_tokens) > room_before, "new tokens")
    await room.presence()
    report["refreshed"] = len(seen.subscribed) == times and seen.refused is None
    report["connections"] = events.connections
    await ann.disconnect()


async def walk_of_bob(report):
    events, tea, closed = Events(), RoomEvents(), RoomEvents()
    bob = Client(asking, events=events, data={"user": "bob"}, proxy=None)
    await bob.connect()
    room = bob.new_subscription("tea", events=tea, data={"why": "because"})
    await room.subscribe()
    await room.ready(10)
    report["data"] = events.data
    report["room data"] = tea.subscribed[0].data
    await bob.new_subscription("closed", events=closed, data={"why": "for fun"}).subscribe()
    await until(lambda: closed.refused, "the refusal")
    report["room refused"] = closed.refused
    await bob.disconnect()


async def main():
    report = {}
    await walk_of_ann(report)
    await walk_of_bob(report)
    print(json.dumps(report))


asyncio.run(main())
