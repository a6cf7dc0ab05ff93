"""An innocent client: sends a message in its own room every few milliseconds until its input ends, and prints as JSON how long
each took to come back.

    python3 innocent.py PORT EVERY < pipe
"""
import json
import select
import socket
import sys
import time

from crowd import PONG, frame, upgrade

LONGEST = 30  # seconds after which a message counts as lost


def connect(port):
    connection = socket.create_connection(("127.0.0.1", port), LONGEST)
    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    connection.sendall(upgrade("/chat/innocent"))
    answer = b""
    while not answer.endswith(b"\r\n\r\n"):
        answer += connection.recv(4096) or sys.exit("innocent: refused")
    return connection


def come_back(connection, text):
    """Waits for the text. Returns true if it came back."""
    data = b""
    while text not in data:
        if not select.select([connection], [], [], LONGEST)[0]:
            return False
        piece = connection.recv(65536)
        if not piece:
            return False
        if piece.startswith(b"\x89"):
            connection.sendall(PONG)
        data = data[-64:] + piece
    return True


def main():
    every = float(sys.argv[2])  # seconds
    connection = connect(int(sys.argv[1]))
    print("ready", flush=True)
    taken, lost, number = [], 0, 0
    while not select.select([sys.stdin], [], [], every)[0]:
        number += 1
        text = b"innocent %06d" % number
        begin = time.monotonic()
        connection.sendall(frame(text))
        if come_back(connection, text):
            # A slow message also counts for the messages that could not be sent meanwhile.
            lasted = time.monotonic() - begin
            taken += [(lasted - wait * every) * 1000 for wait in range(int(lasted / every) + 1)]
        else:
            lost += 1
            connection = connect(int(sys.argv[1]))
    taken.sort()
    at = lambda share: taken[min(len(taken) - 1, int(len(taken) * share))] if taken else None  # noqa: E731
    print(json.dumps({"count": len(taken), "lost": lost, "p50": at(0.5), "p99": at(0.99), "max": at(1)}), flush=True)


if __name__ == "__main__":
    main()
