"""host/serve, which host/run calls: one server with the shipped configuration, or several that share their rooms through a Redis
of their own."""
import asyncio
import contextlib
import json
import os
import pathlib
import re
import signal
import subprocess
import sys
import tempfile
import time
import unittest
import urllib.error
import urllib.request

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
from support.redis import needs_redis  # noqa: E402
from support.server import BUILD, PATIENCE, ROOT, connect, free_port, receive  # noqa: E402

STEP = 10  # ports of each further server are higher by this


def ports_in_a_row(count):
    """The first of free ports that follow each other."""
    row = [free_port()]
    while len(row) < count:
        port = free_port()
        row = [*row, port] if port == row[-1] + 1 else [port]
    return row[0]


def runs(pid):
    """The process runs. One that has ended, and that nobody has waited for, has no command line."""
    try:
        return pathlib.Path(f"/proc/{pid}/cmdline").read_bytes() != b""
    except FileNotFoundError:
        return False


class Serve(unittest.IsolatedAsyncioTestCase):
    async def asyncSetUp(self):
        asyncio.get_running_loop().set_debug(False)  # unittest turns this on, which is slow and noisy

    def serve(self, nodes, **environment):
        self.folder = pathlib.Path(self.enterContext(tempfile.TemporaryDirectory(prefix="lws-chat-run-")))
        self.run_folder, self.port = self.folder / "run", ports_in_a_row(3 + STEP * (nodes - 1))
        self.environment = {**os.environ, "LWS_CHAT_NODES": str(nodes), "LWS_CHAT_BUILD": str(BUILD),
                            "LWS_CHAT_RUN": str(self.run_folder),
                            "LWS_CHAT_PORTS": f"{self.port} {self.port + 1} {self.port + 2}", **environment}
        self.start()

    def start(self):
        output = self.folder / "output"
        with open(output, "w", encoding="utf-8") as file:
            self.process = subprocess.Popen([ROOT / "host/serve"], stdin=subprocess.DEVNULL, stdout=file,
                                            stderr=file, env=self.environment, start_new_session=True)
        self.addCleanup(self.stop)
        self.output = output.read_text
        self.wait(lambda: "The API key" in self.output(), "the addresses")

    def wait(self, fact, what):
        deadline = time.monotonic() + PATIENCE
        while not fact():
            self.assertIsNone(self.process.poll(), f"it has ended:\n{self.output()}")
            self.assertLess(time.monotonic(), deadline, f"waited for {what}\n{self.output()}")
            time.sleep(0.05)

    def refusal(self):
        """What another run says that is started for the same folder, with other ports. It ends, and has changed nothing."""
        before = self.configuration()
        port = ports_in_a_row(3)
        done = subprocess.run([ROOT / "host/serve"], env={**self.environment, "LWS_CHAT_PORTS": f"{port} {port + 1} {port + 2}"},
                              stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=PATIENCE)
        self.assertEqual((done.returncode, done.stdout), (1, ""), done.stderr)
        self.assertEqual(self.configuration(), before)
        return done.stderr

    def configuration(self):
        return {file: file.read_text() for file in self.run_folder.glob("**/conf*/*")}

    def stop(self):
        """As Ctrl-C does: the terminal tells its process group."""
        if self.process.poll() is None:
            os.killpg(self.process.pid, signal.SIGINT)
        return self.process.wait(PATIENCE)

    async def client(self, node):
        return await self.enterAsyncContext(connect(f"ws://localhost:{self.port + STEP * node}/chat/"))

    def get(self, port, path, data=None):
        """The status and the text of an answer."""
        request = urllib.request.Request(f"http://localhost:{port}{path}", data)
        request.add_header("Authorization", "apikey " + (self.run_folder / "api-keys").read_text().strip())
        try:
            with urllib.request.urlopen(request, timeout=PATIENCE) as answer:
                return answer.status, answer.read().decode()
        except urllib.error.HTTPError as refusal:
            with refusal:
                return refusal.code, refusal.read().decode()

    def ready(self, node):
        return self.get(self.port + 2 + STEP * node, "/readyz")

    def addresses(self):
        return re.findall(r"http://localhost:(\d+)/web/", self.output())


class One(Serve):
    async def test_its_page_is_at_the_printed_address_and_messages_are_there_in_the_next_run(self):
        self.serve(1)
        self.assertEqual(self.addresses(), [str(self.port)])
        self.assertIn("<title>", self.get(self.port, "/web/")[1])
        self.assertEqual(self.get(self.port, "/pub/lobby", b"kept")[0], 200)
        self.assertEqual(self.stop(), 0)
        self.start()
        status, text = self.get(self.port, "/api/history", b'{"channel":"lobby","limit":1}')
        self.assertEqual((status, json.loads(text)["result"]["publications"][0]["data"]), (200, "kept"))

    async def test_with_tokens_a_client_without_one_is_refused(self):
        self.serve(1, LWS_CHAT_TOKENS="1")
        self.assertEqual(self.get(self.port, "/sse/lobby")[0], 401)

    async def test_another_run_with_the_same_folder_is_refused_and_names_the_process(self):
        self.serve(1)
        refusal = self.refusal()
        self.assertRegex(refusal, rf"^host/serve: {self.run_folder} is in use by process .*\b{self.process.pid}\b.*\n$")
        self.assertIn("<title>", self.get(self.port, "/web/")[1])

    async def test_a_number_of_servers_that_makes_no_sense_is_refused(self):
        for nodes in "0", "two", "1000":
            done = subprocess.run([ROOT / "host/serve"], env={**os.environ, "LWS_CHAT_NODES": nodes, "LWS_CHAT_BUILD": str(BUILD)},
                                  stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=PATIENCE)
            self.assertEqual((done.returncode, nodes in done.stderr), (2, True), done.stderr)


@needs_redis
class Several(Serve):
    async def talk(self, text):
        """A client of each server says something, and both see it."""
        for speaker in self.clients:
            await speaker.send(text)
            for client in self.clients:
                self.assertEqual(await receive(client), text)

    async def begin(self):
        self.serve(2)
        self.assertEqual(self.addresses(), [str(self.port), str(self.port + STEP)])
        self.clients = [await self.client(node) for node in (0, 1)]
        for node in 0, 1:
            await asyncio.to_thread(self.wait, lambda: '"num_subs":1' in self.get(self.port + STEP * node, "/api/info", b"{}")[1],
                                    "the client to be in the room")

    def children(self):
        return [int(pid) for pid in pathlib.Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children").read_text().split()]

    def redis(self):
        """The process id of the Redis that serves the folder."""
        return int((self.run_folder / "redis/pid").read_text())

    @staticmethod
    def end(pid):
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)

    async def test_pages_of_both_have_the_same_rooms(self):
        await self.begin()
        for node in 0, 1:
            self.assertIn("<title>", self.get(self.port + STEP * node, "/web/")[1])
        await self.talk("hello")

    async def test_it_says_how_each_server_is_asked_if_it_is_ready(self):
        await self.begin()
        commands = re.findall(r"What server \d says: +curl (\S+)", self.output())
        self.assertEqual(commands, [f"http://localhost:{self.port + 2 + STEP * node}/readyz" for node in (0, 1)])

    async def test_redis_is_taken_away_and_brought_back_with_the_printed_commands(self):
        await self.begin()
        await self.talk("before")
        [away] = re.findall(r"To take Redis away: +(.*)", self.output())
        [back] = re.findall(r"To bring it back: +(.*)", self.output())
        # In another terminal, which is in any folder.
        subprocess.run(["bash", "-c", away], check=True, cwd="/", timeout=PATIENCE)
        for node in 0, 1:
            await asyncio.to_thread(self.wait, lambda: self.ready(node)[0] == 503, "/readyz to say that Redis is away")
            self.assertIn("redis: ", self.ready(node)[1])
        self.assertEqual(self.get(self.port, "/pub/lobby", b"refused")[0], 503)
        subprocess.run(["bash", "-c", back], check=True, cwd="/", timeout=PATIENCE)
        for node in 0, 1:
            await asyncio.to_thread(self.wait, lambda: self.ready(node)[0] == 200, "/readyz to say that Redis is back")
        await self.talk("after")
        by_hand = self.redis()
        self.assertEqual(self.stop(), 0)
        self.assertFalse(runs(by_hand), "it is ended, too")

    async def test_at_its_end_nothing_runs_on_and_the_next_run_has_the_rooms(self):
        await self.begin()
        await self.talk("kept")
        redis = self.redis()
        self.assertEqual(self.stop(), 0)
        self.assertFalse(runs(redis))
        for node in 0, 1:
            with self.assertRaises(urllib.error.URLError):
                self.ready(node)
        self.start()
        status, text = self.get(self.port + STEP, "/api/history", b'{"channel":"lobby","limit":9}')
        self.assertEqual([one["data"] for one in json.loads(text)["result"]["publications"]], ["kept", "kept"], status)

    async def test_a_redis_that_a_killed_run_has_left_is_ended(self):
        await self.begin()
        left = self.redis()
        children = self.children()
        self.process.kill()
        self.process.wait(PATIENCE)
        for child in children:
            if child != left:
                self.end(child)
        await asyncio.to_thread(self.start)
        self.assertNotEqual(self.redis(), left)
        self.assertFalse(runs(left))

    async def test_another_run_with_the_same_folder_is_refused_and_this_one_keeps_its_redis(self):
        await self.begin()
        redis = self.redis()
        self.assertIn(str(self.process.pid), await asyncio.to_thread(self.refusal))
        self.assertEqual((self.redis(), runs(redis)), (redis, True))
        await self.talk("still here")

    async def test_servers_that_a_killed_run_has_left_keep_their_folder(self):
        left = []
        self.addCleanup(lambda: [self.end(pid) for pid in left])
        await self.begin()
        left += self.children()
        servers = [pid for pid in left if b"bin/lws-chatd" in pathlib.Path(f"/proc/{pid}/cmdline").read_bytes()]
        self.process.kill()
        self.process.wait(PATIENCE)
        refusal = await asyncio.to_thread(self.refusal)
        self.assertIn(f"process {' '.join(str(pid) for pid in sorted(servers))}, ", refusal)
        await self.talk("still here")

    async def test_all_end_if_one_does(self):
        await self.begin()
        [second] = [pid for pid in self.children() if b"node-2" in pathlib.Path(f"/proc/{pid}/cmdline").read_bytes()]
        redis = self.redis()
        os.kill(second, signal.SIGKILL)
        self.assertEqual(await asyncio.to_thread(self.process.wait, PATIENCE), 128 + signal.SIGKILL)
        self.assertFalse(runs(redis))


if __name__ == "__main__":
    unittest.main()
