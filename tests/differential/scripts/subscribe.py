"""Subscribing to every kind of room."""
from harness.script import case
from harness.settings import ANYONE, MEMBERS, NOBODY, Rooms, Settings, TOKEN, USERS
from harness.tokens import SECRET

SETTINGS = Settings(secret=SECRET, anonymous=True, rooms=(
    ("", Rooms(join=USERS, publish=MEMBERS, presence=MEMBERS, history=MEMBERS)),
    ("open", Rooms(join=ANYONE, keep=False)),
    ("users", Rooms(join=USERS, keep=False)),
    ("token", Rooms(join=TOKEN, keep=False)),
    ("nobody", Rooms(join=NOBODY, keep=False)),
    ("digits", Rooms(join=ANYONE, keep=False, pattern="^[0-9]+$")),
))


async def both(case):
    return await case.connect("ann", token=case.token("ann")), await case.connect("nobody")


@case("rooms that anyone, users, or nobody may join", SETTINGS)
async def namespaces(case):
    for client in await both(case):
        for room in ("open:a", "users:a", "token:a", "nobody:a", "no-namespace"):
            await client.subscribe(room)


@case("an unknown namespace, an empty name, a name of 256 bytes", SETTINGS)
async def unknown(case):
    ann = await case.connect("ann", token=case.token("ann"))
    for room in ("unknown:a", ":a", "a" * 255, "open:"):
        await ann.subscribe(room)


@case("a name of 256 bytes", SETTINGS)
async def long_name(case):
    ann = await case.connect("ann", token=case.token("ann"))
    await ann.subscribe("a" * 256)
    await ann.stays()


@case("no name", SETTINGS)
async def no_name(case):
    ann = await case.connect("ann", token=case.token("ann"))
    await ann.subscribe("")
    await ann.stays()


@case("a name that is not ASCII", SETTINGS)
async def not_ascii(case):
    ann = await case.connect("ann", token=case.token("ann"))
    await ann.subscribe("grüße")


@case("twice", SETTINGS)
async def twice(case):
    ann = await case.connect("ann", token=case.token("ann"))
    await ann.subscribe("twice")
    await ann.subscribe("twice")
    await ann.stays()


@case("a pattern of names", SETTINGS)
async def pattern(case):
    ann = await case.connect("ann", token=case.token("ann"))
    for room in ("digits:42", "digits:42a", "digits:a", "digits:"):
        await ann.subscribe(room)
    await ann.publish("digits:a", 1)


@case("rooms of users", SETTINGS)
async def users(case):
    for client in (*await both(case), await case.connect("user1", token=case.token("1"))):
        for room in ("dialog#1,2", "dialog#ann", "open:a#1,2", "open:b#ann", "nobody:b#ann", "token:c#ann", "d#", "e#ann,",
                     "f#bob#ann"):
            await client.subscribe(room)


@case("a private room without a token", SETTINGS)
async def private(case):
    ann = await case.connect("ann", token=case.token("ann"))
    for room in ("$private", "$open:a", "open:$a"):
        await ann.subscribe(room)


@case("a private room with a token", SETTINGS)
async def private_good(case):
    ann = await case.connect("ann", token=case.token("ann"))
    await ann.subscribe("$good", token=case.token("ann", channel="$good"))
    await ann.subscribe("$own", token=case.token("ann", channel="$own", client=ann.client))
    await ann.subscribe("$expiring", token=case.token("ann", channel="$expiring", exp=+60))
    await ann.subscribe("$later", token=case.token("ann", channel="$later", exp=+60, expire_at=+300))
    await ann.subscribe("$never", token=case.token("ann", channel="$never", exp=+60, expire_at=0))
    await ann.subscribe("$past", token=case.token("ann", channel="$past", exp=+60, expire_at=-60))
    await ann.subscribe("nobody:good", token=case.token("ann", channel="nobody:good"))
    await ann.subscribe("token:good", token=case.token("ann", channel="token:good"))
    await ann.subscribe("dialog#9", token=case.token("ann", channel="dialog#9"))
    await ann.subscribe("unknown:a", token=case.token("ann", channel="unknown:a"))
    await ann.subscribe("digits:x", token=case.token("ann", channel="digits:x"))


@case("a bad subscription token", SETTINGS)
async def bad(case):
    ann = await case.connect("ann", token=case.token("ann"))
    await ann.subscribe("$bad", token=case.token("ann", channel="$bad", spoil=True))
    await ann.subscribe("$bad", token="word")
    await ann.subscribe("open:bad", token=case.token("ann", channel="open:bad", spoil=True))
    await ann.subscribe("$bad", token=case.token("ann", channel="$bad", exp=-5))
    await ann.subscribe("$bad", token=case.token("ann", channel="$bad", nbf=+60))
    await ann.subscribe("$bad", token=case.token("ann"))
    await ann.subscribe("$bad", token=case.token("ann", channel="$bad"))


@case("a token for another channel", SETTINGS)
async def other_channel(case):
    ann = await case.connect("ann", token=case.token("ann"))
    await ann.subscribe("$mine", token=case.token("ann", channel="$other"))
    await ann.closed()


@case("a token for another user", SETTINGS)
async def other_user(case):
    ann = await case.connect("ann", token=case.token("ann"))
    await ann.subscribe("$mine2", token=case.token("bob", channel="$mine2"))
    await ann.closed()


@case("a token without a user", SETTINGS)
async def no_user(case):
    ann = await case.connect("ann", token=case.token("ann"))
    await ann.subscribe("$mine3", token=case.token(channel="$mine3"))
    await ann.closed()


@case("a token without a user, of an anonymous client", SETTINGS)
async def anonymous(case):
    nobody = await case.connect("nobody")
    await nobody.subscribe("$anonymous", token=case.token(channel="$anonymous"))


@case("a token for another client", SETTINGS)
async def other_client(case):
    ann = await case.connect("ann", token=case.token("ann"))
    await ann.subscribe("$mine4", token=case.token("ann", channel="$mine4", client="d5a1ea75-9f6d-4f4e-a1f3-b1e3d5ab1111"))
    await ann.closed()


@case("info and data of a token", SETTINGS)
async def info(case):
    ann = await case.connect("ann", token=case.token("ann", info={"name": "Ann"}))
    await ann.subscribe("info", token=case.token("ann", channel="info", info={"role": "host"}, data={"topic": "tea"}))
    await ann.subscribe("b64", token=case.token("ann", channel="b64", b64info="eyJhIjoxfQ==", b64data="eyJiIjoyfQ=="))
    await ann.send(presence={"channel": "info"})
    await ann.send(presence={"channel": "b64"})
    await ann.publish("info", "hello")
    await ann.push()
    await ann.send(history={"channel": "info", "limit": 1})


@case("broken base64 in a token", SETTINGS)
async def base64(case):
    ann = await case.connect("ann", token=case.token("ann"))
    await ann.subscribe("b64bad", token=case.token("ann", channel="b64bad", b64info="!"))
    await ann.subscribe("b64bad", token=case.token("ann", channel="b64bad", b64data="!"))


@case("overrides of a token", SETTINGS)
async def overrides(case):
    ann = await case.connect("ann", token=case.token("ann"))
    on, off = {"value": True}, {"value": False}
    for room, override in (("present", {"presence": off}), ("recovered", {"force_recovery": on}),
                           ("positioned", {"force_positioning": on}), ("joins", {"force_push_join_leave": on, "join_leave": on}),
                           ("silent", {"join_leave": off, "force_push_join_leave": on})):
        await ann.subscribe(room, token=case.token("ann", channel=room, override=override))
        await ann.send(presence_stats={"channel": room})
    bob = await case.connect("bob", token=case.token("bob"))
    await bob.subscribe("joins")
    await bob.subscribe("silent")


@case("a client asks for recovery, positions, joins", SETTINGS)
async def asks(case):
    ann = await case.connect("ann", token=case.token("ann"))
    await ann.subscribe("asks-1")
    await ann.subscribe("asks-2", positioned=True)
    await ann.subscribe("asks-3", join_leave=True)
    await ann.subscribe("open:asks", positioned=True, join_leave=True)


@case("unsubscribing", SETTINGS)
async def unsubscribe(case):
    ann = await case.connect("ann", token=case.token("ann"))
    await ann.subscribe("leave")
    await ann.send(unsubscribe={"channel": "leave"})
    await ann.send(unsubscribe={"channel": "leave"})
    await ann.send(unsubscribe={"channel": "unknown:room"})
