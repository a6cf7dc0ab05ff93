"""The steps of a script. Each step and everything that comes is in the transcript.

    ann = await case.connect("ann", token=case.token("ann"))    a new connection that sends the connect command
    await ann.send(subscribe={"channel": "room"})               sends a command, waits for its reply and returns it
    await ann.push()                                            waits for something that the server sends by itself
    await ann.closed()                                          waits for the close
    await case.api("publish", channel="room", data=1)           a call of the server's API
    await case.sleep(1.5)                                       time that a token needs to expire
"""
import asyncio
import json
import time
import urllib.error
import urllib.request

import websockets
from support.emulated import ask
from support.server import connect

from .fallback import Fallback
from .settings import API_KEY
from .transcript import Transcript

WAIT = 15  # seconds to wait for a reply, a push or a close


class Moment(int):
    """A time whose transcript is the same in each run."""
    label = ""


class Client:
    def __init__(self, case, name, socket):
        self.case, self.name, self.socket = case, name, socket
        self.id = 0
        self.client = None  # its id at the server
        self.replies = {}
        self.pushes = 0  # that have come
        self.taken = 0  # that a step has waited for
        self.ended = False
        self.news = asyncio.Condition()
        self.reader = asyncio.create_task(self._read())

    def _note(self, word, content=None, note=""):
        self.case.transcript.add(self.name, word, content, note)

    async def _read(self):
        try:
            while True:
                for line in (await self.socket.recv()).splitlines():
                    message = json.loads(line)
                    if message == {}:  # a ping
                        await self.socket.send("{}")
                        continue
                    await self._got(message)
        except websockets.ConnectionClosed as closed:
            code, reason = (closed.rcvd.code, closed.rcvd.reason) if closed.rcvd else (1006, "")
            if not self.case.over:
                self._note("closed", None, f"{code} {reason}")
        async with self.news:
            self.ended = True
            self.news.notify_all()

    async def _got(self, message):
        hidden = message.get("id") == 1_000_000
        if "connect" in message:
            self.client = message["connect"].get("client")
            self.case.run.names[self.client] = f"CLIENT {self.name}"
            self.case.run.owners[self.client] = self
        if not hidden:
            self._note("got", message)
        async with self.news:
            if "id" in message:
                self.replies[message["id"]] = message
            else:
                self.pushes += 1
            self.news.notify_all()

    async def _until(self, fact, what, patience):
        async with self.news:
            try:
                await asyncio.wait_for(self.news.wait_for(lambda: fact() or self.ended), patience)
            except asyncio.TimeoutError:
                self._note(f"nothing came, waiting for {what}")

    async def send(self, patience=WAIT, **command):
        """Sends a command and returns its reply. None: the connection ended instead."""
        number = self.start(**command)
        await self._until(lambda: number in self.replies, "the reply", patience)
        return self.replies.get(number)

    def start(self, **command):
        """Sends a command and does not wait."""
        self.id += 1
        command = {"id": self.id, **command}
        self._note("sent", command)
        asyncio.ensure_future(self._write(json.dumps(command)))
        return self.id

    async def _write(self, text):
        try:
            await self.socket.send(text)
        except websockets.ConnectionClosed:
            pass

    async def push(self, times=1, patience=WAIT):
        for _ in range(times):
            self.taken += 1
            await self._until(lambda: self.pushes >= self.taken, "a push", patience)

    async def closed(self, patience=WAIT):
        async with self.news:
            try:
                await asyncio.wait_for(self.news.wait_for(lambda: self.ended), patience)
            except asyncio.TimeoutError:
                self._note(f"nothing came, waiting for the close")

    async def stays(self, seconds=0.5):
        """The server does not close the connection."""
        await asyncio.sleep(seconds)
        if not self.ended:
            self._note("is open")

    async def leave(self):
        """Everything that the server has sent so far has come when this returns, and the connection is closed."""
        if not self.ended and self.client:
            await self._write(json.dumps({"id": 1_000_000, "history": {"channel": "the:end"}}))
            await self._until(lambda: 1_000_000 in self.replies, "the end", WAIT)
        self.case.over = True
        await self.socket.close()
        await self.reader

    async def subscribe(self, channel, **fields):
        """Asks for recovery, too. lws-chat gives it to clients that do not ask, Centrifugo does not."""
        return await self.send(subscribe={"channel": channel, "recoverable": True, **fields})

    async def leave_room(self, channel):
        return await self.send(unsubscribe={"channel": channel})

    async def publish(self, channel, data):
        return await self.send(publish={"channel": channel, "data": data})


class Case:
    """One case of a script at one server."""

    def __init__(self, run, name, token):
        self.run, self.name, self.token = run, name, token
        self.transcript = Transcript(run.names)
        self.clients = []
        self.over = False

    def confused_token(self, user, alg, public):
        """A token that is signed by HMAC with the text of a public key, which everybody knows."""
        return self.token(user, alg=alg, secret=self.token.keys.public(public))

    async def dial(self, name, headers=None, transport="websocket"):
        """A connection that has sent nothing."""
        if transport == "websocket":
            socket = await connect(f"ws://127.0.0.1:{self.run.port}/connection/websocket", headers)
        else:
            socket = Fallback(self.run.port, transport, headers)
        client = Client(self, name, socket)
        self.clients.append(client)
        return client

    async def connect(self, name, headers=None, transport="websocket", **fields):
        """A connection, and its connect command."""
        client = await self.dial(name, headers, transport)
        if self.run.asks_on_connect:  # the command's name tells the back end whose request it is
            fields = {"name": f"{self.name}: {name}", **fields}
            self.run.callers[fields["name"]] = client
        await client.send(connect=fields)
        return client

    async def request(self, method, path, body="", headers=None, shown=None):
        """An HTTP request of a client. The transcript has its status, and what is `shown` instead of the body."""
        self.transcript.add("HTTP", "asked", shown or body, f"{method} {path}")
        answer = await ask(method, f"http://127.0.0.1:{self.run.port}{path}", body, headers)
        self.transcript.add("HTTP", "answer", None, str(answer.status))

    async def api(self, method, **body):
        """A call of POST /api/METHOD. Returns the answer."""
        request = urllib.request.Request(
            f"http://127.0.0.1:{self.run.port}/api/{method}", json.dumps(body).encode(),
            {"X-API-Key": API_KEY, "Content-Type": "application/json"})

        def call():
            try:
                with urllib.request.urlopen(request, timeout=WAIT) as answer:
                    return answer.status, answer.read().decode()
            except urllib.error.HTTPError as error:
                return error.code, error.read().decode()
        self.transcript.add("API", "call", body, method)
        status, said = await asyncio.to_thread(call)
        try:
            said = json.loads(said)
        except ValueError:
            pass
        self.transcript.add("API", "answer", said, str(status))
        return said

    def in_seconds(self, seconds):
        """A time for the API, in Unix seconds. The transcript shows it relative to now."""
        at = Moment(int(time.time()) + seconds)
        at.label = f"NOW {seconds:+}"
        return at

    async def sleep(self, seconds):
        await asyncio.sleep(seconds)

    async def finish(self):
        for client in self.clients:
            await client.leave()


class Run:
    """A script's cases at one running server. It knows whose hook request it is."""

    def __init__(self, names, asks_on_connect):
        self.port = 0  # until the server runs
        self.names = names
        self.asks_on_connect = asks_on_connect
        self.owners = {}  # client id -> Client
        self.callers = {}  # name of a connect command -> Client

    def hook_seen(self, hook, fields, request):
        client = self.owners.get(request.get("client")) or self.callers.get(request.get("name"))
        if not client:
            return
        self.names.setdefault(request["client"], f"CLIENT {client.name}")
        self.owners.setdefault(request["client"], client)
        shown = {k: v for k, v in fields.items() if k.startswith("x-") or k in ("content-type", "cookie", "authorization")}
        client.case.transcript.add(f"{client.name}'s hooks", "asked", {"fields": shown, **request}, hook)
