"""What happened in a case, line by line for each client, in a form in which two servers can be compared.

Two transcripts are equal although these differ:
  - ids of clients, epochs, tokens: they become CLIENT name, EPOCH, TOKEN with its claims
  - version, node: they become VERSION, NODE
  - ttl: by at most 3, because the two servers get a token at different moments
  - epoch and time of a publication: Centrifugo gives the epoch with a stream's first one, lws-chat the time with each
  - fields of DEFAULTS that are absent or have their default value
  - the order of fields; pings; how messages are spread over frames
  - what lws-chat adds to the message of an error and the reason of a close, after ": ": it is for people
The order of what comes to one client counts. The order between clients does not. A publisher that is in the room gets its
message and the reply to publish in any order: Centrifugo sends the message first, lws-chat the reply.
"""
import json

DEFAULTS = {"offset": 0, "delta": False, "recoverable": False, "positioned": False, "recovered": False, "was_recovering": False}
PUBLICATION = ("pub", "publications")
HIDDEN = {"epoch": "EPOCH", "version": "VERSION", "node": "NODE", "session": "SESSION"}


class Transcript:
    def __init__(self, names):
        self.names = names  # ids and tokens -> what a transcript shows
        self.actors = {}

    def add(self, actor, word, content=None, note=""):
        self.actors.setdefault(actor, []).append([word, content, note])

    def normal(self):
        """For each actor, the lines as (word, JSON)."""
        return {actor: _messages_first([(word, self._clean(content, hide=word in ("got", "sent", "call", "answer")), note)
                                        for word, content, note in lines])
                for actor, lines in self.actors.items()}

    def _clean(self, value, key="", hide=False):
        if isinstance(value, dict):
            return {self._name(k): self._clean(v, k, hide) for k, v in value.items()
                    if not (hide and (_is_default(k, v) or key in PUBLICATION and k in ("epoch", "time")))}
        if isinstance(value, list):
            return [self._clean(item, key, hide) for item in value]
        if hide and key in HIDDEN and isinstance(value, str):
            return HIDDEN[key]
        return self._name(value) if isinstance(value, str) else getattr(value, "label", value)

    def _name(self, text):
        """What a text is called. A token's claims may have a client's id."""
        text = self.names.get(text, text)
        if text.startswith("TOKEN"):
            for name, shown in self.names.items():
                text = text.replace(name, shown) if shown.startswith("CLIENT") else text
        return text


def _is_default(key, value):
    return key in DEFAULTS and type(value) is type(DEFAULTS[key]) and value == DEFAULTS[key]


def line_text(line):
    word, content, note = line
    parts = [word] + ([note] if note else []) + ([json.dumps(content, ensure_ascii=False)] if content is not None else [])
    return " ".join(parts)


def text(normal):
    return "\n".join(f"{actor:>6}  {line_text(line)}" for actor, lines in normal.items() for line in lines)


def _messages_first(lines):
    """In each run of messages and replies to publish, the messages first."""
    made, at = [], 0
    while at < len(lines):
        end = at
        while end < len(lines) and (_is_reply(lines[end]) or _is_message(lines[end])):
            end += 1
        made += [*filter(_is_message, lines[at:end]), *filter(_is_reply, lines[at:end])] or [lines[at]]
        at = max(end, at + 1)
    return made


def _is_reply(line):
    return line[0] == "got" and "publish" in line[1]


def _is_message(line):
    return line[0] == "got" and "pub" in line[1].get("push", {})


def _same_words(a, b):
    """`a` is Centrifugo's text."""
    return a == b or b.startswith(f"{a}: ")


def same(a, b, key=""):
    """Are two values equal for our purposes? `a` is Centrifugo's."""
    if isinstance(a, dict) and isinstance(b, dict):
        return a.keys() == b.keys() and all(
            _same_words(a[k], b[k]) if key == "error" and k == "message" else same(a[k], b[k], k) for k in a)
    if isinstance(a, list) and isinstance(b, list):
        return len(a) == len(b) and all(map(same, a, b))
    if key == "ttl" and isinstance(a, int) and isinstance(b, int):
        return abs(a - b) <= 3
    return type(a) is type(b) and a == b


def same_line(a, b):
    """`a` is Centrifugo's line."""
    same_note = _same_words(a[2], b[2]) if a[0] == "closed" else a[2] == b[2]
    return a[0] == b[0] and same_note and same(a[1], b[1])
