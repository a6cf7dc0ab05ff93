"""History and presence: limits, order, positions, rooms that are not there."""
from harness.script import case
from harness.settings import MEMBERS, NOBODY, Rooms, Settings, USERS
from support.tokens import SECRET

SETTINGS = Settings(secret=SECRET, rooms=(
    ("", Rooms(join=USERS, publish=USERS, history=USERS, presence=USERS)),
    ("members", Rooms(join=USERS, publish=USERS, history=MEMBERS, presence=MEMBERS)),
    ("nobody", Rooms(join=USERS, history=NOBODY, presence=NOBODY)),
    ("large", Rooms(join=USERS, history=MEMBERS, size=400)),
    ("forgets", Rooms(join=USERS, publish=USERS, history=USERS, keep=False)),
))


async def filled(case, room, count):
    """A client in a room with so many messages, and the room's epoch. The rooms keep 20."""
    ann = await case.connect("ann", token=case.token("ann"))
    epoch = (await ann.subscribe(room))["subscribe"].get("epoch", "")
    await ann.send(unsubscribe={"channel": room})
    for number in range(1, count + 1):
        await case.api("publish", channel=room, data=number)
    return ann, epoch


async def ask(ann, room, **fields):
    return await ann.send(history={"channel": room, **fields})


@case("limits", SETTINGS)
async def limits(case):
    ann, _ = await filled(case, "limits", 25)
    await ask(ann, "limits")
    for limit in (0, 1, 5, 20, 1000, 2147483647, -1, -2):
        await ask(ann, "limits", limit=limit)
        await ask(ann, "limits", limit=limit, reverse=True)


@case("no limit but a position", SETTINGS)
async def since_zero(case):
    ann, epoch = await filled(case, "zero", 3)
    await ask(ann, "zero", since={"offset": 1, "epoch": epoch})
    await ask(ann, "zero", since={})
    await ask(ann, "zero", limit=-1, since={})


@case("positions", SETTINGS)
async def positions(case):
    ann, epoch = await filled(case, "positions", 25)
    for offset in (0, 4, 5, 6, 20, 24, 25, 26, 1000):
        for fields in ({"limit": -1}, {"limit": 2}, {"limit": 2, "reverse": True}, {"limit": -1, "reverse": True}):
            await ask(ann, "positions", since={"offset": offset, "epoch": epoch}, **fields)


@case("positions of another epoch, or of none", SETTINGS)
async def epochs(case):
    ann, epoch = await filled(case, "epochs", 3)
    for since in ({"offset": 1, "epoch": "wrong"}, {"offset": 1}, {"offset": 9}, {"epoch": epoch}, {"epoch": "wrong"}):
        for reverse in (False, True):
            await ask(ann, "epochs", limit=10, since=since, reverse=reverse)


@case("a room that is not there", SETTINGS)
async def missing(case):
    ann = await case.connect("ann", token=case.token("ann"))
    await ask(ann, "missing-1")
    await ask(ann, "missing-2", limit=10)
    await ask(ann, "missing-3", limit=10, since={"offset": 3, "epoch": "wrong"})
    await ask(ann, "missing-4", limit=10, since={"offset": 0, "epoch": ""})
    await ask(ann, "missing-5", limit=10, reverse=True)
    await ann.send(presence={"channel": "missing-6"})
    await ann.send(presence_stats={"channel": "missing-6"})
    await ask(ann, "unknown:room")
    await ann.send(presence={"channel": "unknown:room"})
    await ann.send(presence_stats={"channel": "unknown:room"})
    await case.api("history", channel="missing-7", limit=10)
    await case.api("presence", channel="missing-7")
    await case.api("presence_stats", channel="missing-7")


@case("who may ask", SETTINGS)
async def permissions(case):
    ann = await case.connect("ann", token=case.token("ann"))
    for room in ("forgets:a", "members:a", "nobody:a"):
        for method in ("history", "presence", "presence_stats"):
            await ann.send(**{method: {"channel": room}})
        await ann.subscribe(room)
        for method in ("history", "presence", "presence_stats"):
            await ann.send(**{method: {"channel": room}})


@case("history of a message that a client has published", SETTINGS)
async def by_client(case):
    ann = await case.connect("ann", token=case.token("ann", info={"name": "Ann"}))
    await ann.subscribe("by-client", token=case.token("ann", channel="by-client", info={"role": "host"}))
    await ann.publish("by-client", {"text": "from a member"})
    await ann.push()
    await ann.publish("by-client-too", {"text": "from outside"})
    await ask(ann, "by-client", limit=1)
    await ask(ann, "by-client-too", limit=1)
    await case.api("history", channel="by-client", limit=1)
    await case.api("history_remove", channel="by-client")
    await ask(ann, "by-client", limit=1)


@case("removed history", SETTINGS)
async def removed(case):
    ann, epoch = await filled(case, "removed", 3)
    await case.api("history_remove", channel="removed")
    await ask(ann, "removed", limit=10)
    for offset in (0, 1, 3):
        await ask(ann, "removed", limit=10, since={"offset": offset, "epoch": epoch})
    await case.api("publish", channel="removed", data=4)
    await ask(ann, "removed", limit=10)
    await ask(ann, "removed", limit=10, since={"offset": 3, "epoch": epoch})
    await case.api("history_remove", channel="removed-2")


@case("limits and positions of the API", SETTINGS)
async def api(case):
    _, epoch = await filled(case, "api", 25)
    for fields in ({}, {"limit": 0}, {"limit": 2}, {"limit": -1}, {"limit": -2}, {"limit": 2, "reverse": True},
                   {"limit": 2, "since": {"offset": 10, "epoch": epoch}},
                   {"limit": 2, "since": {"offset": 10, "epoch": epoch}, "reverse": True},
                   {"limit": 2, "since": {"offset": 2, "epoch": epoch}}, {"limit": 2, "since": {"offset": 99, "epoch": epoch}},
                   {"limit": 2, "since": {"offset": 10, "epoch": "wrong"}}):
        await case.api("history", channel="api", **fields)
    await case.api("history", channel="forgets:api")
    await case.api("history")
    await case.api("presence")


@case("presence of members", SETTINGS)
async def presence(case):
    ann = await case.connect("ann", token=case.token("ann", info={"name": "Ann"}))
    bob = await case.connect("bob", token=case.token("bob"))
    again = await case.connect("again", token=case.token("bob"))
    for client in (ann, bob, again):
        await client.subscribe("members:p")
    await ann.send(presence={"channel": "members:p"})
    await ann.send(presence_stats={"channel": "members:p"})
    await again.leave_room("members:p")
    await ann.send(presence_stats={"channel": "members:p"})
    await bob.leave_room("members:p")
    await ann.send(presence_stats={"channel": "members:p"})
    await case.api("presence", channel="members:p")
    await case.api("presence_stats", channel="members:p")


@case("more messages than Centrifugo gives at once", SETTINGS)
async def large(case):
    ann = await case.connect("ann", token=case.token("ann"))
    epoch = (await ann.subscribe("large:a"))["subscribe"]["epoch"]
    await ann.leave_room("large:a")
    await case.api("batch", commands=[{"publish": {"channel": "large:a", "data": number}} for number in range(1, 311)])
    await ann.subscribe("large:a", recover=True, offset=10, epoch=epoch)
    await ann.leave_room("large:a")
    await ann.subscribe("large:a", recover=True, offset=9, epoch=epoch)
    await ann.send(history={"channel": "large:a", "limit": -1, "since": {"offset": 10, "epoch": epoch}})
    await ann.send(history={"channel": "large:a", "limit": -1})
    await case.api("history", channel="large:a", limit=-1)
