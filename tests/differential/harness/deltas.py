"""What a client makes of publications with deltas. The bytes of two servers' deltas differ; what they stand for must not.
In a transcript the data of such a publication is {"decoded": DATA}. The field delta stays."""
import json

from support.fossil import apply


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
