"""For tests of storage: a server whose rooms are in a file, and that is killed and started again."""
import json
import pathlib
import tempfile

from support.back_end import BackEnd


class Stored(BackEnd):
    """For use with @over(...): serve(), then call(), kill(), start() and others."""

    def serve(self, *vhosts, **options):
        self.folder = pathlib.Path(self.enterContext(tempfile.TemporaryDirectory(prefix="lws-chat-rooms-")))
        self.file = self.folder / "rooms.db"
        if not vhosts:
            options = {"storage": self.file, "history_size": 1000, "history_age": 86400, "metrics": 1, "health": 1, **options}
        return super().serve(*vhosts, **options)

    def kill(self):
        self.server.kill()
        self.line = None

    def stop(self):
        self.server.stop()
        self.line = None

    def start(self):
        self.server.start()

    def restart(self):
        self.kill()
        self.start()

    def set_option(self, name, value):
        """For the next start."""
        path = self.server.folder / "conf.d/00"
        made = json.loads(path.read_text())
        made["vhosts"][0]["ws-protocols"][0]["lws-chat"][name] = value
        path.write_text(json.dumps(made))

    async def publish(self, data, channel="lobby", **more):
        """Publishes as a back end. Returns the position."""
        return await self.result("publish", {"channel": channel, "data": data, **more})

    async def history(self, channel="lobby", **more):
        """Returns ([(offset, data)], position)."""
        got = await self.result("history", {"channel": channel, "limit": -1, **more})
        return [(one["offset"], one["data"]) for one in got["publications"]], {name: got[name] for name in ("offset", "epoch")}
