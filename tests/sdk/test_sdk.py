"""SDKs of Centrifugo, unmodified: each walks through the same steps at Centrifugo, if it is there, and at lws-chatd.

    test_sdk.py NAME        a walk of walks.py, such as npm or go-protobuf

What it has found out at lws-chatd goes to BUILD/sdk/NAME.json. Ends with 77, skipped, where the SDK cannot be had.
"""
import asyncio
import json
import os
import pathlib
import sys
import unittest

HERE = pathlib.Path(__file__).resolve().parent
sys.path[:0] = [str(HERE.parent), str(HERE.parent / "differential")]
os.environ.setdefault("LWS_CHAT_HOST", "lws-chatd")
import results  # noqa: E402
from harness.back_end import BackEnd  # noqa: E402
from harness.script import KEYS, issuer  # noqa: E402
from harness.servers import CENTRIFUGO, SERVERS  # noqa: E402
from servers import BACK_END, HOOKS, TOKENS  # noqa: E402
from walk_site import Site  # noqa: E402
from support.server import BUILD, PATIENCE  # noqa: E402
from walks import FOLDER, NPM, SKIPPED, WALKS, Missing  # noqa: E402

def sdk_of(walk):
    """The file of the npm package that has the walk's encoding."""
    return NPM / "build" / ("protobuf/index.js" if walk.encoding == "protobuf" else "index.js")


class Walking(unittest.IsolatedAsyncioTestCase):
    maxDiff = None
    name = ""
    program = []

    async def run_program(self, arguments, facts):
        process = await asyncio.create_subprocess_exec(
            *self.program, *arguments, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE,
            env={**os.environ, "NO_PROXY": "*", "LWS_CHAT_SDK": str(sdk_of(WALKS[self.name])), "NODE_NO_WARNINGS": "1"})
        try:
            out, err = await asyncio.wait_for(process.communicate(), 2 * PATIENCE)
        except asyncio.TimeoutError:
            process.kill()
            self.fail(f"the program did not end in {2 * PATIENCE} s")
        for line in out.splitlines():
            facts.update(json.loads(line))
        self.assertEqual(process.returncode, 0, f"it has seen {facts}\n{err.decode()[-3000:]}")

    async def walk(self, kind, facts):
        walk = WALKS[self.name]
        async with BackEnd(BACK_END, {}, lambda *_: None) as back_end, \
                SERVERS[kind](TOKENS, back_end.url, KEYS) as server, SERVERS[kind](HOOKS, back_end.url, KEYS) as asking, \
                Site(server.port, issuer()) as site:
            await self.run_program([
                f"ws://127.0.0.1:{site.line_port}/connection/websocket", f"http://127.0.0.1:{site.port}",
                f"ws://127.0.0.1:{asking.port}/connection/websocket", walk.encoding, walk.transport], facts)
        self.assertEqual(facts, results.expected(walk))

    @unittest.skipUnless(os.access(CENTRIFUGO, os.X_OK), "there is no Centrifugo; tests/support/get-centrifugo gets one")
    async def test_the_walk_is_right_at_centrifugo(self):
        await self.walk("centrifugo", {})

    async def test_the_walk_is_the_same_at_lws_chatd(self):
        facts = {}
        try:
            await self.walk("lws-chat", facts)
        finally:
            results.write_facts(BUILD, self.name, WALKS[self.name], facts)


if __name__ == "__main__":
    FOLDER.mkdir(parents=True, exist_ok=True)
    assert BUILD.exists(), BUILD
    Walking.name = sys.argv.pop(1)
    try:
        Walking.program = WALKS[Walking.name].program()
    except Missing as reason:
        results.write_skipped(BUILD, Walking.name, WALKS[Walking.name], str(reason))
        print(f"SKIPPED: {reason}", flush=True)
        sys.exit(SKIPPED)
    unittest.main()
