"""The back end is asked to prolong a connection."""
import time

from harness.back_end import Reply
from harness.script import AFTERWARDS, case, SOON
from harness.settings import Rooms, Settings, USERS
from support.tokens import SECRET

SETTINGS = Settings(secret=SECRET, hooks=("connect", "refresh"), grace=1,
                    rooms=(("", Rooms(join=USERS, presence=USERS)),))
asked = {}  # client -> how often


def soon(seconds):
    return int(time.time()) + seconds


ANSWERS = {
    "prolong": lambda: {"result": {"expire_at": soon(60)}},
    "info": lambda: {"result": {"expire_at": soon(60), "info": {"name": "Anna"}}},
    "expired": lambda: {"result": {"expired": True}},
    "never": lambda: {"result": {}},
    "nothing": lambda: {},
    "past": lambda: {"result": {"expire_at": soon(-10)}},
    "error": lambda: {"error": {"code": 1000, "message": "no"}},
    "disconnect": lambda: {"disconnect": {"code": 4501, "reason": "go away"}},
    "500": lambda: Reply(500, b"{}"),
    "not JSON": lambda: Reply(200, b"<html>"),
    "slow": lambda: Reply(200, b"{}", after=5),
    "bad b64": lambda: {"result": {"expire_at": soon(60), "b64info": "!"}},
}


def refresh(request):
    """The first answer is the case's. The later ones end the connection, so that the transcript shows if it was asked again."""
    asked[request["client"]] = asked.get(request["client"], 0) + 1
    return ANSWERS[request["user"]]() if asked[request["client"]] == 1 else {"result": {"expired": True}}


BACK_END = {
    "connect": lambda request: {"result": {"user": request["data"]["user"], "expire_at": soon(SOON), "info": {"name": "Ann"}}},
    "refresh": refresh,
}


def one(want):
    async def run(case):
        client = await case.connect("ann", data={"user": want})
        await client.stays(AFTERWARDS)
        if want == "info":
            await client.subscribe("hook-refresh")
            await client.send(presence={"channel": "hook-refresh"})
    case(f"the back end answers: {want}", SETTINGS)(run)


for _want in ANSWERS:
    one(_want)


@case("a client that sends refresh itself", SETTINGS)
async def by_client(case):
    client = await case.connect("ann", data={"user": "prolong"})
    await client.send(refresh={"token": case.token("prolong", exp=+60)})
    await client.stays(0.3)


@case("a connection with a token", SETTINGS)
async def with_token(case):
    client = await case.connect("ann", token=case.token("prolong", exp=+SOON))
    await client.stays(AFTERWARDS)
