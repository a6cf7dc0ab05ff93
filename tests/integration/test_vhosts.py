"""Vhosts with and without lws-chat, and vhosts that share rooms."""
import pathlib
import sys
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
from support import server  # noqa: E402
from support.server import Server, connect, receive, vhost  # noqa: E402
from support.transports import Transport, over  # noqa: E402
from support.wire import upgrade  # noqa: E402


REFUSED = (400, 403, 404, 405, None)  # None: closed without an answer, as lws does for unknown protocols


def without_chat(made):
    """The vhost without lws-chat."""
    del made["ws-protocols"], made["mounts"]
    return made


class Hubs(Transport):
    async def join_each(self, *vhosts):
        self.server = self.enterContext(Server(*vhosts))
        return [await self.enterAsyncContext(connect(self.server.url_of(i))) for i in range(len(vhosts))]

    async def test_two_vhosts_do_not_share_rooms(self):
        a, b = await self.join_each(vhost("a"), vhost("b"))
        await a.send("from a")
        await b.send("from b")
        self.assertEqual(await receive(a), "from a")
        self.assertEqual(await receive(b), "from b")

    async def test_vhosts_of_one_hub_share_rooms_in_one_order(self):
        a, b = await self.join_each(vhost("a", hub="town"), vhost("b", hub="town"))
        for i in range(20):
            await (a, b)[i % 2].send(f"text {i}")
        seen = [[await receive(client) for _ in range(20)] for client in (a, b)]
        self.assertEqual(seen[0], seen[1])
        self.assertEqual(sorted(seen[0]), sorted(f"text {i}" for i in range(20)))

    async def test_plain_and_tls_vhosts_may_share_a_hub(self):
        plain, tls = await self.join_each(vhost("plain", hub="town"), vhost("tls", tls=True, hub="town"))
        await plain.send("from plain")
        self.assertEqual(await receive(tls), "from plain")
        await tls.send("from tls")
        self.assertEqual([await receive(plain), await receive(plain)], ["from plain", "from tls"])

    async def test_hubs_with_different_names_do_not_share_rooms(self):
        a, b, c = await self.join_each(vhost("a", hub="town"), vhost("b", hub="village"), vhost("c"))
        for client, text in ((a, "from a"), (b, "from b"), (c, "from c")):
            await client.send(text)
        for client, text in ((a, "from a"), (b, "from b"), (c, "from c")):
            self.assertEqual(await receive(client), text)

    async def test_each_vhost_of_a_hub_counts_its_own_clients(self):
        await self.join_each(vhost("a", hub="town"), vhost("b", hub="town"))
        for name in ("a", "b"):
            self.assertRegex((await self.server.logged(f"vhost {name}:", "joined"))[0], "clients: 1$")

    async def test_each_vhost_of_a_hub_keeps_its_own_options(self):
        a, b = await self.join_each(vhost("a", hub="town", close_word="bye"), vhost("b", hub="town", close_word="ciao"))
        await a.send("ciao")
        await b.send("bye")
        seen = {await receive(a), await receive(a)}
        self.assertEqual(seen, {"ciao", "bye"})
        await a.send("still here")
        self.assertEqual(await receive(a), "still here")

    async def test_closing_a_client_does_not_affect_other_vhosts_of_its_hub(self):
        a, b = await self.join_each(vhost("a", hub="town"), vhost("b", hub="town"))
        await a.send("close")
        self.assertEqual(await receive(b), "close")
        await b.send("still here")
        self.assertEqual(await receive(b), "still here")

    @unittest.skipIf(server.HOST != "lwsws", "lws-chatd does not start with it: see test_starting.py")
    async def test_a_vhost_with_other_hub_options_refuses_clients_and_the_log_names_both(self):
        self.server = self.enterContext(
            Server(vhost("first", hub="town"), vhost("second", hub="town", max_lag=4096), serving=1))
        line = (await self.server.logged('hub "town"'))[0]
        for word in ("vhost second", "vhost first", "max-lag (1048576 and 4096)"):
            self.assertIn(word, line)
        self.assertEqual((await upgrade(self.server.url_of(1))).status, 503)
        self.assertEqual((await upgrade(self.server.url_of(0))).status, 101)


@over("plain", "http2")
class Enabling:
    async def test_a_vhost_without_the_protocol_accepts_nobody(self):
        self.serve(without_chat(self.vhost()), vhost("other"))
        status = await self.status()
        if server.HOST != "lwsws":  # there, a protocol of lwsws answers for such a vhost
            self.assertIn(status, REFUSED)
        self.assertEqual(self.server.chat_log("joined"), [])

    async def test_a_vhost_without_the_protocol_refuses_its_name_as_subprotocol(self):
        self.serve(without_chat(self.vhost()), vhost("other"))
        self.assertIn(await self.status(headers={"Sec-WebSocket-Protocol": "lws-chat"}), REFUSED)

    async def test_a_vhost_without_status_ok_refuses_with_404(self):
        for status in (None, "off"):
            with self.subTest(status=status):
                made = self.vhost()
                del made["ws-protocols"][0]["lws-chat"]["status"]
                if status:
                    made["ws-protocols"][0]["lws-chat"]["status"] = status
                self.serve(made)
                self.assertEqual(await self.status(), 404)

    async def test_a_vhost_that_is_not_the_default_refuses_a_client_without_subprotocol_with_404(self):
        self.serve(default=0)
        self.assertEqual(await self.status(), 404)

    async def test_the_subprotocol_lws_chat_is_accepted_and_echoed(self):
        for default in (0, 1):
            with self.subTest(default=default):
                self.serve(default=default)
                client = await self.join(subprotocols=["lws-chat"])
                self.assertEqual(client.subprotocol, "lws-chat")
                await client.send("hello")
                self.assertEqual(await receive(client), "hello")

    async def test_lws_chat_is_found_among_several_subprotocols(self):
        self.serve(default=0)
        client = await self.join(subprotocols=["superchat", "lws-chat"])
        self.assertEqual(client.subprotocol, "lws-chat")
        await client.send("hello")
        self.assertEqual(await receive(client), "hello")

    async def test_an_unknown_subprotocol_is_refused(self):
        self.serve(default=0)
        self.assertIn(await self.status(headers={"Sec-WebSocket-Protocol": "superchat"}), REFUSED)

    async def test_the_path_can_be_changed(self):
        self.serve(path="/talk")
        self.assertEqual(await self.status(), 404)
        self.url = self.url.replace("/chat/", "/talk")
        self.assertEqual(await self.status(), 101)


if __name__ == "__main__":
    unittest.main()
