"""The back end is asked who may subscribe."""
import time

from harness.back_end import Reply
from harness.script import case, SOON
from harness.settings import ANYONE, MEMBERS, NOBODY, Rooms, Settings
from support.tokens import SECRET

SETTINGS = Settings(secret=SECRET, grace=1, anonymous=True, rooms=(
    ("", Rooms(join=ANYONE)),
    ("ask", Rooms(join=ANYONE, publish=MEMBERS, presence=MEMBERS, history=MEMBERS, hooks=("subscribe",))),
    ("closed", Rooms(join=NOBODY, hooks=("subscribe",))),
    ("recover", Rooms(join=NOBODY, history=MEMBERS, hooks=("subscribe",))),
))

ANSWERS = {
    "yes": lambda: {"result": {}},
    "info": lambda: {"result": {"info": {"role": "host"}, "data": {"topic": "tea"}}},
    "b64": lambda: {"result": {"b64info": "eyJhIjoxfQ==", "b64data": "eyJiIjoyfQ=="}},
    "bad-b64": lambda: {"result": {"b64info": "!"}},
    "expires": lambda: {"result": {"expire_at": int(time.time()) + 60}},
    "expires-soon": lambda: {"result": {"expire_at": int(time.time()) + SOON}},
    "past": lambda: {"result": {"expire_at": int(time.time()) - 60}},
    "override": lambda: {"result": {"override": {"force_recovery": {"value": True}, "presence": {"value": False}}}},
    "no": lambda: {"error": {"code": 403, "message": "no"}},
    "temporary": lambda: {"error": {"code": 503, "message": "later", "temporary": True}},
    "out": lambda: {"disconnect": {"code": 4501, "reason": "go away"}},
    "nothing": lambda: {},
    "500": lambda: Reply(500, b'{"result":{}}'),
    "not-json": lambda: Reply(200, b"<html>"),
    "empty": lambda: Reply(200, b""),
    "chunks": lambda: Reply(200, b'{"result":{}}', way="chunks"),
    "close": lambda: Reply(200, b'{"result":{}}', way="close"),
    "hang-up": lambda: Reply(way="hang up"),
    "slow": lambda: Reply(200, b'{"result":{}}', after=5),
}
BACK_END = {"subscribe": lambda request: ANSWERS[request["channel"].partition(":")[2]]()}


def one(want):
    async def run(case):
        ann = await case.connect("ann", token=case.token("ann"))
        await ann.subscribe(f"ask:{want}", data={"why": "because"})
        await ann.stays(0.2)
        if want == "expires-soon":
            await ann.push()
        if want in ("info", "b64", "override"):
            await ann.send(presence={"channel": f"ask:{want}"})
    case(f"the back end answers: {want}", SETTINGS)(run)


for _want in ANSWERS:
    one(_want)


@case("a namespace that lets nobody in", SETTINGS)
async def closed(case):
    ann = await case.connect("ann", token=case.token("ann"))
    await ann.subscribe("closed:yes")
    await ann.subscribe("recover:yes")


@case("an anonymous client", SETTINGS)
async def anonymous(case):
    nobody = await case.connect("nobody")
    await nobody.subscribe("ask:yes")


@case("a namespace without the hook", SETTINGS)
async def without(case):
    ann = await case.connect("ann", token=case.token("ann"))
    await ann.subscribe("yes")


@case("a token goes before the back end", SETTINGS)
async def token(case):
    ann = await case.connect("ann", token=case.token("ann"))
    await ann.subscribe("ask:out", token=case.token("ann", channel="ask:out"))
    await ann.subscribe("ask:yes", token=case.token("ann", channel="ask:yes", spoil=True))


@case("rooms of users, and private rooms", SETTINGS)
async def users(case):
    ann = await case.connect("ann", token=case.token("ann"))
    await ann.subscribe("ask:out#ann")
    await ann.subscribe("ask:out#bob")
    await ann.subscribe("$ask:yes")


@case("the back end is told the connection's meta", SETTINGS)
async def meta(case):
    ann = await case.connect("ann", token=case.token("ann", meta={"secret": 1}, info={"name": "Ann"}))
    await ann.subscribe("ask:yes")


@case("several questions at once", SETTINGS)
async def many(case):
    ann = await case.connect("ann", token=case.token("ann"))
    ann.start(subscribe={"channel": "ask:slow"})
    await ann.subscribe("ask:yes")
    await ann.stays(6)
