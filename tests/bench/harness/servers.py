"""The servers to compare. Each run starts its server anew, on a free port and a core of its own."""
import atexit
import contextlib
import ctypes
import json
import os
import pathlib
import re
import resource
import shutil
import signal
import socket
import ssl
import subprocess
import tempfile
import time

from support.ports import free_port

from . import machine

API_KEY = "a-key-that-only-the-benchmark-has"
PATIENCE = 30  # seconds that a server may take to start
LIBC = ctypes.CDLL(None)
PR_SET_PDEATHSIG = 1
running = set()


class StartError(Exception):
    pass


def certificate(folder):
    cert, key = folder / "cert.pem", folder / "key.pem"
    subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes",
                    "-days", "30", "-keyout", key, "-out", cert, "-subj", "/CN=localhost"],
                   check=True, capture_output=True, timeout=60)
    return cert, key


class Server:
    """A kind of server. command() writes its files into the folder and returns the command that starts it."""
    name = ""
    about = ""        # for the table of versions
    ours = False
    floor = False
    tls = False       # it can serve TLS
    rooms = True      # each path is a room of its own
    posts = False     # POST /pub/ROOM publishes to the room /chat/ROOM

    def __init__(self, build):
        self.build = build

    def install(self):
        """Installs it. Raises an exception if that is not possible."""

    def version(self):
        return ""

    def command(self, folder, port, pair):
        raise NotImplementedError

    def environment(self):
        return {}

    def refusal(self, running):
        """Why it cannot serve yet. None: it can."""
        status = running.probe("/chat/")
        return None if status == 101 else f"answers {status or 'nothing'}"


class Floor(Server):
    floor = True

    def __init__(self, build, kind, *faults):
        super().__init__(build)
        self.kind = kind
        self.name = f"floor: {kind}"
        self.about = "bare epoll, one send per client and " + ("message" if kind == "send" else "loop turn")
        self.faults = faults

    def command(self, folder, port, pair):
        return [self.build / f"bin/bench_floor_{self.kind}", str(port), *self.faults]


class Textbook(Server):
    name = "textbook lws"
    about = "ring, callback on writeable, one lws_write per message, libuv"
    rooms = False

    def command(self, folder, port, pair):
        return [self.build / "bin/bench_textbook", str(port)]

    def version(self):
        return "libwebsockets " + machine.output("pkg-config", "--modversion", "libwebsockets")


class LwsChat(Server):
    ours = True
    tls = True
    posts = True

    def __init__(self, build, fanout=None):
        super().__init__(build)
        self.fanout = fanout
        self.name = f"lws-chat, {fanout}" if fanout else "lws-chat"
        self.about = "lws-chatd" + (f', "fanout": "{fanout}"' if fanout else "")

    @staticmethod
    def options(build):
        """Names of this plugin build's options: from mdoc, or from the Markdown table of builds before it."""
        text = machine.output(str(build / "bin/lws-chatd"), "-p", str(build / "plugins"), "--options")
        names = set(re.findall(r"^(?:\.It Cm |\| `)([a-z0-9-]+)", text, re.MULTILINE))
        if not names:
            raise RuntimeError(f"{build}/bin/lws-chatd --options names no option in a known form")
        return names

    @classmethod
    def all(cls, build):
        return [cls(build, way) for way in ("write", "uring")] if "fanout" in cls.options(build) else [cls(build)]

    def command(self, folder, port, pair):
        pvos = {"status": "ok", "default": "1"}
        known = self.options(self.build)
        # The load comes from a few publishers, which the default limits would slow down.
        for name in ("message-rate", "max-joins-per-second"):
            if name in known:
                pvos[name] = "0"
        if self.fanout:
            pvos["fanout"] = self.fanout
        if "api-key-file" in known:
            keys = folder / "keys"
            keys.write_text(API_KEY + "\n")
            keys.chmod(0o600)
            pvos["api-key-file"] = str(keys)
        vhost = {"name": "bench", "port": str(port), "interface": "127.0.0.1", "noipv6": "1",
                 "mounts": [{"mountpoint": "/", "origin": "callback://lws-chat"}],
                 "ws-protocols": [{"lws-chat": pvos}]}
        global_ = {}
        if pair:
            global_["init-ssl"] = "yes"
            vhost.update({"host-ssl-cert": str(pair[0]), "host-ssl-key": str(pair[1]), "alpn": "http/1.1"})
        (folder / "conf").write_text(json.dumps({"global": global_}))
        (folder / "conf.d").mkdir()
        (folder / "conf.d/bench").write_text(json.dumps({"vhosts": [vhost]}))
        return [self.build / "bin/lws-chatd", "-c", folder, "-p", self.build / "plugins", "-d", "warn"]

    def version(self):
        text = machine.output(str(self.build / "bin/lws-chatd"), "-p", str(self.build / "plugins"), "--version")
        return " ".join(text.split())


class Channels(Server):
    name = "Channels"
    about = "the tutorial on Django Channels, daphne, InMemoryChannelLayer"

    def install(self):
        machine.require(machine.CHANNELS_PACKAGES)

    def environment(self):
        return {"PYTHONPATH": str(machine.BENCH / "peers/channels"), "PYTHONDONTWRITEBYTECODE": "1"}

    def command(self, folder, port, pair):
        return [machine.PYTHON, "-m", "daphne", "-v", "0",
                "-e", f"tcp:port={port}:interface=127.0.0.1:backlog=4096", "server:application"]

    def version(self):
        return ", ".join(f"{package} {machine.package_version(package)}" for package in machine.CHANNELS_PACKAGES)


class Nchan(Server):
    name = "nchan"
    about = "nginx with nchan, memory store, one worker"
    tls = True
    posts = True
    module = pathlib.Path("/usr/lib/nginx/modules/ngx_nchan_module.so")

    def install(self):
        machine.install_nchan()

    def command(self, folder, port, pair):
        template = (machine.BENCH / "peers/nchan/nginx.conf").read_text()
        conf = folder / "nginx.conf"
        conf.write_text(template.format(
            module=self.module, folder=folder, port=port, tls=" ssl" if pair else "",
            descriptors=resource.getrlimit(resource.RLIMIT_NOFILE)[0],
            certificate=f"ssl_certificate {pair[0]}; ssl_certificate_key {pair[1]};" if pair else ""))
        return ["/usr/sbin/nginx", "-c", conf, "-p", folder, "-e", "stderr"]

    def version(self):
        return ", ".join(f"{package} {machine.package_version(package)}" for package in machine.NCHAN_PACKAGES)


class NpmWs(Server):
    name = "npm ws"
    about = "Node.js, a loop over the clients"
    tls = True

    def install(self):
        machine.install_node()
        machine.npm_install(machine.ROOT / "tests")

    def command(self, folder, port, pair):
        return ["node", machine.BENCH / "peers/ws/server.mjs", str(port), *(pair or [])]

    def version(self):
        return f"ws {machine.npm_version(machine.ROOT / 'tests', 'ws')}, node {machine.output('node', '--version')}"


class Bun(Server):
    name = "bun"
    about = "Bun.serve, publish to a topic"
    tls = True

    def install(self):
        machine.install_node()
        machine.npm_install(machine.BENCH)
        if not machine.bun():
            raise FileNotFoundError("npm has no bun for this machine")

    def command(self, folder, port, pair):
        return [machine.bun(), machine.BENCH / "peers/bun/server.mjs", str(port), *(pair or [])]

    def version(self):
        return "bun " + machine.npm_version(machine.BENCH, "bun")


def catalogue(build):
    """All servers, ours first."""
    return [*LwsChat.all(build), Floor(build, "send"), Floor(build, "coalesce"), Textbook(build), Nchan(build),
            Bun(build), NpmWs(build), Channels(build)]


class Running:
    """with Running(server, tls=True, core=1) as it: ... it.port, it.group ..."""

    def __init__(self, server, tls=False, core=None):
        self.server = server
        self.tls = tls
        self.core = core
        self.port = free_port()
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="lws-chat-bench-"))
        self.process = None

    def __enter__(self):
        running.add(self)
        try:
            # nginx's worker runs as another user.
            self.folder.chmod(0o755)
            command = self.server.command(self.folder, self.port, certificate(self.folder) if self.tls else None)
            with open(self.folder / "log", "wb") as log:
                self.process = subprocess.Popen([str(part) for part in command], stdin=subprocess.DEVNULL, stdout=log,
                                                stderr=log, cwd=self.folder, preexec_fn=self._prepare,
                                                env={**os.environ, **self.server.environment()})
            self._wait()
            return self
        except BaseException:
            self.stop()
            raise

    def __exit__(self, *_):
        self.stop()

    @property
    def group(self):
        return self.process.pid

    def _prepare(self):
        os.setsid()
        LIBC.prctl(PR_SET_PDEATHSIG, signal.SIGTERM)
        if self.core is not None:
            os.sched_setaffinity(0, {self.core})

    def _wait(self):
        deadline = time.monotonic() + PATIENCE
        while refusal := self.server.refusal(self):
            if self.process.poll() is not None:
                raise StartError(f"{self.server.name} ended with {self.process.returncode}: {self.log()}")
            if time.monotonic() > deadline:
                raise StartError(f"{self.server.name} {refusal}: {self.log()}")
            time.sleep(0.02)

    def probe(self, path):
        """Status of the answer to a WebSocket handshake. None: no answer."""
        request = (f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1:{self.port}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                   "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n")
        with contextlib.suppress(OSError, ValueError), socket.create_connection(("127.0.0.1", self.port), 5) as plain:
            connection = plain
            if self.tls:
                context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
                context.check_hostname = False
                context.verify_mode = ssl.CERT_NONE
                connection = context.wrap_socket(plain)
            connection.sendall(request.encode())
            return int(connection.recv(12).split()[1])
        return None

    def log(self):
        with contextlib.suppress(OSError):
            return (self.folder / "log").read_text(errors="replace").strip()[-2000:]
        return ""

    def stop(self):
        if self.process:
            for number, seconds in ((signal.SIGTERM, 3), (signal.SIGKILL, 10)):
                if self.process.poll() is None:
                    with contextlib.suppress(ProcessLookupError):
                        os.kill(self.process.pid, number)
                    with contextlib.suppress(subprocess.TimeoutExpired):
                        self.process.wait(seconds)
            # Kill processes that it left behind, such as nginx's workers after their master.
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(self.process.pid, signal.SIGKILL)
        running.discard(self)
        shutil.rmtree(self.folder, ignore_errors=True)


@atexit.register
def stop_all():
    for server in list(running):
        server.stop()
