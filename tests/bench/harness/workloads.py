"""The loads, and the conditions under which a server keeps up with one."""
import dataclasses
import math

from . import servers

# A server keeps up if at least this share of the deliveries is done a quarter of a second after the last message.
IN_TIME = 0.98

# A run lasts long enough for so many messages. A rate that needs more than this number of seconds is not tried.
MESSAGES = 4
LONGEST = 20


@dataclasses.dataclass(frozen=True)
class Workload:
    key: str
    title: str
    kind: str            # "flow": sent by the clock; "loop": closed loop; "post": closed loop of requests;
                         # "connect": nothing is sent
    readers: int
    publishers: int = 1
    rooms: int = 1
    stalled: int = 0
    rate: float = 0      # messages a second, all publishers together
    burst: int = 0       # messages at once, each `interval`
    interval: float = 1  # seconds
    window: int = 0
    connecting: int = 64
    settle: float = 0.5
    warmup: float = 1
    duration: float = 4
    tls: bool = False
    size: int = 64       # bytes of a message
    structured: bool = False
    protobuf: bool = False  # the structured dialect's encoding
    events: bool = False  # readers that do not publish read event streams
    json: bool = False    # the padding of messages is JSON
    deflate: bool = False  # the readers ask for compression
    ours: bool = False   # only for servers of ours

    @property
    def path(self):
        if self.structured:
            return "/connection/websocket"
        named = self.rooms > 1 or self.events or self.kind == "post"
        return "/chat/room%" if named else "/chat/"

    def slower(self, halvings):
        """The workload with its rate or bursts halved so many times. None: it cannot be halved further."""
        if halvings == 0:
            return self
        if self.burst:
            burst = self.burst >> halvings
            return dataclasses.replace(self, burst=burst) if burst else None
        rate = self.rate / 2**halvings
        if not rate or MESSAGES / rate > LONGEST:
            return None
        return dataclasses.replace(self, rate=rate, duration=max(self.duration, math.ceil(MESSAGES / rate)))

    @property
    def deadline(self):
        """Seconds within which 99 % of the deliveries must be done: one, or the time to the next message."""
        return max(1, self.interval if self.burst else 1 / self.rate if self.rate else 1)

    def arguments(self):
        given = {"path": self.path, "readers": self.readers, "publishers": self.publishers, "rooms": self.rooms,
                 "stalled": self.stalled, "connecting": self.connecting, "settle": self.settle, "warmup": self.warmup,
                 "duration": self.duration, "size": self.size, "give-up": 2 * self.deadline, "patience": 120}
        if self.rate:
            # At least one message.
            given.update(rate=self.rate, warmup=max(self.warmup, 1 / self.rate))
        elif self.burst:
            given.update(burst=self.burst, interval=self.interval)
        elif self.window:
            given["window"] = self.window
        if self.structured:
            given["channel"] = "room%"
        if self.protobuf:
            given["subprotocol"] = "centrifuge-protobuf"
        if self.events:
            given["events"] = "/sse/room%"
        if self.kind == "post":
            given.update(post="/pub/room%", key=servers.API_KEY)
        return [str(part) for name, value in given.items() for part in (f"--{name}", value)] + (
            [f"--{name}" for name in ("tls", "json", "deflate") if getattr(self, name)])

    def load(self):
        """Description of the load, for people."""
        if self.window:
            return "a closed loop"
        if self.burst:
            every = "second" if self.interval == 1 else f"{self.interval:g} s"
            return f"{self.burst} a {every}" if self.interval == 1 else f"{self.burst} each {every}"
        return f"{self.rate:g}/s"


def holds(workload, result):
    if "error" in result or result["overloaded"]:
        return False
    if workload.kind == "connect":
        return True
    faults = result["faults"]
    if faults["lost"] or faults["ended"]:
        return False
    if workload.kind in ("loop", "post"):
        return True
    return (result["in_time"] >= IN_TIME * result["expected"] and
            result["latency_ms"]["p99"] <= workload.deadline * 1000)


# Bytes of a structured push with a text of 64 bytes. The text dialect with messages of this size sends as many bytes.
PUSH = len('{"push":{"channel":"room0","pub":{"data":"","info":{"user":"","client":"%32d"},"offset":100}}}' % 0) + 64


def both_dialects(*chosen):
    """Each workload in the structured dialect, and in the text dialect with as many bytes."""
    for workload in chosen:
        yield dataclasses.replace(workload, key="s" + workload.key, title=f"({workload.key}), structured dialect",
                                  structured=True, ours=True)
        yield dataclasses.replace(workload, key="t" + workload.key, size=PUSH, ours=True,
                                  title=f"({workload.key}), text dialect, messages of {PUSH} bytes")


# Bytes of such a push in protobuf, without its text.
PROTO_PUSH = 58


def protobuf(*chosen):
    """Each workload in the structured dialect in protobuf, with texts that make pushes as long as in JSON."""
    for workload in chosen:
        yield dataclasses.replace(workload, key="x" + workload.key, size=PUSH - PROTO_PUSH, structured=True, protobuf=True,
                                  ours=True, title=f"({workload.key}), structured dialect in protobuf, as many bytes")


def event_streams(*chosen):
    """Each workload with event streams instead of WebSockets: as many messages of the same size."""
    for workload in chosen:
        yield dataclasses.replace(workload, key="v" + workload.key, ours=True, events=True,
                                  title=f"({workload.key}), event streams")


# Bytes of a message that is worth compressing.
LONG = 1024


def compressed(workload):
    """The workload with long messages in JSON, as they are and compressed."""
    plain = dataclasses.replace(workload, key="j" + workload.key, size=LONG, json=True, ours=True,
                                title=f"({workload.key}) with {LONG} bytes of JSON")
    yield plain
    yield dataclasses.replace(plain, key="k" + workload.key, deflate=True, title=plain.title + ", compressed")


# Workloads whose CPU per delivery is compared with that of another one.
BESIDE = {"s" + key: "t" + key for key in "abg"} | {"x" + key: "s" + key for key in "abg"} | {"v" + key: key for key in "abg"} | {
    "ka": "ja"}


def posts(readers, connections, **more):
    """Requests that publish. Each connection sends its next one after the answer to the last."""
    for count in connections:
        who = "1 connection posts" if count == 1 else f"{count} connections post"
        yield Workload(f"p{count}", f"{who} to a room of {readers} readers, each when it was answered", "post",
                       readers, publishers=count, window=1, **more)


def full(duration, window):
    steady = Workload("a", "1000 readers, 100 messages a second", "flow", 1000, rate=100, duration=duration)
    burst = Workload("b", "1000 readers, a burst of 100 messages each second", "flow", 1000, burst=100,
                     duration=duration)
    rooms = Workload("g", "100 rooms of 100 readers, 20 messages a second in each", "flow", 10_000, publishers=100,
                     rooms=100, rate=2000, connecting=128, duration=duration)
    return [
        steady,
        burst,
        Workload("c", f"1000 readers, closed loop, {window} messages under way", "loop", 1000, window=window,
                 duration=duration),
        Workload("d", "10 000 readers, idle, then a message a second", "flow", 10_000, rate=1, settle=4, warmup=2,
                 duration=max(duration, 6), connecting=128),
        Workload("e", "5000 connect at once, 500 handshakes under way", "connect", 5000, connecting=500, settle=1),
        dataclasses.replace(steady, key="fa", title="(a) over TLS", tls=True),
        dataclasses.replace(burst, key="fb", title="(b) over TLS", tls=True),
        rooms,
        dataclasses.replace(steady, key="h", title="(a), and one more reader who never reads", stalled=1),
        Workload("i", "1000 readers, 50 of them publish, 500 messages a second together", "flow", 1000, publishers=50,
                 rate=500, duration=duration),
        *both_dialects(steady, burst, rooms),
        *protobuf(steady, burst, rooms),
        *event_streams(steady, burst, rooms),
        *compressed(steady),
        *posts(10, (1, 16, 64), duration=duration),
    ]


def quick(window):
    """Small versions of all workloads, which test that they work."""
    few = {"settle": 0.1, "warmup": 0.2, "duration": 0.5}
    steady = Workload("a", "40 readers, 10 messages a second", "flow", 40, rate=10, **few)
    burst = Workload("b", "40 readers, bursts of 10", "flow", 40, burst=10, interval=0.25, **few)
    rooms = Workload("g", "5 rooms of 10 readers, 4 messages a second in each", "flow", 50, publishers=5, rooms=5, rate=20,
                     **few)
    return [
        steady,
        burst,
        Workload("c", f"40 readers, closed loop, {window} messages under way", "loop", 40, window=window, **few),
        Workload("d", "300 readers, idle, then 2 messages a second", "flow", 300, rate=2, settle=0.2, warmup=0,
                 duration=1),
        Workload("e", "200 connect at once", "connect", 200, connecting=100, settle=0.1),
        dataclasses.replace(steady, key="fa", title="(a) over TLS", tls=True),
        dataclasses.replace(burst, key="fb", title="(b) over TLS", tls=True),
        rooms,
        dataclasses.replace(steady, key="h", title="(a), and one more reader who never reads", stalled=1),
        Workload("i", "40 readers, 10 of them publish, 30 messages a second together", "flow", 40, publishers=10,
                 rate=30, **few),
        *both_dialects(steady, burst, rooms),
        *protobuf(steady, burst, rooms),
        *event_streams(steady, burst, rooms),
        *compressed(steady),
        *posts(3, (1, 16, 64), **few),
    ]
