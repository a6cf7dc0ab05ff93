"""Headers that clients send in the connect command reach the back end if they are listed."""
from harness.script import case
from harness.settings import Rooms, Settings, USERS
from support.tokens import SECRET

ROOMS = (("", Rooms(join=USERS, hooks=("subscribe", "publish"))),)
LISTED = Settings(secret=SECRET, rooms=ROOMS, hooks=("connect", "rpc"), hook_headers=("x-own", "x-request"),
                  emulated_headers=("x-own", "x-connect", "authorization"))
UNLISTED = Settings(secret=SECRET, rooms=ROOMS, hooks=("connect",), hook_headers=("x-own",))
BACK_END = {"connect": lambda request: {"result": {"user": "ann"}}, "subscribe": lambda request: {"result": {}},
            "publish": lambda request: {"result": {}}, "rpc": lambda request: {"result": {"data": 1}}}


@case("every question has them", LISTED)
async def every(case):
    ann = await case.connect("ann", emulated={"X-Connect": "1", "Authorization": "Bearer word", "Cookie": "a=b", "X-Other": "2"})
    await ann.subscribe("every")
    await ann.publish("every", 1)
    await ann.push()
    await ann.send(rpc={"method": "m", "data": {}})


@case("one of the request comes first", LISTED)
async def first(case):
    await case.connect("both", headers={"X-Own": "of the request"}, emulated={"x-own": "of connect", "X-REQUEST": "of connect"})
    await case.connect("one", emulated={"x-own": "of connect"})


@case("strange values", LISTED)
async def strange(case):
    for name, value in {"empty": "", "long": "a" * 4000, "letters": "grüße", "tab": "a\tb"}.items():
        await case.connect(name, emulated={"X-Connect": value})
    await case.connect("none", emulated={})


@case("a header that would be two", LISTED)
async def two(case):
    await (await case.connect("ann", emulated={"X-Connect": "a\r\nX-Own: b"})).stays()


@case("none is listed", UNLISTED)
async def none(case):
    await case.connect("ann", emulated={"X-Own": "of connect", "Authorization": "Bearer word"})


@case("a client with a token", LISTED)
async def token(case):
    ann = await case.connect("ann", token=case.token("ann"), emulated={"X-Connect": "1"})
    await ann.subscribe("token")
