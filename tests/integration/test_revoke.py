"""Tokens that a back end revokes: their clients go at once, and do not come back with them."""
import pathlib
import sys
import time
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
from support.back_end import STRUCTURED, BackEnd, Member, key_file  # noqa: E402
from support.server import close_of, connect  # noqa: E402
from support.tokens import secret_file, token  # noqa: E402
from support.transports import over  # noqa: E402


@over("plain", "tls")
class Revoking(BackEnd):
    def setUp(self):
        self.secret = secret_file(self)

    async def client(self, text, vhost=0):
        client = Member(await self.enterAsyncContext(connect(self.server.url_of(vhost, STRUCTURED))))
        await client.send("connect", token=text)
        return client

    async def lets_in(self, text, vhost=0):
        client = await self.client(text, vhost)
        self.assertIn("connect", await client.next())
        return client

    async def keeps_out(self, text, vhost=0):
        self.assertEqual((await close_of((await self.client(text, vhost)).client))[0], 3500)

    async def is_out(self, client):
        code, reason = await close_of(client.client)
        self.assertEqual((code, reason), (3500, "token was revoked"))

    async def test_a_revoked_token_is_out_at_once_and_stays_out(self):
        self.serve(metrics=1, token_secret_file=self.secret, api_key_file=key_file(self))
        bad, good = token("ann", jti="bad"), token("ann", jti="good")
        first, second, other = await self.lets_in(bad), await self.lets_in(bad), await self.lets_in(good)
        await self.result("revoke_token", {"uid": "bad"})
        await self.is_out(first)
        await self.is_out(second)
        await self.keeps_out(bad)
        await self.lets_in(good)
        self.assertIn("ping", await other.ask("ping"))
        await self.counted(revocations=1)

    async def test_a_users_tokens_are_out_but_not_those_issued_later(self):
        self.serve(metrics=1, token_secret_file=self.secret, api_key_file=key_file(self))
        now = int(time.time())
        old, new, undated, others = (token("ann", iat=now - 10), token("ann", iat=now), token("ann"), token("ben", iat=now - 10))
        clients = [await self.lets_in(text) for text in (old, new, undated, others)]
        await self.result("invalidate_user_tokens", {"user": "ann", "issued_before": now})
        await self.is_out(clients[0])
        await self.is_out(clients[2])
        for client in clients[1], clients[3]:
            self.assertIn("ping", await client.ask("ping"))
        for text in old, undated:
            await self.keeps_out(text)
        for text in new, others:
            await self.lets_in(text)

    async def test_a_revoked_token_of_a_room_ends_only_the_subscription(self):
        self.serve(token_secret_file=self.secret, api_key_file=key_file(self))
        client = await self.lets_in(token("ann"))
        room = token("ann", jti="room", channel="$room")
        self.assertIn("subscribe", await client.ask("subscribe", channel="$room", token=room))
        self.assertIn("subscribe", await client.ask("subscribe", channel="other"))
        await self.result("revoke_token", {"uid": "room"})
        push = await client.push()
        self.assertEqual((push["channel"], "unsubscribe" in push), ("$room", True))
        self.assertEqual((await client.ask("subscribe", channel="$room", token=room))["error"]["code"], 103)
        self.assertIn("presence_stats", await client.ask("presence_stats", channel="other"))

    async def test_it_counts_at_all_vhosts_of_the_hub_and_at_no_other(self):
        options = {"token_secret_file": self.secret, "api_key_file": key_file(self)}
        self.serve(self.vhost("one", hub="main", **options), self.vhost("two", hub="main", **options), self.vhost("three", **options))
        text = token("ann", jti="bad")
        clients = [await self.lets_in(text, vhost) for vhost in range(3)]
        await self.result("revoke_token", {"uid": "bad", "expire_at": int(time.time()) + 3600})
        for client in clients[:2]:
            await self.is_out(client)
        for vhost in range(2):
            await self.keeps_out(text, vhost)
        self.assertIn("ping", await clients[2].ask("ping"))
        await self.lets_in(text, 2)


if __name__ == "__main__":
    unittest.main()
