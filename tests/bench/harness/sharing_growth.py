"""Tables about nodes that share rooms: what grows with the number of connections, of rooms, and of readers of a room."""
import dataclasses
import statistics
import time

from . import batches, nodes, servers, workloads
from .crowd import Crowd, frame, upgrade
from .host import cpu, resident, serving
from .tables import markdown, number, ratio

MEMBERS = 100      # of each room of the idle clients
FIRST = 10         # of them
PRESENCE = 20      # seconds after which our nodes tell Redis again who is there
SUBSCRIBE = '{"id":1,"connect":{}}\n{"id":2,"subscribe":{"channel":"room%d"}}'


def rooms(count, rate, readers=1000):
    """Readers in so many rooms. Each room has one publisher on the other node, who reads as well."""
    title = f"{readers} readers in {count} room{'s' if count > 1 else ''}, {rate} messages a second together"
    return workloads.Workload(f"rooms {count}", title, "flow", readers + count, publishers=count, rooms=count, rate=rate,
                              connecting=128)


def readers(count, rate):
    return workloads.Workload(f"readers {count} at {rate}", f"{count} readers of one room, {rate} messages a second", "flow",
                              count + 1, rate=rate)


# As many deliveries a second in each of the first ones, as far as two cores can do it.
SWEEP = (rooms(1, 20), rooms(10, 200), rooms(100, 2000), rooms(500, 5000), readers(10, 20), readers(100, 20),
         readers(4000, 20), readers(100, 500))
QUICK_SWEEP = (rooms(5, 20, readers=20), readers(20, 20))


class Members(Crowd):
    """Counts the clients that have subscribed."""
    subscribed = 0

    def frames(self, client, data):
        rest = super().frames(client, data)
        self.subscribed += data[:len(data) - len(rest)].count(b'"subscribe":{')
        return rest

    def enter(self, count):
        """Opens so many more connections, in rooms of MEMBERS. Returns the number that did not get in."""
        wanted = self.subscribed + count
        self.open(count, upgrade("/connection/websocket"), in_flight=128,
                  then=lambda number: frame((SUBSCRIBE % (number // MEMBERS)).encode()))
        deadline = time.monotonic() + 30
        while self.subscribed < wanted and time.monotonic() < deadline:
            self.turn(0.1)
        return wanted - self.subscribed


def idle(campaign, kind, levels, seconds):
    """For each number of connections: what they cost to accept, to keep, and in memory, of a node and of Redis.

    The memory of Redis is that of the connections that have come since the last number.
    """
    found = []
    with nodes.Cluster(kind, campaign) as cluster:
        node, redis = serving(cluster.reading), cluster.redis.group
        crowd = Members(cluster.reading.port)
        first = resident(node)
        # Redis takes some memory for the first ones, whatever their number.
        crowd.enter(FIRST)
        in_redis = nodes.used_memory(cluster.redis)
        for level in levels:
            more = level - len(crowd.clients)
            used = cpu(node), cpu(redis)
            missing = crowd.enter(more)
            accept = [(cpu(pid) - before) / more * 1e6 for pid, before in zip((node, redis), used)]
            crowd.serve(min(seconds, 2))
            memory = (resident(node) - first) / level, (nodes.used_memory(cluster.redis) - in_redis) / more
            in_redis += memory[1] * more
            used, since = (cpu(node), cpu(redis)), time.monotonic()
            crowd.serve(seconds)
            shares = [(cpu(pid) - before) / (time.monotonic() - since) for pid, before in zip((node, redis), used)]
            found.append({"connections": level, "missing": missing + crowd.ended, "accept_us": accept[0],
                          "redis_accept_us": accept[1], "bytes": memory[0], "redis_bytes": memory[1],
                          "idle_cpu": shares[0], "redis_idle_cpu": shares[1]})
        crowd.close()
    return found


def room_memory(campaign, kind, count, messages, size=64):
    """Bytes of a node and of Redis for a room without its reader, for a reader, and for each message that a room keeps."""
    with nodes.Cluster(kind, campaign) as cluster:
        node = serving(cluster.reading)
        crowd = Members(cluster.reading.port)
        # The first ones take what any number needs, also of Redis.
        few = max(10, count // 4)
        crowd.open(few, upgrade("/chat/first"), in_flight=128)
        batches.publish(cluster.publishing.port, ["first"], each=1, size=size, requests=1)
        sizes = lambda: (resident(node), nodes.used_memory(cluster.redis))
        first = sizes()
        crowd.open(count, upgrade("/chat/first"), in_flight=128)
        crowd.serve(1)
        entered = sizes()
        crowd.open(count, lambda number: upgrade(f"/chat/memory{number - few - count}"), in_flight=128)
        crowd.serve(1)
        opened = sizes()
        for begin in range(0, count, 50):
            batches.publish(cluster.publishing.port, [f"memory{i}" for i in range(begin, min(begin + 50, count))],
                            each=messages, size=size, requests=1)
            crowd.serve(0.05)
        crowd.serve(1)
        full = sizes()
        crowd.close()
    found = {"rooms": count, "messages": messages, "size": size}
    for i, part in enumerate(("node", "redis")):
        found[f"{part}_reader"] = (entered[i] - first[i]) / count
        found[f"{part}_room"] = (opened[i] - entered[i]) / count - found[f"{part}_reader"]
        found[f"{part}_message"] = (full[i] - opened[i]) / count / messages
    return found


class Growth:
    def __init__(self, shared, present, kinds, quick):
        self.shared, self.present, self.quick = shared, present, quick
        self.shared_kind, self.alone, self.text = kinds["structured"], kinds["alone"], kinds["text"]
        self.idle_rounds, self.rooms_rounds, self.failures = {}, [], []

    def results(self):
        return {"idle": self.idle_rounds, "room_memory": self.rooms_rounds}

    def memory(self, name):
        """Bytes of a node for each of the most connections. None: unknown."""
        rounds = self.idle_rounds.get(name)
        return statistics.median(found[-1]["bytes"] for found in rounds) if rounds else None

    def print_tables(self):
        print(self.sweep() + "\n", flush=True)
        print(self.idle() + "\n", flush=True)
        print(self.rooms() + "\n", flush=True)

    def sweep(self):
        chosen = [dataclasses.replace(w, settle=0.2, warmup=0.2, duration=0.5) for w in QUICK_SWEEP] if self.quick else SWEEP
        shared = self.shared
        shared.run(chosen, [kind for kind in (self.shared_kind, self.alone) if kind in self.present])
        rows = []
        for workload in chosen:
            value = lambda kind, *path: shared.median(workload.key, kind.name, *path)
            used = value(self.shared_kind, "cpu_us_per_delivery")
            alone = value(self.alone, "cpu_us_per_delivery")
            beside = lambda part: number(shared.beside(workload, self.shared_kind, part, "cpu_us_per_message"))
            faults = [sum(shared.faults(workload.key, kind.name, name)[0] or 0 for kind in (self.shared_kind, self.alone))
                      for name in ("lost", "duplicated", "reordered", "ended")]
            held = shared.kept(workload.key, self.shared_kind.name)[0]
            rows.append([workload.title + (f" (**{workload.slower(held).load()}**)" if held else ""), number(used), number(alone),
                         number(ratio(used, alone)), beside(1), beside(0), number(value(self.shared_kind, "latency_ms", "p50")),
                         number(value(self.shared_kind, "latency_ms", "p99")),
                         " / ".join(map(str, faults)) if any(faults) else "0"])
        return "### Growth with rooms and with readers, structured dialect\n\n" + markdown(
            ["load", "CPU µs per delivery", "alone", "÷ alone", "publishing node, µs per message", "Redis, µs per message",
             "p50 ms", "p99 ms", "lost / dup. / reord. / closed"], rows)

    def idle(self):
        levels, seconds = ((50, 100), 1) if self.quick else ((1000, 5000, 10_000), 2 * PRESENCE)
        kinds = [kind for kind in self.present if kind.structured and getattr(kind, "shared", True)]
        for _ in range(1 if self.quick else min(self.shared.repeat, 3)):
            for kind in self.shared.random.sample(kinds, len(kinds)):
                try:
                    found = idle(self.shared, kind, levels, seconds)
                except servers.StartError as error:
                    self.failures.append(str(error))
                    continue
                self.idle_rounds.setdefault(kind.name, []).append(found)
        rows = []
        for kind in kinds:
            for i, level in enumerate(levels):
                samples = [found[i] for found in self.idle_rounds.get(kind.name, [])]
                if not samples:
                    continue
                median = lambda what: statistics.median(sample[what] for sample in samples)
                missing = sum(sample["missing"] for sample in samples)
                if missing and kind.ours:
                    self.failures.append(f"redis: {missing} of {level} connections were lost")
                rows.append([f"{kind.name}: {level}", number(median("accept_us")), number(median("redis_accept_us")),
                             number(median("bytes")), number(median("redis_bytes")), number(100 * median("idle_cpu")),
                             number(100 * median("redis_idle_cpu")), str(missing)])
        return f"### Growth with connections, in rooms of {MEMBERS}\n\n" + markdown(
            ["connections", "CPU µs per accept", "Redis µs", "bytes each", "in Redis", "idle CPU %", "Redis %", "lost"], rows)

    def rooms(self):
        count = 20 if self.quick else 2000
        for _ in range(1 if self.quick else min(self.shared.repeat, 3)):
            self.rooms_rounds.append(room_memory(self.shared, self.text, count, 10 if self.quick else 100))
        median = lambda what: number(statistics.median(found[what] for found in self.rooms_rounds))
        return f"### Memory of {count} rooms, of their readers, and of messages of 64 bytes\n\n" + markdown(
            ["bytes of", "a room", "a text client", "a message"],
            [[name, *[median(f"{part}_{what}") for what in ("room", "reader", "message")]]
             for name, part in (("the readers' node", "node"), ("Redis", "redis"))])
