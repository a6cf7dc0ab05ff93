"""Two tables about many clients. Growth: the cost of one more client when there are many. Starvation: the waiting time of an
innocent client while others put the hardest loads on the server."""
import http.client
import json
import os
import pathlib
import subprocess
import sys
import time

from . import deltas, machine, servers, sharing, storage, tokens
from .crowd import Crowd, frame, upgrade
from .host import Host, cpu, descriptors, hurry, resident, serving, user_cpu
from .tables import DASH, markdown, number

KEYS = ("growth", "starve", "tokens", "deltas", "storage", "redis")
MEASURED = 1000      # number of connections for a mean cost
PING_INTERVAL = 25   # seconds, the default
TARGET = 100         # milliseconds


class Innocent:
    """with Innocent(port) as it: ...; it.result"""

    def __init__(self, port, every):
        self.port = port
        self.every = every
        self.result = {}

    def __enter__(self):
        path = pathlib.Path(__file__).with_name("innocent.py")
        self.process = subprocess.Popen([sys.executable, path, str(self.port), str(self.every)], stdin=subprocess.PIPE,
                                        stdout=subprocess.PIPE, text=True)
        hurry(self.process.pid)
        self.process.stdout.readline()
        return self

    def __exit__(self, *_):
        self.process.stdin.close()
        said = self.process.stdout.read()
        self.process.wait(60)
        self.result = json.loads(said) if said else {}


def room(count):
    return upgrade(f"/chat/r{count % 1000}")


# Growth

def levels(quick):
    if quick:
        return [50, 100]
    most = descriptors() - 500
    return [level for level in (2000, 5000, 10_000) if level < most] + [most]


def growth(host, core, quick):
    """A row for each number of connections, and the memory after all have left."""
    rows = []
    measured = min(MEASURED, 25 if quick else MEASURED)
    interval = 1 if quick else PING_INTERVAL
    if quick:
        host.options_["ping-interval"] = "1"
    with servers.Running(host, core=core) as running:
        crowd = Crowd(running.port)
        pid = serving(running)
        first = resident(pid)
        for level in levels(quick):
            crowd.open(level - measured - crowd.up, room)
            begin, user = cpu(pid), user_cpu(pid)
            crowd.open(measured, room)
            accept, user = (cpu(pid) - begin) / measured, (user_cpu(pid) - user) / measured
            memory = (resident(pid) - first) / crowd.up
            # Wait until the first pings, then measure one round of pings.
            crowd.serve(interval)
            begin, since = cpu(pid), time.monotonic()
            crowd.serve(interval)
            idle = (cpu(pid) - begin) / (time.monotonic() - since)
            rows.append([f"{host.name}: {level}", number(accept * 1e6), number(user * 1e6), number(idle * 100), number(memory),
                         str(crowd.refused + crowd.ended)])
        begin, count = cpu(pid), crowd.up - crowd.ended
        crowd.close()
        settle(pid)
        close = (cpu(pid) - begin) / count
        time.sleep(1 if quick else 12)
        note = (f"{host.name}: closing {count} at once cost {number(close * 1e6)} µs each; resident "
                f"{number(first / 2**20)} MiB at first, {number(resident(pid) / 2**20)} MiB after all had gone.")
    return rows, note


def settle(pid):
    """Waits until the server is idle."""
    last = cpu(pid)
    while True:
        time.sleep(0.3)
        if (now := cpu(pid)) - last < 0.01:
            return
        last = now


# Starvation: load(port, scale) produces a load while the innocent client sends. It returns a description.

def nothing(port, scale):
    time.sleep(3 * scale)
    return "nobody else", None


def idle(port, scale):
    crowd = Crowd(port)
    count = crowd.open(int(15_000 * scale), room)
    crowd.serve(30 * scale)
    return f"{count} connect, then idle and pinged", crowd


def leaving(port, scale):
    crowd = Crowd(port)
    count = crowd.open(int(15_000 * scale), room)
    crowd.close()
    time.sleep(4 * scale)
    return f"{count} connect and close at once", crowd


# A low rate, so that this machine can exceed it for thousands of clients. The innocent client stays below it.
RATE = {"message-rate": "10", "message-burst": "20"}


def paused(port, scale):
    """Each client sends its allowance for a few seconds at once, so all are paused most of the time."""
    crowd = Crowd(port)
    count = crowd.open(int(2000 * scale), lambda number: upgrade(f"/chat/own{number}"))
    texts = frame(b"x") * 12
    clients = list(crowd.clients.values())
    begin = time.monotonic()
    for second in range(12):
        for done, client in enumerate(clients):
            if not client.ended:
                crowd.send(client, texts * (4 if second == 0 else 1))
            if done % 64 == 0:
                crowd.turn(0)
        crowd.serve(max(0, begin + (second + 1) * max(0.1, scale) - time.monotonic()))
    crowd.close()
    return f"{count} a fifth above message-rate (10)", crowd


def silent(port, scale):
    crowd = Crowd(port)
    crowd.open_plain(int(18_000 * scale))
    left = len(crowd.clients)
    crowd.close()
    time.sleep(4 * scale)
    return f"{left} silent TCP connections close at once", crowd


def connects(port, scale):
    crowd = Crowd(port)
    count = int(3000 * scale)
    crowd.open_plain(count, b"CONNECT a:1 HTTP/1.1\r\nHost: a:1\r\n\r\n")
    crowd.serve(5 * scale)
    left = len(crowd.clients)
    return f"{count} × CONNECT, {left} still open after 5 s", crowd


def unfinished(port, scale):
    crowd = Crowd(port)
    piece = frame(b"x" * 65_000, final=False, length=65_530)
    count = crowd.open(int(5000 * scale), room, then=lambda number: piece)
    crowd.serve(10 * scale)
    return f"{count} send 65 KB of a message and stop, {crowd.ended} closed in 10 s", crowd


def rooms(port, scale):
    """Each client enters as many rooms as it may, with names of 250 bytes."""
    crowd = Crowd(port)

    def commands(number):
        lines = ['{"id":1,"connect":{}}']
        lines += ['{"id":%d,"subscribe":{"channel":"%s"}}' % (i + 2, f"{number}-{i}-".ljust(250, "n")) for i in range(127)]
        return frame("\n".join(lines).encode())
    count = crowd.open(int(800 * scale), upgrade("/connection/websocket"), then=commands)
    crowd.serve(5 * scale)
    return f"{count} × 127 rooms with names of 250 bytes", crowd


def api(port, method, body):
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    connection.request("POST", f"/api/{method}", json.dumps(body), {"X-API-Key": servers.API_KEY})
    answer = connection.getresponse().read()
    connection.close()
    return answer


def disconnect(port, scale):
    """30 000 subscriptions, then many disconnects with a client id that does not exist."""
    crowd = Crowd(port)

    def commands(number):
        lines = ['{"id":1,"connect":{}}']
        lines += ['{"id":%d,"subscribe":{"channel":"c%d"}}' % (i + 2, i) for i in range(100)]
        return frame("\n".join(lines).encode())
    count = crowd.open(int(300 * scale), upgrade("/connection/websocket"), then=commands)
    crowd.serve(1)
    calls = int(1000 * scale)
    for _ in range(calls):
        api(port, "disconnect", {"user": "", "client": "0" * 32})
        crowd.turn(0)
    return f"{calls} × POST /api/disconnect with {count * 100} subscriptions", crowd


def presence(port, scale):
    crowd = Crowd(port)

    def member(_):
        return frame(b'{"id":1,"connect":{}}\n{"id":2,"subscribe":{"channel":"big"}}')
    count = crowd.open(int(9000 * scale), upgrade("/connection/websocket"), then=member)
    crowd.serve(1)
    askers = list(crowd.clients.values())[:int(300 * scale)]
    for client in askers:
        crowd.send(client, frame(b'{"id":3,"presence":{"channel":"big"}}'))
    crowd.serve(10 * scale)
    return f"presence of {count} members asked by {len(askers)}", crowd


LOADS = [("–", nothing), ("B1", idle), ("–", leaving), ("B2", paused), ("B3", silent), ("B4", connects), ("B5", unfinished), ("B5", rooms),
         ("B6", disconnect), ("B6", presence)]


def starvation(host, core, quick, chosen=None):
    rows = []
    scale = 0.01 if quick else 1
    for key, load in LOADS:
        if chosen and load.__name__ not in chosen:
            continue
        host.options_ = RATE if load is paused else {}
        with servers.Running(host, core=core) as running:
            pid = serving(running)
            first = resident(pid)
            with Innocent(running.port, 0.15 if load is paused else 0.01) as innocent:
                begin = cpu(pid)
                # Open connections stay open until the innocent client has ended.
                said, crowd = load(running.port, scale)
                used, most = cpu(pid) - begin, resident(pid) - first
            del crowd
            result = innocent.result
            worst = result.get("p99")
            p99 = number(worst) if worst is None or worst <= TARGET else f"**{number(worst)}**"
            rows.append([f"{host.name}: {key}, {said}", number(result.get("p50")), p99, number(result.get("max")),
                         str(result.get("lost", DASH)), number(used), number(max(0, most) / 2**20)])
    return rows


def hosts(build, given):
    found = [lambda **options: Host(build, **options)]
    lwsws = machine.ROOT / "build/lwsws/bin/lwsws"
    if given.lwsws and lwsws.exists():
        found.append(lambda **options: Host(build, lwsws, **options))
    return found


def print_tables(build, given, wanted, campaign):
    """Measures servers on one core, with all clients on another. Returns the failures."""
    own, core = campaign.generator_core, campaign.server_core
    failures = []
    descriptors()
    if own is not None:
        os.sched_setaffinity(0, {own})
    if "growth" in wanted:
        rows, notes = [], []
        for host in hosts(build, given):
            more, note = growth(host(), core, given.quick)
            failures += [f"growth: {row[0]} connections, {row[-1]} lost" for row in more if row[-1] != "0"]
            rows += more
            notes.append(note)
        print("### Growth\n\n" + markdown(["connections", "CPU µs per accept", "user µs", "idle CPU %", "bytes each",
                                            "lost"], rows) + "\n\n" + "\n".join(notes) + "\n")
    if "starve" in wanted:
        rows = [row for host in hosts(build, given) for row in starvation(host(), core, given.quick, given.loads)]
        failures += [f"starvation: {row[0]}: {row[4]} messages never came back" for row in rows if row[4] != "0"]
        print("### Starvation\n\n" + markdown(["load", "p50 ms", "p99 ms", "longest ms", "never", "server CPU s", "MiB more"],
                                                rows) + "\n")
    if "tokens" in wanted:
        failures += tokens.table(lambda **options: Host(build, **options), core, given.quick)
    if "deltas" in wanted:
        failures += deltas.table(lambda **options: Host(build, **options), core, given.quick)
    if "storage" in wanted:
        failures += storage.table(campaign, lambda **options: Host(build, **options), given.quick)
    if "redis" in wanted:
        failures += sharing.print_tables(build, given, campaign)
    return failures
