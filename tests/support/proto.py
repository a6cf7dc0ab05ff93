"""Commands of the structured dialect in protobuf, as far as they are short."""


def field(number, value):
    """A field of a message: bytes, or a number (protobuf.dev/programming-guides/encoding)."""
    if isinstance(value, int):
        return bytes([number << 3, value])
    return bytes([number << 3 | 2, len(value)]) + value


def command(number, method, body=b""):
    """A command of that id behind its length. `method` is the number of its field in Command (client.proto)."""
    made = field(1, number) + field(method, body)
    return bytes([len(made)]) + made
