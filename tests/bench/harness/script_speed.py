"""A table about publishing through Redis: how much of what Redis can do a node gets out of it.

The measure is redis-benchmark, which runs the script for publishing as fast as Redis can, with the arguments of a node's
own call. MONITOR shows these.
"""
import os
import re
import socket
import statistics
import subprocess
import time

from . import batches, nodes, workloads
from .host import cpu
from .tables import markdown, number, ratio

BENCHMARK = "/usr/bin/redis-benchmark"
TARGET = 0.7

# Ten clients with 64 messages under way each.
CLIENTS, WINDOW = 10, 64
ESCAPES = {"n": "\n", "r": "\r", "t": "\t", "a": "\a", "b": "\b", '"': '"', "\\": "\\"}


def unescaped(text):
    """The bytes of an argument that MONITOR shows, as the text that has them in Latin-1."""
    return re.sub(r"\\(x[0-9a-f]{2}|.)", lambda match: chr(int(match[1][1:], 16)) if len(match[1]) == 3 else ESCAPES[match[1]],
                  text)


def arguments_of(line):
    return [unescaped(text) for text in re.findall(r'"((?:[^"\\]|\\.)*)"', line)]


def call_of_a_node(cluster, campaign):
    """A node's call of the script for publishing, as a list of bytes."""
    with socket.socket(socket.AF_UNIX) as watcher:
        watcher.settimeout(10)
        watcher.connect(nodes.address(cluster.redis))
        watcher.sendall(b"MONITOR\r\n")
        lines = watcher.makefile("r", encoding="latin-1", newline="\n")
        lines.readline()
        campaign.generate(cluster.reading, workload(1, 1, 0.2).arguments())
        for line in lines:
            words = arguments_of(line)
            # Other scripts have no channel to publish to.
            if words and words[0].upper() == "EVALSHA" and any(".client." in word for word in words):
                # redis-benchmark takes its arguments from the command line, which has no NUL.
                return [word.replace("\0", "\1").encode("latin-1") for word in words]
    raise RuntimeError("no node has called the script")


def workload(clients, window, seconds):
    return workloads.Workload("script", "", "loop", clients, publishers=clients, rooms=clients, window=window, settle=0.2,
                              warmup=seconds / 4, duration=seconds)


class Subscribers:
    """with Subscribers(redis, channel, count): others that get what the script publishes."""

    def __init__(self, redis, channel, count, core):
        self.command = ["/usr/bin/redis-cli", "-s", nodes.address(redis), "SUBSCRIBE", channel]
        self.count, self.core, self.programs = count, core, []
        self.redis, self.channel = redis, channel

    def __enter__(self):
        self.programs = [subprocess.Popen(self.command, stdout=subprocess.DEVNULL, preexec_fn=pinned(self.core))
                         for _ in range(self.count)]
        deadline = time.monotonic() + 10
        while len(nodes.ask(self.redis, "CLIENT", "LIST", "TYPE", "pubsub").splitlines()) < self.count:
            if time.monotonic() > deadline:
                raise TimeoutError("redis-cli does not subscribe")
            time.sleep(0.02)
        return self

    def __exit__(self, *_):
        for program in self.programs:
            program.kill()
            program.wait()


def pinned(core):
    return None if core is None else lambda: os.sched_setaffinity(0, {core})


def benchmark(cluster, campaign, call, connections, pipeline, seconds):
    """Calls a second by redis-benchmark, and microseconds of Redis's CPU time for each."""
    def run(count):
        command = [BENCHMARK, "-s", nodes.address(cluster.redis), "-c", str(connections), "-P", str(pipeline), "-n", str(count),
                   "--csv", *call]
        begin = cpu(cluster.redis.group)
        done = subprocess.run(command, stdout=subprocess.PIPE, text=True, encoding="latin-1", timeout=120, check=True,
                              preexec_fn=pinned(campaign.generator_core))
        # The name is the call itself, which may have any characters. The rate and six latencies follow.
        rate = float(done.stdout.strip().rsplit(",", 7)[1].strip('"'))
        return rate, (cpu(cluster.redis.group) - begin) / count * 1e6
    rate, _ = run(5000)
    return run(max(5000, int(rate * seconds)))


def by_clients(cluster, campaign, seconds, kind):
    """Clients of one node, each in a room of its own, where it reads what it has published."""
    load = kind.load(workload(CLIENTS, WINDOW, seconds))
    result = campaign.generate(cluster.reading, load + ["--beside", str(cluster.redis.group)])
    if "error" in result or result["overloaded"]:
        raise RuntimeError(f"script: {result.get('error', 'overloaded')}")
    each = result["cpu_us_per_delivery"] * result["delivered"] / result["sent"]
    return {"rate": result["sent"] / result["seconds_to_last"], "redis": result["beside"][0]["cpu_us_per_message"],
            "node": each, "p99": result["latency_ms"]["p99"],
            "faults": {name: count for name, count in result["faults"].items() if count}}


def by_posts(cluster, campaign, seconds):
    load = workloads.Workload("posts", "", "post", 1, publishers=CLIENTS * WINDOW // 10, window=1, settle=0.2,
                              warmup=seconds / 4, duration=seconds)
    result = campaign.generate(cluster.reading, load.arguments() + ["--beside", str(cluster.redis.group)])
    if "error" in result or result["overloaded"]:
        raise RuntimeError(f"posts: {result.get('error', 'overloaded')}")
    return {"rate": result["requests_per_second"], "redis": result["beside"][0]["cpu_us_per_message"],
            "node": result["cpu_us_per_request"], "p99": result["answer_ms"]["p99"],
            "faults": {name: count for name, count in result["faults"].items() if count}}


def by_batches(cluster, campaign, seconds):
    """A back end's requests with 100 messages each."""
    begin = cpu(cluster.redis.group), cpu(cluster.reading.group)
    count, took, faults = batches.publish(cluster.reading.port, [f"batch{i}" for i in range(CLIENTS)], seconds=seconds)
    used = cpu(cluster.redis.group) - begin[0], cpu(cluster.reading.group) - begin[1]
    return {"rate": count / took, "redis": used[0] / count * 1e6, "node": used[1] / count * 1e6, "p99": None,
            "faults": {name: number_ for name, number_ in faults.items() if number_}}


def measure(campaign, kinds, present, seconds, subscribers):
    """One round: {row: {rate, redis, node, faults}}, in random order, with the same Redis for all but Centrifugo."""
    found = {}
    with nodes.Cluster(kinds["text"], campaign, measured="redis") as cluster:
        call = call_of_a_node(cluster, campaign)
        channel = next(word for word in call if b".client." in word).decode("latin-1")

        def by_benchmark(connections, pipeline, count=0):
            with Subscribers(cluster.redis, channel, count, campaign.generator_core):
                rate, used = benchmark(cluster, campaign, call, connections, pipeline, seconds)
            return {"rate": rate, "redis": used, "node": None, "p99": None, "faults": {}}
        rows = {
            f"redis-benchmark, 1 connection, {CLIENTS * WINDOW} under way": lambda: by_benchmark(1, CLIENTS * WINDOW),
            f"redis-benchmark, {CLIENTS} connections, {WINDOW} under way": lambda: by_benchmark(CLIENTS, WINDOW),
            f"{CLIENTS} text clients, {WINDOW} under way": lambda: by_clients(cluster, campaign, seconds, kinds["text"]),
            f"{CLIENTS} structured clients, {WINDOW} under way": lambda: by_clients(cluster, campaign, seconds,
                                                                                    kinds["structured"]),
            f"{CLIENTS} connections, /api/batch with 100": lambda: by_batches(cluster, campaign, seconds),
            f"{CLIENTS * WINDOW // 10} connections, /pub/": lambda: by_posts(cluster, campaign, seconds),
        }
        for count in subscribers:
            rows[f"redis-benchmark, {CLIENTS} connections, {count} subscribers"] = (
                lambda count=count: by_benchmark(CLIENTS, WINDOW, count))
        for name in campaign.random.sample(list(rows), len(rows)):
            found[name] = rows[name]()
    found = {name: found[name] for name in rows}
    if kinds["Centrifugo"] in present:
        with nodes.Cluster(kinds["Centrifugo"], campaign, measured="redis") as cluster:
            found[f"Centrifugo: {CLIENTS} clients, {WINDOW} under way"] = by_clients(cluster, campaign, seconds,
                                                                                     kinds["Centrifugo"])
    return found


def table(campaign, kinds, present, quick):
    """Returns the table as text, the failures, all results, and our best rate by that of redis-benchmark."""
    rounds = [measure(campaign, kinds, present, 0.3 if quick else 3, (1,) if quick else (1, 2, 4))
              for _ in range(1 if quick else campaign.repeat)]
    median = lambda name, what: None if rounds[0][name][what] is None else statistics.median(r[name][what] for r in rounds)
    base = max(median(name, "rate") for name in rounds[0] if name.startswith("redis-benchmark") and "subscr" not in name)
    rows, failures = [], []
    for name in rounds[0]:
        values = [r[name]["rate"] for r in rounds]
        wrong = [r[name]["faults"] for r in rounds if r[name]["faults"]]
        if wrong and not name.startswith("Centrifugo"):
            failures.append(f"redis: {name}: {wrong}")
        rows.append([name, number(median(name, "rate")), f"{(max(values) - min(values)) / statistics.median(values):.0%}",
                     number(ratio(median(name, "rate"), base)), number(median(name, "redis")), number(median(name, "node")),
                     number(median(name, "p99")), str(wrong or 0)])
    text = "### Publishing through Redis\n\n" + markdown(
        ["who publishes", "messages/s", "spread", "÷ redis-benchmark", "Redis µs each", "node µs each", "p99 ms", "faults"], rows)
    best = max(median(name, "rate") for name in rounds[0] if not name.startswith(("redis-benchmark", "Centrifugo")))
    return text, failures, rounds, best / base
