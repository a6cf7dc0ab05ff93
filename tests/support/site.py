"""For tests of tokens and hooks: a server whose text clients and event streams have users."""
import asyncio
import urllib.parse

from support.back_end import Line
from support.server import close_of, connect
from support.streams import Streams
from support.tokens import secret_file, token


class Site(Streams):
    """For use with @over(...): serve() makes a vhost that accepts tokens of HS256. No token may be in its log."""

    def serve(self, **options):
        self.shown = []
        options.setdefault("token_secret_file", secret_file(self))
        options.setdefault("expiry_grace", 0)
        server = super().serve(**options)
        self.addCleanup(self.look_for_tokens)
        return server

    def look_for_tokens(self):
        log = self.server.log()
        for shown in self.shown:
            for part in shown.split("."):
                self.assertNotIn(part, log)

    def token(self, **claims):
        made = token(lasts=0, **claims)
        # The header is the same in every token, and in none of the log's words.
        self.shown.append(made)
        return made

    def path(self, kind, room, shown="", argument="token"):
        more = "?" + urllib.parse.urlencode({argument: shown}) if shown else ""
        return f"/{kind}/{urllib.parse.quote(room)}{more}"

    async def text(self, shown="", room="lobby", **kwargs):
        """A text client that shows the token in its URL."""
        return await self.enterAsyncContext(connect(self.server.url_of(path=self.path("chat", room, shown)), **kwargs))

    async def stream(self, shown="", room="lobby", **kwargs):
        return await self.read(self.path("sse", room, shown), **kwargs)

    async def api(self, method, **fields):
        line = await Line.open(self.server.http_of())
        try:
            return (await line.call(method, fields))[1]
        finally:
            await line.close()

    async def users(self, room="lobby"):
        answer = await self.api("presence", channel=room)
        return sorted(client["user"] for client in answer["result"]["presence"].values())

    async def present(self, *users, room="lobby"):
        """Waits until exactly these users are in the room."""
        async def there():
            return await self.users(room) == sorted(users)
        for _ in range(400):
            if await there():
                return
            await asyncio.sleep(0.05)
        self.assertEqual(await self.users(room), sorted(users))

    async def assert_closed(self, client, code, reason):
        self.assertEqual(await close_of(client), (code, reason))

    async def assert_ended(self, reader, reason):
        self.assertEqual(reader.status, 200)
        self.assertTrue((await reader.rest()).endswith(f": {reason}\n\n".encode()), reader.all)
