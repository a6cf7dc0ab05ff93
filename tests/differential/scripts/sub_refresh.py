"""A subscription expires, and sub_refresh prolongs it."""
from harness.script import AFTERWARDS, case, SOON
from harness.settings import NOBODY, Rooms, Settings
from support.tokens import SECRET

SETTINGS = Settings(secret=SECRET, grace=1, rooms=(("", Rooms(join=NOBODY, keep=False)),))


async def inside(case, room, **claims):
    ann = await case.connect("ann", token=case.token("ann"))
    await ann.subscribe(room, token=case.token("ann", channel=room, **claims))
    return ann


@case("nobody refreshes", SETTINGS)
async def nobody(case):
    ann = await inside(case, "$nobody", exp=+SOON)
    await ann.push()
    await ann.stays()
    await ann.subscribe("$nobody", token=case.token("ann", channel="$nobody"))


@case("a refresh in time", SETTINGS)
async def in_time(case):
    ann = await inside(case, "$time", exp=+SOON)
    await ann.send(sub_refresh={"channel": "$time", "token": case.token("ann", channel="$time", exp=+60)})
    await ann.stays(AFTERWARDS)
    await ann.subscribe("$time", token=case.token("ann", channel="$time"))


@case("a refresh with a token that never expires", SETTINGS)
async def forever(case):
    ann = await inside(case, "$forever", exp=+SOON)
    await ann.send(sub_refresh={"channel": "$forever", "token": case.token("ann", channel="$forever")})
    await ann.stays(AFTERWARDS)


@case("a refresh of a subscription that never expires", SETTINGS)
async def needless(case):
    ann = await inside(case, "$needless")
    await ann.send(sub_refresh={"channel": "$needless", "token": case.token("ann", channel="$needless", exp=+60)})


@case("a bad token", SETTINGS)
async def bad(case):
    ann = await inside(case, "$bad", exp=+60)
    await ann.send(sub_refresh={"channel": "$bad", "token": case.token("ann", channel="$bad", exp=+60, spoil=True)})
    await ann.stays()


@case("a token for another user", SETTINGS)
async def other_user(case):
    ann = await inside(case, "$user", exp=+60)
    await ann.send(sub_refresh={"channel": "$user", "token": case.token("bob", channel="$user", exp=+60)})
    await ann.stays()


@case("a token for another channel", SETTINGS)
async def other_channel(case):
    ann = await inside(case, "$channel", exp=+60)
    await ann.send(sub_refresh={"channel": "$channel", "token": case.token("ann", channel="$other", exp=+60)})
    await ann.stays()


@case("a token for another client", SETTINGS)
async def other_client(case):
    ann = await inside(case, "$client", exp=+60)
    await ann.send(sub_refresh={"channel": "$client", "token": case.token("ann", channel="$client", client="c", exp=+60)})
    await ann.stays()


@case("an expired token", SETTINGS)
async def expired(case):
    ann = await inside(case, "$expired", exp=+60)
    await ann.send(sub_refresh={"channel": "$expired", "token": case.token("ann", channel="$expired", exp=-5)})
    await ann.stays(AFTERWARDS)
    await ann.subscribe("$expired", token=case.token("ann", channel="$expired"))


@case("a token whose expire_at has passed", SETTINGS)
async def expire_at(case):
    ann = await inside(case, "$past", exp=+60)
    await ann.send(sub_refresh={"channel": "$past",
                                "token": case.token("ann", channel="$past", exp=+60, expire_at=-5)})
    await ann.stays(AFTERWARDS)
    await ann.subscribe("$past", token=case.token("ann", channel="$past"))


@case("no token", SETTINGS)
async def empty(case):
    ann = await inside(case, "$empty", exp=+60)
    await ann.send(sub_refresh={"channel": "$empty"})
    await ann.stays()


@case("a connection's token", SETTINGS)
async def connection(case):
    ann = await inside(case, "$connection", exp=+60)
    await ann.send(sub_refresh={"channel": "$connection", "token": case.token("ann", exp=+60)})
    await ann.stays()


@case("a room that the client is not in", SETTINGS)
async def not_in(case):
    ann = await inside(case, "$in", exp=+60)
    await ann.send(sub_refresh={"channel": "$out", "token": case.token("ann", channel="$out", exp=+60)})
    await ann.stays()


@case("no channel", SETTINGS)
async def no_channel(case):
    ann = await inside(case, "$none", exp=+60)
    await ann.send(sub_refresh={"token": case.token("ann", channel="$none", exp=+60)})
    await ann.stays()


@case("the info of the new token", SETTINGS)
async def info(case):
    ann = await inside(case, "$info", exp=+60, info={"a": 1})
    await ann.send(sub_refresh={"channel": "$info", "token": case.token("ann", channel="$info", exp=+60, info={"a": 2})})
