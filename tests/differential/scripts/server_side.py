"""Subscriptions that the server makes: of a token, and through the API."""
from harness.script import AFTERWARDS, case, SOON
from harness.settings import MEMBERS, NOBODY, Rooms, Settings
from support.tokens import SECRET

SETTINGS = Settings(secret=SECRET, grace=1, anonymous=True, rooms=(
    ("", Rooms(join=NOBODY, publish=MEMBERS, history=MEMBERS, presence=MEMBERS)),
    ("recover", Rooms(join=NOBODY, publish=MEMBERS, history=MEMBERS, presence=MEMBERS)),
    ("joins", Rooms(join=NOBODY, publish=MEMBERS, history=MEMBERS, presence=MEMBERS, join_leave=True)),
))


@case("channels of a token", SETTINGS)
async def channels(case):
    ann = await case.connect("ann", token=case.token("ann", channels=["news", "recover:news"]))
    await case.api("publish", channel="news", data={"a": 1})
    await ann.push()
    await ann.publish("news", "from Ann")
    await ann.push()
    await ann.send(presence={"channel": "news"})


@case("subs of a token", SETTINGS)
async def subs(case):
    ann = await case.connect("ann", token=case.token("ann", info={"n": "Ann"}, subs={
        "subs": {"info": {"role": "host"}, "data": {"topic": "tea"}},
        "subs-64": {"b64info": "eyJhIjoxfQ==", "b64data": "eyJiIjoyfQ=="},
        "subs-r": {"override": {"force_recovery": {"value": True}}}, "subs-p": {"override": {"presence": {"value": False}}}}))
    await ann.send(presence={"channel": "subs"})
    await ann.send(presence={"channel": "subs-64"})
    await ann.send(presence_stats={"channel": "subs-p"})
    await ann.publish("subs", 1)
    await ann.push()


@case("subs go before channels", SETTINGS)
async def subs_and_channels(case):
    await case.connect("ann", token=case.token("ann", channels=["only-channels"], subs={"only-subs": {}}))


@case("an unknown namespace in channels", SETTINGS)
async def unknown(case):
    ann = await case.connect("ann", token=case.token("ann", channels=["unknown:a"]))
    await ann.stays()


@case("private rooms and rooms of users in channels", SETTINGS)
async def private(case):
    await case.connect("ann", token=case.token("ann", channels=["$private", "dialog#9"]))


@case("subs in a connect command recover", SETTINGS)
async def recover(case):
    ann = await case.connect("ann", token=case.token("ann", channels=["recover:subs", "recover:other"]))
    for i in (1, 2, 3):
        await case.api("publish", channel="recover:subs", data=i)
        await ann.push()
    epoch = (ann.replies[1].get("connect") or {}).get("subs", {}).get("recover:subs", {}).get("epoch", "")
    await case.connect("again", token=case.token("ann", channels=["recover:subs", "recover:other"]),
                       subs={"recover:subs": {"recover": True, "offset": 1, "epoch": epoch}})
    await case.connect("gap", token=case.token("ann", channels=["recover:subs"]),
                       subs={"recover:subs": {"recover": True, "offset": 1, "epoch": "other"}})


@case("joins and leaves in a server-side room", SETTINGS)
async def joins(case):
    ann = await case.connect("ann", token=case.token("ann", channels=["joins:a"]))
    await ann.push()
    bob = await case.connect("bob", token=case.token("bob", channels=["joins:a"], info={"n": "Bob"}))
    await ann.push()
    await bob.push()
    await bob.socket.close()
    await ann.push()


@case("a client subscribes to and leaves a room that the server put it in", SETTINGS)
async def client_side(case):
    ann = await case.connect("ann", token=case.token("ann", channels=["both"]))
    await ann.subscribe("both", token=case.token("ann", channel="both"))
    await ann.send(unsubscribe={"channel": "both"})
    await case.api("publish", channel="both", data=1)


@case("API subscribe and unsubscribe", SETTINGS)
async def api_subscribe(case):
    ann = await case.connect("ann", token=case.token("api-ann"))
    bob = await case.connect("bob", token=case.token("api-ann"))
    await case.api("subscribe", user="api-ann", channel="api-room")
    await ann.push()
    await bob.push()
    await case.api("publish", channel="api-room", data=1)
    await ann.push()
    await bob.push()
    await ann.publish("api-room", 2)
    await ann.push()
    await bob.push()
    await case.api("unsubscribe", user="api-ann", channel="api-room", client=bob.client)
    await bob.push()
    await case.api("unsubscribe", user="api-ann", channel="api-room")
    await ann.push()
    await ann.publish("api-room", 3)


@case("API subscribe with options", SETTINGS)
async def api_options(case):
    ann = await case.connect("ann", token=case.token("opt-ann"))
    await case.api("publish", channel="opt-4", data="before")
    for channel, options in (("opt-1", {"info": {"role": "host"}, "data": {"topic": "tea"}}),
                             ("opt-2", {"b64info": "eyJhIjoxfQ==", "b64data": "eyJiIjoyfQ=="}),
                             ("opt-3", {"override": {"force_recovery": {"value": True}}}),
                             ("opt-5", {"expire_at": 32503680000}),
                             ("recover:opt", {}), ("joins:opt", {})):
        await case.api("subscribe", user="opt-ann", channel=channel, **options)
        await ann.push()
    await ann.push()
    await ann.send(presence={"channel": "opt-1"})
    await ann.send(presence={"channel": "opt-2"})


@case("API subscribe of a client and of an unknown user", SETTINGS)
async def api_client(case):
    ann = await case.connect("ann", token=case.token("one-ann"))
    bob = await case.connect("bob", token=case.token("one-ann"))
    await case.api("subscribe", user="one-ann", client=ann.client, channel="one")
    await ann.push()
    await case.api("subscribe", user="no such user", channel="one")
    await case.api("subscribe", user="one-ann", client="no such client", channel="one")
    await case.api("subscribe", user="one-ann", channel="unknown:one")
    await case.api("subscribe", user="one-ann", channel="")
    await case.api("subscribe", channel="one")
    await bob.stays(0.2)


@case("API subscribe twice", SETTINGS)
async def api_twice(case):
    ann = await case.connect("ann", token=case.token("twice-ann"))
    for _ in range(2):
        await case.api("subscribe", user="twice-ann", channel="twice")
    await ann.push()
    await ann.stays(0.3)


@case("a server-side subscription expires", SETTINGS)
async def expires(case):
    ann = await case.connect("ann", token=case.token("exp-ann"))
    await case.api("subscribe", user="exp-ann", channel="exp", expire_at=case.in_seconds(SOON))
    await ann.push()
    await ann.closed()


@case("API subscribe with an expire_at that has passed", SETTINGS)
async def api_past(case):
    ann = await case.connect("ann", token=case.token("past-ann"))
    await case.api("subscribe", user="past-ann", channel="past", expire_at=case.in_seconds(-5))
    await ann.stays(3)


@case("API refresh prolongs, and ends", SETTINGS)
async def api_refresh(case):
    ann = await case.connect("ann", token=case.token("refresh-ann", exp=+SOON))
    await case.api("refresh", user="refresh-ann", expire_at=case.in_seconds(60))
    await ann.push()
    await ann.stays(AFTERWARDS)
    await case.api("refresh", user="refresh-ann", expired=True)
    await ann.closed()


@case("API refresh of a connection that never expires", SETTINGS)
async def api_refresh_never(case):
    ann = await case.connect("ann", token=case.token("never-ann"))
    await case.api("refresh", user="never-ann", expire_at=case.in_seconds(60))
    await case.api("refresh", user="never-ann")
    await case.api("refresh", user="never-ann", client="no such client", expired=True)
    await case.api("refresh", expired=True)
    await ann.stays(0.3)


@case("API refresh with an expire_at that has passed", SETTINGS)
async def api_refresh_past(case):
    ann = await case.connect("ann", token=case.token("rp-ann", exp=+60))
    await case.api("refresh", user="rp-ann", expire_at=case.in_seconds(-5))
    await ann.closed()


@case("API disconnect", SETTINGS)
async def api_disconnect(case):
    ann = await case.connect("ann", token=case.token("dis-ann"))
    bob = await case.connect("bob", token=case.token("dis-ann"))
    await case.api("disconnect", user="dis-ann", whitelist=[bob.client])
    await ann.closed()
    await case.api("disconnect", user="dis-ann", disconnect={"code": 4321, "reason": "out"})
    await bob.closed()
    await case.api("disconnect", user="no such user")


@case("API unsubscribe from a room that the client asked for", SETTINGS)
async def api_unsubscribe(case):
    ann = await case.connect("ann", token=case.token("unsub-ann"))
    await ann.subscribe("unsub", token=case.token("unsub-ann", channel="unsub"))
    await case.api("unsubscribe", user="unsub-ann", channel="unsub")
    await ann.push()
    await case.api("unsubscribe", user="unsub-ann", channel="unsub")
    await case.api("unsubscribe", user="unsub-ann", channel="unknown:unsub")
