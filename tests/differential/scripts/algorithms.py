"""The algorithms of signatures, and where the keys come from."""
from harness.script import case
from harness.settings import Rooms, Settings, USERS
from harness.tokens import SECRET

ROOMS = (("", Rooms(join=USERS, keep=False)),)
PUBLIC = {alg: Settings(public_key=alg, rooms=ROOMS) for alg in ("RS256", "ES256", "ES384", "ES512")}
BOTH = Settings(secret=SECRET, public_key="RS256", rooms=ROOMS)
KEY_SET = Settings(jwks=True, rooms=ROOMS)
ROTATING = Settings(secret=SECRET, previous_secret="the secret that was used before, 64 bytes long..................", rooms=ROOMS)


async def good_and_bad(case, alg):
    await case.connect("good", token=case.token("ann", alg=alg))
    await (await case.connect("spoiled", token=case.token("ann", alg=alg, spoil=True))).closed()
    await (await case.connect("other", token=case.token("ann", alg=alg, key="other"))).closed()


@case("RS256, RS384, RS512 with a public key", PUBLIC["RS256"])
async def rsa(case):
    await good_and_bad(case, "RS256")
    for alg in ("RS384", "RS512"):
        await case.connect(alg, token=case.token("ann", alg=alg))


@case("PS256, PS384, PS512 with a public key", PUBLIC["RS256"])
async def pss(case):
    for alg in ("PS256", "PS384", "PS512"):
        await (await case.connect(alg, token=case.token("ann", alg=alg))).stays(0.2)


@case("ES256 with a public key", PUBLIC["ES256"])
async def es256(case):
    await good_and_bad(case, "ES256")
    await (await case.connect("ES384", token=case.token("ann", alg="ES384"))).closed()


@case("ES384 with a public key", PUBLIC["ES384"])
async def es384(case):
    await good_and_bad(case, "ES384")


@case("ES512 with a public key", PUBLIC["ES512"])
async def es512(case):
    await good_and_bad(case, "ES512")


@case("HMAC with the public key as secret", PUBLIC["RS256"])
async def confusion(case):
    for alg in ("HS256", "HS384", "HS512"):
        await (await case.connect(alg, token=case.confused_token("ann", alg, "RS256"))).closed()


@case("a secret and a public key together", BOTH)
async def together(case):
    await case.connect("hmac", token=case.token("ann"))
    await case.connect("rsa", token=case.token("ann", alg="RS256"))
    await (await case.connect("confused", token=case.confused_token("ann", "HS256", "RS256"))).closed()


@case("a key set", KEY_SET)
async def key_set(case):
    for alg in ("RS256", "ES256", "ES384", "EdDSA"):
        await case.connect(alg, token=case.token("ann", alg=alg))
        await (await case.connect(f"bad {alg}", token=case.token("ann", alg=alg, spoil=True))).closed()


@case("PS256 from a key set", KEY_SET)
async def key_set_pss(case):
    await (await case.connect("ann", token=case.token("ann", alg="PS256"))).stays(0.2)


@case("a key set that lacks the key", KEY_SET)
async def key_set_unknown(case):
    await (await case.connect("unknown", token=case.token("ann", alg="ES256", key="other"))).closed()
    await (await case.connect("no-kid", token=case.token("ann", alg="ES256", header={"kid": ""}))).closed()
    await (await case.connect("wrong-kid", token=case.token("ann", alg="ES256", header={"kid": "RS256-main"}))).closed()


@case("another key under a known kid", KEY_SET)
async def key_set_forged(case):
    await (await case.connect("ann", token=case.token("ann", alg="ES256", key="other", header={"kid": "ES256-main"}))).closed()


@case("HMAC where only a key set is known", KEY_SET)
async def key_set_hmac(case):
    await (await case.connect("ann", token=case.token("ann"))).closed()
    await (await case.connect("kid", token=case.token("ann", header={"kid": "RS256-main"}))).closed()


@case("a subscription's token from a key set", KEY_SET)
async def key_set_subscription(case):
    ann = await case.connect("ann", token=case.token("ann", alg="ES256"))
    await ann.subscribe("$room", token=case.token("ann", alg="RS256", channel="$room"))


@case("the previous secret during a rotation", ROTATING)
async def rotating(case):
    await case.connect("new", token=case.token("ann"))
    await case.connect("previous", token=case.token("ann", secret=ROTATING.previous_secret))
    await (await case.connect("other", token=case.token("ann", key="other"))).closed()


@case("a public key where only a secret is known", Settings(secret=SECRET, rooms=ROOMS))
async def no_public_key(case):
    for alg in ("RS256", "ES256", "EdDSA", "PS256"):
        await (await case.connect(alg, token=case.token("ann", alg=alg))).closed()
