"""Who comes and goes: what watchers see, and rooms that the client or the server chooses."""
from harness.script import case
from harness.settings import MEMBERS, Rooms, Settings, USERS
from support.tokens import SECRET

SETTINGS = Settings(secret=SECRET, rooms=(
    ("", Rooms(join=USERS, publish=MEMBERS, history=MEMBERS, presence=MEMBERS)),
    ("watch", Rooms(join=USERS, publish=MEMBERS, presence=MEMBERS, keep=False, join_leave=True)),
))


async def user(case, name, **fields):
    return await case.connect(name, token=case.token(name, **fields))


@case("a watcher", SETTINGS)
async def watcher(case):
    ann, bob = await user(case, "ann"), await user(case, "bob", info={"name": "Bob"})
    await ann.subscribe("watched", join_leave=True)
    await ann.push()
    await bob.subscribe("watched")
    await ann.push()
    await bob.leave_room("watched")
    await ann.push()
    await bob.subscribe("watched", join_leave=True)
    await ann.push()
    await bob.push()
    await ann.leave_room("watched")
    await bob.push()


@case("a room where everybody watches", SETTINGS)
async def forced(case):
    ann, bob = await user(case, "ann"), await user(case, "bob")
    await ann.subscribe("watch:a")
    await ann.push()
    await bob.subscribe("watch:a")
    await ann.push()
    await bob.push()
    await bob.publish("watch:a", 1)
    await ann.push()
    await bob.push()
    await bob.leave_room("watch:a")
    await ann.push()


@case("a room that the token chose", SETTINGS)
async def chosen(case):
    ann = await user(case, "ann", channels=["chosen"])
    await ann.subscribe("chosen")
    await ann.publish("chosen", 1)
    await ann.push()
    await ann.leave_room("chosen")
    await ann.publish("chosen", 2)
    await ann.subscribe("chosen")
    await ann.publish("chosen", 3)
    await ann.push()


@case("rooms that the client names in connect", SETTINGS)
async def named(case):
    ann = await case.connect("ann", token=case.token("ann"), subs={"named": {}, "named-2": {"recover": True, "epoch": "", "offset": 0}})
    await ann.send(presence_stats={"channel": "named"})
    await ann.subscribe("named")


@case("the API takes out a client and puts it in again", SETTINGS)
async def by_api(case):
    eve, bob = await user(case, "eve"), await user(case, "bob")
    await bob.subscribe("by-api", join_leave=True)
    await bob.push()
    await case.api("subscribe", user="eve", channel="by-api")
    await eve.push()
    await bob.push()
    await case.api("unsubscribe", user="eve", channel="by-api")
    await eve.push()
    await bob.push()
    await eve.subscribe("by-api")
    await bob.push()
    await case.api("disconnect", user="eve")
    await eve.closed()
    await bob.push()
