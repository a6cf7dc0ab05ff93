"""Random payloads: JSON of all kinds in many spellings, and bytes that are no JSON."""
import json

TEXTS = ["", "a", "grüße", "你要求我關閉喔", "😀", "\u2028", "\"quoted\"", "back\\slash", "a\tb", "\u0001", "</script>", "\x7f",
         "base64"]
NUMBERS = ["0", "-0", "1", "-17", "0.1000", "1e400", "1E-7", "12345678901234567890", "3.141592653589793238", "-1.5e+3"]
NO_JSON = [b"01", b"nul", b"NaN", b"{\"a\":1", b"{} {}", b"'a'", b"[1,]",
           b"\"\xff\"", b"\"a\nb\"", b"+1", b".5", b"\x00", b"\xef\xbb\xbf1", b" "]


def _spelled(random, text):
    """A string of JSON, some of whose characters are escaped."""
    made = ""
    for char in text:
        as_escape = json.dumps(char)[1:-1]
        made += as_escape if ord(char) < 32 or char in "\"\\" or random.random() < 0.3 else char
        if char.isascii() and char.isalnum() and random.random() < 0.1:
            made = made[:-len(as_escape)] + f"\\u{ord(char):04x}"
    return f'"{made}"'


def json_text(random, depth=3, newlines=False):
    """A text that is JSON, with blanks in places where they mean nothing."""
    def blank():
        return random.choice(["", "", "", " ", "\t", "  "] + (["\n", "\r\n"] if newlines else []))

    def value(depth):
        kind = random.randrange(4 if depth == 0 else 6)
        if kind == 0:
            return random.choice(["true", "false", "null"])
        if kind == 1:
            return random.choice(NUMBERS)
        if kind < 4:
            return _spelled(random, "".join(random.choice(TEXTS) for _ in range(random.randrange(4))))
        items = [f"{blank()}{value(depth - 1)}{blank()}" for _ in range(random.randrange(4))]
        if kind == 4:
            return f"[{blank()}{','.join(items)}]"
        members = [f"{blank()}{_spelled(random, random.choice(TEXTS))}{blank()}:{item}" for item in items]
        return f"{{{blank()}{','.join(members)}}}"
    return f"{blank()}{value(depth)}{blank()}"


def no_json(random):
    return random.choice(NO_JSON) if random.random() < 0.5 else b"\xfe" + random.randbytes(random.randrange(300))


class Object(tuple):
    """A JSON object, with its members in their order."""

    def __getitem__(self, name):
        return dict(self)[name]

    def get(self, name, default=None):
        return dict(self).get(name, default)


def exactly(text):
    """What a JSON text means; its numbers stay as they are spelled."""
    return json.loads(text, object_pairs_hook=Object, parse_int=lambda digits: f"number {digits}",
                      parse_float=lambda digits: f"number {digits}", parse_constant=_no_constant)


def _no_constant(name):
    raise ValueError(f"{name} is not JSON")
