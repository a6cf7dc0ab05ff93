"""SDKs of Centrifugo, unmodified: each walks through the same steps at Centrifugo, if it is there, and at lws-chatd.

    test_sdk.py go|python|npm

A program walk.* is given the server's URL, the site's URL, and the URL of a server that asks its back end who comes. It prints
what it has seen, as JSON. Ends with 77, skipped, where the SDK cannot be had.
"""
import asyncio
import json
import os
import pathlib
import shutil
import subprocess
import sys
import unittest

HERE = pathlib.Path(__file__).resolve().parent
sys.path[:0] = [str(HERE.parent), str(HERE.parent / "differential")]
os.environ.setdefault("LWS_CHAT_HOST", "lws-chatd")
from harness.back_end import BackEnd  # noqa: E402
from harness.script import KEYS, issuer  # noqa: E402
from harness.servers import CENTRIFUGO, SERVERS  # noqa: E402
from harness.settings import MEMBERS, Rooms, Settings, TOKEN, USERS  # noqa: E402
from harness.tokens import SECRET  # noqa: E402
from walk_site import Site  # noqa: E402
from support.server import BUILD, PATIENCE, ROOT  # noqa: E402

SKIPPED = 77
FOLDER = ROOT / "build/sdk"
SDK = ROOT / "build/npm/centrifuge/build/index.js"

TOKENS = Settings(secret=SECRET, rooms=(("", Rooms(join=TOKEN, publish=MEMBERS, history=MEMBERS, presence=MEMBERS)),))
HOOKS = Settings(secret=SECRET, hooks=("connect",), rooms=(
    ("", Rooms(join=USERS, hooks=("subscribe",))),))

EXPECTED = {
    "refused": 3501,
    "own": {"n": 1},
    "publisher": "ann Ann",
    "presence": ["ann"],
    "stats": [1, 1],
    "history": [{"n": 1}],
    "recovered": True,
    "after the cut": [{"n": 2}, {"n": 3}],
    "refreshed": True,
    "connections": 2,
    "data": {"welcome": "bob"},
    "room data": {"topic": "tea"},
    "room refused": 403,
}

BACK_END = {
    "connect": lambda request: {"result": {"user": request["data"]["user"], "data": {"welcome": request["data"]["user"]}}},
    "subscribe": lambda request: ({"result": {"data": {"topic": "tea"}}} if request.get("data") == {"why": "because"}
                                  else {"error": {"code": 403, "message": "no reason"}}),
}


def skip(reason):
    print(f"SKIPPED: {reason}", flush=True)
    sys.exit(SKIPPED)


def installed(command, what, **kwargs):
    """Runs a command that gets something from a registry."""
    done = subprocess.run(command, capture_output=True, text=True, **kwargs)
    if done.returncode:
        skip(f"could not get {what}: {(done.stderr.strip().splitlines() or [done.returncode])[-1]}")


def go():
    if not shutil.which("go"):
        skip("there is no Go")
    program = FOLDER / "walk-go"
    settings = {"cwd": HERE / "go", "env": {**os.environ, "GOTOOLCHAIN": "local", "CGO_ENABLED": "0"}}
    installed(["go", "mod", "download"], "centrifuge-go, or this Go is too old for it", **settings)
    subprocess.run(["go", "build", "-o", str(program), "."], check=True, **settings)
    return [str(program)]


def python():
    home, wanted = FOLDER / "python", HERE / "requirements.txt"
    stamp = home / "requirements.txt"
    if not stamp.exists() or stamp.read_text() != wanted.read_text():
        shutil.rmtree(home, ignore_errors=True)
        installed(["/usr/bin/python3", "-m", "venv", str(home)], "a Python environment (Debian's python3-venv)")
        installed([home / "bin/pip", "install", "-q", "--disable-pip-version-check", "-r", wanted], "centrifuge-python")
        shutil.copy(wanted, stamp)
    return [str(home / "bin/python"), str(HERE / "walk.py")]


def npm():
    if not SDK.exists() or not shutil.which("node"):
        skip(f"there is no Node.js, or no {SDK}; tests/run gets both")
    return ["node", str(HERE / "walk.mjs")]


class Walk(unittest.IsolatedAsyncioTestCase):
    maxDiff = None
    program = []

    async def walk(self, kind):
        async with BackEnd(BACK_END, {}, lambda *_: None) as back_end, \
                SERVERS[kind](TOKENS, back_end.url, KEYS) as server, SERVERS[kind](HOOKS, back_end.url, KEYS) as asking, \
                Site(server.port, issuer()) as site:
            arguments = [f"ws://127.0.0.1:{site.line_port}/connection/websocket", f"http://127.0.0.1:{site.port}",
                         f"ws://127.0.0.1:{asking.port}/connection/websocket"]
            process = await asyncio.create_subprocess_exec(
                *self.program, *arguments, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                env={**os.environ, "NO_PROXY": "*", "LWS_CHAT_SDK": str(SDK)})
            try:
                out, err = await asyncio.wait_for(process.communicate(), PATIENCE)
            except asyncio.TimeoutError:
                process.kill()
                out, err = await process.communicate()
                self.fail(f"the program did not end in {PATIENCE} s; it wrote:\n{out.decode()}\n{err.decode()[-3000:]}")
        self.assertEqual(process.returncode, 0, err.decode()[-3000:])
        self.assertEqual(json.loads(out), EXPECTED)

    @unittest.skipUnless(os.access(CENTRIFUGO, os.X_OK), "there is no Centrifugo; tests/support/get-centrifugo gets one")
    async def test_the_walk_is_right_at_centrifugo(self):
        await self.walk("centrifugo")

    async def test_the_walk_is_the_same_at_lws_chatd(self):
        await self.walk("lws-chat")


if __name__ == "__main__":
    FOLDER.mkdir(parents=True, exist_ok=True)
    assert BUILD.exists(), BUILD
    Walk.program = {"go": go, "python": python, "npm": npm}[sys.argv.pop(1)]()
    unittest.main()
