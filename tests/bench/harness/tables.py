"""The results as Markdown."""
import math

from . import workloads

DASH = "–"


def number(value, digits=3):
    """A number with so many significant digits, never as 1e+06."""
    if value is None:
        return DASH
    if value == 0:
        return "0"
    places = max(0, digits - 1 - math.floor(math.log10(abs(value))))
    return f"{value:,.{places}f}".replace(",", " ")


def ratio(value, base):
    return None if value is None or not base else value / base


def markdown(header, rows):
    def line(cells):
        return "| " + " | ".join(cells) + " |"
    return "\n".join([line(header), line(["---"] + ["---:"] * (len(header) - 1)), *map(line, rows)])


class Tables:
    def __init__(self, campaign, servers, chosen):
        self.campaign = campaign
        self.servers = servers
        self.workloads = {workload.key: workload for workload in chosen}
        self.ours = [s for s in servers if s.ours]
        self.floors = [s for s in servers if s.floor]

    def value(self, key, server, *path):
        return self.campaign.median(key, server.name, *path)

    def faults(self, key, server, *names):
        counts = self.campaign.faults(key, server.name, *(names or ("lost", "duplicated", "reordered", "ended")))
        if all(count in (0, None) for count in counts):
            return "0" if any(count is not None for count in counts) else DASH
        return " / ".join("?" if count is None else str(count) for count in counts)

    def spread(self, key, server, *path):
        """Range of the runs, in percent of the median."""
        values = self.campaign.values(key, server.name, *path)
        if len(values) < 2 or not self.value(key, server, *path):
            return DASH
        return f"{(max(values) - min(values)) / self.value(key, server, *path):.0%}"

    def table(self, workload):
        key = workload.key
        measured = [s for s in self.servers if self.campaign.kept(key, s.name)[1]]
        if not measured:
            return ""
        header, row = {"flow": self.flow, "loop": self.loop, "connect": self.connect,
                       "post": self.post}[workload.kind](workload)
        rows = [[s.name, *row(s)] for s in measured]
        notes = [f"{s.name}: {self.campaign.skipped[key, s.name]}" for s in self.servers
                 if (key, s.name) in self.campaign.skipped]
        for s in self.servers:
            if s.ours and any(r.get("not_held") for _, r in self.campaign.results.get((key, s.name), [])):
                notes.append(f"{s.name}: did not hold it in every run")
            if (self.value(key, s, "generator_cpu_percent") or 0) > 97:
                notes.append(f"{s.name}: the generator was at its limit")
        text = f"### ({key}) {workload.title}\n\n" + markdown(["server", *header], rows)
        return text + ("\n\nNot here or limited: " + "; ".join(notes) + "." if notes else "")

    def ratios(self, key, *path, inverse=False):
        """Ratios of this server to each floor, and of each server of ours to this one. In a workload for ours only, the ratio
        to the same server's figure in the workload to compare with."""
        beside = workloads.BESIDE.get(key)
        floors = [s for s in self.floors if self.value(key, s, *path) is not None]
        header = [f"÷ ({beside})"] if beside else []
        header += [f"÷ {s.name}" for s in floors] + [f"{s.name} ÷ this" for s in self.ours]

        def row(server):
            mine = self.value(key, server, *path)
            cells = [ratio(mine, self.value(beside, server, *path))] if beside else []
            cells += [ratio(mine, self.value(key, s, *path)) for s in floors]
            cells += [ratio(self.value(key, s, *path), mine) for s in self.ours]
            return [number(cell, 2 if cell is None or cell < 10 else 3) for cell in cells]
        return header, row

    def flow(self, workload):
        key = workload.key
        ratios, ratio_row = self.ratios(key, "cpu_us_per_delivery")
        header = ["load held", "CPU µs per delivery", "spread", *ratios, "p50 ms", "p99 ms", "max ms"]
        if key == "d":
            header += ["RSS per connection, KB", "idle CPU %"]
        header.append("lost / dup. / reord. / closed")

        def row(server):
            halvings = self.campaign.kept(key, server.name)[0]
            load = workload.slower(halvings).load()
            cells = [f"**{load}**" if halvings else load,
                     number(self.value(key, server, "cpu_us_per_delivery")),
                     self.spread(key, server, "cpu_us_per_delivery"), *ratio_row(server)]
            cells += [number(self.value(key, server, "latency_ms", q)) for q in ("p50", "p99", "max")]
            if key == "d":
                cells += [number(self.memory(server), 2), number(self.value(key, server, "idle_cpu_percent"), 2)]
            return [*cells, self.faults(key, server)]
        return header, row

    def loop(self, workload):
        key = workload.key
        ratios, ratio_row = self.ratios(key, "deliveries_per_second")

        def row(server):
            return [number(self.value(key, server, "deliveries_per_second")),
                    self.spread(key, server, "deliveries_per_second"), *ratio_row(server),
                    number(self.value(key, server, "cpu_us_per_delivery")),
                    number(self.value(key, server, "server_cpu_percent")),
                    number(self.value(key, server, "generator_cpu_percent")),
                    number(self.value(key, server, "latency_ms", "p99")), self.faults(key, server)]
        return ["deliveries/s", "spread", *ratios, "CPU µs per delivery", "server CPU %", "generator CPU %", "p99 ms",
                "lost / dup. / reord. / closed"], row

    def post(self, workload):
        key = workload.key
        ratios, ratio_row = self.ratios(key, "requests_per_second")

        def row(server):
            return [number(self.value(key, server, "requests_per_second")),
                    self.spread(key, server, "requests_per_second"), *ratio_row(server),
                    number(self.value(key, server, "cpu_us_per_request")),
                    *[number(self.value(key, server, "answer_ms", q)) for q in ("p50", "p99", "max")],
                    number(self.value(key, server, "server_cpu_percent")),
                    number(self.value(key, server, "generator_cpu_percent")),
                    self.faults(key, server),
                    self.faults(key, server, "refused", "offsets_missing", "offsets_repeated", "without_offset")]
        return ["requests/s", "spread", *ratios, "CPU µs per request", "answer p50 ms", "p99 ms", "max ms",
                "server CPU %", "generator CPU %", "lost / dup. / reord. / closed",
                "refused / offset left out / repeated / not said"], row

    def connect(self, workload):
        key = workload.key

        def row(server):
            return [number(self.value(key, server, "connects_per_second")),
                    self.spread(key, server, "connects_per_second"),
                    *[number(self.value(key, server, "handshake_ms", q)) for q in ("p50", "p99", "max")],
                    number(self.value(key, server, "connect_cpu_us"))]
        return ["connects/s", "spread", "handshake p50 ms", "p99 ms", "max ms", "CPU µs per connect"], row

    def memory(self, server):
        value = self.value("d", server, "bytes_per_connection")
        return None if value is None else value / 1000

    # Our targets.

    def targets(self):
        rows = []
        by_name = {s.name: s for s in self.servers}

        def add(figure, server, target, value, holds):
            verdict = DASH if value is None else "yes" if holds(value) else "**no**"
            rows.append([figure, server.name, target, number(value), verdict])

        def against(name, key, *path, server):
            peer = by_name.get(name)
            return ratio(self.value(key, server, *path), self.value(key, peer, *path)) if peer else None

        for s in self.ours:
            cpu = lambda peer, key: against(peer, key, "cpu_us_per_delivery", server=s)
            most = lambda limit: lambda value: value <= limit
            limit = 0.88 if s.fanout == "uring" else 1.2
            add("(a) CPU per delivery / send floor", s, f"≤ {limit}", cpu("floor: send", "a"), most(limit))
            add("(b) CPU per delivery / coalescing floor", s, "≤ 3", cpu("floor: coalesce", "b"), most(3))
            add("(c) deliveries per second / bun's", s, "≥ 1.6",
                against("bun", "c", "deliveries_per_second", server=s), lambda value: value >= 1.6)
            add("(a) CPU / nchan's", s, "≤ 0.85", cpu("nchan", "a"), most(0.85))
            add("(b) CPU / nchan's", s, "≤ 0.1", cpu("nchan", "b"), most(0.1))
            add("(a) CPU / Channels'", s, "≤ 0.1", cpu("Channels", "a"), most(0.1))
            add("(b) CPU / Channels'", s, "≤ 0.1", cpu("Channels", "b"), most(0.1))
            add("(d) resident KB per idle plain connection", s, "≤ 2.2", self.memory(s), most(2.2))
            add("(d) CPU per delivery / (a)'s", s, "≤ 1.6",
                ratio(self.value("d", s, "cpu_us_per_delivery"), self.value("a", s, "cpu_us_per_delivery")), most(1.6))
            add("(i) CPU per delivery / coalescing floor", s, "≤ 0.8", cpu("floor: coalesce", "i"), most(0.8))
            add("(h) the others' p99 / (a)'s p99", s, "≤ 1.2",
                ratio(self.value("h", s, "latency_ms", "p99"), self.value("a", s, "latency_ms", "p99")), most(1.2))
            for key, beside in workloads.BESIDE.items():
                add(f"({key}) CPU per delivery / ({beside})'s", s, "≤ 1.15",
                    ratio(*(self.value(k, s, "cpu_us_per_delivery") for k in (key, beside))), most(1.15))
            counts = [count for key in self.workloads
                      for count in self.campaign.faults(key, s.name, "lost", "duplicated", "reordered", "damaged",
                                                        "foreign") if count is not None]
            add("lost, duplicated, reordered, anywhere", s, "0", sum(counts) if counts else None, most(0))
        return markdown(["figure", "server", "target", "measured", "holds?"], rows)
