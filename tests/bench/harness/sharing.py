"""Tables about rooms that several nodes share through Redis, beside one node that is alone, Centrifugo and Django Channels."""
import dataclasses

from . import campaign, nodes, script_speed, sharing_growth, workloads
from .tables import DASH, Tables, markdown, number, ratio

# The publishers are on another node than the readers whose deliveries count, and read what they publish. So there is one
# more reader.
STEADY = workloads.Workload("steady", "1000 readers on one node, 100 messages a second from another one", "flow", 1001, rate=100)
BURST = workloads.Workload("burst", "1000 readers on one node, a burst of 100 messages each second from another one", "flow", 1001,
                           burst=100)
DELAY = workloads.Workload("delay", "10 readers on one node, 100 messages a second from another one", "flow", 11, rate=100)


class Shared(campaign.Campaign):
    """Measures kinds of nodes: the node of the readers, with its publishers on another node."""

    def _attempt(self, workload, server, attempt):
        with nodes.Cluster(server, self) as cluster:
            result = self.generate(cluster.reading, server.load(attempt) + cluster.arguments())
            if "error" in result:
                result["log"] = cluster.reading.log() + cluster.publishing.log()
            return result

    def beside(self, workload, kind, part, what):
        """Median of a figure of Redis (part 0) or of the publishing node (1)."""
        values = [sample[part][what] for sample in self.values(workload.key, kind.name, "beside")]
        return sorted(values)[len(values) // 2] if values else None


def kinds_of(build):
    return {"text alone": nodes.Ours(build, structured=False, shared=False), "text": nodes.Ours(build, structured=False),
            "alone": nodes.Ours(build, structured=True, shared=False), "structured": nodes.Ours(build, structured=True),
            "Centrifugo": nodes.Centrifugo(build), "Channels": nodes.Channels(build)}


def beside_whom(kind, kinds):
    """The kind of ours that does the same as this one of others."""
    return kinds["structured" if kind.structured else "text"]


def table_of(workload, shared, kinds, present):
    """One workload, a row for each kind."""
    tables = Tables(shared, present, [workload])
    cpu = lambda kind: shared.median(workload.key, kind.name, "cpu_us_per_delivery")

    def row(kind):
        halvings, results = shared.kept(workload.key, kind.name)
        if not results:
            return [kind.name, *[DASH] * 12]
        load = workload.slower(halvings).load()
        alone = kinds["alone" if kind.structured else "text alone"]
        ours = beside_whom(kind, kinds)
        return [kind.name, f"**{load}**" if halvings else load, number(cpu(kind)),
                tables.spread(workload.key, kind, "cpu_us_per_delivery"),
                number(ratio(cpu(kind), cpu(alone))) if kind.ours and kind is not alone else DASH,
                DASH if kind.ours else number(ratio(cpu(ours), cpu(kind))),
                *[number(shared.median(workload.key, kind.name, "latency_ms", q)) for q in ("p50", "p99", "max")],
                number(shared.beside(workload, kind, 1, "cpu_us_per_message")),
                number(shared.beside(workload, kind, 0, "cpu_us_per_message")),
                number(shared.median(workload.key, kind.name, "bytes_per_connection")), tables.faults(workload.key, kind)]
    notes = [f"{kind.name}: {shared.skipped[workload.key, kind.name]}" for kind in present
             if (workload.key, kind.name) in shared.skipped]
    return f"### ({workload.key}) {workload.title}\n\n" + markdown(
        ["nodes", "load held", "CPU µs per delivery", "spread", "÷ alone", "lws-chat ÷ this", "p50 ms", "p99 ms", "max ms",
         "publishing node, µs per message", "Redis, µs per message", "RSS per connection, bytes",
         "lost / dup. / reord. / closed"],
        [row(kind) for kind in present]) + ("\n\n" + "; ".join(notes) + "." if notes else "")


def targets(shared, kinds, grown, script):
    """The table of our targets."""
    median = lambda workload, name, *path: shared.median(workload.key, kinds[name].name, *path)
    cpu = lambda name: median(STEADY, name, "cpu_us_per_delivery")

    def beyond(name, quantile):
        shared_, alone = (median(DELAY, who, "latency_ms", quantile) for who in (name, f"{name} alone"))
        return None if shared_ is None or alone is None else shared_ - alone
    memory = lambda name: grown.memory(kinds[name].name)
    structured = "structured"
    rows = [
        ("(steady) CPU per delivery ÷ alone, texts", 1.15, ratio(cpu("text"), cpu("text alone"))),
        ("(steady) CPU per delivery ÷ alone, structured", 1.15, ratio(cpu(structured), cpu("alone"))),
        ("publishes a second ÷ redis-benchmark of the same script", -script_speed.TARGET, script),
        ("(delay) node to node, p50 ms beyond alone", 1, beyond("text", "p50")),
        ("(delay) node to node, p99 ms beyond alone", 5, beyond("text", "p99")),
        ("(steady) CPU per delivery ÷ Centrifugo's", 0.5, ratio(cpu(structured), cpu("Centrifugo"))),
        ("memory per connection ÷ Centrifugo's", 0.15, ratio(memory(structured), memory("Centrifugo"))),
        ("(steady) CPU per delivery ÷ Channels'", 0.05, ratio(cpu("text"), cpu("Channels"))),
        ("(steady) memory per connection ÷ Channels'", None, ratio(median(STEADY, "text", "bytes_per_connection"),
                                                                  median(STEADY, "Channels", "bytes_per_connection"))),
    ]

    def line(figure, target, value):
        if target is None:
            return [figure, DASH, number(value), DASH]
        least = target < 0
        holds = DASH if value is None else "yes" if (value >= -target if least else value <= target) else "**no**"
        return [figure, f"≥ {-target}" if least else f"≤ {target}", number(value), holds]
    return "### Targets of nodes that share rooms\n\n" + markdown(
        ["figure", "target", "measured", "holds?"], [line(*row) for row in rows])


def smaller(workload):
    return dataclasses.replace(workload, title="20 readers on one node, 1 publisher on another one", readers=21,
                               burst=min(workload.burst, 10), settle=0.2,
                               warmup=0.2, duration=0.5, interval=0.25 if workload.burst else 1)


def print_tables(build, given, measured):
    """Prints the tables, and puts their results into measured.sharing. Returns the failures."""
    kinds = kinds_of(build)
    redis = nodes.Redis(None)
    redis.install()
    present, missing = nodes.available(kinds.values())
    print("## Nodes that share rooms through Redis\n")
    print(markdown(["program", "version"], [[kind.name, kind.version()] for kind in present] + [["Redis", redis.version()]])
          .replace("---:", "---") + "\n")
    for line in missing:
        print(line + "\n")
    shared = Shared(build, measured.repeat, given.seed)
    chosen = [smaller(w) if given.quick else dataclasses.replace(w, duration=given.duration)
              for w in ((STEADY, BURST) if given.quick else (STEADY, BURST, DELAY))]
    shared.run(chosen, present)
    for workload in chosen:
        print(table_of(workload, shared, kinds, present) + "\n", flush=True)
    text, failures, script_rounds, script = script_speed.table(measured, kinds, present, given.quick)
    print(text + "\n", flush=True)
    grown = sharing_growth.Growth(shared, [kind for kind in present if kind.name != "Channels"], kinds, given.quick)
    grown.print_tables()
    if not given.quick:
        print(targets(shared, kinds, grown, script) + "\n")
    measured.sharing = {"versions": {kind.name: kind.version() for kind in present}, "missing": missing,
                        "script": script_rounds, **grown.results(),
                        "runs": [{"workload": dataclasses.asdict(shared.workloads[w]), "kind": name, "halvings": h, **r}
                                 for (w, name), entries in shared.results.items() for h, r in entries]}
    return failures + shared.failures + grown.failures
