"""What a client makes of publications with deltas. The bytes of two servers' deltas differ; what they stand for must not.
In a transcript the data of such a publication is {"decoded": DATA}. The field delta stays."""
import json

DIGITS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ_abcdefghijklmnopqrstuvwxyz~"


def apply(source, delta):
    """Applies a delta in the format of Fossil (fossil-scm.org/home/doc/trunk/www/delta_format.wiki) to bytes."""
    at = 0

    def number():
        nonlocal at
        value, start = 0, at
        while chr(delta[at]) in DIGITS:
            value = value * 64 + DIGITS.index(chr(delta[at]))
            at += 1
        if at == start:
            raise ValueError(f"no number at {at} of {delta!r}")
        at += 1
        return value, chr(delta[at - 1])
    size, sign = number()
    if sign != "\n":
        raise ValueError("the size does not end with a line end")
    target = b""
    while True:
        count, sign = number()
        if sign == "@":
            start, sign = number()
            if sign != "," or start + count > len(source):
                raise ValueError(f"a copy that cannot be made in {delta!r}")
            target += source[start:start + count]
        elif sign == ":":
            target += delta[at:at + count]
            at += count
        elif sign == ";":
            words = target + bytes(-len(target) % 4)
            total = sum(int.from_bytes(words[i:i + 4], "big") for i in range(0, len(words), 4))
            if len(target) != size or total % 2**32 != count:
                raise ValueError(f"a wrong size or checksum: {delta!r} of {source!r}")
            return target
        else:
            raise ValueError(f"unknown sign in {delta!r}")


class Deltas:
    """The rooms in which a client has negotiated deltas, with the last data of each."""

    def __init__(self):
        self.asked = {}  # id of a command -> room
        self.last = {}  # room -> bytes

    def sent(self, command):
        if "subscribe" in command:
            self.asked[command["id"]] = command["subscribe"].get("channel")

    def decoded(self, message):
        """The message with the data of its publications decoded. An error shows in the transcript."""
        results = dict((message.get("connect") or {}).get("subs", {}))
        if "subscribe" in message:
            results[self.asked.get(message.get("id"))] = message["subscribe"]
        for room, result in results.items():
            if not result.get("delta"):
                self.last.pop(room, None)
            else:
                self.last.setdefault(room, b"")
            for publication in result.get("publications", ()):
                self._decode(room, publication)
        push = message.get("push", {})
        if "pub" in push:
            self._decode(push.get("channel"), push["pub"])
        return message

    def _decode(self, room, publication):
        if room not in self.last:
            return
        try:
            data = publication["data"].encode()
            self.last[room] = apply(self.last[room], data) if publication.get("delta") else data
            publication["data"] = {"decoded": json.loads(self.last[room])}
        except (AttributeError, ValueError, IndexError) as error:
            publication["data"] = {"not to be decoded": publication["data"], "because": str(error)}
