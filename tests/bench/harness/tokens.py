"""A table about tokens: what it costs the server to let a client in that shows one."""
import pathlib
import tempfile
import time

from support.tokens import SECRET, Issuer, Keys

from . import servers
from .crowd import Crowd, frame, upgrade
from .host import cpu, serving
from .tables import markdown, number

ALGORITHMS = ("HS256", "ES256", "RS256", "EdDSA")


class Greeted(Crowd):
    """Counts the clients that the server has let in."""
    let_in = 0

    def frames(self, client, data):
        rest = super().frames(client, data)
        if b'"connect":{"client"' in data[:len(data) - len(rest)]:
            self.let_in += 1
        return rest


def options(folder, keys, algorithm):
    """The options of a server that knows the key of this algorithm."""
    if algorithm == "HS256":
        name, text = "token-secret-file", SECRET
    else:
        name, text = "token-public-key-file", keys.public(algorithm)
    path = folder / f"key-{algorithm}"
    path.write_text(text)
    path.chmod(0o600)
    return {name: str(path)}


def measure(host, core, token, count, in_flight):
    """Returns CPU microseconds a client, clients a second, and how many were not let in."""
    command = '{"id":1,"connect":{}}' if token is None else '{"id":1,"connect":{"token":"%s"}}' % token
    hello = frame(command.encode())
    with servers.Running(host, core=core) as running:
        crowd = Greeted(running.port)
        pid = serving(running)
        begin, since = cpu(pid), time.monotonic()
        crowd.open(count, upgrade("/connection/websocket"), then=lambda number: hello, in_flight=in_flight)
        deadline = time.monotonic() + 10
        while crowd.let_in < count and time.monotonic() < deadline:
            crowd.turn(0.1)
        used, took = cpu(pid) - begin, time.monotonic() - since
        missing = count - crowd.let_in
        crowd.close()
    return used / count * 1e6, count / took, missing


def table(make_host, core, quick):
    """Prints the table. Returns the failures."""
    count, in_flight = (100, 20) if quick else (10_000, 512)
    rows, failures = [], []
    with tempfile.TemporaryDirectory() as folder:
        folder = pathlib.Path(folder)
        keys = Keys(folder)
        issuer = Issuer(keys)
        without = None
        for algorithm in (None, *ALGORITHMS):
            token = algorithm and issuer("ann", alg=algorithm, exp=3600)
            host = make_host(**(options(folder, keys, algorithm) if algorithm else {}))
            used, rate, missing = measure(host, core, token, count, in_flight)
            without = without or used
            rows.append([algorithm or "no token", number(used), number(used - without), number(rate), str(missing)])
            if missing:
                failures.append(f"tokens: {missing} clients with {algorithm or 'no token'} were not let in")
    print(f"### Tokens: {count} clients connect, {in_flight} at a time\n\n" +
          markdown(["token", "CPU µs per client", "more than without", "clients per second", "not let in"], rows) + "\n")
    return failures
