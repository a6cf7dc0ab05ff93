"""Who may publish, see the history, and see who is there."""
from harness.script import case
from harness.settings import ANYONE, MEMBERS, NOBODY, Rooms, Settings, TOKEN, USERS
from harness.tokens import SECRET

KINDS = (ANYONE, USERS, MEMBERS, TOKEN, NOBODY)
SETTINGS = Settings(secret=SECRET, anonymous=True, rooms=(
    *((f"publish-{who}", Rooms(join=ANYONE, publish=who)) for who in KINDS),
    *((f"history-{who}", Rooms(join=ANYONE, history=who)) for who in KINDS),
    *((f"presence-{who}", Rooms(join=ANYONE, presence=who)) for who in KINDS),
    ("bare", Rooms(join=ANYONE, publish=ANYONE, history=ANYONE, presence=ANYONE, keep=False)),
))


async def do(client, command):
    """What a client in the room publishes comes back to it."""
    reply = await client.send(**command)
    if reply and "publish" in reply:
        await client.push()


async def each(case, what, command):
    """A user and an anonymous client, outside the room and in it."""
    for name, token in (("ann", {"token": case.token("ann")}), ("nobody", {})):
        client = await case.connect(name, **token)
        for who in KINDS:
            room = f"{what}-{who}:{command.__name__}-{name}"
            await client.send(**command(room))
            await client.subscribe(room)
            await do(client, command(room))
            await client.leave_room(room)


def with_token(what, command):
    async def inside(case):
        ann = await case.connect("ann", token=case.token("ann"))
        for who in KINDS:
            room = f"{what}-{who}:{command.__name__}-token"
            await ann.subscribe(room, token=case.token("ann", channel=room))
            await do(ann, command(room))
            await ann.leave_room(room)
    return inside


def publish(room):
    return {"publish": {"channel": room, "data": {"a": 1}}}


def history(room):
    return {"history": {"channel": room, "limit": 10}}


def presence(room):
    return {"presence": {"channel": room}}


def stats(room):
    return {"presence_stats": {"channel": room}}


@case("publish", SETTINGS)
async def may_publish(case):
    await each(case, "publish", publish)


@case("history", SETTINGS)
async def may_see_history(case):
    await each(case, "history", history)


@case("presence", SETTINGS)
async def may_see_presence(case):
    await each(case, "presence", presence)


@case("presence_stats", SETTINGS)
async def may_see_stats(case):
    await each(case, "presence", stats)


case("publish in a room that a token opened", SETTINGS)(with_token("publish", publish))
case("history in a room that a token opened", SETTINGS)(with_token("history", history))
case("presence in a room that a token opened", SETTINGS)(with_token("presence", presence))


@case("a room without history", SETTINGS)
async def bare(case):
    ann = await case.connect("ann", token=case.token("ann"))
    await ann.subscribe("bare:room")
    await ann.send(**history("bare:room"))
    await ann.send(**publish("bare:room"))


@case("rooms of an unknown namespace", SETTINGS)
async def unknown(case):
    ann = await case.connect("ann", token=case.token("ann"))
    for command in (publish, history, presence, stats):
        await ann.send(**command("unknown:room"))
    await case.api("publish", channel="unknown:room", data=1)
    await case.api("history", channel="unknown:room")
    await case.api("presence", channel="unknown:room")


@case("joins are for those who may see presence", SETTINGS)
async def joins(case):
    for name, token in (("ann", {"token": case.token("ann")}), ("nobody", {})):
        client = await case.connect(name, **token)
        for who in KINDS:
            await client.subscribe(f"presence-{who}:joins-{name}", join_leave=True)
            await client.stays(0.1)


@case("recovery is for those who may see history", SETTINGS)
async def recovery(case):
    for name, token in (("ann", {"token": case.token("ann")}), ("nobody", {})):
        client = await case.connect(name, **token)
        for who in KINDS:
            await client.subscribe(f"history-{who}:recovery-{name}")


@case("publishing to a private room, and to a room of others", SETTINGS)
async def private(case):
    ann = await case.connect("ann", token=case.token("ann"))
    for room in ("$publish-anyone:a", "publish-anyone:a#bob", "publish-anyone:$a"):
        await ann.send(**publish(room))
