"""A table about deltas: bytes and CPU time for a stream of states that are alike."""
import http.client
import itertools
import json
import time

from support.fossil import apply
from support.match import match

from . import servers
from .crowd import Crowd, frame, upgrade
from .host import cpu, serving
from .tables import markdown, number

SUBSCRIBE = '{"id":1,"connect":{}}\n{"id":2,"subscribe":{"channel":"match"%s}}'


class Readers(Crowd):
    """Counts what comes, and keeps what comes to the first one."""

    def __init__(self, port):
        super().__init__(port)
        self.bytes = self.publications = self.subscribed = 0
        self.kept = []

    def frames(self, client, data):
        rest = super().frames(client, data)
        whole = data[:len(data) - len(rest)]
        self.subscribed += whole.count(b'"subscribe":{')
        publications = whole.count(b'"pub":{')
        if publications:
            self.bytes += len(whole)
            self.publications += publications
        if client.number == 0:
            self.kept.append(whole)
        return rest

    def data_of_first(self):
        """The data of the first one's publications, with deltas applied."""
        stream, at, last, made = b"".join(self.kept), 0, b"", []
        while at < len(stream):
            size, head = stream[at + 1], 2
            if size == 126:
                size, head = int.from_bytes(stream[at + 2:at + 4], "big"), 4
            text = stream[at + head:at + head + size].decode()
            at += head + size
            for line in text.splitlines():
                publication = json.loads(line).get("push", {}).get("pub")
                if not publication:
                    continue
                data = publication["data"]
                if isinstance(data, str):
                    last = apply(last, data.encode()) if publication.get("delta") else data.encode()
                    data = json.loads(last)
                made.append(data)
        return made


def measure(host, core, asked, count, states):
    """Returns bytes a publication and reader, CPU microseconds a publication, and whether all came as published."""
    hello = frame((SUBSCRIBE % (',"delta":"fossil"' if asked else "")).encode())
    with servers.Running(host, core=core) as running:
        crowd = Readers(running.port)
        pid = serving(running)
        crowd.open(count, upgrade("/connection/websocket"), then=lambda _: hello)
        back_end = http.client.HTTPConnection("127.0.0.1", running.port)

        def publish(state):
            body = json.dumps({"channel": "match", "data": state}, ensure_ascii=False, separators=(",", ":")).encode()
            back_end.request("POST", "/api/publish", body, {"Authorization": f"apikey {servers.API_KEY}"})
            back_end.getresponse().read()

        def until(publications):
            deadline = time.monotonic() + 10
            while crowd.publications < publications and time.monotonic() < deadline:
                crowd.turn(0.1)
        deadline = time.monotonic() + 10
        while crowd.subscribed < count and time.monotonic() < deadline:
            crowd.turn(0.1)
        publish(states[0])  # comes whole
        until(count)
        crowd.bytes, begin = 0, cpu(pid)
        for i, state in enumerate(states[1:]):
            publish(state)
            until((i + 2) * count)
        used = cpu(pid) - begin
        same = crowd.publications == count * len(states) and crowd.data_of_first() == states
        crowd.close()
    steps = len(states) - 1
    return crowd.bytes / steps / count, used / steps * 1e6, same


def table(make_host, core, quick):
    """Prints the table. Returns the failures."""
    states = list(itertools.islice(match(), 20 if quick else 500))
    size = sum(len(json.dumps(state, ensure_ascii=False, separators=(",", ":")).encode()) for state in states) / len(states)
    rows, failures = [], []
    for count in (1, 20) if quick else (1, 100, 1000):
        whole = None
        for asked in (False, True):
            sent, used, same = measure(make_host(), core, asked, count, states)
            whole = whole or sent
            rows.append([str(count), "deltas" if asked else "whole", number(sent), number(100 * sent / whole), number(used)])
            if not same:
                failures.append(f"deltas: {count} readers of {rows[-1][1]} messages did not get what was published")
    print(f"### Deltas: {len(states)} states of a match, {size:.0f} bytes each\n\n" +
          markdown(["readers", "messages", "bytes per message", "% of whole", "CPU µs per publication"], rows) + "\n")
    return failures
