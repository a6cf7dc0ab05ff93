"""Pings: what the connect reply says of them, and what happens if nobody answers."""
from harness.script import case
from harness.settings import Rooms, Settings, USERS
from support.tokens import SECRET

ROOMS = (("", Rooms(join=USERS)),)
SECONDS = 2
OFTEN = Settings(secret=SECRET, rooms=ROOMS, ping=SECONDS, pong=1)
NEVER = Settings(secret=SECRET, rooms=ROOMS, ping=0)


@case("a client that answers stays", OFTEN)
async def answers(case):
    ann = await case.connect("ann", token=case.token("ann"))
    await ann.pinged(2)
    await ann.send(history={"channel": "unknown:a"})


@case("a client that does not answer is closed", OFTEN)
async def silent(case):
    ann = await case.connect("ann", token=case.token("ann"))
    ann.answers = False
    await ann.closed()


@case("a client that sends commands instead of answers", OFTEN)
async def busy(case):
    ann = await case.connect("ann", token=case.token("ann"))
    ann.answers = False
    await ann.pinged()
    await ann.send(history={"channel": "unknown:a"})
    await ann.closed()


@case("a client that does not connect is closed", OFTEN)
async def mute(case):
    await (await case.dial("ann")).closed()


@case("two answers to one ping", OFTEN)
async def twice(case):
    ann = await case.connect("ann", token=case.token("ann"))
    await ann.pinged()
    await ann.frame("{}")
    await ann.settle()


@case("no pings", NEVER)
async def none(case):
    await case.connect("ann", token=case.token("ann"))
