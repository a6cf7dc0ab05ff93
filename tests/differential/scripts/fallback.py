"""The transports http_stream and sse, with POST /emulation."""
from harness.script import case
from harness.settings import MEMBERS, Settings, USERS, Rooms
from support.emulated import CONNECT
from support.tokens import SECRET

PLAIN = Settings(secret=SECRET, anonymous=True, rooms=(
    ("", Rooms(join=USERS, publish=MEMBERS, history=MEMBERS, presence=MEMBERS)),))
ASKING = Settings(secret=SECRET, hooks=("connect",), rooms=(("", Rooms(join=USERS)),))
KINDS = ("http_stream", "sse")


@case("commands and messages over http_stream and sse", PLAIN)
async def commands(case):
    for kind in KINDS:
        ann = await case.connect(kind, transport=kind, token=case.token("ann"))
        await ann.subscribe(kind)
        await ann.publish(kind, {"n": 1})
        await ann.push()
        await ann.send(presence_stats={"channel": kind})
        await ann.send(history={"channel": kind, "limit": 5})
        await ann.leave_room(kind)
        await ann.stays()


@case("a bad token over http_stream and sse", PLAIN)
async def bad_token(case):
    for kind in KINDS:
        ann = await case.connect(kind, transport=kind, token=case.token("ann", spoil=True))
        await ann.closed()


@case("a token that has expired over http_stream and sse", PLAIN)
async def expired(case):
    for kind in KINDS:
        await case.connect(kind, transport=kind, token=case.token("ann", exp=-10))


@case("a second connect over http_stream", PLAIN)
async def second(case):
    ann = await case.connect("ann", transport="http_stream", token=case.token("ann"))
    await ann.send(connect={})
    await ann.closed()


@case("a disconnect by the server over http_stream and sse", PLAIN)
async def disconnected(case):
    for kind in KINDS:
        ann = await case.connect(kind, transport=kind, token=case.token(kind))
        await case.api("disconnect", user=kind)
        await ann.closed()


@case("the connect hook over http_stream and sse", ASKING)
async def hook(case):
    for kind in KINDS:
        await case.connect(kind, transport=kind, data={"user": "ann"})


@case("requests that are wrong", PLAIN)
async def wrong(case):
    await case.request("GET", "/connection/http_stream")
    await case.request("GET", "/connection/sse")
    await case.request("GET", "/emulation")
    await case.request("OPTIONS", "/emulation")
    await case.request("OPTIONS", "/connection/http_stream")
    await case.request("POST", "/emulation", "nonsense")
    await case.request("POST", "/emulation", "{}", shown="nothing in it")
    await case.request("POST", "/emulation", '{"session":"a","node":"b","data":"{}"}')
    await case.request("POST", "/emulation", "x" * 200_000, shown="too much")
    await case.request("POST", "/connection/http_stream", CONNECT + " " * 200_000, shown="too much")


@case("a session that is not there", PLAIN)
async def no_session(case):
    ann = await case.connect("ann", transport="http_stream", token=case.token("ann"))
    stream = ann.socket.opened.result()
    await case.request("POST", "/emulation", stream.message("{}", session="a"), shown="another session")
