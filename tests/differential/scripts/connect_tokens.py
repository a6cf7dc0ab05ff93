"""Connecting: which tokens let a client in, and what the others get."""
from harness.script import case
from harness.settings import Settings, USERS, Rooms
from harness.tokens import SECRET

ROOMS = (("", Rooms(join=USERS)),)
HMAC = Settings(secret=SECRET, rooms=ROOMS)
AUDIENCE = Settings(secret=SECRET, audience="chat", issuer="site", rooms=ROOMS)
ANONYMOUS = Settings(secret=SECRET, anonymous=True, rooms=ROOMS)


@case("a good HS256 token", HMAC)
async def hs256(case):
    await case.connect("ann", token=case.token("ann"))


@case("good HS384 and HS512 tokens", HMAC)
async def longer(case):
    for alg in ("HS384", "HS512"):
        await case.connect(alg, token=case.token("ann", alg=alg))


@case("a token that expires", HMAC)
async def expiring(case):
    await case.connect("ann", token=case.token("ann", exp=+60))


@case("expire_at goes before exp", HMAC)
async def expire_at(case):
    await case.connect("later", token=case.token("ann", exp=+60, expire_at=+300))
    await case.connect("never", token=case.token("ann", exp=+60, expire_at=0))
    await case.connect("past", token=case.token("ann", exp=+60, expire_at=-60))


@case("a bad signature", HMAC)
async def bad_signature(case):
    ann = await case.connect("ann", token=case.token("ann", spoil=True))
    await ann.closed()


@case("another secret", HMAC)
async def other_secret(case):
    ann = await case.connect("ann", token=case.token("ann", key="other"))
    await ann.closed()


@case("alg none", HMAC)
async def alg_none(case):
    ann = await case.connect("ann", token=case.token("ann", alg="none"))
    await ann.closed()


@case("an unknown alg, and an alg of another key", HMAC)
async def other_alg(case):
    for name, header in (("unknown", {"alg": "HS257"}), ("RS256", {"alg": "RS256"}), ("none", {"alg": "None"}),
                         ("absent", {"alg": ""})):
        await (await case.connect(name, token=case.token("ann", header=header))).closed()


@case("an expired token", HMAC)
async def expired(case):
    await (await case.connect("ann", token=case.token("ann", exp=-5))).stays()


@case("an expired token with a bad signature", HMAC)
async def expired_and_bad(case):
    await (await case.connect("ann", token=case.token("ann", exp=-5, spoil=True))).closed()


@case("a token that is not valid yet", HMAC)
async def not_before(case):
    await (await case.connect("ann", token=case.token("ann", nbf=+60))).stays()


@case("a token that became valid", HMAC)
async def after(case):
    await case.connect("ann", token=case.token("ann", nbf=-60, iat=-60))


@case("a token without sub", HMAC)
async def without_sub(case):
    await case.connect("nobody", token=case.token())


@case("a token with info and meta", HMAC)
async def info(case):
    ann = await case.connect("ann", token=case.token("ann", info={"name": "Ann"}, meta={"secret": 1}))
    await ann.subscribe("info")
    await ann.send(presence={"channel": "info"})


@case("not tokens", HMAC)
async def malformed(case):
    for name, token in (("word", "word"), ("dots", ".."), ("two", "e30.e30"), ("four", "e30.e30.e30.e30")):
        await (await case.connect(name, token=token)).closed()


@case("claims of the wrong type", HMAC)
async def types(case):
    for name, claims in (("number", '{"sub":42}'), ("list", '["ann"]'), ("text", '{"sub":"ann","exp":"soon"}'),
                         ("cut", '{"sub":"ann"'), ("channels", '{"sub":"ann","channels":"room"}'),
                         ("b64info", '{"sub":"ann","b64info":"!"}')):
        await (await case.connect(name, token=case.token(claims_text=claims))).stays()


@case("a fraction of a second in exp", HMAC)
async def fraction(case):
    await (await case.connect("ann", token=case.token(claims_text='{"sub":"ann","exp":4000000000.5}'))).stays()


@case("a subscription's token", HMAC)
async def subscription_token(case):
    await (await case.connect("ann", token=case.token("ann", channel="room"))).closed()


@case("no token where anonymous clients are not allowed", HMAC)
async def no_token(case):
    await (await case.connect("nobody")).closed()


@case("an empty token", HMAC)
async def empty_token(case):
    await (await case.connect("nobody", token="")).closed()


@case("no token where anonymous clients are allowed", ANONYMOUS)
async def anonymous(case):
    await case.connect("nobody")


@case("a bad token where anonymous clients are allowed", ANONYMOUS)
async def anonymous_bad(case):
    await (await case.connect("nobody", token=case.token("ann", spoil=True))).closed()


@case("an expired token where anonymous clients are allowed", ANONYMOUS)
async def anonymous_expired(case):
    await (await case.connect("nobody", token=case.token("ann", exp=-5))).stays()


@case("data of a connect command without a token", ANONYMOUS)
async def anonymous_data(case):
    await case.connect("nobody", data={"user": "ann", "info": {"nick": "A"}})


@case("audience and issuer", AUDIENCE)
async def audience(case):
    for name, claims in (("good", {"aud": "chat", "iss": "site"}), ("list", {"aud": ["mail", "chat"], "iss": "site"})):
        await case.connect(name, token=case.token("ann", **claims))


@case("a wrong audience or issuer", AUDIENCE)
async def wrong_audience(case):
    for name, claims in (("aud", {"aud": "mail", "iss": "site"}), ("iss", {"aud": "chat", "iss": "other"}),
                         ("no-aud", {"iss": "site"}), ("no-iss", {"aud": "chat"}), ("empty", {"aud": [], "iss": "site"})):
        await (await case.connect(name, token=case.token("ann", **claims))).closed()


@case("a wrong audience in an expired token", AUDIENCE)
async def wrong_and_expired(case):
    await (await case.connect("ann", token=case.token("ann", aud="mail", iss="site", exp=-5))).closed()


@case("a second connect command", HMAC)
async def twice(case):
    ann = await case.connect("ann", token=case.token("ann"))
    await ann.send(connect={"token": case.token("ann")})
    await ann.closed()


@case("a command before connect", HMAC)
async def before(case):
    ann = await case.dial("ann")
    await ann.subscribe("room")
    await ann.closed()
