"""A model of nodes that share rooms through Redis: what they cost, from the figures of a run, and how many a load needs.

It has no more parts than the figures can tell apart:

- A node pays for each message that it publishes, for each that comes to it from Redis, for each write to a client and for
  each message in a write, and for each connection that is open. A room writes at most once in a flush interval, which
  begins when the last flush is over.
- Redis pays for each message, for each node that gets it, and for telling again who is there. When it is not busy, a
  message also has to wake it.
- Messages that are rare cost more than this, of nodes and of Redis, because nothing of what they need is in the caches.
"""
import dataclasses
import math
import statistics

COLD = 0.004            # seconds without a message after which the caches have something else
FLUSH_INTERVAL = 0.002  # seconds, the default of flush-interval
HISTORY, HISTORY_SECONDS = 100, 300  # the defaults of history-size and history-age
MESSAGE = 64            # bytes of data that the figures are from
PUSH = 122              # bytes around them in the structured dialect, see workloads.PUSH
PACKET = 66             # bytes around a write: frame, TCP, IP, Ethernet
MOST_NODES = 10_000
SHARED = "lws-chat, structured"  # the kind whose figures count


@dataclasses.dataclass(frozen=True)
class Costs:
    """Microseconds of CPU time, and bytes."""
    publish_us: float          # a node: a message of one of its clients
    receive_us: float          # a message from Redis
    write_us: float            # a write to a client
    deliver_us: float          # a message in a write
    cold_us: float             # a message after which nothing came for a while
    accept_us: float           # a client that connects and subscribes
    idle_us: float             # a connection, each second
    node_bytes: float          # a node without clients
    connection_bytes: float
    room_bytes: float
    message_bytes: float       # a kept one, besides its data
    script_us: float           # Redis: a message
    copy_us: float             # each node that gets it
    wake_us: float             # a message that finds Redis idle
    redis_cold_us: float
    redis_rest_us: float       # each second, whatever happens
    redis_accept_us: float
    redis_idle_us: float       # a member, each second
    redis_bytes: float
    redis_connection_bytes: float
    redis_room_bytes: float
    redis_message_bytes: float


@dataclasses.dataclass(frozen=True)
class Load:
    connections: float
    rooms: float
    messages: float            # a second, of all rooms together
    readers: float             # of a room
    size: int = MESSAGE

    @property
    def deliveries(self):
        return self.messages * self.readers

    @property
    def kept(self):
        """Messages that a room keeps."""
        return min(HISTORY, HISTORY_SECONDS * self.messages / self.rooms)


@dataclasses.dataclass(frozen=True)
class Limits:
    """What a node, which has one core, and a Redis server may use."""
    fill: float = 0.5          # of everything, so that there is room for rushes and for the load of a node that died
    node_memory: float = 4e9
    redis_memory: float = 8e9
    descriptors: float = 200_000
    network: float = 1e9 / 8   # bytes a second


@dataclasses.dataclass(frozen=True)
class Plan:
    load: Load
    nodes: int
    shards: int
    shares: dict               # of each thing that may break: how much of it is used
    node_bytes: float
    redis_bytes: float
    back: float                # seconds until all clients of a node are on the others; of one node, until it has all again

    @property
    def cores(self):
        return self.nodes + (self.shards if self.nodes > 1 else 0)

    @property
    def breaks(self):
        """What breaks first if the load grows, and how many times it may grow until then."""
        what = max(self.shares, key=self.shares.get)
        return what, 1 / self.shares[what]


# What the parts use.

def writes(rate, readers, write_us):
    """Writes a second to each reader of a room with messages at independent times.

    The next flush begins after the interval, or with the next message if none waits. A flush of many readers takes long
    enough to be seen.
    """
    if rate <= 0:
        return 0
    period = FLUSH_INTERVAL + readers * write_us / 1e6
    return 1 / (period + math.exp(-rate * period) / rate)


def node_features(published, rooms, write_us):
    """How many a second: published, received, writes, deliveries, messages after a pause. `rooms` are (how many, messages a second in each, readers
    of each on this node)."""
    received = sum(count * rate for count, rate, readers in rooms if readers > 0)
    written = sum(count * readers * writes(rate, readers, write_us) for count, rate, readers in rooms)
    delivered = sum(count * rate * readers for count, rate, readers in rooms)
    return [published, received, written, delivered, rare(published + received)]


def rare(rate):
    """How many of the messages come after a pause."""
    return rate / (1 + COLD * rate)


def node_cpu(costs, published, rooms, connections=0):
    """The share of its core."""
    features = node_features(published, rooms, costs.write_us)
    each = [costs.publish_us, costs.receive_us, costs.write_us, costs.deliver_us, costs.cold_us]
    return (sum(count * us for count, us in zip(features, each)) + connections * costs.idle_us) / 1e6


def redis_cpu(costs, messages, copies, members=0):
    """The share of its core. Above 1: it cannot do so much.

    A message that comes while Redis is busy need not wake it. So the busier it is, the less a message costs.
    """
    work = (messages * (costs.script_us + copies * costs.copy_us) + rare(messages) * costs.redis_cold_us +
            members * costs.redis_idle_us + costs.redis_rest_us) / 1e6
    if work >= 1:
        return work
    waking = messages * costs.wake_us / 1e6
    return (work + waking) / (1 + waking)


def present(nodes, readers):
    """The number of nodes on which a room has a reader, if its readers are anywhere."""
    return nodes * (1 - (1 - 1 / nodes) ** readers)


# How many of them.

def node_shares(costs, load, limits, nodes):
    """How much of a node is used, and its bytes."""
    on = present(nodes, load.readers)
    rooms, readers = load.rooms * on / nodes, load.readers / on
    rate = load.messages / load.rooms
    connections = load.connections / nodes
    cpu = node_cpu(costs, load.messages / nodes, [(rooms, rate, readers)], connections)
    kept = load.kept * (costs.message_bytes + load.size - MESSAGE)
    size = costs.node_bytes + connections * costs.connection_bytes + rooms * (costs.room_bytes + kept)
    written = rooms * readers * writes(rate, readers, costs.write_us)
    sent = written * PACKET + load.deliveries / nodes * (PUSH + load.size)
    return {"CPU of a node": cpu, "memory of a node": size / limits.node_memory,
            "descriptors of a node": connections / limits.descriptors, "network of a node": sent / limits.network}, size


def redis_shares(costs, load, limits, nodes, shards):
    """How much of a Redis server is used, and its bytes."""
    on = present(nodes, load.readers)
    cpu = redis_cpu(costs, load.messages / shards, on, load.rooms * load.readers / shards)
    kept = load.kept * (costs.redis_message_bytes + load.size - MESSAGE)
    members = load.rooms * load.readers * costs.redis_connection_bytes
    size = costs.redis_bytes + (members + load.rooms * (costs.redis_room_bytes + kept)) / shards
    sent = load.messages / shards * on * (2 * PUSH + load.size)
    return {"CPU of Redis": cpu, "memory of Redis": size / limits.redis_memory, "network of Redis": sent / limits.network}, size


def least(shares, fill):
    """The least number from 1 on whose shares are all within the limit. None: there is no such number."""
    number = 1
    while number <= MOST_NODES:
        worst = max(shares(number).values())
        if worst <= fill:
            return number
        # Each step goes most of the way that the worst share asks for, and never past it.
        number = max(number + 1, int(number * min(worst / fill, 2) * 0.9))
    return None


def plan(costs, load, limits=Limits()):
    """What the load needs. None: more than MOST_NODES, so that something cannot be divided."""
    nodes = least(lambda count: node_shares(costs, load, limits, count)[0], limits.fill)
    if nodes is None:
        return None
    shares, node_bytes = node_shares(costs, load, limits, nodes)
    if nodes == 1:
        return Plan(load, 1, 0, shares, node_bytes, 0, load.connections * costs.accept_us / 1e6)
    shards = least(lambda count: redis_shares(costs, load, limits, nodes, count)[0], limits.fill)
    if shards is None:
        return None
    more, redis_bytes = redis_shares(costs, load, limits, nodes, shards)
    moved = load.connections / nodes
    back = max(moved / (nodes - 1) * costs.accept_us / (1 - shares["CPU of a node"]),
               moved / shards * costs.redis_accept_us / (1 - more["CPU of Redis"])) / 1e6
    return Plan(load, nodes, shards, {**shares, **more}, node_bytes, redis_bytes, back)


# The costs, from the figures.

def fitted(rows, values):
    """The numbers x >= 0 for which rows * x is nearest to the values, by relative squares.

    Coordinate descent: each number in turn is set to what is best while the others stay.
    """
    scaled = [[part / value for part in row] for row, value in zip(rows, values)]
    found = [0.0] * len(rows[0])
    rest = [1.0] * len(rows)
    for _ in range(5000):
        for j, old in enumerate(found):
            length = sum(row[j] ** 2 for row in scaled)
            if not length:
                continue
            new = max(0.0, old + sum(row[j] * left for row, left in zip(scaled, rest)) / length)
            rest = [left - (new - old) * row[j] for row, left in zip(scaled, rest)]
            found[j] = new
    return found


def usable(results):
    """The runs in which nodes shared rooms, with messages at an even rate."""
    return [run for run in results["sharing"]["runs"] if run["kind"] == SHARED and run["workload"]["rate"] and
            not run["overloaded"] and not run.get("not_held") and not run["halvings"]]


def rooms_of(run):
    """The rooms of the node of the readers and of that of the publishers, as node_features() has them."""
    workload = run["workload"]
    rooms = workload["rooms"]
    rate = run["sent"] / run["seconds_to_last"] / rooms
    there = workload["publishers"] / rooms
    return [(rooms, rate, workload["readers"] / rooms - there)], [(rooms, rate, there)]


def measured_cpu(run):
    """Shares of a core: the node of the readers, Redis, the node of the publishers."""
    return [run["server_cpu_percent"] / 100, *[part["cpu_percent"] / 100 for part in run["beside"]]]


def node_costs(runs):
    """publish, receive, write, deliver, cold."""
    write_us = 3.0
    for _ in range(5):
        rows, values = [], []
        for run in runs:
            reading, publishing = rooms_of(run)
            cpu, _, cpu_publishing = measured_cpu(run)
            sent = run["sent"] / run["seconds_to_last"]
            rows += [node_features(0, reading, write_us), node_features(sent, publishing, write_us)]
            values += [cpu * 1e6, cpu_publishing * 1e6]
        found = fitted(rows, values)
        write_us = found[2]
    return found


def redis_costs(runs, script_rounds, rest_us):
    """script, copy, wake, cold. redis-benchmark tells what a message costs when Redis need not be woken."""
    rows, values = [], []
    for name in script_rounds[0]:
        if not name.startswith("redis-benchmark"):
            continue
        copies = int(name.rpartition(", ")[2].split()[0]) if name.endswith("subscribers") else 0
        rows.append([1, copies, 0, 0])
        values.append(statistics.median(found[name]["redis"] for found in script_rounds))
    for run in runs:
        share = measured_cpu(run)[1]
        # The publishers' node reads as well.
        sent = run["sent"] / run["seconds_to_last"]
        rows.append([1, 2, 1 - share, rare(sent) / sent])
        values.append(max(1, share * 1e6 - rest_us) / sent)
    return fitted(rows, values)


def line_through(rounds, value):
    """The rise for each connection, and the value without any, from the first and the last number of connections."""
    found = []
    for levels in rounds:
        (few, low), (many, high) = [(level["connections"], value(level)) for level in (levels[0], levels[-1])]
        rise = max(0, (high - low) / (many - few))
        found.append((rise, max(0, low - rise * few)))
    return [statistics.median(part) for part in zip(*found)]


def costs_of(results):
    """The costs, from the results of `run --only redis --json`."""
    sharing, runs = results["sharing"], usable(results)
    idle = sharing["idle"][SHARED]
    median = lambda what: statistics.median(found[-1][what] for found in idle)
    connection_bytes, first_bytes = line_through(idle, lambda level: level["connections"] * level["bytes"])
    idle_us, _ = line_through(idle, lambda level: 1e6 * level["idle_cpu"])
    redis_idle_us, redis_rest_us = line_through(idle, lambda level: 1e6 * level["redis_idle_cpu"])
    publish, receive, write, deliver, cold = node_costs(runs)
    script, copy, wake, redis_cold = redis_costs(runs, sharing["script"], redis_rest_us)
    room = lambda what: max(0, statistics.median(found[what] for found in sharing["room_memory"]))
    return Costs(
        publish, receive, write, deliver, cold, median("accept_us"), idle_us,
        first_bytes + statistics.median(run["memory_before"] for run in runs), connection_bytes, room("node_room"),
        room("node_message"), script, copy, wake, redis_cold, redis_rest_us, median("redis_accept_us"), redis_idle_us,
        statistics.median(run["beside"][0]["memory_before"] for run in runs), max(0, median("redis_bytes")), room("redis_room"),
        room("redis_message"))
