"""Rooms that survive, as a client of an SDK sees it: centrifuge-python from /sdk, which packaging/test brings if tests/sdk has got
it."""
import json
import os
import pathlib
import subprocess
import sys

from machine import PATIENCE, UNIT, Skipped, active, restart, run, service, until

ROOMS = pathlib.Path("/var/lib/lws-chatd/rooms.db")
SDK = sorted(pathlib.Path("/sdk").glob("lib/python3*/site-packages"))

PROGRAM = """
import asyncio, json, sys
from centrifuge import Client, ClientEventHandler, SubscriptionEventHandler

def say(**facts):
    print(json.dumps(facts), flush=True)

class Events(SubscriptionEventHandler):
    async def on_subscribed(self, ctx):
        say(subscribed=True, was_recovering=ctx.was_recovering, recovered=ctx.recovered)
    async def on_publication(self, ctx):
        say(data=ctx.pub.data, offset=ctx.pub.offset)
    async def on_unsubscribed(self, ctx):
        say(out=ctx.code)

async def main():
    client = Client(sys.argv[1], timeout=30, min_reconnect_delay=0.05, max_reconnect_delay=0.2)
    room = client.new_subscription("history", events=Events())
    await client.connect()
    await room.subscribe()
    while line := await asyncio.to_thread(sys.stdin.readline):
        await room.ready()
        await room.publish(line.strip())

asyncio.run(main())
"""


class SdkClient:
    """with SdkClient(url) as client: client.publish("x"); client.next()"""

    def __init__(self, url="ws://localhost:8000/connection/websocket"):
        if not SDK:
            raise Skipped("build/sdk has no centrifuge-python: tests/run -L sdk gets it")
        # Its compiled parts are for the Python that got it. It also works without them.
        env = {**os.environ, "PYTHONPATH": str(SDK[-1]), "PROTOCOL_BUFFERS_PYTHON_IMPLEMENTATION": "python"}
        self.process = subprocess.Popen([sys.executable, "-B", "-c", PROGRAM, url], env=env, text=True, stdin=subprocess.PIPE,
                                        stdout=subprocess.PIPE)

    def __enter__(self):
        return self

    def __exit__(self, *_exc):
        self.process.kill()
        self.process.wait(PATIENCE)

    def publish(self, text):
        self.process.stdin.write(text + "\n")
        self.process.stdin.flush()

    def next(self):
        line = self.process.stdout.readline()
        assert line, f"the SDK's client ended with {self.process.wait(PATIENCE)}"
        return json.loads(line)

    def publishes(self, text):
        """Publishes, and gets its own message. Returns its offset."""
        self.publish(text)
        got = self.next()
        assert got.get("data") == text, got
        return got["offset"]

    def comes_back_recovered(self):
        got = self.next()
        assert got == {"subscribed": True, "was_recovering": True, "recovered": True}, got


def a_restart_and_a_crash_keep_the_rooms_for_an_sdk_client():
    """a restart and a kill -9 keep the rooms: an SDK's client comes back with recovered: true"""
    with SdkClient() as client:
        assert client.next()["subscribed"]
        first = client.publishes("before")
        assert restart()
        client.comes_back_recovered()
        assert client.publishes("after the restart") == first + 1
        process = service("MainPID")
        run("systemctl", "kill", "--kill-whom=main", "--signal=KILL", UNIT)
        client.comes_back_recovered()
        assert service("MainPID") != process
        assert client.publishes("after the crash") == first + 2
    until(active, "the service to be active")


def the_rooms_belong_to_the_service_alone():
    status = ROOMS.parent.stat()
    assert status.st_mode & 0o777 == 0o750 and ROOMS.parent.owner() == "lws-chat", oct(status.st_mode)
    assert ROOMS.owner() == "lws-chat" and ROOMS.stat().st_mode & 0o007 == 0, oct(ROOMS.stat().st_mode)


def storage_info_tells_of_them_while_the_server_runs():
    said = run("lws-chatd", "--storage-info")
    assert str(ROOMS) in said and "integrity" in said, said
    assert service("MainPID") in said, said


CHECKS = [a_restart_and_a_crash_keep_the_rooms_for_an_sdk_client, the_rooms_belong_to_the_service_alone,
          storage_info_tells_of_them_while_the_server_runs]
