"""Deltas in the format of Fossil: fossil-scm.org/home/doc/trunk/www/delta_format.wiki"""

DIGITS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ_abcdefghijklmnopqrstuvwxyz~"


def apply(source, delta):
    """Applies a delta to bytes. Raises ValueError or IndexError if it does not fit."""
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
