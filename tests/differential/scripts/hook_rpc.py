"""The back end answers calls of clients (rpc)."""
from harness.back_end import Reply
from harness.script import case
from harness.settings import Rooms, Settings, USERS
from support.tokens import SECRET

ROOMS = (("", Rooms(join=USERS)),)
SETTINGS = Settings(secret=SECRET, hooks=("rpc",), anonymous=True, rooms=ROOMS)
WITHOUT = Settings(secret=SECRET, rooms=ROOMS)

ANSWERS = {
    "data": lambda request: {"result": {"data": {"sum": 3}}},
    "b64": lambda request: {"result": {"b64data": "eyJiIjoyfQ=="}},
    "bad-b64": lambda request: {"result": {"b64data": "!"}},
    "echo": lambda request: {"result": {"data": request.get("data")}},
    "no": lambda request: {"error": {"code": 403, "message": "no"}},
    "temporary": lambda request: {"error": {"code": 503, "message": "later", "temporary": True}},
    "out": lambda request: {"disconnect": {"code": 4501, "reason": "go away"}},
    "nothing": lambda request: {},
    "no-data": lambda request: {"result": {}},
    "500": lambda request: Reply(500, b'{"result":{}}'),
    "not-json": lambda request: Reply(200, b"<html>"),
    "chunks": lambda request: Reply(200, b'{"result":{"data":1}}', way="chunks"),
    "close": lambda request: Reply(200, b'{"result":{"data":1}}', way="close"),
    "hang-up": lambda request: Reply(way="hang up"),
    "slow": lambda request: Reply(200, b'{"result":{}}', after=5),
    "": lambda request: {"result": {"data": "no method"}},
    "space:name": lambda request: {"result": {"data": "a namespace"}},
}
BACK_END = {"rpc": lambda request: ANSWERS[request.get("method", "")](request)}


def one(want):
    async def run(case):
        ann = await case.connect("ann", token=case.token("ann", meta={"secret": 1}))
        await ann.send(rpc={"method": want, "data": {"a": [1, 2]}})
        await ann.stays(0.2)
    case(f"the back end answers: {want or 'a call without method'}", SETTINGS)(run)


for _want in ANSWERS:
    one(_want)


@case("calls of an anonymous client, and without data", SETTINGS)
async def anonymous(case):
    nobody = await case.connect("nobody")
    await nobody.send(rpc={"method": "data"})
    await nobody.send(rpc={"method": "echo", "data": "text"})


@case("no back end", WITHOUT)
async def without(case):
    ann = await case.connect("ann", token=case.token("ann"))
    await ann.send(rpc={"method": "data", "data": 1})
