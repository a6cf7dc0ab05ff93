"""The back end is asked who connects."""
import time

from harness.back_end import Reply
from harness.script import case
from harness.settings import MEMBERS, NOBODY, Rooms, Settings
from support.tokens import SECRET

ROOMS = (("", Rooms(join=NOBODY, publish=MEMBERS, history=MEMBERS, presence=MEMBERS)),
         ("recover", Rooms(join=NOBODY, history=MEMBERS)))
SETTINGS = Settings(secret=SECRET, hooks=("connect",), rooms=ROOMS,
                    hook_headers=("cookie", "x-own", "authorization"))
ANONYMOUS = Settings(secret=SECRET, hooks=("connect",), anonymous=True, rooms=ROOMS)

ANSWERS = {
    "user": lambda: {"result": {"user": "ann"}},
    "no user": lambda: {"result": {}},
    "info": lambda: {"result": {"user": "ann", "info": {"name": "Ann"}, "data": {"welcome": True}, "meta": {"secret": 1}}},
    "b64": lambda: {"result": {"user": "ann", "b64info": "eyJhIjoxfQ==", "b64data": "eyJiIjoyfQ=="}},
    "bad b64": lambda: {"result": {"user": "ann", "b64info": "!"}},
    "expires": lambda: {"result": {"user": "ann", "expire_at": int(time.time()) + 60}},
    "expired": lambda: {"result": {"user": "ann", "expire_at": int(time.time()) - 60}},
    "channels": lambda: {"result": {"user": "ann", "channels": ["hook-news", "recover:hook"]}},
    "subs": lambda: {"result": {"user": "ann", "subs": {"hook-sub": {"info": {"role": "host"}, "data": {"topic": "tea"}},
                                                         "hook-r": {"override": {"force_recovery": {"value": True}}}}}},
    "publishes": lambda: {"result": {"user": "ann", "info": {"name": "Ann"},
                                     "subs": {"hook-publish": {"info": {"role": "host"}}}}},
    "both": lambda: {"result": {"user": "ann", "channels": ["hook-both-1"], "subs": {"hook-both-2": {}}}},
    "unknown": lambda: {"result": {"user": "ann", "channels": ["unknown:room"]}},
    "error": lambda: {"error": {"code": 1000, "message": "no", "temporary": True}},
    "final error": lambda: {"error": {"code": 403, "message": "never"}},
    "disconnect": lambda: {"disconnect": {"code": 4501, "reason": "go away"}},
    "reconnect": lambda: {"disconnect": {"code": 4001, "reason": "later"}},
    "all": lambda: {"result": {"user": "ann"}, "error": {"code": 1000, "message": "no"},
                    "disconnect": {"code": 4501, "reason": "out"}},
    "nothing": lambda: {},
    "null": lambda: {"result": None},
    "500": lambda: Reply(500, b'{"result":{"user":"ann"}}'),
    "404": lambda: Reply(404, b"{}"),
    "201": lambda: Reply(201, b'{"result":{"user":"ann"}}'),
    "not JSON": lambda: Reply(200, b"<html>"),
    "empty": lambda: Reply(200, b""),
    "list": lambda: [],
    "wrong type": lambda: {"result": {"user": 42}},
    "unknown field": lambda: {"result": {"user": "ann", "colour": "red"}, "more": 1},
    "chunks": lambda: Reply(200, b'{"result":{"user":"ann"}}', way="chunks"),
    "close": lambda: Reply(200, b'{"result":{"user":"ann"}}', way="close"),
    "hang-up": lambda: Reply(way="hang up"),
    "slow": lambda: Reply(200, b'{"result":{"user":"ann"}}', after=5),
}
BACK_END = {"connect": lambda request: ANSWERS[request["data"]["want"]]()}


async def ask(case, want, settle=0.2, **fields):
    client = await case.connect(want, data={"want": want}, **fields)
    await client.stays(settle)
    return client


def one(want, settings=SETTINGS, name=None):
    async def asked(case):
        await ask(case, want)
    case(name or f"the back end answers: {want}", settings)(asked)


for _want in [want for want in ANSWERS if want != "publishes"]:
    one(_want)
for _want in ("no user", "nothing", "null", "500", "error"):
    one(_want, ANONYMOUS, f"anonymous clients are allowed, and the back end answers: {_want}")


@case("a token goes before the back end", SETTINGS)
async def token(case):
    await ask(case, "disconnect", token=case.token("bob"))
    await ask(case, "user", token=case.token("bob", spoil=True))


@case("what the back end is told", SETTINGS)
async def told(case):
    await case.connect("plain", data={"want": "user"}, version="1.2.3", subs={"hook-news": {"recover": True}},
                       headers={"Cookie": "session=1; other=2", "X-Own": "own", "Authorization": "Bearer abc", "X-Other": "secret"})


@case("info and rooms of the back end's answer", SETTINGS)
async def rooms(case):
    ann = await case.connect("info", data={"want": "info"})
    await ann.subscribe("hook-own", token=case.token("ann", channel="hook-own"))
    await ann.send(presence={"channel": "hook-own"})
    sub = await case.connect("subs", data={"want": "subs"})
    await sub.send(presence={"channel": "hook-sub"})
    publisher = await case.connect("publisher", data={"want": "publishes"})
    await publisher.publish("hook-publish", 1)
    await publisher.push()
