"""The server API: batches, lists of rooms, and what is wrong with a request."""
from harness.script import case
from harness.settings import MEMBERS, Rooms, Settings, USERS
from support.tokens import SECRET

SETTINGS = Settings(secret=SECRET, rooms=(
    ("", Rooms(join=USERS, publish=MEMBERS, history=MEMBERS, presence=MEMBERS)),
    ("forgets", Rooms(join=USERS, keep=False)),
))
# Rooms of other cases would be in the lists.
ALONE = Settings(secret=SECRET, rooms=SETTINGS.rooms, max_rooms=127)


@case("a batch", SETTINGS)
async def batch(case):
    await case.api("batch", commands=[
        {"publish": {"channel": "batch", "data": 1}}, {"broadcast": {"channels": ["batch", "batch-2"], "data": 2}},
        {"history": {"channel": "batch", "limit": 2}}, {"presence_stats": {"channel": "batch"}},
        {"presence": {"channel": "batch"}}, {"history_remove": {"channel": "batch"}},
        {"unsubscribe": {"user": "nobody", "channel": "batch"}}, {"disconnect": {"user": "nobody"}}])
    await case.api("batch", parallel=True, commands=[{"presence_stats": {"channel": "batch"}}])


@case("mistakes in a batch", SETTINGS)
async def bad_batch(case):
    await case.api("batch", commands=[])
    await case.api("batch")
    await case.api("batch", commands=[{"publish": {"channel": "bad-batch"}}, {"publish": {"channel": "unknown:a", "data": 1}},
                                      {"publish": {"channel": "bad-batch", "data": 1}}])
    await case.api("batch", commands=[{}, {"presence_stats": {"channel": "bad-batch"}}])
    await case.api("batch", commands={})


@case("a list of rooms", ALONE)
async def channels(case):
    await case.api("channels")
    ann = await case.connect("ann", token=case.token("ann"))
    bob = await case.connect("bob", token=case.token("bob"))
    for room in ("list-a", "list-b", "forgets:list"):
        await ann.subscribe(room)
    await bob.subscribe("list-a")
    await case.api("publish", channel="list-kept", data=1)
    await case.api("channels")
    await case.api("channels", pattern="list-*")
    await case.api("channels", pattern="*:list")
    await case.api("channels", pattern="none")
    await case.api("channels", pattern="list-?")


@case("rooms of unknown namespaces", SETTINGS)
async def unknown(case):
    for method in ("presence", "presence_stats", "history", "history_remove"):
        await case.api(method, channel="unknown:a")
    await case.api("publish", channel="unknown:a", data=1)
    await case.api("unsubscribe", channel="unknown:a", user="ann")
    await case.api("subscribe", channel="unknown:a", user="ann")


@case("what a room does not have", SETTINGS)
async def without(case):
    await case.api("history", channel="forgets:a")
    await case.api("history_remove", channel="forgets:a")
    await case.api("presence", channel="forgets:a")


@case("missing fields", SETTINGS)
async def missing(case):
    for method in ("presence", "presence_stats", "history", "history_remove", "unsubscribe", "subscribe", "disconnect", "refresh"):
        await case.api(method)
    await case.api("unsubscribe", user="ann")
    await case.api("subscribe", user="ann")


@case("codes of disconnect", SETTINGS)
async def disconnect(case):
    gus = await case.connect("gus", token=case.token("gus"))
    await case.api("disconnect", user="gus", disconnect={"code": 4321, "reason": "own"})
    await gus.closed()
    hal = await case.connect("hal", token=case.token("hal"))
    await case.api("disconnect", user="hal")
    await hal.closed()
    ivy, other = await case.connect("ivy", token=case.token("ivy")), await case.connect("ivy-2", token=case.token("ivy"))
    await case.api("disconnect", user="ivy", whitelist=[ivy.client])
    await other.closed()
    await ivy.send(history={"channel": "unknown:a"})
