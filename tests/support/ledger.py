"""What publishers have sent into a room, what became of it, and whether each reader got it.

A message's data is a text: its publisher's name, a space, and a number that rises.
"""
import collections

from support.told import contradictions, faults


class SdkReader:
    """What a client of the npm package has seen of a room, as the readers of support.readers have it."""

    def __init__(self, sdk, room):
        self.sdk, self.room = sdk, room
        self.seen, self.epoch, self.entries = 0, None, []

    @property
    def log(self):
        while self.seen < len(self.sdk.events):
            self.take(self.sdk.events[self.seen])
            self.seen += 1
        return self.entries

    def take(self, event):
        if event.get("room") != self.room:
            return
        if event["event"] == "publication":
            self.entries.append((self.epoch, event.get("offset"), event["data"]))
        elif event["event"] == "subscribed":
            self.epoch = event.get("epoch")
            if event["wasRecovering"] and not event["recovered"]:
                self.entries.append(("gap", self.epoch, event.get("offset")))


def is_gap(entry):
    return entry[0] == "gap"


def runs(log):
    """The data of a log, a list for each stretch without a gap."""
    found = [[]]
    for entry in log:
        if is_gap(entry):
            found.append([])
        else:
            found[-1].append(entry[2])
    return found


def repeated(log):
    """Messages that a reader got twice without a gap in between, or under a position that it had before."""
    wrong = [data for run in runs(log) for data, count in collections.Counter(run).items() if count > 1]
    places = collections.Counter(entry[:2] for entry in log if not is_gap(entry) and entry[0])
    return wrong + [place for place, count in places.items() if count > 1]


def disordered(log):
    """Neighbours of one publisher whose numbers do not rise."""
    wrong = []
    for run in runs(log):
        last = {}
        for data in run:
            name, _, number = data.rpartition(" ")
            if last.get(name, -1) >= int(number):
                wrong.append((name, last[name], int(number)))
            last[name] = int(number)
    return wrong


class Ledger:
    """Of one room. Readers with positions, and readers of texts, who know none."""

    def __init__(self, room):
        self.room = room
        self.placed, self.plain = [], []  # readers
        self.sent = {}  # data -> how long the readers' logs were then
        self.accepted = {}  # data -> (epoch, offset); (): the publisher was not told
        self.refused, self.uncertain = 0, 0  # answers to publishers

    @property
    def readers(self):
        return self.placed + self.plain

    def sending(self, data):
        self.sent.setdefault(data, [len(reader.log) for reader in self.readers])

    def deliveries(self):
        return sum(not is_gap(entry) for reader in self.readers for entry in reader.log)

    def gaps(self):
        """Of readers that know positions."""
        return [entry for reader in self.placed for entry in reader.log if is_gap(entry)]

    def closings(self):
        """Of readers that know none: how often each code closed them."""
        return collections.Counter(entry[2] for reader in self.plain for entry in reader.log if is_gap(entry))

    def everybody_has(self, data):
        return all(any(entry[2] == data for entry in reader.log[-1000:]) for reader in self.readers)

    # ---- what is wrong

    def faults(self, ended=True):
        """Everything that should not be, as lines. Before the end, messages may be on their way."""
        lines = []
        for reader in self.readers:
            who = f"{type(reader).__name__} {self.readers.index(reader)} of {self.room}"
            lines += [f"{who}: gap without a word: {one}" for one in faults(reader.log) if reader in self.placed]
            lines += [f"{who}: repeated: {one}" for one in repeated(reader.log)]
            lines += [f"{who}: out of order: {one}" for one in disordered(reader.log)]
            lines += [f"{who}: nobody sent {data}" for run in runs(reader.log) for data in run if data not in self.sent]
            lines += [f"{who}: missed {data} without a word" for data in self.missed(reader) if ended]
        lines += [f"{self.room}: two messages at one place: {one}" for one in contradictions(*(one.log for one in self.placed))]
        return lines + self.misplaced() + self.torn()

    def missed(self, reader):
        """Accepted messages that a reader has not got, though no gap was told it then or later. A gap lasts until the next message."""
        log, number = reader.log, self.readers.index(reader)
        got = {entry[2] for entry in log if not is_gap(entry)}
        last = max((i for i, entry in enumerate(log) if is_gap(entry)), default=-1)
        # Talkers speak before all readers are there.
        due = (data for data in self.accepted if number < len(self.sent[data]))
        return [data for data in due if data not in got and self.sent[data][number] > last + 1]

    def places(self):
        """The data of each position that a reader has seen or a publisher was told."""
        seen = {entry[:2]: entry[2] for reader in self.placed for entry in reader.log if not is_gap(entry)}
        return seen, {place: data for data, place in self.accepted.items() if place}

    def misplaced(self):
        """Messages that publishers were told another place of, or that have two places in one epoch."""
        seen, told = self.places()
        wrong = [f"{self.room}: {data} was accepted at {place}, where readers saw {seen[place]}"
                 for place, data in told.items() if seen.get(place, data) != data]
        epochs = collections.Counter((place[0], data) for place, data in {**told, **seen}.items() if place[0])
        return wrong + [f"{self.room}: {data} is there twice in epoch {epoch}" for (epoch, data), count in epochs.items() if count > 1]

    def torn(self):
        """Neighbours in a text client's log that have something in between."""
        seen, told = self.places()
        places = collections.defaultdict(set)
        for (epoch, offset), data in {**told, **seen}.items():
            places[data].add((epoch, offset))
        wrong = []
        for reader in self.plain if places else []:
            for run in runs(reader.log):
                wrong += [f"{type(reader).__name__} of {self.room}: something between {one} {places[one]} and {other} {places[other]}"
                          for one, other in zip(run, run[1:])
                          if places[one] and places[other] and
                          not any((epoch, offset + 1) in places[other] for epoch, offset in places[one])]
        return wrong
