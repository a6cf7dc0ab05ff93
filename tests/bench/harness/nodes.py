"""Servers that share their rooms through Redis: a Redis server, and two nodes of a kind."""
import contextlib
import json
import os
import socket
import subprocess

from . import machine, servers
from .host import Host

CENTRIFUGO = machine.ROOT / "build/centrifugo/centrifugo"
REDIS_PACKAGES = ["redis-server", "redis-tools"]
VENV = machine.ROOT / "build/channels-redis"

# Rooms of all servers keep so many messages, so long: our defaults.
HISTORY, HISTORY_SECONDS = 100, 300


class Redis(servers.Server):
    name = "Redis"

    def install(self):
        machine.require(REDIS_PACKAGES)

    def command(self, folder, port, pair):
        return ["/usr/bin/redis-server", "--port", "0", "--unixsocket", folder / "redis.sock", "--save", "", "--dir", folder]

    def refusal(self, running):
        try:
            return None if ask(running, "PING") == "+PONG" else "does not answer PING"
        except OSError as error:
            return str(error)

    def version(self):
        return machine.output("/usr/bin/redis-server", "--version").split(" sha=", maxsplit=1)[0]


def address(redis):
    return str(redis.folder / "redis.sock")


def ask(redis, *words):
    """The answer of Redis to a command, as text: of a bulk string its content."""
    with socket.socket(socket.AF_UNIX) as plain:
        plain.settimeout(10)
        plain.connect(address(redis))
        plain.sendall(" ".join(words).encode() + b"\r\n")
        with plain.makefile("rb") as lines:
            first = lines.readline().decode().strip()
            return lines.read(int(first[1:])).decode() if first.startswith("$") else first


def used_memory(redis):
    """Bytes that Redis has in use, without what its allocator holds back and without the buffers of its clients."""
    found = dict(line.split(":", 1) for line in ask(redis, "INFO", "memory").splitlines() if ":" in line)
    return int(found["used_memory"]) - int(found["mem_clients_normal"])


class Kind:
    """A kind of nodes. server(redis) is one of them; redis is None for a node that is alone."""
    ours = False
    structured = True  # the dialect; otherwise texts
    # What Campaign asks of a server.
    tls = posts = floor = False
    rooms = True

    def __init__(self, build):
        self.build = build

    def install(self):
        """Installs it. Raises an exception if that is not possible."""

    def server(self, redis):
        raise NotImplementedError

    def version(self):
        return ""

    def load(self, workload):
        """Arguments of the generator for the dialect that this kind speaks."""
        arguments = workload.arguments()
        if not self.structured:
            return arguments
        at = arguments.index("--path")
        name = "room%" if workload.rooms > 1 else "room"
        return [*arguments[:at], "--path", "/connection/websocket", "--channel", name, *arguments[at + 2:]]


class Ours(Kind):
    ours = True

    def __init__(self, build, structured, shared=True):
        super().__init__(build)
        self.structured, self.shared = structured, shared
        self.dialect = "structured" if structured else "text"
        self.name = f"lws-chat, {self.dialect}{'' if shared else ', alone'}"

    def install(self):
        if self.shared and "redis" not in servers.LwsChat.options(self.build):
            raise FileNotFoundError("this build has no option redis")

    def server(self, redis):
        # A back end and publishers send more than one client may.
        options = {"message-rate": "0", "max-joins-per-second": "0"}
        if redis and self.shared:
            options["redis"] = f"unix:{address(redis)}"
        return Host(self.build, **options)

    def version(self):
        return servers.LwsChat(self.build).version()


class CentrifugoNode(servers.Server):
    name = "Centrifugo"

    def __init__(self, redis):
        super().__init__(None)
        self.redis = redis

    def command(self, folder, port, pair):
        allowed = {f"allow_{what}_for_{whom}": True for what in ("subscribe", "publish", "history", "presence")
                   for whom in ("client", "anonymous")}
        conf = folder / "config.json"
        conf.write_text(json.dumps({
            "http_server": {"address": "127.0.0.1", "port": port},
            "http_api": {"key": servers.API_KEY},
            "log": {"level": "error"},
            "usage_stats": {"disabled": True},
            "engine": {"type": "redis", "redis": {"address": f"unix://{address(self.redis)}"}},
            "client": {"allow_anonymous_connect_without_token": True},
            "channel": {"without_namespace": {
                **allowed, "presence": True, "join_leave": True, "history_size": HISTORY,
                "history_ttl": f"{HISTORY_SECONDS}s", "force_recovery": True}},
        }))
        return [CENTRIFUGO, "-c", conf]

    def refusal(self, running):
        status = running.probe("/connection/websocket")
        return None if status == 101 else f"answers {status or 'nothing'}"


class Centrifugo(Kind):
    name = "Centrifugo"

    def install(self):
        if not os.access(CENTRIFUGO, os.X_OK):
            subprocess.run([machine.ROOT / "tests/support/get-centrifugo", CENTRIFUGO.parent], check=True, timeout=1800)

    def server(self, redis):
        return CentrifugoNode(redis)

    def version(self):
        stamp = CENTRIFUGO.with_name("version")  # the program itself does not know it
        return stamp.read_text().strip() if stamp.exists() else "?"


class ChannelsNode(servers.Channels):
    def __init__(self, redis):
        super().__init__(None)
        self.redis = redis

    def environment(self):
        return {**super().environment(), "CHANNELS_REDIS": f"unix://{address(self.redis)}"}

    def command(self, folder, port, pair):
        return [VENV / "bin/python", *super().command(folder, port, pair)[1:]]


class Channels(Kind):
    name = "Channels"
    structured = False
    wanted = machine.BENCH / "peers/channels/requirements.txt"

    def install(self):
        stamp = VENV / "installed"
        if stamp.exists() and stamp.read_text() == self.wanted.read_text():
            return
        machine.require(["python3-venv"])
        subprocess.run([machine.PYTHON, "-m", "venv", VENV], check=True, timeout=300)
        subprocess.run([VENV / "bin/pip", "install", "--quiet", "--disable-pip-version-check", "--requirement", self.wanted],
                       check=True, timeout=900)
        stamp.write_text(self.wanted.read_text())

    def server(self, redis):
        return ChannelsNode(redis)

    def version(self):
        return ", ".join(line.replace("==", " ") for line in self.wanted.read_text().splitlines() if "==" in line)


class Cluster:
    """with Cluster(kind, campaign) as it: ... it.reading, it.publishing, it.redis ...

    The part that is measured has the servers' core for itself: the node of the readers, or Redis. The others share the
    generator's. A kind that is alone has one node, and no Redis.
    """

    def __init__(self, kind, campaign, measured="reading"):
        self.kind = kind
        self.core = lambda part: campaign.server_core if part == measured else campaign.generator_core
        self.stack = contextlib.ExitStack()
        self.redis = None

    def __enter__(self):
        with self.stack as starting:
            if getattr(self.kind, "shared", True):
                self.redis = starting.enter_context(servers.Running(Redis(None), core=self.core("redis")))
            self.reading = starting.enter_context(servers.Running(self.kind.server(self.redis), core=self.core("reading")))
            self.publishing = self.reading if self.redis is None else starting.enter_context(
                servers.Running(self.kind.server(self.redis), core=self.core("publishing")))
            self.stack = starting.pop_all()
        return self

    def __exit__(self, *_):
        self.stack.close()

    def arguments(self):
        """What tells the generator of the parts: a sample of Redis, and then of the publishing node, if there are any."""
        if self.redis is None:
            return []
        return ["--publish-port", str(self.publishing.port), "--beside", str(self.redis.group),
                "--beside", str(self.publishing.group)]


def available(kinds):
    """The kinds that are here, and a line for each that is not."""
    present, missing = [], []
    for kind in kinds:
        try:
            kind.install()
            present.append(kind)
        except (OSError, subprocess.SubprocessError) as error:
            missing.append(f"SKIPPED: {kind.name} is not here: {error}")
    return present, missing
