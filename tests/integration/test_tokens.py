"""Tokens of text clients and event streams: how a request shows one, what it is worth, and when it ends."""
import asyncio
import pathlib
import sys
import time
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
from support.http2 import Gateway  # noqa: E402
from support.server import connect, receive  # noqa: E402
from support.site import Site  # noqa: E402
from support.transports import over  # noqa: E402
from support.wire import upgrade  # noqa: E402

PAGE = "https://page.example"


@over("plain", "tls")
class Showing(Site):
    async def test_a_text_client_shows_its_token_in_authorization_a_cookie_or_its_url(self):
        self.serve(token_cookie="chat_token")
        await self.text(headers={"Authorization": "bearer  " + self.token(sub="header")})
        await self.text(headers={"Cookie": f"a=b; chat_token={self.token(sub='cookie')}; c=d"})
        await self.text(self.token(sub="url"))
        await self.present("cookie", "header", "url")

    async def test_authorization_comes_before_a_cookie_and_a_cookie_before_the_url(self):
        self.serve(token_cookie="chat_token")
        cookie = {"Cookie": "chat_token=" + self.token(sub="cookie")}
        await self.text(self.token(sub="url"), headers={"Authorization": "Bearer " + self.token(sub="header"), **cookie})
        await self.present("header")
        await self.text(self.token(sub="url"), headers=cookie)
        await self.present("cookie", "header")

    async def test_a_cookie_counts_only_under_the_name_of_the_option(self):
        self.serve(anonymous=0, token_cookie="chat_token")
        client = await self.text(headers={"Cookie": "token=" + self.token(sub="1")})
        await self.assert_closed(client, 3501, "bad request: a token is required")

    async def test_a_token_does_not_fit_among_the_subprotocols(self):
        """lws reads at most 126 bytes of the list."""
        self.serve()
        now = int(time.time())
        shown = self.token(header={"alg": "HS256", "typ": "JWT"}, sub="1", exp=now + 60, iat=now)
        for offered in ("lws-chat, token." + shown, f"token.{shown}, lws-chat"):
            answer = await upgrade(self.url, {"Sec-WebSocket-Protocol": offered})
            self.assertEqual(answer.status, 400)
            self.assertIn(b"longer than 126 bytes, so it cannot hold a token: use a cookie (token-cookie) or ?token=", answer.body)

    async def test_others_see_user_and_info_of_a_token(self):
        self.serve(history_size=10)
        client = await self.text(self.token(sub="42", info={"name": "Zoë"}))
        await client.send("hello")
        self.assertEqual(await receive(client), "hello")
        told = (await self.api("history", channel="lobby", limit=1))["result"]["publications"][0]["info"]
        self.assertEqual((told["user"], told["conn_info"]), ("42", {"name": "Zoë"}))


@over("plain", "tls", "http2")
class ShowingOnStreams(Site):
    async def test_an_event_stream_shows_its_token_in_authorization_a_cookie_or_its_url(self):
        self.serve(token_cookie="chat_token")
        for shown in ({"headers": {"Authorization": "Bearer " + self.token(sub="header")}},
                      {"headers": {"Cookie": f"a=b; chat_token={self.token(sub='cookie')}; c=d"}},
                      {"shown": self.token(sub="url")}):
            reader = await self.stream(**shown)
            self.assertEqual(reader.status, 200)
            await self.position(reader)
        await self.present("cookie", "header", "url")

    async def test_a_page_of_a_listed_origin_may_read_with_cookies(self):
        self.serve(token_cookie="chat_token", allowed_origins=PAGE)
        fields = {"Origin": PAGE, "Cookie": "chat_token=" + self.token(sub="1")}
        for reader in (await self.stream(headers=fields), await self.stream(headers=fields, method="HEAD"),
                       await self.stream(headers=fields, method="OPTIONS")):
            self.assertEqual(reader.headers["access-control-allow-origin"], PAGE)
            self.assertEqual(reader.headers["access-control-allow-credentials"], "true")
            self.assertEqual(reader.headers["vary"], "origin")
        self.assertIn("authorization", reader.headers["access-control-allow-headers"].split(", "))
        refused = await self.stream("nonsense", headers={"Origin": PAGE})
        self.assertEqual((refused.status, refused.headers["access-control-allow-origin"]), (401, PAGE))

    async def test_a_page_of_any_origin_gets_no_leave_to_use_cookies(self):
        self.serve(allowed_origins="* null")
        for origin in (PAGE, "null"):
            for method in ("GET", "OPTIONS"):
                reader = await self.stream(headers={"Origin": origin}, method=method)
                self.assertEqual(reader.headers["access-control-allow-origin"], origin)
                self.assertNotIn("access-control-allow-credentials", reader.headers)


@over("http2")
class ShowingOnWebSockets(Site):
    async def test_a_text_client_shows_its_token_over_http2_too(self):
        self.serve(token_cookie="chat_token")
        gateway = self.enterContext(Gateway(self.server.http_of()))
        for path, fields in ((self.path("chat", "lobby", self.token(sub="url")), {}),
                             ("/chat/lobby", {"Cookie": "chat_token=" + self.token(sub="cookie")}),
                             ("/chat/lobby", {"Authorization": "Bearer " + self.token(sub="header")})):
            await self.enterAsyncContext(connect(gateway.url(path), headers=fields))
        await self.present("cookie", "header", "url")


@over("plain", "tls")
class Refusals(Site):
    """Each row: the token, and what a text client and an event stream get."""

    async def assert_refused(self, shown, code, reason, status, room="lobby", words=None):
        await self.assert_closed(await self.text(shown, room), code, reason)
        reader = await self.refused(status, self.path("sse", room, shown), words or reason)
        self.assertEqual(reader.headers["content-type"], "application/json")
        if status == 401:
            self.assertEqual(reader.headers["www-authenticate"], "Bearer")
        self.assertEqual((await self.stream(shown, room, method="HEAD")).status, status)

    async def test_a_bad_token_is_refused(self):
        self.serve()
        for bad in (self.token(sub="1", secret="another secret"), "nonsense", self.token(sub=1),
                    self.token(sub="1", header={"alg": "none"}), "x" * 2000):
            with self.subTest(bad):
                await self.assert_refused(bad, 3500, "invalid token", 401)
        self.assertIn("its signature is wrong", self.server.log())

    async def test_a_token_that_has_expired_is_refused(self):
        self.serve()
        await self.assert_refused(self.token(sub="1", exp=int(time.time()) - 10), 3005, "token expired", 401)
        await self.assert_refused(self.token(sub="1", expire_at=int(time.time()) - 10), 3005, "connection expired", 401)

    async def test_a_client_without_a_token_or_without_a_user_is_refused_if_it_may_not_be_anonymous(self):
        self.serve(anonymous=0)
        await self.assert_refused("", 3501, "bad request: a token is required", 401)
        await self.assert_refused(self.token(sub=""), 3507, "permission denied: anonymous clients are not allowed", 403)

    async def test_a_token_with_an_unknown_key_is_refused_for_now(self):
        self.serve(token_jwks_url="http://127.0.0.1:9/")
        shown = self.token(sub="1", header={"alg": "HS256", "kid": "new"})
        await self.assert_refused(shown, 1013, "temporarily not available, try again later", 503)

    async def test_a_room_that_a_client_may_not_join_is_refused(self):
        self.serve(may_join="users", strict_namespaces=1, **{"digits/room-pattern": "^[0-9]+$"})
        user = self.token(sub="1")
        await self.assert_refused("", 3503, "permission denied", 403)
        await self.assert_refused(user, 3503, "permission denied", 403, room="$secret")
        await self.assert_refused(user, 3503, "permission denied", 403, room="dialog#2,3")
        await self.assert_refused(user, 3503, "unknown namespace", 404, room="what:ever")
        await self.assert_refused(user, 3503, "the room's name does not match room-pattern, or begins with meta.", 400,
                                  room="digits:abc")
        await self.text(user, "dialog#1,2")
        await self.present("1", room="dialog#1,2")

    async def test_a_text_client_that_may_not_publish_is_closed(self):
        self.serve(may_publish="users")
        client = await self.text()
        await client.send("hello")
        await self.assert_closed(client, 3503, "permission denied")
        client = await self.text(self.token(sub="1"))
        await client.send("hello")
        self.assertEqual(await receive(client), "hello")

    async def test_history_is_for_those_who_may_see_it(self):
        self.serve(may_see_history="users", replay=5)
        user = self.token(sub="1")
        await self.post("before")
        anonymous, known = await self.text(), await self.text(user)
        stream, known_stream = await self.stream(), await self.stream(user)
        self.assertEqual(await self.position(stream), {"room": "lobby"})
        self.assertEqual((await self.position(known_stream))["offset"], 0)
        await self.post("after")
        self.assertEqual(await receive(anonymous), "after")
        self.assertEqual([await receive(known), await receive(known)], ["before", "after"])
        self.assertEqual(await stream.take(1), ["after"])
        self.assertEqual(await known_stream.take(2), ["before", "after"])
        back = await self.stream(last_event_id=known_stream.last_id)
        self.assertEqual((await back.next()).type, "gap")
        back = await self.stream(user, last_event_id=known_stream.last_id)
        self.assertEqual((await back.next()).type, "position")


@over("plain", "tls")
class Rooms(Site):
    async def test_a_token_lets_its_user_into_the_rooms_that_it_names(self):
        self.serve(may_join="nobody")
        for claims in ({"channels": ["$a"]}, {"subs": {"$a": {"info": {"x": 1}}}}):
            await self.text(self.token(sub="1", **claims), "$a")
            await self.position(await self.stream(self.token(sub="2", **claims), "$a"))
        await self.present("1", "1", "2", "2", room="$a")
        refused = await self.text(self.token(sub="1", channels=["$a"]), "$b")
        await self.assert_closed(refused, 3503, "permission denied")

    async def test_the_token_of_a_subscription_lets_its_user_into_its_room(self):
        self.serve(may_join="nobody")
        shown = self.token(sub="7", channel="$a", info={"x": 1})
        client, reader = await self.text(shown, "$a"), await self.stream(shown, "$a")
        await self.position(reader)
        await self.present("7", "7", room="$a")
        await client.send("hello")
        self.assertEqual(await reader.take(1), ["hello"])
        await self.assert_closed(await self.text(shown, "$b"), 3503, "permission denied")
        await self.refused(403, self.path("sse", "$b", shown), "permission denied")

    async def test_the_token_of_a_subscription_can_be_bad(self):
        self.serve()
        now = int(time.time())
        for claims, code, reason, status in (
                ({"exp": now - 9}, 3005, "token expired", 401), ({"client": "other"}, 3500, "invalid token", 401),
                ({"secret": "another"}, 3500, "invalid token", 401)):
            shown = self.token(sub="7", channel="lobby", **claims)
            await self.assert_closed(await self.text(shown), code, reason)
            await self.refused(status, self.path("sse", "lobby", shown), reason)

    async def test_a_stream_of_several_rooms_needs_leave_for_each(self):
        self.serve(may_join="token")
        shown = self.token(sub="1", channels=["a", "b"])
        reader = await self.read(f"/sse/?room=a&room=b&token={shown}")
        self.assertEqual([event.type for event in (await reader.next(), await reader.next())], ["position"] * 2)
        await self.refused(403, f"/sse/?room=a&room=c&token={shown}", "permission denied")


@over("plain", "tls")
class Ending(Site):
    async def test_a_client_ends_when_its_token_has_expired(self):
        self.serve()
        shown = self.token(sub="1", exp=int(time.time()) + 4)
        client, reader, other = await self.text(shown), await self.stream(shown), await self.text(self.token(sub="2"))
        await self.present("1", "1", "2")
        await self.assert_closed(client, 3005, "connection expired")
        await self.assert_ended(reader, "connection expired")
        await self.present("2")
        await other.ping()

    async def test_a_client_ends_when_its_subscription_has_expired(self):
        self.serve()
        shown = self.token(sub="1", channel="$a", exp=int(time.time()) + 4)
        client, reader = await self.text(shown, "$a"), await self.stream(shown, "$a")
        await self.assert_closed(client, 3005, "connection expired")
        await self.assert_ended(reader, "connection expired")

    async def test_expiry_waits_for_the_grace(self):
        self.serve(expiry_grace=3)
        end = int(time.time()) + 3
        client = await self.text(self.token(sub="1", exp=end))
        await self.assert_closed(client, 3005, "connection expired")
        self.assertGreaterEqual(time.time(), end + 3)

    async def test_a_back_end_changes_when_a_client_expires(self):
        self.serve()
        now = int(time.time())
        longer, shorter = await self.text(self.token(sub="longer", exp=now + 4)), await self.text(self.token(sub="shorter"))
        await self.present("longer", "shorter")
        await self.api("refresh", user="longer", expire_at=now + 600)
        await self.api("refresh", user="shorter", expired=True)
        await self.assert_closed(shorter, 3005, "connection expired")
        await asyncio.sleep(max(0, now + 6 - time.time()))
        await self.present("longer")
        self.assertFalse(getattr(longer, "close_code", None))

    async def test_revoked_tokens_end_within_a_second(self):
        self.serve()
        by_id = self.token(sub="1", jti="first")
        by_user = self.token(sub="2", iat=int(time.time()) - 60)
        of_room = self.token(sub="3", channel="lobby", jti="third")
        clients = [(await self.text(shown), await self.stream(shown)) for shown in (by_id, by_user, of_room)]
        await self.text(self.token(sub="1", jti="other"))
        await self.present("1", "1", "1", "2", "2", "3", "3")
        began = time.monotonic()
        await self.api("revoke_token", uid="first")
        await self.api("invalidate_user_tokens", user="2")
        await self.api("revoke_token", uid="third")
        for client, reader in clients:
            await self.assert_closed(client, 3500, "token was revoked")
            await self.assert_ended(reader, "token was revoked")
        self.assertLess(time.monotonic() - began, 1)
        await self.present("1")
        for shown in (by_id, by_user, of_room):
            await self.assert_closed(await self.text(shown), 3500, "token was revoked")
            await self.refused(401, self.path("sse", "lobby", shown), "token was revoked")

    async def test_back_ends_reach_a_client_by_its_user(self):
        self.serve()
        async def both(user):
            return await self.text(self.token(sub=user)), await self.stream(self.token(sub=user))
        one, two, three = await both("1"), await both("2"), await both("3")
        await self.present("1", "1", "2", "2", "3", "3")
        await self.api("disconnect", user="1", disconnect={"code": 4123, "reason": "go home"})
        await self.api("unsubscribe", user="2", channel="lobby")
        await self.api("unsubscribe", user="3", channel="elsewhere")
        await self.assert_closed(one[0], 4123, "go home")
        await self.assert_ended(one[1], "go home")
        await self.assert_closed(two[0], 3503, "force disconnect")
        await self.assert_ended(two[1], "force disconnect")
        await self.present("3", "3")
        self.assertIn("error", await self.api("subscribe", user="3", channel="elsewhere"))
        self.assertIn("result", await self.api("subscribe", user="3", channel="lobby"))
        await three[0].send("still here")
        self.assertEqual(await receive(three[0]), "still here")

    async def test_a_client_without_a_token_is_not_reached_by_a_user(self):
        self.serve()
        client = await self.text()
        await self.present("")
        await self.api("disconnect", user="1")
        await client.send("still here")
        self.assertEqual(await receive(client), "still here")


if __name__ == "__main__":
    unittest.main()
