"""A back end that publishes as fast as a server answers: many messages in each request."""
import json
import re
import selectors
import socket
import time

from . import servers

PATIENCE = 30  # seconds for an answer


class Sender:
    """One connection. It sends its next request after the answer to the last one."""

    def __init__(self, port, room, each, size):
        commands = [{"publish": {"channel": room, "data": "x" * size}}] * each
        body = json.dumps({"commands": commands}).encode()
        self.request = (f"POST /api/batch HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nAuthorization: apikey {servers.API_KEY}\r\n"
                        f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n").encode() + body
        self.socket = socket.create_connection(("127.0.0.1", port), PATIENCE)
        self.waiting = True
        self.rest = b""
        self.answers = []

    def send(self):
        self.socket.sendall(self.request)
        self.waiting = True

    def receive(self):
        """True when the answer is there."""
        data = self.socket.recv(1 << 20)
        if not data:
            raise ConnectionError("the server closed a back end's connection")
        self.rest += data
        head, found, body = self.rest.partition(b"\r\n\r\n")
        length = re.search(rb"content-length: *(\d+)", head, re.IGNORECASE) if found else None
        if not length or len(body) < int(length[1]):
            return False
        self.answers.append((head, body))
        self.rest, self.waiting = b"", False
        return True


def publish(port, rooms, each=100, size=64, seconds=None, requests=None):
    """Publishes to the rooms, from one connection each: so long, or so many requests in each.

    Returns the number of messages, seconds, and faults: answers that are no position, and positions that are missing or
    come twice.
    """
    senders = [Sender(port, room, each, size) for room in rooms]
    selector = selectors.DefaultSelector()
    begin = time.monotonic()
    for sender in senders:
        selector.register(sender.socket, selectors.EVENT_READ, sender)
        sender.send()
    while any(sender.waiting for sender in senders):
        ready = selector.select(PATIENCE)
        if not ready:
            raise TimeoutError("no answer to a batch")
        for key, _ in ready:
            sender = key.data
            if sender.receive() and (time.monotonic() - begin < seconds if requests is None else
                                     len(sender.answers) < requests):
                sender.send()
    took = time.monotonic() - begin
    faults = {"refused": 0, "missing": 0, "repeated": 0}
    for sender in senders:
        offsets = [int(offset) for _, body in sender.answers for offset in re.findall(rb'"offset": ?(\d+)', body)]
        faults["refused"] += len(sender.answers) * each - len(offsets)
        faults["repeated"] += len(offsets) - len(set(offsets))
        if offsets:
            faults["missing"] += max(offsets) - min(offsets) + 1 - len(set(offsets))
        sender.socket.close()
    return sum(len(sender.answers) for sender in senders) * each, took, faults
