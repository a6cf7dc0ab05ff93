"""A real Redis server in a folder of its own: stopped, killed, paused and started again with its data.

LWS_CHAT_REDIS is the program: redis-server, or valkey-server.
"""
import contextlib
import functools
import os
import pathlib
import shutil
import signal
import socket
import subprocess
import tempfile
import time
import unittest

from support.ports import free_port
from support.server import PATIENCE, certificate

PROGRAM = os.environ.get("LWS_CHAT_REDIS", "redis-server")
# Nothing is written but what a test asks for. Tests may stop a server with DEBUG SLEEP.
ALWAYS = {"bind": "127.0.0.1", "save": '""', "enable-debug-command": "local", "daemonize": "no", "protected-mode": "no"}


@functools.lru_cache
def missing():
    """Why there is no Redis here. Empty: there is."""
    return "" if shutil.which(PROGRAM) else f"there is no {PROGRAM} on this machine"


def needs_redis(test):
    """Decorator of a test case: skips it on a machine without Redis, and says so."""
    return unittest.skipIf(missing(), missing())(test)


class RedisError(Exception):
    """The server's answer to a command is an error."""


class Wire:
    """A connection that asks one command after the other."""

    def __init__(self, address, timeout=PATIENCE):
        """The address is a port of this machine, or the path of a Unix socket."""
        family, where = (socket.AF_INET, ("127.0.0.1", address)) if isinstance(address, int) else (socket.AF_UNIX, str(address))
        self.socket = socket.socket(family)
        self.socket.settimeout(timeout)
        try:
            self.socket.connect(where)
        except OSError:
            self.socket.close()
            raise
        self.source = self.socket.makefile("rb")

    def send(self, *words):
        words = [word if isinstance(word, bytes) else str(word).encode() for word in words]
        self.socket.sendall(b"*%d\r\n" % len(words) + b"".join(b"$%d\r\n%s\r\n" % (len(word), word) for word in words))

    def answer(self):
        """Bytes become text if they are UTF-8. An error within a list is a RedisError in it."""
        line = self.source.readline()
        if not line.endswith(b"\r\n"):
            raise ConnectionError("the server has ended the connection")
        kind, rest = line[:1], line[1:-2]
        if kind == b"-":
            return RedisError(rest.decode())
        if kind == b"+":
            return rest.decode()
        if kind == b":":
            return int(rest)
        size = int(rest)
        if size < 0:
            return None
        if kind == b"*":
            return [self.answer() for _ in range(size)]
        assert kind == b"$", line
        data = self.source.read(size + 2)
        if len(data) < size + 2:
            raise ConnectionError("the server has ended the connection")
        with contextlib.suppress(UnicodeDecodeError):
            return data[:-2].decode()
        return data[:-2]

    def call(self, *words):
        self.send(*words)
        got = self.answer()
        if isinstance(got, RedisError):
            raise got
        return got

    def close(self):
        self.source.close()
        self.socket.close()

    def __enter__(self):
        return self

    def __exit__(self, *exc):
        self.close()


class Redis:
    """with Redis(append_only=True) as redis: redis.url ... redis.call("SET", "name", "value")

    Options are those of redis.conf, with _ for - (maxmemory_policy="noeviction"). `tls` adds a port with the tests' certificate.
    """

    def __init__(self, append_only=False, password=None, tls=False, **options):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="lws-chat-redis-"))
        self.port, self.path, self.password = free_port(), self.folder / "redis.sock", password
        self.log_path = self.folder / "log"
        self.process = None
        self.options = {**ALWAYS, "port": self.port, "unixsocket": self.path, "dir": self.folder, "logfile": self.log_path,
                        "appendonly": "yes" if append_only else "no"}
        if password:
            self.options["requirepass"] = password
        if tls:
            self.tls_port = free_port()
            cert, key = certificate()
            self.options |= {"tls-port": self.tls_port, "tls-cert-file": cert, "tls-key-file": key, "tls-auth-clients": "no"}
        self.options |= {name.replace("_", "-"): value for name, value in options.items()}

    @property
    def url(self):
        return f"unix:{self.path}"

    @property
    def tcp_url(self):
        return f"redis://127.0.0.1:{self.port}"

    @property
    def tls_url(self):
        return f"rediss://localhost:{self.tls_port}"

    def command(self):
        """Writes the configuration. Returns the command of the server."""
        file = self.folder / "redis.conf"
        file.write_text("".join(f"{name} {value}\n" for name, value in self.options.items()))
        return [PROGRAM, file]

    def start(self):
        assert self.process is None, "it runs already"
        with contextlib.suppress(FileNotFoundError):
            self.path.unlink()  # a killed server leaves it
        with open(self.folder / "output", "ab") as output:
            self.process = subprocess.Popen(self.command(), stdin=subprocess.DEVNULL, stdout=output, stderr=output,
                                            start_new_session=True)
        self.wait(self._answers, "the server to answer")
        return self

    def _answers(self):
        code = self.process.poll()
        assert code is None, f"{PROGRAM} ended with {code}:\n{self.log()}"
        try:
            return self.call("PING") == "PONG"
        except OSError:
            return False
        except RedisError as error:
            if str(error).startswith("LOADING"):
                return False
            return str(error).startswith(("NOAUTH", "NOPERM"))  # it serves, though not us

    def call(self, *words):
        """Asks a command over a connection of its own. Raises RedisError."""
        with Wire(self.path) as wire:
            if self.password:
                wire.call("AUTH", self.password)
            return wire.call(*words)

    def info(self, name):
        """A field of INFO, as text."""
        return dict(line.split(":", 1) for line in self.call("INFO").splitlines() if ":" in line)[name]

    def stop(self):
        """Ends the server in good order."""
        self._end(signal.SIGTERM)

    def kill(self):
        """Ends the server as a crash does. What it has not given to the system is gone."""
        self._end(signal.SIGKILL)

    def _end(self, number):
        if self.process is None:
            return
        self.process.send_signal(number)
        if number != signal.SIGKILL:
            self.process.send_signal(signal.SIGCONT)  # a paused server would not see it
        try:
            self.process.wait(PATIENCE)
        finally:
            if self.process.poll() is None:
                self.process.kill()
                self.process.wait()
            self.process = None

    def restart(self, kill=False):
        self.kill() if kill else self.stop()
        return self.start()

    def pause(self):
        """Stops the process: its connections stay, and nothing is answered. Returns when it has stopped."""
        self.process.send_signal(signal.SIGSTOP)
        self.wait(lambda: self.state() == "T", "the server to be stopped")

    def resume(self):
        self.process.send_signal(signal.SIGCONT)

    @contextlib.contextmanager
    def paused(self):
        self.pause()
        try:
            yield
        finally:
            self.resume()

    def state(self):
        """The state of the process, as in /proc: S sleeps, R runs, T is stopped."""
        return pathlib.Path(f"/proc/{self.process.pid}/stat").read_text().rpartition(")")[2].split()[0]

    def wait(self, fact, what, patience=PATIENCE):
        """Waits until fact() is true."""
        deadline = time.monotonic() + patience
        while not fact():
            assert time.monotonic() < deadline, f"waited {patience} s for {what}\n{self.log()}"
            time.sleep(0.01)

    def log(self):
        return "".join(path.read_text(errors="replace") for path in (self.folder / "output", self.log_path) if path.exists())

    def __enter__(self):
        try:
            return self.start()
        except BaseException:
            self.__exit__()
            raise

    def __exit__(self, *exc):
        try:
            self.kill()
        finally:
            shutil.rmtree(self.folder, ignore_errors=True)
