"""The page at two servers that share their rooms, in Chromium, while Redis goes away and comes back."""
import http.server
import os
import pathlib
import shutil
import subprocess
import sys
import threading
import unittest

sys.path[:0] = [str(pathlib.Path(__file__).resolve().parents[1]), str(pathlib.Path(__file__).resolve().parent)]
from support.nodes import Nodes  # noqa: E402
from support.redis import Redis, needs_redis  # noqa: E402
from support.relay import Relay  # noqa: E402
from support.server import BUILD, Server  # noqa: E402
from test_browser import TESTS, shipped_vhost  # noqa: E402


class ShippedNodes(Nodes):
    """Two servers with the shipped vhost 10-http; each has its way to Redis."""

    def __init__(self, *ways):
        super().__init__(0)
        self.servers = []
        for way in ways:
            made = shipped_vhost("10-http")
            chat = made["ws-protocols"][0]["lws-chat"]
            for name in "storage", "typing/durable":
                del chat[name]
            chat |= {"redis": way.url, "health": "1", "metrics": "1"}
            self.servers.append(Server(made))


class Control:
    """What the tests in the browser do to Redis, over HTTP. An answer comes when the servers have noticed."""

    def __init__(self, redis, relay, nodes):
        self.redis, self.relay, self.nodes = redis, relay, nodes

    def kill(self):
        self.redis.kill()
        for i in 0, 1:
            self.nodes.wait(i, 503)

    def start(self):
        self.redis.start()
        for i in 0, 1:
            self.nodes.wait(i, 200)

    def forget(self):
        shutil.rmtree(self.redis.folder / "appendonlydir")

    def cut(self):
        self.relay.refuse()
        self.nodes.wait(1, 503)

    def mend(self):
        self.relay.allow()
        self.nodes.wait(1, 200)

    def __enter__(self):
        control = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_POST(self):
                status, said = 200, b""
                try:
                    getattr(control, self.path.strip("/"))()
                except Exception as error:  # the test in the browser shows it
                    status, said = 500, repr(error).encode()
                self.send_response(status)
                self.send_header("Content-Length", str(len(said)))
                self.end_headers()
                self.wfile.write(said)

            def log_message(self, *_arguments):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        self.url = f"http://127.0.0.1:{self.server.server_port}/"
        return self

    def __exit__(self, *exc):
        self.server.shutdown()
        self.server.server_close()


@needs_redis
class Page(unittest.TestCase):
    def test_windows_at_two_servers(self):
        pictures = (BUILD / "screenshots").resolve()
        pictures.mkdir(parents=True, exist_ok=True)
        redis = self.enterContext(Redis(append_only=True))
        relay = self.enterContext(Relay(redis.path))
        nodes = self.enterContext(ShippedNodes(redis, relay))
        control = self.enterContext(Control(redis, relay, nodes))
        done = subprocess.run(
            ["node", "--test", "--test-concurrency=1", "--test-reporter=spec", "browser/nodes.test.mjs"], cwd=TESTS,
            env={**os.environ, "LWS_CHAT_URL": nodes[0].http_of(path="/web/"), "LWS_CHAT_OTHER": nodes[1].http_of(path="/web/"),
                 "LWS_CHAT_CONTROL": control.url, "LWS_CHAT_SCREENSHOTS": str(pictures)},
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=400)
        self.assertEqual(done.returncode, 0, done.stdout.decode() + "\n".join(node.log() for node in nodes))


if __name__ == "__main__":
    unittest.main()
