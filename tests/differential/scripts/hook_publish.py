"""The back end is asked what may be published."""
from harness.back_end import Reply
from harness.script import case
from harness.settings import ANYONE, MEMBERS, NOBODY, Rooms, Settings
from support.tokens import SECRET

SETTINGS = Settings(secret=SECRET, anonymous=True, rooms=(
    ("", Rooms(join=ANYONE, publish=MEMBERS)),
    ("ask", Rooms(join=ANYONE, publish=NOBODY, history=MEMBERS, hooks=("publish",))),
))

ANSWERS = {
    "yes": lambda: {"result": {}},
    "data": lambda: {"result": {"data": {"text": "hello, all"}}},
    "b64": lambda: {"result": {"b64data": "eyJiIjoyfQ=="}},
    "bad-b64": lambda: {"result": {"b64data": "!"}},
    "skip": lambda: {"result": {"skip_history": True}},
    "tags": lambda: {"result": {"tags": {"colour": "red"}}},
    "version": lambda: {"result": {"version": 7, "version_epoch": "a"}},
    "bad-version": lambda: {"result": {"version": -1}},
    "no": lambda: {"error": {"code": 403, "message": "no"}},
    "temporary": lambda: {"error": {"code": 503, "message": "later", "temporary": True}},
    "out": lambda: {"disconnect": {"code": 4501, "reason": "go away"}},
    "nothing": lambda: {},
    "null": lambda: {"result": {"data": None}},
    "500": lambda: Reply(500, b'{"result":{}}'),
    "not-json": lambda: Reply(200, b"<html>"),
    "chunks": lambda: Reply(200, b'{"result":{}}', way="chunks"),
    "close": lambda: Reply(200, b'{"result":{}}', way="close"),
    "hang-up": lambda: Reply(way="hang up"),
    "slow": lambda: Reply(200, b'{"result":{}}', after=5),
}
BACK_END = {"publish": lambda request: ANSWERS[request["channel"].partition(":")[2].partition(".")[0]]()}


def one(want):
    async def run(case):
        room = f"ask:{want}"
        ann = await case.connect("ann", token=case.token("ann", info={"name": "Ann"}))
        await ann.subscribe(room)
        await ann.publish(room, {"text": "hello"})
        await ann.stays(0.2)
        await ann.send(history={"channel": room, "limit": 10})
    case(f"the back end answers: {want}", SETTINGS)(run)


for _want in ANSWERS:
    one(_want)


@case("a message that is older than the last one", SETTINGS)
async def late(case):
    ann = await case.connect("ann", token=case.token("ann"))
    await ann.subscribe("ask:version.late")
    for text in ("first", "the same version"):
        await ann.publish("ask:version.late", {"text": text})
    await ann.send(history={"channel": "ask:version.late", "limit": 10})


@case("a client outside the room, and an anonymous one", SETTINGS)
async def outside(case):
    await (await case.connect("ann", token=case.token("ann"))).publish("ask:yes.outside", 1)
    await (await case.connect("nobody")).publish("ask:yes.outside", 2)


@case("a namespace without the hook", SETTINGS)
async def without(case):
    ann = await case.connect("ann", token=case.token("ann"))
    await ann.publish("out", 1)


@case("what the API publishes is not asked about", SETTINGS)
async def api(case):
    await case.api("publish", channel="ask:out.api", data=1)


@case("what is published stays in order", SETTINGS)
async def order(case):
    ann = await case.connect("ann", token=case.token("ann"))
    await ann.subscribe("ask:yes.order")
    for i in range(5):
        ann.start(publish={"channel": "ask:yes.order", "data": i})
    await ann.push(5)
