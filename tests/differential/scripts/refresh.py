"""A connection expires, and refresh prolongs it."""
import dataclasses

from harness.script import AFTERWARDS, case, SOON
from harness.settings import Rooms, Settings, USERS
from support.tokens import SECRET

SETTINGS = Settings(secret=SECRET, grace=1, rooms=(("", Rooms(join=USERS, keep=False)),))
PATIENT = dataclasses.replace(SETTINGS, grace=10)


@case("nobody refreshes", SETTINGS)
async def nobody(case):
    ann = await case.connect("ann", token=case.token("ann", exp=+SOON))
    await ann.subscribe("room")
    await ann.closed()


@case("a refresh in time", SETTINGS)
async def in_time(case):
    ann = await case.connect("ann", token=case.token("ann", exp=+SOON))
    await ann.send(refresh={"token": case.token("ann", exp=+60)})
    await ann.stays(AFTERWARDS)
    await ann.subscribe("still-here")


@case("a refresh within the grace", PATIENT)
async def late(case):
    ann = await case.connect("ann", token=case.token("ann", exp=+SOON))
    await case.sleep(SOON + 1)
    await ann.send(refresh={"token": case.token("ann", exp=+60)})
    await ann.stays(AFTERWARDS)


@case("a refresh with a token that never expires", SETTINGS)
async def forever(case):
    ann = await case.connect("ann", token=case.token("ann", exp=+SOON))
    await ann.send(refresh={"token": case.token("ann")})
    await ann.stays(AFTERWARDS)


@case("a refresh of a connection that never expires", SETTINGS)
async def needless(case):
    ann = await case.connect("ann", token=case.token("ann"))
    await ann.send(refresh={"token": case.token("ann", exp=+SOON)})
    await ann.closed()


@case("a bad token", SETTINGS)
async def bad(case):
    ann = await case.connect("ann", token=case.token("ann", exp=+60))
    await ann.send(refresh={"token": case.token("ann", exp=+60, spoil=True)})
    await ann.closed()


@case("another user's token", SETTINGS)
async def other_user(case):
    ann = await case.connect("ann", token=case.token("ann", exp=+60))
    await ann.send(refresh={"token": case.token("bob", exp=+60)})
    await ann.closed()


@case("an expired token", SETTINGS)
async def expired(case):
    ann = await case.connect("ann", token=case.token("ann", exp=+60))
    await ann.send(refresh={"token": case.token("ann", exp=-5)})
    await ann.closed()


@case("a token whose expire_at has passed", SETTINGS)
async def expire_at(case):
    ann = await case.connect("ann", token=case.token("ann", exp=+60))
    await ann.send(refresh={"token": case.token("ann", exp=+60, expire_at=-5)})
    await ann.stays()


@case("no token", SETTINGS)
async def empty(case):
    ann = await case.connect("ann", token=case.token("ann", exp=+60))
    await ann.send(refresh={})
    await ann.closed()


@case("a subscription's token", SETTINGS)
async def subscription(case):
    ann = await case.connect("ann", token=case.token("ann", exp=+60))
    await ann.send(refresh={"token": case.token("ann", exp=+60, channel="room")})
    await ann.closed()


@case("a refresh before connect", SETTINGS)
async def before(case):
    ann = await case.dial("ann")
    await ann.send(refresh={"token": case.token("ann", exp=+60)})
    await ann.closed()


@case("the channels of the new token are others", SETTINGS)
async def channels(case):
    ann = await case.connect("ann", token=case.token("ann", exp=+60, channels=["first"]))
    await ann.send(refresh={"token": case.token("ann", exp=+60, channels=["first"])})
    await ann.send(refresh={"token": case.token("ann", exp=+60, channels=["first", "second"])})
    await ann.closed()


@case("the new token has no channels any more", SETTINGS)
async def no_channels(case):
    ann = await case.connect("ann", token=case.token("ann", exp=+60, channels=["first"]))
    await ann.send(refresh={"token": case.token("ann", exp=+60)})
    await ann.closed()
