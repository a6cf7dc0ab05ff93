"""The page in Chromium, served with the shipped configuration of lws-chatd: over http, https, and https with HTTP/2, which
Chromium then also uses for WebSockets."""
import atexit
import json
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
from support.server import BUILD, ROOT, Server, certificate, free_port, vhost  # noqa: E402
from support.tokens import secret_file, token  # noqa: E402

TESTS = ROOT / "tests"
OVER_TLS_TOO = [f"browser/{name}.test.mjs" for name in ("page", "recovery", "plain", "events")]
# These do not depend on how the page is served.
HTTP_ONLY = [f"browser/{name}.test.mjs" for name in ("look", "chat", "history", "names", "axe", "tutorial", "fallback")]


def rooms_file():
    """A new file for storage, until the process ends."""
    folder = tempfile.mkdtemp(prefix="lws-chat-rooms-")
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    return f"{folder}/rooms.db"


def shipped_vhost(name, rooms=None, **changes):
    """A vhost of conf/lws-chatd, on a free port and with paths of the build folder. Vhosts of one server share `rooms`."""
    text = (ROOT / "conf/lws-chatd/conf.d" / name).read_text()
    text = re.sub(r"^\s*#.*$", "", text, flags=re.M).replace("/usr/share/lws-chat/mount", f"{BUILD}/mount")
    text = text.replace("/var/lib/lws-chatd/rooms.db", rooms or rooms_file())
    text = text.replace('"history-size": "1000"', '"history-size": "100"')  # so that tests can fill it
    vhost = json.loads(text)["vhosts"][0]
    vhost["port"] = str(free_port())
    if "host-ssl-cert" in vhost:
        vhost["host-ssl-cert"], vhost["host-ssl-key"] = certificate()
    vhost.update(changes)
    return vhost


class Page(unittest.TestCase):
    def drive(self, vhosts, *arguments, **environment):
        with Server(*(vhosts if isinstance(vhosts, list) else [vhosts])) as server:
            result = subprocess.run(
                ["node", "--test", "--test-concurrency=1", "--test-reporter=spec", *arguments],
                cwd=TESTS, env={**os.environ, "LWS_CHAT_URL": server.http_of(path="/web/"),
                                "LWS_CHAT_SDK": str(ROOT / "build/npm/centrifuge/dist/centrifuge.js"), **environment},
                stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=600)
            self.assertEqual(result.returncode, 0, result.stdout.decode() + server.log())
            return server.log()

    def test_the_page_and_the_tutorials_own_page_work_over_http(self):
        pictures = (BUILD / "screenshots").resolve()
        pictures.mkdir(parents=True, exist_ok=True)
        self.drive(shipped_vhost("10-http"), *OVER_TLS_TOO, *HTTP_ONLY, LWS_CHAT_SCREENSHOTS=str(pictures))

    def test_the_page_works_over_https(self):
        self.drive(shipped_vhost("20-https"), *OVER_TLS_TOO)

    def test_two_windows_talk_over_http2(self):
        self.drive(shipped_vhost("20-https", alpn="h2,http/1.1"), "--test-name-pattern=tutorial|[Rr]econnect|recovered",
                   "browser/page.test.mjs", "browser/recovery.test.mjs", "browser/plain.test.mjs")

    def test_a_page_of_another_origin_reads_with_its_cookie(self):
        port, shown = free_port(), token("1")
        origin = f"http://localhost:{port}"
        site = vhost(token_secret_file=secret_file(self), token_cookie="chat_token", allowed_origins=origin, may_join="users")
        log = self.drive([site, vhost("pages", port)], "browser/credentials.test.mjs",
                         LWS_CHAT_ORIGIN=origin, LWS_CHAT_TOKEN=shown)
        self.assertNotIn(shown.split(".")[2], log)


if __name__ == "__main__":
    unittest.main()
