"""Tables about durable rooms: what it costs that the journal has a message before anybody sees it."""
import dataclasses
import os
import signal
import sqlite3
import statistics
import time

from . import servers, workloads
from .tables import markdown, number, ratio

BYTES = 64

# The servers differ in these options only.
KINDS = (("memory", {}), ("durable, normal", {"storage-sync": "normal"}), ("durable, full", {"storage-sync": "full"}))

STEADY = workloads.Workload("steady", "1000 readers, 100 messages a second", "flow", 1000, rate=100)
DELAY = workloads.Workload("delay", "10 readers, 1000 messages a second", "flow", 10, rate=1000)
RATE = workloads.Workload("rate", "10 publishers in 10 rooms, each with 64 messages under way", "loop", 10, publishers=10,
                          rooms=10, window=64)


def make(make_host, options):
    def with_store(host):
        command = host.command

        def changed(folder, port, pair):
            if options:
                host.options_.update(options, storage=str(folder / "rooms.db"))
            return command(folder, port, pair)
        host.command = changed
        return host
    # All of the messages are kept, so that the file's size says something about each of them.
    return with_store(make_host(**{"message-rate": "0", "history-size": "1000000", "history-bytes": "1073741824"}))


def file_bytes(running):
    """Bytes of the file per message, after a normal end; None: there is no file."""
    path = running.folder / "rooms.db"
    if not path.exists():
        return None
    os.killpg(running.group, signal.SIGTERM)
    running.process.wait(30)
    with sqlite3.connect(f"file:{path}?mode=ro", uri=True) as file:
        messages, = file.execute("SELECT count(*) FROM messages").fetchone()
        pages, = file.execute("PRAGMA page_count").fetchone()
        free, = file.execute("PRAGMA freelist_count").fetchone()
        size, = file.execute("PRAGMA page_size").fetchone()
    return (pages - free) * size / messages if messages else None


def measure(campaign, make_host, options, workload):
    """The result of the generator, with the bytes of the file per message."""
    with servers.Running(make(make_host, options), core=campaign.server_core) as running:
        time.sleep(0.2)
        result = campaign.generate(running, workload.arguments())
        result["file_bytes"] = file_bytes(running)
    return result


def table(campaign, make_host, quick):
    """Prints the tables. Returns the failures."""
    failures, rows = [], []
    chosen = [dataclasses.replace(w, readers=min(w.readers, 20), warmup=0.2, duration=0.5) if quick else w
              for w in (STEADY, DELAY, RATE)]
    for workload in chosen:
        found = {kind: [] for kind, _ in KINDS}
        for _ in range(1 if quick else campaign.repeat):
            for kind, options in KINDS:
                result = measure(campaign, make_host, options, workload)
                faults = {name: count for name, count in result.get("faults", {"error": result.get("error")}).items() if count}
                if faults:
                    failures.append(f"storage: {workload.title}, {kind}: {faults}")
                found[kind].append(result)

        def median(kind, *path):
            values = []
            for value in found[kind]:
                for name in path:
                    value = value.get(name) if value is not None else None
                if value is not None:
                    values.append(value)
            return statistics.median(values) if values else None

        base = median("memory", "cpu_us_per_delivery")
        for kind, _ in KINDS:
            cpu = median(kind, "cpu_us_per_delivery")
            rows.append([f"{workload.title}: {kind}", number(cpu), number(ratio(cpu, base)),
                         number(median(kind, "deliveries_per_second")), number(median(kind, "latency_ms", "p50")),
                         number(median(kind, "latency_ms", "p99")), number(median(kind, "file_bytes"))])
    print(f"### Durable rooms, messages of {BYTES} bytes\n\n" +
          markdown(["load: rooms", "CPU µs per delivery", "÷ memory", "deliveries/s", "p50 ms", "p99 ms",
                    "file bytes per message"], rows) + "\n")
    return failures
