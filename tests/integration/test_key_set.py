"""Keys of tokens from token-jwks-url: they come and go without a restart."""
import asyncio
import pathlib
import sys
import tempfile
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
from support.tokens import Issuer, Keys  # noqa: E402
from support.back_end import STRUCTURED, BackEnd, Member  # noqa: E402
from support.hook_server import HookServer, Reply  # noqa: E402
from support.server import PATIENCE, close_of, connect, free_port  # noqa: E402
from support.transports import over  # noqa: E402


@over("plain")
class KeySets(BackEnd):
    def prepare(self, *kids):
        """A back end that has these keys, but does not run yet."""
        self.kids = list(kids)
        self.keys = Keys(self.enterContext(tempfile.TemporaryDirectory()))
        self.issue = Issuer(self.keys)
        self.site = HookServer(port=free_port())
        self.site.answers["jwks"] = lambda request: {"keys": [self.keys.jwk("ES256", kid) for kid in self.kids]}

    async def begin(self):
        await self.site.__aenter__()
        self.addAsyncCleanup(self.site.__aexit__)

    def token(self, kid):
        return self.issue("ann", alg="ES256", key=kid, exp=3600)

    def start(self):
        self.serve(metrics=1, token_jwks_url=self.site.url("jwks"))

    async def fetched(self, outcome, times=1):
        name = f'lws_chat_key_set_fetches_total{{outcome="{outcome}"}}'
        deadline = asyncio.get_running_loop().time() + PATIENCE
        while (await self.metrics())[name] < times:
            self.assertLess(asyncio.get_running_loop().time(), deadline, name)
            await asyncio.sleep(0.05)

    async def connect(self, kid):
        """The reply to connect, or the code of the close."""
        client = Member(await self.enterAsyncContext(connect(self.url.replace("/chat/", STRUCTURED))))
        await client.send("connect", token=self.token(kid))
        import websockets
        try:
            return await client.next()
        except websockets.ConnectionClosed as closed:
            return closed.rcvd.code

    async def works(self, kid):
        self.assertIn("connect", await self.connect(kid))

    async def is_refused_for_now(self, kid):
        reply = await self.connect(kid)
        self.assertEqual((reply["error"]["code"], reply["error"]["temporary"]), (100, True))

    async def test_keys_that_come_late_are_taken_without_a_restart(self):
        self.prepare("one")
        self.start()
        await self.fetched("failed")
        await self.is_refused_for_now("one")
        await self.server.logged("token-jwks-url", "the next attempt is in")
        await self.begin()
        await self.fetched("ok")
        await self.works("one")

    async def test_known_keys_go_on_when_the_url_is_down(self):
        self.prepare("one")
        await self.begin()
        self.start()
        await self.fetched("ok")
        self.site.close()
        await self.works("one")
        await self.works("one")

    async def test_a_new_key_is_fetched_when_a_token_names_it_and_one_that_does_not_exist_is_invalid(self):
        self.prepare("one")
        await self.begin()
        self.start()
        await self.fetched("ok")
        self.assertEqual(await self.connect("two"), 3500)
        fetched = len(self.site.questions("jwks"))
        self.kids.append("two")
        # The next fetch comes some time after the last one. A client that shows a new key waits for it.
        await self.works("two")
        await self.works("one")
        self.assertEqual(len(self.site.questions("jwks")), fetched + 1)

    async def test_an_answer_that_is_no_key_set_changes_nothing(self):
        self.prepare("one")
        await self.begin()
        self.start()
        await self.fetched("ok")
        self.site.answers["jwks"] = lambda request: Reply(b"{broken")
        deadline = asyncio.get_running_loop().time() + PATIENCE
        while await self.connect("two") == 3500:
            self.assertLess(asyncio.get_running_loop().time(), deadline)
            await asyncio.sleep(0.2)
        await self.fetched("failed")
        await self.server.logged("token-jwks-url", "the keys in use stay")
        await self.works("one")
        await self.is_refused_for_now("two")

    async def test_a_connection_that_shows_a_token_with_a_new_key_is_renewed(self):
        self.prepare("one")
        await self.begin()
        self.start()
        await self.fetched("ok")
        client = Member(await self.enterAsyncContext(connect(self.url.replace("/chat/", STRUCTURED))))
        self.assertIn("connect", await client.ask("connect", token=self.token("one")))
        self.kids[:] = ["two"]
        await asyncio.sleep(10)  # an unknown key causes no fetch before
        self.assertIn("refresh", await client.ask("refresh", token=self.token("two")))
        await client.send("refresh", token=self.token("three"))
        self.assertEqual((await close_of(client.client))[0], 3500)


if __name__ == "__main__":
    unittest.main()
