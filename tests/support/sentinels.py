"""Three Sentinels that watch a Redis server and its replica, and make the other one the primary when a test wants it."""
import contextlib
import random

from support.redis import PROGRAM, Redis, RedisError
from support.server import PATIENCE


class Sentinel(Redis):
    """One of them. It writes what it learns into its configuration, so a restart does not begin anew."""

    def __init__(self, name, primary, down_after):
        super().__init__()
        self.file = self.folder / "sentinel.conf"
        lines = [f"port {self.port}", "bind 127.0.0.1", f"unixsocket {self.path}", f"dir {self.folder}", f"logfile {self.log_path}",
                 "protected-mode no", f"sentinel monitor {name} 127.0.0.1 {primary.port} 2",
                 f"sentinel down-after-milliseconds {name} {down_after}", f"sentinel failover-timeout {name} 10000"]
        self.file.write_text("\n".join(lines) + "\n")

    def command(self):
        return [PROGRAM, self.file, "--sentinel"]


class Sentinels:
    """with Sentinels() as sentinels: sentinels.url ... sentinels.failover()

    A primary that is not there for `down_after` milliseconds loses its place by itself, too.
    """

    def __init__(self, name="chat", down_after=60000, **options):
        self.name = name
        self.servers = [Redis(**options), Redis(**options)]
        self.servers[1].options["replicaof"] = f"127.0.0.1 {self.servers[0].port}"
        for server in self.servers:
            server.options |= {"repl-diskless-sync-delay": 0, "repl-diskless-sync": "yes"}
        self.sentinels = [Sentinel(name, self.servers[0], down_after) for _ in range(3)]
        self.stack = contextlib.ExitStack()

    @property
    def url(self):
        ports = ",".join(f"127.0.0.1:{sentinel.port}" for sentinel in self.sentinels)
        return f"redis+sentinel://{ports}/{self.name}"

    def named(self, sentinel):
        """The port of the server that a Sentinel names."""
        return int(sentinel.call("SENTINEL", "GET-MASTER-ADDR-BY-NAME", self.name)[1])

    @property
    def primary(self):
        """The server that all Sentinels name. None: they do not agree."""
        ports = {self.named(sentinel) for sentinel in self.sentinels if sentinel.process}
        return next((server for server in self.servers if ports == {server.port}), None)

    def other(self, server):
        return self.servers[1 - self.servers.index(server)]

    def failover(self):
        """Makes the replica the primary. Returns it when all Sentinels name it.

        The old primary may take writes for some seconds more, until the Sentinels make it a replica. That is what happens
        in life, too; settle() waits for it.
        """
        old = self.primary
        self.servers[0].wait(lambda: self._ordered(random.choice(self.sentinels)), "a Sentinel to begin the failover", 4 * PATIENCE)
        return self.follow(old)

    def _ordered(self, sentinel):
        try:
            return sentinel.call("SENTINEL", "FAILOVER", self.name) == "OK"
        except RedisError:  # INPROG, NOGOODSLAVE: not yet
            return False

    def follow(self, old):
        """Waits until all Sentinels name another primary than the old one. Returns it."""
        new = self.other(old)
        new.wait(lambda: self.primary is new and new.call("ROLE")[0] == "master", "the replica to be the primary", 4 * PATIENCE)
        return new

    def settle(self):
        """Waits until the primary has a replica that has everything, and each Sentinel knows that, and the others."""
        self.servers[0].wait(self._settled, "the replica to follow the primary", 4 * PATIENCE)

    def _settled(self):
        primary = self.primary
        if primary is None or primary.call("ROLE")[0] != "master":
            return False
        role = self.other(primary).call("ROLE")
        return role[0] == "slave" and role[3] == "connected" and all(map(self._knows, self.sentinels))

    def _knows(self, sentinel):
        """The Sentinel sees the two others, and a replica that it could choose."""
        if sentinel.process is None:
            return True
        said = sentinel.call("SENTINEL", "MASTER", self.name)
        fields = dict(zip(said[::2], said[1::2]))
        replicas = [dict(zip(one[::2], one[1::2])) for one in sentinel.call("SENTINEL", "REPLICAS", self.name)]
        return (fields["num-other-sentinels"] == "2" and fields["flags"] == "master" and
                [(one["flags"], one["master-link-status"]) for one in replicas] == [("slave", "ok")])

    def log(self):
        return "\n".join(one.log() for one in (*self.servers, *self.sentinels))

    def __enter__(self):
        with self.stack:
            for one in (*self.servers, *self.sentinels):
                self.stack.enter_context(one)
            self.settle()
            self.stack = self.stack.pop_all()
        return self

    def __exit__(self, *exc):
        self.stack.close()


