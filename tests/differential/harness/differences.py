"""Compares transcripts, and the table of differences.

An entry of the table says where (script: case: actor; * stands for any text), what each server does, and why:

    where: connect: a PS256 token: ann
    centrifugo: closed 3500 invalid token
    lws-chat: got {"id": 1, "connect": {…}}
    why: Centrifugo does not verify PS256.

A side without lines has none of these. A line may end in "…", which stands for any rest.
"""
import dataclasses
import difflib
import fnmatch
import pathlib

from .transcript import line_text, same_line

FILE = pathlib.Path(__file__).resolve().parents[1] / "differences"


@dataclasses.dataclass
class Difference:
    where: str
    centrifugo: list
    lws_chat: list


@dataclasses.dataclass
class Entry:
    where: str
    centrifugo: list
    lws_chat: list
    why: str
    line: int
    times: int = 0

    def covers(self, found):
        return (fnmatch.fnmatchcase(found.where, self.where.replace("[", "[[]"))
                and _all_match(self.centrifugo, found.centrifugo) and _all_match(self.lws_chat, found.lws_chat))


def _all_match(patterns, lines):
    return len(patterns) == len(lines) and all(map(_match, patterns, lines))


def _match(pattern, line):
    return line.startswith(pattern[:-1]) if pattern.endswith("…") else line == pattern


def entries(path=FILE):
    """The table's entries."""
    made, fields, number = [], None, 0
    for number, line in enumerate([*path.read_text().splitlines(), ""], 1):
        if line.startswith("#"):
            continue
        if not line.strip():
            if fields:
                made.append(_entry(fields, number))
            fields = None
            continue
        key, _, value = line.partition(": ")
        fields = fields or {"where": [], "centrifugo": [], "lws-chat": [], "why": []}
        if key.rstrip(":") not in fields:
            raise SystemExit(f"{path}:{number}: expected where, centrifugo, lws-chat or why, found {key!r}")
        if value:
            fields[key.rstrip(":")].append(value)
    return made


def _entry(fields, number):
    if len(fields["where"]) != 1 or not fields["why"]:
        raise SystemExit(f"{FILE}:{number}: an entry needs one where and a why")
    return Entry(fields["where"][0], fields["centrifugo"], fields["lws-chat"], " ".join(fields["why"]), number)


class _Line:
    """A line that is equal to another one for our purposes."""

    def __init__(self, line, ours):
        self.line, self.ours = line, ours

    def __eq__(self, other):
        first, second = (other, self) if self.ours else (self, other)
        return same_line(first.line, second.line)

    def __hash__(self):
        return hash(self.line[0])


def differences(where, centrifugo, lws_chat):
    """All differences of a case's two normal transcripts."""
    found = []
    for actor in [*centrifugo, *(actor for actor in lws_chat if actor not in centrifugo)]:
        a = [_Line(line, False) for line in centrifugo.get(actor, [])]
        b = [_Line(line, True) for line in lws_chat.get(actor, [])]
        for tag, i, j, k, m in difflib.SequenceMatcher(None, a, b, autojunk=False).get_opcodes():
            if tag != "equal":
                found.append(Difference(f"{where}: {actor}", [line_text(x.line) for x in a[i:j]],
                                        [line_text(x.line) for x in b[k:m]]))
    return found


def show(found):
    lines = [f"where: {found.where}", *(f"centrifugo: {line}" for line in found.centrifugo),
             *(f"lws-chat: {line}" for line in found.lws_chat)]
    return "\n".join(lines)
