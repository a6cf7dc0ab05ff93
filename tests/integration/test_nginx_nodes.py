"""Several servers on a machine, with the shipped example node, behind nginx with its example: one chat."""
import asyncio
import os
import pathlib
import sys
import unittest
from unittest import mock

sys.path[:0] = [str(pathlib.Path(__file__).resolve().parents[1]), str(pathlib.Path(__file__).resolve().parent)]
from support.back_end import Line, key_file, numbers  # noqa: E402
from support.configs import read  # noqa: E402
from support.events import Events  # noqa: E402
from support.redis import Redis, needs_redis  # noqa: E402
from support.sdk_client import SdkClient  # noqa: E402
from support.server import BUILD, PATIENCE, ROOT, Server, close_of, connect, free_port, receive  # noqa: E402
from support.transports import settle  # noqa: E402
from test_proxy import Nginx, get  # noqa: E402


class NginxOfNodes(Nginx):
    example, ports = "lws-chat-nodes", (8101, 8102)


def node(redis, keys):
    """The vhosts of a server with the example, with ports and files of this machine."""
    made = read(ROOT / "conf/examples/node")["vhosts"]
    for vhost in made:
        vhost["port"] = str(free_port())
        for mount in vhost["mounts"]:
            mount["origin"] = mount["origin"].replace("/usr/share/lws-chat/mount", f"{BUILD}/mount")
        vhost["ws-protocols"][0]["lws-chat"]["redis"] = redis.url
    made[0]["ws-protocols"][0]["lws-chat"] |= {"api-key-file": str(keys), "drain-seconds": "0"}
    return made


@needs_redis
class Nodes(unittest.IsolatedAsyncioTestCase):
    async def asyncSetUp(self):
        asyncio.get_running_loop().set_debug(False)  # unittest turns this on, which is slow and noisy
        redis, keys = self.enterContext(Redis()), key_file(self)
        self.nodes = [self.enterContext(Server(*node(redis, keys))) for _ in range(2)]
        for i in 0, 1:
            await self.until(lambda i=i: self.linked(i), "the connection to Redis")
        self.proxy = self.enterContext(NginxOfNodes(*(server.port for server in self.nodes)))
        self.addAsyncCleanup(settle)

    async def until(self, fact, what):
        """Waits until what fact() returns is true."""
        loop = asyncio.get_running_loop()
        end = loop.time() + PATIENCE
        while not await fact():
            self.assertLess(loop.time(), end, f"waited for {what}\n" + "\n".join(server.log() for server in self.nodes))
            await asyncio.sleep(0.02)

    # ---- what the servers count

    async def counted(self, i, name):
        """The sum of a metric's values."""
        answer = await get(self.nodes[i].http_of(1, "/metrics").replace("localhost", "127.0.0.1"))
        self.assertEqual(answer.status, 200)
        return sum(count for metric, count in numbers(answer.body.decode()).items() if metric.split("{")[0] == name)

    async def linked(self, i):
        return await self.counted(i, "lws_chat_redis_servers_up") == 1

    async def clients(self):
        return [await self.counted(i, "lws_chat_clients") for i in (0, 1)]

    async def members(self, count):
        """So many clients are in rooms."""
        return sum([await self.counted(i, "lws_chat_subscriptions") for i in (0, 1)]) == count

    # ---- clients

    async def text(self):
        return await self.enterAsyncContext(connect(self.proxy.url("/chat/")))

    async def sdk(self, transport="websocket"):
        # For the SDK: nginx has a certificate of the tests.
        with mock.patch.dict(os.environ, LWS_CHAT_TRANSPORT=transport, NODE_TLS_REJECT_UNAUTHORIZED="0"):
            sdk = await self.enterAsyncContext(SdkClient(self.proxy.url("/connection/websocket")))
        await sdk.ask("join", room="lobby", options={"recoverable": True})
        return sdk

    async def call(self, method, **fields):
        """Calls a method of the API. The next call may reach the other server."""
        line = await Line.open(self.proxy.url("", "https"))
        try:
            status, answer = await line.call(method, fields)
        finally:
            await line.close()
        self.assertEqual(status, 200, answer)
        return answer["result"]

    async def has(self, sdk, *data):
        return [one[2] for one in sdk.log()] == list(data)

    # ---- the tests

    async def test_clients_are_spread_over_the_servers_and_are_in_one_room(self):
        texts = [await self.text() for _ in range(4)]
        self.assertEqual(await self.clients(), [2, 2])
        await self.until(lambda: self.members(4), "the clients to be in the room")
        for text in texts:
            await text.send("hello")
            for reader in texts:
                self.assertEqual(await receive(reader), "hello")

    async def test_sdks_with_every_transport_text_clients_and_event_streams_talk(self):
        sdks = [await self.sdk(transport) for transport in ("websocket", "websocket", "http_stream", "sse")]
        text = await self.text()
        events = await Events.open(self.proxy.url("/sse/lobby", "https"), http2=True)  # with curl, which joins chunks
        self.addAsyncCleanup(events.hang_up)
        self.assertEqual((await events.next()).type, "position")
        await self.until(lambda: self.members(6), "the clients to be in the room")
        said = []
        for i, sdk in enumerate(sdks):
            said.append(f"from {i}")
            await sdk.ask("publish", room="lobby", data=said[-1])
            self.assertEqual(await receive(text), said[-1])
            self.assertEqual((await events.next()).data, said[-1])
        for sdk in sdks:
            await self.until(lambda sdk=sdk: self.has(sdk, *said), "the messages")
        self.assertEqual((await sdks[3].ask("presenceStats", room="lobby"))["numClients"], 6)

    async def test_back_ends_reach_all_clients_whichever_server_they_ask(self):
        texts = [await self.text(), await self.text()]
        self.assertEqual(await self.clients(), [1, 1])
        await self.until(lambda: self.members(2), "the clients to be in the room")
        for i in range(4):
            position = await self.call("publish", channel="lobby", data=f"{i}")
            self.assertEqual(position["offset"], i + 1)
            for reader in texts:
                self.assertEqual(await receive(reader), f"{i}")
        self.assertEqual(len((await self.call("info"))["nodes"]), 2)
        self.assertEqual((await self.call("presence_stats", channel="lobby"))["num_clients"], 2)
        self.assertEqual([one["data"] for one in (await self.call("history", channel="lobby", limit=9))["publications"]],
                         ["0", "1", "2", "3"])

    async def test_clients_go_on_at_the_other_server_while_one_is_restarted_and_miss_nothing(self):
        sdks, texts = [await self.sdk(), await self.sdk()], [await self.text(), await self.text()]
        self.assertEqual(await self.clients(), [2, 2])
        await self.call("publish", channel="lobby", data="before")
        await asyncio.to_thread(self.nodes[1].stop)
        closes = [asyncio.ensure_future(close_of(text)) for text in texts]
        closed, others = await asyncio.wait(closes, timeout=PATIENCE, return_when=asyncio.FIRST_COMPLETED)
        self.assertEqual([close.result()[0] for close in closed], [1001])
        for close in others:
            close.cancel()
        await self.call("publish", channel="lobby", data="meanwhile")
        for sdk in sdks:
            await self.until(lambda sdk=sdk: self.has(sdk, "before", "meanwhile"), "the messages")
        self.assertEqual(sum(len(sdk.named("connected")) for sdk in sdks), 3, "one of them came back")
        await asyncio.to_thread(self.nodes[1].start)
        await self.until(lambda: self.linked(1), "the connection to Redis")
        await self.call("publish", channel="lobby", data="after")
        for sdk in sdks:
            await self.until(lambda sdk=sdk: self.has(sdk, "before", "meanwhile", "after"), "the messages")

    async def test_the_page_has_hsts_and_http_leads_to_https(self):
        page = await get(self.proxy.url("/web/", "https"))
        self.assertEqual((page.status, "strict-transport-security" in page.headers), (200, True))
        plain = await get(f"http://127.0.0.1:{self.proxy.plain_port}/chat/")
        self.assertEqual((plain.status, plain.headers["location"]), (301, "https://127.0.0.1/chat/"))

    async def test_metrics_are_not_to_be_had_through_it(self):
        for path in "/metrics", "/readyz":
            self.assertEqual((await get(self.proxy.url(path, "https"))).status, 404, path)


if __name__ == "__main__":
    unittest.main()
