"""Starts the two servers with the same settings."""
import asyncio
import json
import os
import pathlib
import shutil
import socket
import subprocess
import tempfile

from support.ports import free_port
from support.server import PATIENCE, ROOT, Server

from .settings import for_centrifugo, for_lws_chat

CENTRIFUGO = os.environ.get("LWS_CHAT_CENTRIFUGO", str(ROOT / "build/centrifugo/centrifugo"))


class Centrifugo:
    def __init__(self, settings, back_end, keys):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="lws-chat-centrifugo-"))
        self.port = free_port()
        self.config = for_centrifugo(settings, self.port, back_end, keys)

    async def __aenter__(self):
        file = self.folder / "config.json"
        file.write_text(json.dumps(self.config, indent=1))
        with open(self.folder / "log", "wb") as log:
            self.process = subprocess.Popen([CENTRIFUGO, "-c", str(file)], stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                                            env={**os.environ, "GOMAXPROCS": "1"})
        for _ in range(PATIENCE * 50):
            if self.process.poll() is not None:
                raise AssertionError(f"Centrifugo ended with {self.process.returncode}:\n{self.log()}")
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", self.port)) == 0:
                    return self
            await asyncio.sleep(0.02)
        raise AssertionError(f"waited {PATIENCE} s for Centrifugo to listen\n{self.log()}")

    async def __aexit__(self, *exc):
        self.process.kill()
        self.process.wait()
        shutil.rmtree(self.folder, ignore_errors=True)

    def log(self):
        return (self.folder / "log").read_text(errors="replace")


class LwsChat:
    def __init__(self, settings, back_end, keys):
        self.files = pathlib.Path(tempfile.mkdtemp(prefix="lws-chat-differential-"))
        self.server = Server(**for_lws_chat(settings, self.files, back_end, keys))
        self.port = self.server.port

    async def __aenter__(self):
        try:
            await asyncio.to_thread(self.server.__enter__)
        except BaseException:
            shutil.rmtree(self.files, ignore_errors=True)
            raise
        return self

    async def __aexit__(self, *exc):
        try:
            await asyncio.to_thread(self.server.__exit__, *exc)
        finally:
            shutil.rmtree(self.files, ignore_errors=True)

    def log(self):
        return self.server.log()


SERVERS = {"centrifugo": Centrifugo, "lws-chat": LwsChat}
