"""Publishing by the API and by clients: what a message may carry, and what arrives."""
from harness.script import case
from harness.settings import MEMBERS, Rooms, Settings, USERS
from support.tokens import SECRET

SETTINGS = Settings(secret=SECRET, rooms=(
    ("", Rooms(join=USERS, publish=MEMBERS, history=MEMBERS, presence=MEMBERS)),
    ("forgets", Rooms(join=USERS, publish=USERS, keep=False)),
))


async def reader(case, *rooms):
    ann = await case.connect("ann", token=case.token("ann", info={"name": "Ann"}))
    for room in rooms:
        await ann.subscribe(room)
    return ann


async def published(case, ann, room, **fields):
    """A message and what arrives of it."""
    answer = await case.api("publish", channel=room, **fields)
    if isinstance(answer, dict) and "error" not in answer:
        await ann.push()


@case("every kind of JSON", SETTINGS)
async def kinds(case):
    ann = await reader(case, "kinds")
    for data in ({"a": 1}, [], "text", "", 5, 0, 1.5, True, False, None, "grüße 👋", {"deep": [[[{"er": None}]]]}):
        await published(case, ann, "kinds", data=data)
    await ann.send(history={"channel": "kinds", "limit": -1})


@case("tags", SETTINGS)
async def tags(case):
    ann = await reader(case, "tags", "forgets:tags")
    for given in ({"colour": "red"}, {"a": "1", "b": ""}, {}, None):
        await published(case, ann, "tags", data=1, tags=given)
    await published(case, ann, "forgets:tags", data=1, tags={"colour": "red"})
    await ann.send(history={"channel": "tags", "limit": -1})
    await case.api("history", channel="tags", limit=-1)
    await ann.leave_room("tags")
    await ann.subscribe("tags", recover=True, offset=0, epoch="")


@case("tags of the wrong type", SETTINGS)
async def bad_tags(case):
    for given in ({"a": 1}, ["a"], "a", {"a": None}, {"a": {}}):
        await case.api("publish", channel="bad-tags", data=1, tags=given)


@case("base64", SETTINGS)
async def base64(case):
    ann = await reader(case, "base64")
    for given in ("eyJhIjoxfQ==", "NQ==", "InRleHQi"):
        await published(case, ann, "base64", b64data=given)
    await ann.send(history={"channel": "base64", "limit": -1})


@case("base64 beside data, or broken", SETTINGS)
async def bad_base64(case):
    ann = await reader(case, "bad-base64")
    await published(case, ann, "bad-base64", b64data="eyJhIjoxfQ==", data={"b": 2})
    await case.api("publish", channel="bad-base64-2", b64data="!")
    await case.api("publish", channel="bad-base64-2", b64data=5)
    await case.api("publish", channel="bad-base64-2", b64data="")


@case("idempotency keys", SETTINGS)
async def idempotency(case):
    ann = await reader(case, "idem", "forgets:idem")
    await published(case, ann, "idem", data=1, idempotency_key="k")
    await case.api("publish", channel="idem", data=2, idempotency_key="k")
    await published(case, ann, "idem", data=3, idempotency_key="other")
    await published(case, ann, "idem", data=4, idempotency_key="")
    await published(case, ann, "forgets:idem", data=5, idempotency_key="k")
    await case.api("publish", channel="forgets:idem", data=6, idempotency_key="k")
    await case.api("broadcast", channels=["idem", "idem-2"], data=7, idempotency_key="k")
    await case.api("publish", channel="idem-2", data=8, idempotency_key="k")
    await ann.send(history={"channel": "idem", "limit": -1})


@case("skipping the history", SETTINGS)
async def skip(case):
    ann = await reader(case, "skip")
    await published(case, ann, "skip", data=1)
    await published(case, ann, "skip", data=2, skip_history=True)
    await published(case, ann, "skip", data=3, skip_history=False)
    await ann.send(history={"channel": "skip", "limit": -1})


@case("delta where nobody asks for it", SETTINGS)
async def delta(case):
    ann = await reader(case, "delta")
    await published(case, ann, "delta", data={"a": 1}, delta=True)
    await published(case, ann, "delta", data={"a": 2}, delta=True)


@case("versions", SETTINGS)
async def versions(case):
    ann = await reader(case, "versions")
    await published(case, ann, "versions", data="v1", version=1)
    await published(case, ann, "versions", data="v3", version=3)
    await case.api("publish", channel="versions", data="v2 is late", version=2)
    await case.api("publish", channel="versions", data="v3 again", version=3)
    await published(case, ann, "versions", data="v1 of another epoch", version=1, version_epoch="b")
    await published(case, ann, "versions", data="none")
    await published(case, ann, "versions", data="v1 again", version=1, version_epoch="b")
    await published(case, ann, "versions", data="v2 without history", version=2, version_epoch="b", skip_history=True)
    await published(case, ann, "versions", data="v4", version=4)
    await ann.send(history={"channel": "versions", "limit": -1})


@case("versions in a room without a history", SETTINGS)
async def versions_kept(case):
    ann = await reader(case, "forgets:versions")
    await published(case, ann, "forgets:versions", data="v3", version=3)
    await published(case, ann, "forgets:versions", data="v2", version=2)


@case("versions of a broadcast", SETTINGS)
async def versions_broadcast(case):
    ann = await reader(case, "vb-1", "vb-2")
    await published(case, ann, "vb-1", data="v5", version=5)
    await case.api("broadcast", channels=["vb-1", "vb-2"], data="v4", version=4)
    await ann.push()
    await ann.send(history={"channel": "vb-1", "limit": -1})


@case("versions of the wrong type", SETTINGS)
async def bad_versions(case):
    for given in (-1, "1", 1.5):
        await case.api("publish", channel="bad-versions", data=1, version=given)
    await case.api("publish", channel="bad-versions", data=1, version=1, version_epoch=5)


@case("bad requests", SETTINGS)
async def bad(case):
    await case.api("publish", channel="bad")
    await case.api("publish", data=1)
    await case.api("publish", channel="", data=1)
    await case.api("publish", channel="unknown:a", data=1)
    await case.api("publish", channel=5, data=1)
    await case.api("publish", channel="bad", data=1, colour="red")
    await case.api("broadcast", channels=[], data=1)
    await case.api("broadcast", data=1)
    await case.api("broadcast", channels=["bad", "unknown:a", ""], data=1)
    await case.api("nonsense", channel="bad")


@case("a message of a client", SETTINGS)
async def by_client(case):
    ann = await reader(case, "client", "forgets:client")
    bob = await case.connect("bob", token=case.token("bob"))
    await bob.subscribe("client")
    for data in ({"a": 1}, [], "text", 5, False, "", {}):
        await ann.publish("client", data)
        await ann.push()
    await bob.push(7)
    await ann.publish("forgets:client", 1)
    await ann.push()
    await bob.publish("forgets:client", 2)
    await ann.push()
    await bob.send(history={"channel": "client", "limit": 2, "reverse": True})


@case("rooms without positions", SETTINGS)
async def without(case):
    ann = await reader(case, "forgets:a", "forgets:b")
    await published(case, ann, "forgets:a", data=1)
    await published(case, ann, "forgets:b", data=2)
    await case.api("broadcast", channels=["forgets:a", "forgets:nobody"], data=3)
    await ann.push()
