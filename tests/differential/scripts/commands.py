"""Commands that are malformed, or come at the wrong time, and many commands in one frame."""
import json

from harness.back_end import Reply
from harness.script import case
from harness.settings import MEMBERS, Rooms, Settings, USERS
from support.tokens import SECRET

ROOMS = (("", Rooms(join=USERS, publish=MEMBERS, history=MEMBERS, presence=MEMBERS)),
         ("all", Rooms(join=USERS, publish=USERS, history=USERS, presence=USERS)),
         ("ask", Rooms(join=USERS, publish=USERS, hooks=("publish",))))
SETTINGS = Settings(secret=SECRET, rooms=ROOMS)
HOOKED = Settings(secret=SECRET, rooms=ROOMS, hooks=("rpc",))
SMALL = Settings(secret=SECRET, rooms=ROOMS, max_rooms=3, max_message=1024)
BACK_END = {"publish": lambda request: Reply(200, b'{"result":{}}', after=0.5),
            "rpc": lambda request: Reply(200, b'{"result":{"data":"slow"}}', after=0.5)}


async def connected(case, name="ann"):
    return await case.connect(name, token=case.token(name))


def each(name, lines, settings=SETTINGS, before=False, connects=False):
    """A case for each line, of a client of its own, since the line may end the connection."""
    for label, line in lines.items():
        @case(f"{name}: {label}", settings)
        async def sent(case, line=line):
            client = await (case.dial("ann") if before else connected(case))
            await client.frame(line, reply=50 if connects else None)
            await client.settle(case.token("ann") if before else None)


each("before connect", {
    "subscribe": {"id": 1, "subscribe": {"channel": "a"}},
    "ping": {"id": 1, "ping": {}},
    "pong": "{}",
    "send": {"send": {"data": 1}},
    "unknown": {"id": 1, "frobnicate": {}},
    "id only": '{"id":1}',
    "empty": "",
    "not JSON": "hello",
    "connect without id": {"connect": {}},
    "connect without anything": {"id": 1, "connect": {}},
    "connect null": '{"id":1,"connect":null}',
}, before=True)

each("malformed", {
    "empty frame": "",
    "blank": " ",
    "newline": "\n",
    "text": "hello",
    "list": "[]",
    "number": "5",
    "null": "null",
    "half an object": '{"id":50',
    "an object and more": '{"id":50,"ping":{}} x',
    "id is text": '{"id":"50","ping":{}}',
    "id is negative": '{"id":-50,"ping":{}}',
    "id is a fraction": '{"id":50.5,"ping":{}}',
    "id is too large": '{"id":4294967296,"ping":{}}',
    "id is null": '{"id":null,"subscribe":{"channel":"a"}}',
    "no id": {"subscribe": {"channel": "a"}},
    "id 0": {"id": 0, "subscribe": {"channel": "a"}},
    "pong that nobody asked for": "{}",
    "id only": '{"id":50}',
    "unknown method": {"id": 50, "frobnicate": {}},
    "unknown method and a known one": {"id": 50, "frobnicate": {}, "presence": {"channel": "all:a"}},
    "two methods": {"id": 50, "presence": {"channel": "all:a"}, "presence_stats": {"channel": "all:a"}},
    "method is text": {"id": 50, "subscribe": "a"},
    "method is a list": {"id": 50, "subscribe": ["a"]},
    "method is null": {"id": 50, "subscribe": None},
    "method in capitals": {"id": 50, "PRESENCE": {"channel": "all:a"}},
    "id twice": '{"id":51,"id":50,"presence":{"channel":"all:a"}}',
    "unknown field of the command": {"id": 50, "colour": "red", "presence": {"channel": "all:a"}},
    "method of the first version": {"id": 50, "method": 1, "params": {"channel": "a"}},
    "connect again": {"id": 50, "connect": {}},
    "ping": {"id": 50, "ping": {}},
    "binary frame": b'{"id":50,"presence":{"channel":"all:a"}}',
})

each("fields", {
    "channel is a number": {"id": 50, "subscribe": {"channel": 5}},
    "channel is null": {"id": 50, "subscribe": {"channel": None}},
    "no channel": {"id": 50, "subscribe": {}},
    "unknown field": {"id": 50, "subscribe": {"channel": "fields-a", "colour": "red"}},
    "recover is text": {"id": 50, "subscribe": {"channel": "a", "recover": "yes"}},
    "offset is negative": {"id": 50, "subscribe": {"channel": "a", "recover": True, "offset": -1}},
    "offset is text": {"id": 50, "subscribe": {"channel": "a", "recover": True, "offset": "7"}},
    "epoch is a number": {"id": 50, "subscribe": {"channel": "a", "recover": True, "epoch": 7}},
    "tags filter": {"id": 50, "subscribe": {"channel": "a", "tf": {"op": "", "key": "k", "cmp": "eq", "val": "v"}}},
    "tags filter is null": {"id": 50, "subscribe": {"channel": "fields-b", "tf": None}},
    "flags that nobody knows": {"id": 50, "subscribe": {"channel": "fields-d", "flag": 1024}},
    "flag for short ids of rooms": {"id": 50, "subscribe": {"channel": "fields-e", "flag": 1}},
    "flag is text": {"id": 50, "subscribe": {"channel": "a", "flag": "1"}},
    "type of a map": {"id": 50, "subscribe": {"channel": "a", "type": 1}},
    "type of a shared poll": {"id": 50, "subscribe": {"channel": "a", "type": 4}},
    "subscribe with data": {"id": 50, "subscribe": {"channel": "fields-f", "data": {"a": 1}}},
    "publish nothing": {"id": 50, "publish": {"channel": "all:a"}},
    "publish null": {"id": 50, "publish": {"channel": "all:null", "data": None}},
    "publish without channel": {"id": 50, "publish": {"data": 1}},
    "publish to a map": {"id": 50, "publish": {"channel": "all:map", "data": 1, "type": 1, "key": "k"}},
    "publish where one is not": {"id": 50, "publish": {"channel": "elsewhere", "data": 1}},
    "publish in an unknown namespace": {"id": 50, "publish": {"channel": "unknown:a", "data": 1}},
    "publish in a room with a long name": {"id": 50, "publish": {"channel": "all:" + "a" * 256, "data": 1}},
    "unsubscribe without channel": {"id": 50, "unsubscribe": {}},
    "unsubscribe where one is not": {"id": 50, "unsubscribe": {"channel": "elsewhere"}},
    "presence without channel": {"id": 50, "presence": {}},
    "presence_stats without channel": {"id": 50, "presence_stats": {}},
    "history without channel": {"id": 50, "history": {}},
    "presence of a room with a long name": {"id": 50, "presence": {"channel": "all:" + "a" * 256}},
    "history limit is text": {"id": 50, "history": {"channel": "all:a", "limit": "5"}},
    "history limit is a fraction": {"id": 50, "history": {"channel": "all:a", "limit": 1.5}},
    "history limit is too large": {"id": 50, "history": {"channel": "all:a", "limit": 2147483648}},
    "history since is text": {"id": 50, "history": {"channel": "all:a", "since": "now"}},
    "history since is null": {"id": 50, "history": {"channel": "all:a", "since": None}},
    "rpc without a back end": {"id": 50, "rpc": {"method": "m", "data": {}}},
    "send": {"send": {"data": 1}},
    "send with an id": {"id": 50, "send": {"data": 1}},
    "refresh without token": {"id": 50, "refresh": {}},
    "sub_refresh where one is not": {"id": 50, "sub_refresh": {"channel": "elsewhere", "token": "word"}},
    "sub_refresh without channel": {"id": 50, "sub_refresh": {}},
})

each("rpc", {
    "without method": {"id": 50, "rpc": {"data": {}}},
    "without data": {"id": 50, "rpc": {"method": "m"}},
    "with an unknown field": {"id": 50, "rpc": {"method": "m", "colour": 1}},
}, HOOKED)

each("connect", {
    "unknown field": {"id": 50, "connect": {"colour": "red"}},
    "token is a number": {"id": 50, "connect": {"token": 5}},
    "token is empty": {"id": 50, "connect": {"token": ""}},
    "data is text": {"id": 50, "connect": {"data": "text"}},
    "name is a number": {"id": 50, "connect": {"name": 5}},
    "subs is a list": {"id": 50, "connect": {"subs": []}},
    "subs has a number": {"id": 50, "connect": {"subs": {"a": 5}}},
    "headers": {"id": 50, "connect": {"headers": {"X-A": "1"}}},
    "headers is a list": {"id": 50, "connect": {"headers": ["X-A"]}},
    "headers has a number": {"id": 50, "connect": {"headers": {"X-A": 1}}},
    "flag": {"id": 50, "connect": {"flag": 1}},
    "flag is text": {"id": 50, "connect": {"flag": "1"}},
}, Settings(secret=SECRET, rooms=ROOMS, anonymous=True), before=True, connects=True)


@case("many commands in one frame", SETTINGS)
async def many(case):
    ann = await connected(case)
    await ann.frame(*({"id": 100 + n, "presence_stats": {"channel": f"all:{n}"}} for n in range(20)), reply=119)


@case("the connect command and others in one frame", SETTINGS)
async def at_once(case):
    ann = await case.dial("ann")
    await ann.frame({"id": 101, "connect": {"token": str(case.token("ann"))}}, {"id": 102, "subscribe": {"channel": "at-once"}},
                    {"id": 103, "presence_stats": {"channel": "at-once"}}, reply=103)


@case("blank lines between commands", SETTINGS)
async def blank(case):
    ann = await connected(case)
    await ann.frame({"id": 101, "presence_stats": {"channel": "all:a"}}, "", {"id": 102, "presence_stats": {"channel": "all:a"}}, "",
                    reply=102)
    await ann.settle()


@case("a bad line behind a good one", SETTINGS)
async def good_and_bad(case):
    ann = await connected(case)
    await ann.frame({"id": 101, "presence_stats": {"channel": "all:a"}}, "hello", {"id": 103, "presence_stats": {"channel": "all:a"}})
    await ann.closed()


@case("the same id again", SETTINGS)
async def same_id(case):
    ann = await connected(case)
    for _ in range(2):
        await ann.frame({"id": 101, "presence_stats": {"channel": "all:a"}}, reply=101)
    await ann.send(presence_stats={"channel": "all:b"})
    await ann.frame({"id": 102, "presence_stats": {"channel": "all:a"}}, {"id": 102, "presence": {"channel": "all:a"}}, reply=102)


@case("replies in order although the back end is slow", HOOKED)
async def order(case):
    ann = await connected(case)
    await ann.frame({"id": 101, "rpc": {"method": "m", "data": {}}}, {"id": 102, "presence_stats": {"channel": "all:a"}},
                    {"id": 103, "publish": {"channel": "ask:a", "data": 1}}, {"id": 104, "presence_stats": {"channel": "all:b"}},
                    reply=104)


@case("more rooms than one client may have", SMALL)
async def too_many(case):
    ann = await connected(case)
    for number in range(5):
        await ann.subscribe(f"many-{number}")
    await ann.leave_room("many-0")
    await ann.subscribe("many-5")
    await ann.subscribe("many-6")


@case("more rooms than one client may have, by a token", SMALL)
async def too_many_by_token(case):
    ann = await case.connect("ann", token=case.token("ann", channels=["t-1", "t-2", "t-3", "t-4"]))
    await ann.settle(case.token("ann"))


@case("more rooms than one client may have, by the API", SMALL)
async def too_many_by_api(case):
    bob = await connected(case, "bob")
    for number in range(4):
        await case.api("subscribe", user="bob", channel=f"api-{number}")
    await bob.settle()


@case("a message that is too large", SMALL)
async def too_large(case):
    ann = await connected(case)
    await ann.frame(json.dumps({"id": 50, "publish": {"channel": "all:a", "data": "x" * 1100}}))
    await ann.closed()


@case("subscribing twice at once", SETTINGS)
async def twice_at_once(case):
    ann = await connected(case)
    await ann.frame({"id": 101, "subscribe": {"channel": "twice"}}, {"id": 102, "subscribe": {"channel": "twice"}},
                    {"id": 103, "unsubscribe": {"channel": "twice"}}, {"id": 104, "subscribe": {"channel": "twice"}}, reply=104)


@case("leaving and coming back", SETTINGS)
async def back(case):
    ann = await connected(case)
    for _ in range(3):
        await ann.subscribe("back")
        await ann.publish("back", 1)
        await ann.leave_room("back")
        await ann.publish("back", 2)
