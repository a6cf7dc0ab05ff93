"""The back end is asked to prolong a subscription."""
import time

from harness.back_end import Reply
from harness.script import AFTERWARDS, case, SOON
from harness.settings import ANYONE, Rooms, Settings
from support.tokens import SECRET

SETTINGS = Settings(secret=SECRET, grace=1, rooms=(
    ("ask", Rooms(join=ANYONE, presence=ANYONE, hooks=("subscribe", "sub-refresh"))),
))
asked = {}  # client -> how often


def soon(seconds):
    return int(time.time()) + seconds


ANSWERS = {
    "prolong": lambda: {"result": {"expire_at": soon(60)}},
    "info": lambda: {"result": {"expire_at": soon(60), "info": {"role": "host"}}},
    "expired": lambda: {"result": {"expired": True}},
    "never": lambda: {"result": {}},
    "nothing": lambda: {},
    "error": lambda: {"error": {"code": 1000, "message": "no"}},
    "disconnect": lambda: {"disconnect": {"code": 4501, "reason": "go away"}},
    "500": lambda: Reply(500, b"{}"),
    "not-json": lambda: Reply(200, b"<html>"),
    "slow": lambda: Reply(200, b"{}", after=5),
}


def sub_refresh(request):
    """The first answer is the case's. The later ones end the subscription."""
    asked[request["client"]] = asked.get(request["client"], 0) + 1
    return (ANSWERS[request["channel"].partition(":")[2]]() if asked[request["client"]] == 1
            else {"result": {"expired": True}})


BACK_END = {"subscribe": lambda request: {"result": {"expire_at": soon(SOON)}}, "sub-refresh": sub_refresh}


def one(want):
    async def run(case):
        ann = await case.connect("ann", token=case.token("ann", meta={"secret": 1}))
        await ann.subscribe(f"ask:{want}")
        await ann.stays(AFTERWARDS + 4)
        await ann.send(presence={"channel": f"ask:{want}"})
    case(f"the back end answers: {want}", SETTINGS)(run)


for _want in ANSWERS:
    one(_want)


@case("a client that sends sub_refresh itself", SETTINGS)
async def by_client(case):
    ann = await case.connect("ann", token=case.token("ann"))
    await ann.subscribe("ask:prolong")
    await ann.send(sub_refresh={"channel": "ask:prolong", "token": case.token("ann", channel="ask:prolong")})
    await ann.stays(0.3)
