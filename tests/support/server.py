"""Starts a real server, lws-chatd or lwsws, on free ports with its own configuration.

LWS_CHAT_HOST chooses the server ("lws-chatd" or "lwsws"), LWS_CHAT_BUILD is the build folder, LWS_CHAT_LWSWS the lwsws binary.
All addresses are loopback addresses.
"""
import asyncio
import contextlib
import functools
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

from .ports import free_port  # noqa: F401 tests import it from here

ROOT = pathlib.Path(__file__).resolve().parents[2]
BUILD = pathlib.Path(os.environ.get("LWS_CHAT_BUILD", ROOT / "build/release"))
HOST = os.environ.get("LWS_CHAT_HOST", "lws-chatd")
LWSWS = os.environ.get("LWS_CHAT_LWSWS", str(ROOT / "build/lwsws/bin/lwsws"))
SANITIZED = BUILD.name == "asan"  # sanitizers keep freed memory for a while, so its size means nothing
PATIENCE = 30  # seconds to wait for an event before the test fails


@functools.lru_cache
def lws_version():
    """Version of the libwebsockets of this build: (4, 1)."""
    said = subprocess.run([BUILD / "bin/lws-chatd", "--version"], check=True, capture_output=True, text=True).stdout
    return tuple(map(int, re.search(r"libwebsockets (\d+)\.(\d+)", said).groups()))


@functools.lru_cache
def certificate(name="localhost", key_type="ec"):
    """A self-signed certificate and its key (ec, rsa), as two paths, made once for each."""
    folder = pathlib.Path(tempfile.mkdtemp(prefix="lws-chat-cert-"))
    import atexit
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    cert, key = folder / "cert.pem", folder / "key.pem"
    size = {"ec": "ec_paramgen_curve:prime256v1", "rsa": "rsa_keygen_bits:2048"}[key_type]
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", key_type, "-pkeyopt", size, "-nodes",
         "-days", "30", "-keyout", key, "-out", cert, "-subj", f"/CN={name}",
         "-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1"],
        check=True, capture_output=True)
    return str(cert), str(key)


@functools.lru_cache
def dated_certificate(begin, end):
    """A certificate and its key, valid from `begin` to `end` (YYYYMMDD, midnight UTC)."""
    folder = pathlib.Path(certificate(f"{begin} {end}")[0]).parent
    (folder / "index").touch()
    (folder / "serial").write_text("01\n")
    (folder / "ca").write_text(f"[ca]\ndefault_ca=own\n[own]\ndatabase={folder}/index\nserial={folder}/serial\n"
                               f"new_certs_dir={folder}\ndefault_md=sha256\npolicy=any\n[any]\ncommonName=supplied\n")
    key, dated = folder / "key.pem", folder / "dated.pem"
    subprocess.run(["openssl", "req", "-new", "-key", key, "-subj", "/CN=localhost", "-out", folder / "request"],
                   check=True, capture_output=True)
    subprocess.run(["openssl", "ca", "-batch", "-notext", "-selfsign", "-config", folder / "ca", "-keyfile", key,
                    "-startdate", f"{begin}000000Z", "-enddate", f"{end}000000Z", "-in", folder / "request", "-out", dated],
                   check=True, capture_output=True)
    return str(dated), str(key)


def insecure_tls():
    """A client's TLS context that accepts any certificate. Tests check the certificate themselves."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context


def vhost(name="localhost", port=None, tls=False, alpn="http/1.1", interface="127.0.0.1", mounts=True, **options):
    """A vhost of the configuration. `options` are the plugin's, with _ for - ("max_lag")."""
    # With IPv6 on, lws listens on all interfaces instead of an IPv4 address.
    made = {"name": name, "port": str(port or free_port()), "noipv6": "1", **({"interface": interface} if interface else {})}
    if tls:
        made["host-ssl-cert"], made["host-ssl-key"] = certificate()
        if alpn:
            made["alpn"] = alpn
    if mounts:
        # The callback must come first. Further down, lws would use it for /web, too.
        made["mounts"] = [
            {"mountpoint": "/", "origin": "callback://lws-chat"},
            {"mountpoint": "/web", "origin": f"file://{BUILD}/mount", "default": "index.html"},
        ]
    # Most tests send as fast as they can and use any host name. Tests of limits and names set these options.
    pvos = {"status": "ok", "default": "1", "message-rate": "0", "allowed-hosts": "*", "max-waiting": "0", "max-waiting-per-address": "0"}
    if HOST == "lwsws":
        pvos["raw"] = "1"  # as in the shipped configuration: lws hands CONNECT to the plugin
    if "LWS_CHAT_FANOUT" in os.environ:
        pvos["fanout"] = os.environ["LWS_CHAT_FANOUT"]
    pvos.update({k.replace("_", "-"): str(v) for k, v in options.items()})
    made["ws-protocols"] = [{"lws-chat": pvos}]
    if HOST == "lwsws":  # lws-chatd gives every vhost this protocol
        made["ws-protocols"][0]["centrifuge-protobuf"] = {"status": "ok"}
    return made


class Server:
    """with Server(max_lag=4096) as server: ... server.url ...

    It has started when all vhosts listen and `serving` of them (default: those with "status": "ok") serve the protocol.
    """

    def __init__(self, *vhosts, serving=None, descriptors=None, user=None, env=None, plugins=None,
                 arguments=(), within=(), **options):
        self.vhosts = list(vhosts) or [vhost(**options)]
        self.serving = serving if serving is not None else sum(
            p.get("lws-chat", {}).get("status") == "ok" for v in self.vhosts for p in v.get("ws-protocols", []))
        self.descriptors = descriptors
        self.env = env or {}
        self.arguments = arguments  # additional arguments for lws-chatd
        self.within = list(within)  # a command that runs the server's command in changed surroundings
        self.plugins = str(plugins or BUILD / "plugins")
        if SANITIZED and any("h2" in v.get("alpn", "") for v in self.vhosts):
            # lws leaks 224 bytes for each refused upgrade over HTTP/2.
            self.env = {"ASAN_OPTIONS": "detect_leaks=0", **self.env}
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="lws-chat-test-"))
        self.log_path = self.folder / "log"
        self.process = None
        global_ = {"init-ssl": "yes"}
        if user:
            global_["username"], global_["groupname"] = user
        if HOST == "lwsws":
            global_["plugin-dir"] = self.plugins
        (self.folder / "conf").write_text(json.dumps({"global": global_}, indent=1))
        (self.folder / "conf.d").mkdir()
        for i, v in enumerate(self.vhosts):
            (self.folder / "conf.d" / f"{i:02}").write_text(json.dumps({"vhosts": [v]}, indent=1, ensure_ascii=False))

    def command(self):
        if HOST == "lwsws":
            return [LWSWS, "-n", "-c", str(self.folder)]
        return [str(BUILD / "bin/lws-chatd"), "-c", str(self.folder), "-p", self.plugins, *self.arguments]

    def start(self):
        def limits():
            os.setsid()
            if self.descriptors:
                resource.setrlimit(resource.RLIMIT_NOFILE, (self.descriptors, self.descriptors))

        before = len(self.log())
        with open(self.log_path, "ab") as log:
            self.process = subprocess.Popen([*self.within, *self.command()], stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                                            preexec_fn=limits, env={**os.environ, **self.env})
        for v in self.vhosts:
            self.wait(lambda v=v: self._accepts(v), "the server to listen")
        # It may listen for a moment before it ends.
        self.wait(lambda: self._lives() and self.log().count(": serving ", before) >= self.serving, "the plugin to serve")
        # Before this log line, SIGTERM would kill the server.
        if HOST == "lws-chatd" and self.serving:
            self.wait(lambda: self.log().count(" listens on ", before) >= len(self.vhosts), "the server to have started")
        return self

    def _lives(self):
        if self.process.poll() is not None:
            raise AssertionError(f"{HOST} ended with {self.process.returncode}:\n{self.log()}")
        return True

    def _accepts(self, made):
        self._lives()
        family, address = ((socket.AF_UNIX, made["interface"]) if "unix-socket" in made
                           else (socket.AF_INET, ("127.0.0.1", int(made["port"]))))
        with contextlib.suppress(OSError), socket.socket(family) as peer:
            peer.settimeout(1)
            peer.connect(address)
            return True
        return False

    def wait(self, fact, what):
        """Waits until fact() is true."""
        deadline = time.monotonic() + PATIENCE
        while not fact():
            assert time.monotonic() < deadline, f"waited {PATIENCE} s for {what}\n{self.log()}"
            time.sleep(0.01)

    async def until(self, fact, what):
        """Like wait(), for tests with clients in the same event loop."""
        deadline = time.monotonic() + PATIENCE
        while not fact():
            assert time.monotonic() < deadline, f"waited {PATIENCE} s for {what}\n{self.log()}"
            await asyncio.sleep(0.01)

    def chat_log(self, *words):
        """The plugin's log lines that have all the words."""
        return [line for line in self.log().splitlines()
                if "lws-chat: " in line and all(word in line for word in words)]

    async def logged(self, *words, times=1):
        """Waits for log lines of the plugin with all the words. Returns them."""
        await self.until(lambda: len(self.chat_log(*words)) >= times, f"a log line with {words}")
        return self.chat_log(*words)

    def pids(self):
        """The serving process. lwsws serves in a child of the started process."""
        if HOST != "lwsws":
            return self.process.pid
        children = pathlib.Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children").read_text().split()
        return int(children[0])

    def rss(self):
        """Resident memory in bytes."""
        for line in pathlib.Path(f"/proc/{self.pids()}/status").read_text().splitlines():
            if line.startswith("VmRSS:"):
                return int(line.split()[1]) * 1024
        raise AssertionError("no VmRSS")

    def cpu(self):
        """Used CPU time in seconds."""
        fields = pathlib.Path(f"/proc/{self.pids()}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def signal(self, number):
        os.kill(self.pids(), number)

    def stop(self):
        """Ends the server. The exit code of lws-chatd must be 0, and the log must have no sanitizer reports."""
        if self.process is None:
            return
        if HOST == "lwsws":
            self.kill()
        else:
            if self.process.poll() is None:
                self.process.terminate()
            code = self.process.wait(PATIENCE)
            assert code == 0, f"{HOST} ended with {code}:\n{self.log()}"
        self.process = None
        log = self.log()
        for trouble in ("AddressSanitizer", "LeakSanitizer", "ThreadSanitizer", "runtime error:"):
            assert trouble not in log, log

    def kill(self):
        """Ends the server as a crash does: with SIGKILL. Returns when it is gone, with its locks and ports."""
        serving = self.process.pid
        with contextlib.suppress(OSError, IndexError):
            serving = self.pids()
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait(PATIENCE)
        self.process = None

        def gone():
            # Nobody may wait for it, then it stays as a zombie. As long as one of its threads waits for the disk, its
            # sockets are there.
            try:
                state = pathlib.Path(f"/proc/{serving}/stat").read_text().rpartition(")")[2].split()[0]
                return state in "ZX" and len(os.listdir(f"/proc/{serving}/task")) <= 1
            except OSError:
                return True
        self.wait(gone, "the serving process to be gone")

    def log(self):
        return self.log_path.read_text(errors="replace") if self.log_path.exists() else ""

    def __enter__(self):
        try:
            return self.start()
        except BaseException:
            if self.process and self.process.poll() is None:
                os.killpg(self.process.pid, signal.SIGKILL)
                self.process.wait()
            shutil.rmtree(self.folder, ignore_errors=True)
            raise

    def __exit__(self, *exc):
        try:
            self.stop()
        finally:
            shutil.rmtree(self.folder, ignore_errors=True)

    def port_of(self, i=0):
        return int(self.vhosts[i]["port"])

    def url_of(self, i=0, path="/chat/"):
        scheme = "wss" if "host-ssl-cert" in self.vhosts[i] else "ws"
        return f"{scheme}://127.0.0.1:{self.port_of(i)}{path}"

    def http_of(self, i=0, path="/"):
        scheme = "https" if "host-ssl-cert" in self.vhosts[i] else "http"
        return f"{scheme}://localhost:{self.port_of(i)}{path}"

    @property
    def port(self):
        return self.port_of()

    @property
    def url(self):
        return self.url_of()


def connect(url, headers=None, **kwargs):
    """A python3-websockets client. By default its compression and its own pings are off."""
    import websockets
    if headers:  # version 14 changed the name
        old = int(websockets.__version__.split(".")[0]) < 14
        kwargs["extra_headers" if old else "additional_headers"] = headers
    kwargs.setdefault("compression", None)
    kwargs.setdefault("ping_interval", None)
    kwargs.setdefault("max_size", None)
    kwargs.setdefault("open_timeout", PATIENCE)
    if url.startswith("wss:"):
        kwargs.setdefault("ssl", insecure_tls())
    return websockets.connect(url, **kwargs)


async def receive(client):
    return await asyncio.wait_for(client.recv(), PATIENCE)


async def close_of(client):
    """Reads until the server's close. Returns (code, reason)."""
    import websockets
    try:
        while True:
            await receive(client)
    except websockets.ConnectionClosed as closed:
        return (closed.rcvd.code, closed.rcvd.reason) if closed.rcvd else (1006, "")
