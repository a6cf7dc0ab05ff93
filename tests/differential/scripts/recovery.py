"""Recovery: what a client gets that comes back, from the history or only the last message."""
from harness.script import case
from harness.settings import MEMBERS, NOBODY, Rooms, Settings, USERS
from support.tokens import SECRET

SETTINGS = Settings(secret=SECRET, rooms=(
    ("", Rooms(join=USERS, publish=USERS, history=MEMBERS)),
    ("cache", Rooms(join=USERS, publish=USERS, history=MEMBERS, recovery="cache")),
    ("auto", Rooms(join=USERS, publish=USERS, history=MEMBERS, recovery="auto-cache")),
    ("forgets", Rooms(join=USERS, publish=USERS, keep=False)),
    ("closed", Rooms(join=USERS, publish=USERS, history=NOBODY)),
))
REJECT_UNRECOVERED = 2


async def filled(case, room, count):
    ann = await case.connect("ann", token=case.token("ann"))
    epoch = (await ann.subscribe(room))["subscribe"].get("epoch", "")
    await ann.leave_room(room)
    for number in range(1, count + 1):
        await case.api("publish", channel=room, data=number)
    return ann, epoch


async def come_back(ann, room, offset, epoch, **fields):
    reply = await ann.subscribe(room, recover=True, offset=offset, epoch=epoch, **fields)
    await ann.leave_room(room)
    return reply


@case("from every position", SETTINGS)
async def positions(case):
    ann, epoch = await filled(case, "positions", 25)
    for offset in (0, 4, 5, 6, 24, 25, 26, 99):
        await come_back(ann, "positions", offset, epoch)
    for offset, other in ((24, ""), (24, "wrong"), (0, ""), (0, "wrong")):
        await come_back(ann, "positions", offset, other)


@case("a room without messages", SETTINGS)
async def empty(case):
    ann, epoch = await filled(case, "empty", 0)
    for offset, other in ((0, epoch), (0, ""), (0, "wrong"), (3, epoch)):
        await come_back(ann, "empty", offset, other)


@case("a room that is not there", SETTINGS)
async def missing(case):
    ann = await case.connect("ann", token=case.token("ann"))
    await come_back(ann, "missing-1", 3, "wrong")
    await come_back(ann, "missing-2", 0, "")
    await come_back(ann, "missing-3", 0, "wrong")


@case("rooms that keep nothing, or whose history nobody sees", SETTINGS)
async def no_history(case):
    ann = await case.connect("ann", token=case.token("ann"))
    for room in ("forgets:a", "closed:a"):
        await come_back(ann, room, 0, "")
        await come_back(ann, room, 3, "wrong")


@case("a removed history", SETTINGS)
async def removed(case):
    ann, epoch = await filled(case, "removed", 3)
    await case.api("history_remove", channel="removed")
    for offset in (0, 2, 3):
        await come_back(ann, "removed", offset, epoch)


@case("messages published meanwhile come after the reply", SETTINGS)
async def goes_on(case):
    ann, epoch = await filled(case, "goes-on", 3)
    await ann.subscribe("goes-on", recover=True, offset=1, epoch=epoch)
    await case.api("publish", channel="goes-on", data=4)
    await ann.push()


@case("a client that does not want an incomplete recovery", SETTINGS)
async def reject(case):
    ann, epoch = await filled(case, "reject", 25)
    await come_back(ann, "reject", 3, epoch, flag=REJECT_UNRECOVERED)
    await come_back(ann, "reject", 20, "wrong", flag=REJECT_UNRECOVERED)
    await come_back(ann, "reject", 20, epoch, flag=REJECT_UNRECOVERED)
    await ann.subscribe("reject", flag=REJECT_UNRECOVERED)
    await ann.send(unsubscribe={"channel": "reject"})
    await come_back(ann, "forgets:reject", 3, "wrong", flag=REJECT_UNRECOVERED)


@case("the last message only", SETTINGS)
async def cache(case):
    ann, epoch = await filled(case, "cache:a", 25)
    for offset, other in ((0, epoch), (3, epoch), (24, epoch), (25, epoch), (26, epoch), (0, ""), (25, ""), (25, "wrong"), (3, "wrong")):
        await come_back(ann, "cache:a", offset, other)
    await ann.subscribe("cache:a")


@case("the last message only, of a room without messages", SETTINGS)
async def cache_empty(case):
    ann, epoch = await filled(case, "cache:empty", 0)
    for offset, other in ((0, epoch), (0, ""), (3, epoch), (3, "wrong")):
        await come_back(ann, "cache:empty", offset, other)
        await come_back(ann, "cache:empty", offset, other, flag=REJECT_UNRECOVERED)


@case("the last message only, of a removed history", SETTINGS)
async def cache_removed(case):
    ann, epoch = await filled(case, "cache:removed", 3)
    await case.api("history_remove", channel="cache:removed")
    for offset, other in ((0, epoch), (2, epoch), (3, epoch), (3, ""), (3, "wrong")):
        await come_back(ann, "cache:removed", offset, other)


@case("the last message only, and what comes then", SETTINGS)
async def cache_goes_on(case):
    ann, epoch = await filled(case, "cache:goes-on", 3)
    await ann.subscribe("cache:goes-on", recover=True, offset=1, epoch=epoch)
    await case.api("publish", channel="cache:goes-on", data=4)
    await ann.push()


@case("the last message for everybody who comes", SETTINGS)
async def auto(case):
    ann, epoch = await filled(case, "auto:a", 3)
    await ann.subscribe("auto:a")
    await case.api("publish", channel="auto:a", data=4)
    await ann.push()
    await ann.leave_room("auto:a")
    await come_back(ann, "auto:a", 4, epoch)
    await come_back(ann, "auto:a", 2, epoch)
    await ann.subscribe("auto:empty")


@case("the last message for those whom the server puts in", SETTINGS)
async def auto_by_server(case):
    for room in ("auto:server", "cache:server", "server"):
        await case.api("publish", channel=room, data=room)
    await case.connect("ann", token=case.token("ann", channels=["auto:server"]))
    await case.connect("bob", token=case.token("bob", channels=["cache:server"]))
    cid = await case.connect("cid", token=case.token("cid"))
    for room in ("auto:server", "cache:server", "server"):
        await case.api("subscribe", user="cid", channel=room)
        await cid.push()
    dan = await case.connect("dan", token=case.token("dan", channels=["cache:server", "server"]), subs={
        "cache:server": {"recover": True, "offset": 0, "epoch": ""}, "server": {"recover": True, "offset": 0, "epoch": ""}})
    await case.api("publish", channel="cache:server", data=2)
    await dan.push()


@case("API subscribe that recovers", SETTINGS)
async def recover_since(case):
    fay = await case.connect("fay", token=case.token("fay"))
    for number in range(3):
        await case.api("publish", channel="since", data=number)
        await case.api("publish", channel="cache:since", data=number)
    answer = await case.api("history", channel="since", limit=0)
    cache = await case.api("history", channel="cache:since", limit=0)
    await case.api("subscribe", user="fay", channel="since",
                   recover_since={"offset": 1, "epoch": answer["result"].get("epoch", "")})
    await fay.push()
    await fay.send(history={"channel": "unknown:a"})  # what comes behind the push has come
    await case.api("subscribe", user="fay", channel="cache:since",
                   recover_since={"offset": 1, "epoch": cache["result"].get("epoch", "")})
    await fay.push()
    await fay.send(history={"channel": "unknown:a"})  # what comes behind the push has come
