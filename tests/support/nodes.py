"""Several servers with one Redis, and clients of each of them."""
import asyncio
import contextlib
import time
import unittest
import urllib.error
import urllib.request

from support.back_end import STRUCTURED, Line, Member, key_file, numbers
from support.events import Events
from support.ports import free_port
from support.readers import TextReader
from support.redis import Redis
from support.sdk_client import SdkClient
from support.server import PATIENCE, Server, connect, vhost
from support.transports import settle


class Nodes:
    """with Nodes(2, redis) as nodes: nodes[0].url ...

    They have started when all are ready and have their connections to Redis. `redis` is a server of the tests, a relay, an URL, or a list with one for each node.
    `each` are more options, a dict for each node.
    """

    def __init__(self, count, redis=None, each=None, ready=True, **options):
        options = {"health": 1, "metrics": 1, **options}
        self.ready = ready
        self.servers = []
        for i in range(count):
            one = redis[i] if isinstance(redis, list) else redis
            way = {} if one is None else {"redis": getattr(one, "url", one)}
            self.servers.append(Server(vhost(**{**way, **options, **(each[i] if each else {})})))
        self.stack = contextlib.ExitStack()

    def __getitem__(self, i):
        return self.servers[i]

    def __len__(self):
        return len(self.servers)

    def readyz(self, i):
        """The status and the text of GET /readyz."""
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self[i].port}/readyz", timeout=PATIENCE) as answer:
                return answer.status, answer.read().decode()
        except urllib.error.HTTPError as refusal:
            with refusal:
                return refusal.code, refusal.read().decode()

    def wait(self, i, status=200):
        """Waits until a node's /readyz has this status. Returns its text."""
        deadline = time.monotonic() + PATIENCE
        while (got := self.readyz(i))[0] != status:
            assert time.monotonic() < deadline, f"node {i} says {got}, not {status}\n{self[i].log()}"
            time.sleep(0.02)
        return got[1]

    async def until(self, i, status=200):
        """Like wait(), for tests with clients in the same event loop."""
        return await asyncio.to_thread(self.wait, i, status)

    def linked(self, i):
        """The node can use all of its Redis servers. /readyz says 200 in the first seconds without them, too."""
        with urllib.request.urlopen(f"http://127.0.0.1:{self[i].port}/metrics", timeout=PATIENCE) as answer:
            said = numbers(answer.read().decode())
        return said.get("lws_chat_redis_servers_up") == said.get("lws_chat_redis_servers")

    def __enter__(self):
        with self.stack:
            for server in self.servers:
                self.stack.enter_context(server)
            if self.ready:
                for i in range(len(self)):
                    self.wait(i)
                    self[i].wait(lambda: self.linked(i), "the connections to Redis")
            self.stack = self.stack.pop_all()
        return self

    def __exit__(self, *exc):
        self.stack.close()


class RoundRobin:
    """async with RoundRobin(nodes) as front: front.port ...  Each connection goes to the next node."""

    def __init__(self, nodes):
        self.ports = [server.port for server in nodes.servers]
        self.port, self.count, self.tasks = free_port(), 0, set()

    async def serve(self, reader, writer):
        self.tasks.add(asyncio.current_task())
        port = self.ports[self.count % len(self.ports)]
        self.count += 1
        back = []
        try:
            back = await asyncio.open_connection("127.0.0.1", port)
            await asyncio.wait({asyncio.ensure_future(self.copy(reader, back[1])), asyncio.ensure_future(self.copy(back[0], writer))})
        except OSError:
            pass  # the client sees the end
        finally:
            for one in (writer, *back[1:]):
                one.close()
            self.tasks.discard(asyncio.current_task())

    @staticmethod
    async def copy(source, sink):
        with contextlib.suppress(OSError):
            while data := await source.read(65536):
                sink.write(data)
                await sink.drain()
        sink.close()

    async def __aenter__(self):
        self.server = await asyncio.start_server(self.serve, "127.0.0.1", self.port)
        return self

    async def __aexit__(self, *exc):
        self.server.close()
        for task in list(self.tasks):
            task.cancel()
        await asyncio.gather(*self.tasks, return_exceptions=True)


class Clustered(unittest.IsolatedAsyncioTestCase):
    """Base of tests: serve() starts a Redis and nodes. Clients say at which node they are."""

    async def asyncSetUp(self):
        asyncio.get_running_loop().set_debug(False)  # unittest turns this on, which is slow and noisy

    def serve(self, count=2, redis=None, **options):
        """`redis`: as for Nodes; nothing: a server of its own, self.redis."""
        if redis is None:
            redis = self.redis = self.enterContext(Redis())
        self.keys = key_file(self)
        self.nodes = self.enterContext(Nodes(count, redis, **{"api_key_file": self.keys, **options}))
        self.lines = {}
        self.addAsyncCleanup(settle)
        return self.nodes

    # ---- clients

    async def text(self, node, room="lobby"):
        """A text client in the room."""
        before = await self.texts(node)
        client = await self.enterAsyncContext(connect(self.nodes[node].url_of(path=f"/chat/{room}")))
        # The handshake does not wait for the room.
        await self.until(lambda: self.more_texts(node, before), "the text client to be in the room")
        return client

    async def texts(self, node):
        """Number of text clients that are in a room."""
        return (await self.metrics(node)).get('lws_chat_subscriptions{dialect="text"}', 0)

    async def more_texts(self, node, before):
        return await self.texts(node) > before

    async def sdk(self, node, *rooms, encoding="json", **options):
        """A client of the npm package in these rooms."""
        sdk = await self.enterAsyncContext(SdkClient(self.nodes[node].url_of(path=STRUCTURED), encoding))
        for room in rooms:
            await sdk.ask("join", room=room, options=options)
        return sdk

    async def reader(self, kind, node, room="lobby"):
        """A reader (support.readers) that is in the room and comes back to it."""
        before = await self.texts(node)
        reader = await kind(self.nodes[node], room).start()
        self.addAsyncCleanup(reader.stop)
        if kind is TextReader:
            await self.until(lambda: self.more_texts(node, before), "the text client to be in the room")
        return reader

    async def member(self, node, *rooms, **data):
        """A structured client in these rooms."""
        client = await self.enterAsyncContext(connect(self.nodes[node].url_of(path=STRUCTURED)))
        return await Member(client).enter(*rooms, **data)

    async def stream(self, node, room="lobby", last_event_id=None):
        """An event stream, and its first event."""
        url = self.nodes[node].url_of(path=f"/sse/{room}").replace("ws", "http", 1)
        reader = await Events.open(url, last_event_id)
        self.addAsyncCleanup(reader.hang_up)
        self.assertEqual(reader.status, 200)
        return reader, await reader.next()

    # ---- back ends

    async def answer(self, node, method, fields=None):
        """Calls a method of the API. Returns the HTTP status and the answer."""
        line = self.lines.get(node)
        if line is not None:
            try:
                return await line.call(method, fields)
            except (asyncio.IncompleteReadError, ConnectionError):
                await line.close()  # the server closes connections that nobody uses
        line = self.lines[node] = await Line.open(self.nodes[node].http_of())
        self.addAsyncCleanup(line.close)
        return await line.call(method, fields)

    async def call(self, node, method, fields=None, status=200):
        """Calls a method of the API. Returns its answer."""
        got, answer = await self.answer(node, method, fields)
        self.assertEqual(got, status, answer)
        return answer

    async def result(self, node, method, fields=None):
        return (await self.call(node, method, fields))["result"]

    async def publish(self, node, data, channel="lobby", **more):
        """Publishes as a back end. Returns the position."""
        return await self.result(node, "publish", {"channel": channel, "data": data, **more})

    async def history(self, node, channel="lobby", **more):
        """Returns ([(offset, data)], epoch, offset)."""
        got = await self.result(node, "history", {"channel": channel, "limit": -1, **more})
        return [(one["offset"], one["data"]) for one in got["publications"]], got["epoch"], got["offset"]

    async def metrics(self, node):
        """The metrics of a node, as {'lws_chat_clients{dialect="text"}': 1.0, ...}."""
        line = await Line.open(self.nodes[node].http_of())
        try:
            answer = await line.ask("/metrics", method="GET", key=None)
        finally:
            await line.close()
        self.assertEqual(answer.status, 200, answer.body)
        return numbers(answer.body.decode())

    async def until(self, fact, what):
        """Waits until fact() is true, or what it returns is, if it is a coroutine."""
        deadline = time.monotonic() + PATIENCE
        while True:
            got = fact()
            if await got if asyncio.iscoroutine(got) else got:
                return
            if time.monotonic() > deadline:
                raise AssertionError(f"waited {PATIENCE} s for {what}\n" + "\n".join(node.log() for node in self.nodes))
            await asyncio.sleep(0.02)


