"""A recording: what a program and a server said to each other in protobuf, as a text file. See record-frames.

    1 open tokens         line 1 to the server with this configuration
    1 > 0a0b0c            a frame of the client: length-prefixed commands, in hexadecimal
    1 < 0d0e0f            a frame of the server: length-prefixed replies
    1 closed 3501         the server's close, and its code
    1 cut                 the line is cut
    1 ended               the client has closed the line
    publish {"n": 2}      somebody publishes with the API

Runs in the SDK's Python environment, which has the messages of Centrifugo's client.proto, made by protoc.
"""
import collections
import json

from centrifuge.codecs import _varint_decode, _varint_encode
from centrifuge.protocol.client_pb2 import Command, Reply
from google.protobuf.json_format import MessageToDict

Event = collections.namedtuple("Event", "line word value")


def load(path):
    for text in path.read_text().splitlines():
        if text.startswith("publish "):
            yield Event(0, "publish", json.loads(text[8:]))
        elif text and not text.startswith("#"):
            line, word, *value = text.split()
            yield Event(int(line), word, bytes.fromhex(value[0]) if word in "<>" else value[0] if value else None)


def text_of(event):
    if event.word == "publish":
        return f"publish {json.dumps(event.value)}"
    value = event.value.hex() if isinstance(event.value, bytes) else event.value
    return f"{event.line} {event.word}" + (f" {value}" if value is not None else "")


def _split(frame, kind):
    """The messages of a frame."""
    made, at = [], 0
    while at < len(frame):
        size, at = _varint_decode(frame, at)
        message = kind()
        message.ParseFromString(frame[at:at + size])
        assert len(frame) >= at + size, "a whole message"
        made.append(message)
        at += size
    return made


def commands(frame):
    return _split(frame, Command)


def replies(frame):
    return _split(frame, Reply)


def frame_of(messages):
    texts = [message.SerializeToString() for message in messages]
    return b"".join(_varint_encode(len(text)) + text for text in texts)


def is_ping(reply):
    return not reply.ListFields()


def shown(message):
    return MessageToDict(message, preserving_proto_field_name=True)
