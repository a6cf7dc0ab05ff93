"""The walk with centrifuge-python. See walks.py."""
import asyncio
import json
import sys
import urllib.parse
import urllib.request

from centrifuge import Client, ClientEventHandler, DeltaType, StreamPosition, SubscriptionEventHandler

url, site, asking, encoding, _ = sys.argv[1:]
PROTOBUF = encoding == "protobuf"


def report(**facts):
    print(json.dumps({name.replace("_", " "): fact for name, fact in facts.items()}), flush=True)


def packed(value):
    """With protobuf, data are bytes."""
    return json.dumps(value).encode() if PROTOBUF else value


def unpacked(value):
    return json.loads(value) if PROTOBUF else value


def all_data(publications):
    return [unpacked(publication.data) for publication in publications]


async def ask(path, method="GET"):
    def call():
        with urllib.request.urlopen(urllib.request.Request(site + path, method=method)) as answer:
            return answer.read().decode()
    return await asyncio.to_thread(call)


def visitor(address, **options):
    # By default the SDK gives up commands after 5 s. A busy machine needs longer.
    return Client(address, use_protobuf=PROTOBUF, timeout=30, min_reconnect_delay=0.01, max_reconnect_delay=0.1, proxy=None,
                  **options)


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


async def walk_of_bob():
    events, tea, closed = Events(), RoomEvents(), RoomEvents()
    bob = visitor(asking, events=events, data=packed({"user": "bob"}))
    await bob.connect()
    room = bob.new_subscription("tea", events=tea, data=packed({"why": "because"}))
    await room.subscribe()
    await room.ready(10)
    report(data=unpacked(events.data), room_data=unpacked(tea.subscribed[0].data))
    await bob.new_subscription("closed", events=closed, data=packed({"why": "for fun"})).subscribe()
    await until(lambda: closed.refused, "the refusal")
    report(room_refused=closed.refused)
    await bob.disconnect()


async def talk(room, seen):
    await room.publish(packed({"n": 1}))
    await until(lambda: len(seen.publications) == 1, "the own message")
    first = seen.publications[0]
    report(own=unpacked(first.data), publisher=f"{first.info.user} {unpacked(first.info.conn_info)['name']}")
    report(presence=[info.user for info in (await room.presence()).clients.values()])
    stats = await room.presence_stats()
    report(stats=[stats.num_clients, stats.num_users])
    report(history=all_data((await room.history(limit=10)).publications))


async def come_back(room, seen):
    await ask("/cut", "POST")
    await until(lambda: len(seen.publications) == 3, "what was published during the cut")
    report(recovered=seen.subscribed[-1].recovered, after_the_cut=all_data(seen.publications[1:]))
    since = StreamPosition(1, (await room.history(limit=0)).epoch)
    report(history_since=all_data((await room.history(limit=10, since=since)).publications))
    report(last_of_the_history=all_data((await room.history(limit=1, reverse=True)).publications))


async def follow(ann, room_token):
    """A room whose messages are long and similar: only the differences come."""
    seen = RoomEvents()
    room = ann.new_subscription("$states", events=seen, get_token=room_token, delta=DeltaType.FOSSIL)
    await room.subscribe()
    await room.ready(10)
    wanted = [{"at": at, "text": "so " * 1000, "end": -at} for at in range(10)]
    before = int(await ask("/carried"))
    for state in wanted:
        await room.publish(packed(state))
    await until(lambda: len(seen.publications) == len(wanted), "the states")
    states = all_data(seen.publications)
    report(states=[state["at"] for state in states], exact=states == wanted)
    report(only_differences=int(await ask("/carried")) - before < len(json.dumps(wanted)) / 3)


async def walk_of_ann():
    stranger = Events()
    await visitor(url, events=stranger).connect()
    await until(lambda: stranger.disconnected, "the refusal")
    report(refused=stranger.disconnected)

    tokens, room_tokens = [], []

    async def token():
        tokens.append(await ask("/token?ttl=2"))
        return tokens[-1]

    async def room_token(channel):
        room_tokens.append(await ask(f"/token?ttl=2&channel={urllib.parse.quote(channel)}"))
        return room_tokens[-1]
    events, seen = Events(), RoomEvents()
    ann = visitor(url, events=events, get_token=token)
    room = ann.new_subscription("$room", events=seen, get_token=room_token)
    await ann.connect()
    await room.subscribe()
    await room.ready(10)
    await talk(room, seen)
    await come_back(room, seen)

    # Both tokens are renewed, and neither the connection nor the subscription notices.
    before, room_before, times = len(tokens), len(room_tokens), len(seen.subscribed)
    await until(lambda: len(tokens) > before and len(room_tokens) > room_before, "new tokens")
    await room.presence()
    report(refreshed=len(seen.subscribed) == times and seen.refused is None, connections=events.connections)
    await follow(ann, room_token)
    await ann.disconnect()


async def main():
    await walk_of_bob()
    await walk_of_ann()


asyncio.run(main())
