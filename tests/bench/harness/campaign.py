"""Runs every workload against every server in random order, and keeps the results."""
import dataclasses
import json
import math
import random
import statistics
import subprocess
import types

from . import machine, meddler, servers, workloads

# Seconds after which the generator ends by itself. Every run is shorter.
LIMIT = 240


class Campaign:
    def __init__(self, build, repeat, seed):
        self.load = build / "bin/bench_load"
        self.repeat = repeat
        self.random = random.Random(seed)
        self.generator_core, self.server_core = machine.cores()
        self.workloads = {}  # by key
        self.halvings = {}   # by workload and server: number of times that the rate was halved
        self.results = {}    # by workload and server: [(halvings, result)]
        self.skipped = {}    # by workload and server: the reason
        self.failures = []   # reasons for the benchmark to fail
        self.sharing = None  # results of the tables about Redis

    def generate(self, running, arguments):
        command = [str(self.load), "--port", str(running.port), "--group", str(running.group), "--limit", str(LIMIT)]
        if self.generator_core is not None:
            command += ["--cpu", str(self.generator_core)]
        done = subprocess.run(command + arguments, stdout=subprocess.PIPE, text=True, timeout=LIMIT + 30, check=False)
        if not done.stdout:
            return {"error": f"the generator ended with {done.returncode}", "overloaded": True}
        return json.loads(done.stdout)

    def run(self, all_workloads, all_servers):
        self.workloads.update({workload.key: workload for workload in all_workloads})
        pairs = [(w, s) for w in all_workloads for s in all_servers if self._applies(w, s)]
        for round_ in range(self.repeat):
            order = self.random.sample(pairs, len(pairs))
            for i, (workload, server) in enumerate(order):
                key = workload.key, server.name
                if key in self.skipped:
                    continue
                self._measure(workload, server)
                got = self.skipped.get(key) or self._line(workload, self.results[key][-1])
                machine.say(f"[{round_ + 1}/{self.repeat} {i + 1}/{len(order)}] ({workload.key}) {server.name}: {got}")

    def _applies(self, workload, server):
        if workload.ours and not server.ours:
            self.skipped[workload.key, server.name] = "compares ours with ours"
        elif workload.tls and not server.tls:
            self.skipped[workload.key, server.name] = "no TLS here"
        elif workload.rooms > 1 and not server.rooms:
            self.skipped[workload.key, server.name] = "no rooms"
        elif workload.kind == "post" and not server.posts:
            self.skipped[workload.key, server.name] = "no requests that publish"
        return (workload.key, server.name) not in self.skipped

    def _attempt(self, workload, server, attempt):
        """The result of one run. None: the server has no rooms."""
        with servers.Running(server, workload.tls, self.server_core) as running:
            if workload.rooms > 1 and running.probe(workload.path.replace("%", "0")) == 404:
                return None
            result = self.generate(running, attempt.arguments())
            if "error" in result:
                result["log"] = running.log()
            return result

    def _measure(self, workload, server):
        """Measures at the highest rate that the server holds: halves the rate until it does."""
        key = workload.key, server.name
        while True:
            halvings = self.halvings.get(key, 0)
            attempt = workload.slower(halvings)
            try:
                result = self._attempt(workload, server, attempt)
                if result is None:
                    self.skipped[key] = "no rooms"
                    return
            except servers.StartError as error:
                self.failures.append(str(error))
                self.skipped[key] = "does not start"
                return
            self._judge(workload, server, result)
            if workloads.holds(attempt, result):
                break
            machine.say(f"    ({workload.key}) {server.name} does not hold {attempt.load()}: {self._why(result)}")
            if workload.slower(halvings + 1) is None or "error" in result:
                result["not_held"] = True
                if not server.ours:
                    least = f"{attempt.load()}: " if workload.kind == "flow" else ""
                    self.skipped[key] = f"did not hold {least}{self._why(result)}"
                break
            self.halvings[key] = halvings + self._steps(workload, halvings, result)
        self.results.setdefault(key, []).append((halvings, result))

    @staticmethod
    def _steps(workload, halvings, result):
        """Number of halvings at once, from the share that an overloaded server delivered."""
        if not result["overloaded"]:
            return 1
        steps = max(1, int(math.log2(1 / result["arrived"]))) if result["arrived"] else 3
        while steps > 1 and workload.slower(halvings + steps) is None:
            steps -= 1
        return steps

    def _judge(self, workload, server, result):
        """A server of ours must deliver everything, fast or not."""
        if not server.ours:
            return
        if "error" in result:
            self.failures.append(f"({workload.key}) {server.name}: {result['error']}")
            return
        faults = {name: count for name, count in result["faults"].items() if count}
        if faults:
            why = f", {result['why_ended']}" if "why_ended" in result else ""
            self.failures.append(f"({workload.key}) {server.name}: {faults}{why}")

    @staticmethod
    def _why(result):
        if "error" in result:
            return result["error"]
        if "sent" not in result:
            return "overloaded while warming up"
        if not result["delivered"]:
            return "nothing arrived"
        faults = "".join(f", {count} {name}" for name, count in result["faults"].items() if count)
        return (f"{result['in_time'] / max(result['expected'], 1):.0%} in time, "
                f"p99 {result['latency_ms']['p99']:.0f} ms{faults}")

    @staticmethod
    def _line(workload, entry):
        halvings, result = entry
        if "not_held" in result:
            return f"not held: {Campaign._why(result)}"
        if workload.kind == "connect":
            return f"{result['connects_per_second']:.0f} connects/s"
        if workload.kind == "post":
            return (f"{result['requests_per_second']:.5g} requests/s, {result['cpu_us_per_request']:.3g} µs, "
                    f"p99 {result['answer_ms']['p99']:.3g} ms, generator {result['generator_cpu_percent']:.0f} %")
        at = f" at {workload.slower(halvings).load()}" if halvings else ""
        return (f"{result['cpu_us_per_delivery']:.3g} µs, {result['deliveries_per_second']:.4g}/s, "
                f"p99 {result['latency_ms']['p99']:.3g} ms, generator {result['generator_cpu_percent']:.0f} %{at}")

    # The results.

    def kept(self, workload, server):
        """The results at the lowest rate. Results at different rates cannot be compared."""
        entries = self.results.get((workload, server), [])
        usable = [(h, r) for h, r in entries if "error" not in r and "not_held" not in r]
        lowest = max((h for h, _ in usable), default=0)
        return lowest, [r for h, r in usable if h == lowest]

    def median(self, workload, server, *path):
        values = self.values(workload, server, *path)
        return statistics.median(values) if values else None

    def values(self, workload, server, *path):
        values = []
        for result in self.kept(workload, server)[1]:
            for name in path:
                result = result.get(name) if result is not None else None
            if result is not None:
                values.append(result)
        return values

    def faults(self, workload, server, *names):
        """Sums over all kept runs. None: unknown."""
        totals = []
        for name in names:
            values = self.values(workload, server, "faults", name)
            totals.append(sum(values) if values else None)
        return totals


def self_check(campaign, build):
    """Checks that the generator finds faults. A floor makes each fault on purpose."""
    checks = [((), set()), (("--fragment-every", "7"), set()), (("--drop-every", "97"), {"lost"}),
              (("--duplicate-every", "97"), {"duplicated"}), (("--swap-every", "97"), {"reordered"}),
              (("--damage-every", "97"), {"damaged"})]
    workload = workloads.Workload("check", "", "flow", 20, rate=200, settle=0, warmup=0, duration=0.5)
    for faults, expected in checks:
        with servers.Running(servers.Floor(build, "send", *faults), core=campaign.server_core) as running:
            result = campaign.generate(running, workload.arguments() + ["--give-up", "1"])
        # A damaged message also counts as lost, and so does one that is held back at the end.
        compare(campaign, " ".join(faults) or "no fault", result, expected, {"lost"} if expected else set())
    check_http(campaign, build, workload)


def check_http(campaign, build, workload):
    """The same for event streams and answers, which the floors do not have. A proxy changes those of lws-chatd."""
    event, data, offset, status = rb"data: \w+\nid: \S+\n\n", rb"data: \w+", rb'"offset":\d+', rb"HTTP/1.1 200"
    events = dataclasses.replace(workload, events=True)
    post = dataclasses.replace(workload, kind="post", rate=0, window=1, publishers=3)
    # A changed answer must keep its length, because it has a Content-Length.
    checks = [("nothing in events", events, event, lambda found: found, set()),
              ("events left out", events, event, lambda found: b"", {"lost", "ended"}),
              ("repeated events", events, event, lambda found: found * 2, {"ended"}),
              ("damaged events", events, data, lambda found: found[:-1] + b"!", {"damaged"}),
              ("nothing in answers", post, offset, lambda found: found, set()),
              ("wrong offsets", post, offset, lambda found: b'"offset":' + b"1".zfill(len(found) - 9),
               {"offsets_missing", "offsets_repeated"}),
              ("no offsets", post, offset, lambda found: found.upper(), {"without_offset", "offsets_missing"}),
              ("wrong status", post, status, lambda found: b"HTTP/1.1 503", {"refused", "offsets_missing"})]
    for what, checked, pattern, change, expected in checks:
        with servers.Running(servers.LwsChat(build), core=campaign.server_core) as running, \
                meddler.Meddler(running.port, pattern, change, 97) as between:
            seen = types.SimpleNamespace(port=between.port, group=running.group)
            result = campaign.generate(seen, checked.arguments() + ["--give-up", "1"])
        compare(campaign, f"meddling: {what}", result, expected, {"lost"} if expected and checked is events else set())


def compare(campaign, what, result, expected, allowed):
    """Fails unless exactly the expected faults were found, and at most the allowed consequences."""
    found = {name for name, count in result["faults"].items() if count} if "error" not in result else {result["error"]}
    if not expected <= found or found - expected - allowed:
        campaign.failures.append(f"the generator found {found or 'nothing'} with {what}")
