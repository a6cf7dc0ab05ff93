"""Delta compression: who gets it, and that every delta stands for what was published."""
from harness.script import case
from harness.settings import ANYONE, MEMBERS, Rooms, Settings
from support.tokens import SECRET

MAY = {"join": ANYONE, "publish": MEMBERS, "history": MEMBERS, "presence": MEMBERS}
SETTINGS = Settings(secret=SECRET, anonymous=True, rooms=(
    ("", Rooms(**MAY, delta=True)),
    ("whole", Rooms(**MAY)),
    ("bare", Rooms(**{**MAY, "history": MEMBERS}, keep=False, delta=True)),
))


def state(clock):
    return {"clock": clock, "venue": "Fluß 🏟", "players": [{"name": f"player {i}", "at": i * clock % 7} for i in range(20)]}


async def subscribe(client, room, **more):
    return await client.send(subscribe={"channel": room, "delta": "fossil", **more})


async def publish(case, room, clocks, *clients):
    for clock in clocks:
        await case.api("publish", channel=room, data=state(clock))
        for client in clients:
            await client.push()


@case("a stream of states", SETTINGS)
async def stream(case):
    ann = await case.connect("ann", token=case.token("ann"))
    bob = await case.connect("bob", token=case.token("bob"))
    await subscribe(ann, "match")
    await bob.send(subscribe={"channel": "match"})
    await publish(case, "match", range(1, 6), ann, bob)


@case("a newcomer", SETTINGS)
async def newcomer(case):
    ann = await case.connect("ann", token=case.token("ann"))
    bob = await case.connect("bob", token=case.token("bob"))
    await subscribe(ann, "late")
    await publish(case, "late", (1, 2), ann)
    await subscribe(bob, "late")
    await publish(case, "late", (3, 4), ann, bob)


@case("data that is not alike", SETTINGS)
async def unlike(case):
    ann = await case.connect("ann", token=case.token("ann"))
    await subscribe(ann, "unlike")
    for data in (1, "two", [3], {"four": 4}, {"five": "x" * 50}, {"six": "x" * 50 + "y"}):
        await case.api("publish", channel="unlike", data=data)
        await ann.push()


@case("a client publishes", SETTINGS)
async def client_publishes(case):
    ann = await case.connect("ann", token=case.token("ann"))
    await subscribe(ann, "own")
    for clock in (1, 2):
        await ann.publish("own", state(clock))
        await ann.push()


@case("recovery", SETTINGS)
async def recovery(case):
    ann = await case.connect("ann", token=case.token("ann"))
    reply = await subscribe(ann, "back")
    await publish(case, "back", (1, 2, 3, 4), ann)
    epoch = reply["subscribe"]["epoch"]
    bob = await case.connect("bob", token=case.token("bob"))
    await subscribe(bob, "back", recover=True, offset=1, epoch=epoch)
    await publish(case, "back", (5, 6), ann, bob)


@case("recovery without a gap", SETTINGS)
async def nothing_missed(case):
    ann = await case.connect("ann", token=case.token("ann"))
    reply = await subscribe(ann, "same")
    await publish(case, "same", (1, 2), ann)
    await ann.send(unsubscribe={"channel": "same"})
    await subscribe(ann, "same", recover=True, offset=2, epoch=reply["subscribe"]["epoch"])
    await publish(case, "same", (3, 4), ann)


@case("an epoch that is gone", SETTINGS)
async def other_epoch(case):
    ann = await case.connect("ann", token=case.token("ann"))
    await subscribe(ann, "gone", recover=True, offset=2, epoch="gone")
    await publish(case, "gone", (1, 2), ann)


@case("a publication without history", SETTINGS)
async def ephemeral(case):
    ann = await case.connect("ann", token=case.token("ann"))
    await subscribe(ann, "ephemeral")
    await publish(case, "ephemeral", (1, 2), ann)
    await case.api("publish", channel="ephemeral", data=state(3), skip_history=True)
    await ann.push()
    await publish(case, "ephemeral", (4,), ann)


@case("a room without history", SETTINGS)
async def bare(case):
    ann = await case.connect("ann", token=case.token("ann"))
    await subscribe(ann, "bare:match")
    await publish(case, "bare:match", (1, 2, 3), ann)


@case("a room without deltas", SETTINGS)
async def not_allowed(case):
    ann = await case.connect("ann", token=case.token("ann"))
    await subscribe(ann, "whole:match")
    await publish(case, "whole:match", (1, 2), ann)


@case("a room of connect", SETTINGS)
async def server_side(case):
    ann = await case.connect("ann", token=case.token("ann", channels=["mine", "yours"]),
                             subs={"mine": {"delta": "fossil"}, "yours": {"delta": "vcdiff"}})
    await publish(case, "mine", (1, 2), ann)
    await publish(case, "yours", (1, 2), ann)


@case("an unknown type of delta", SETTINGS)
async def unknown(case):
    ann = await case.connect("ann", token=case.token("ann"))
    await ann.send(subscribe={"channel": "match", "delta": "vcdiff"})
    await ann.closed()


@case("delta is no string", SETTINGS)
async def no_string(case):
    ann = await case.connect("ann", token=case.token("ann"))
    await ann.send(subscribe={"channel": "match", "delta": 1})
    await ann.stays()


@case("a delta is asked for with every publication", SETTINGS)
async def flag(case):
    ann = await case.connect("ann", token=case.token("ann"))
    await subscribe(ann, "flag")
    for clock, asked in ((1, True), (2, True), (3, False)):
        await case.api("publish", channel="flag", data=state(clock), delta=asked)
        await ann.push()
