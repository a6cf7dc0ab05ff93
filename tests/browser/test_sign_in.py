"""The page signs in, in Chromium: a site with its own program for tokens, behind nginx as in the shipped example."""
import json
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
from support.back_end import KEY, key_file  # noqa: E402
from support.server import BUILD, ROOT, Server  # noqa: E402
from signing_site import SECRET, Site  # noqa: E402
from test_browser import rooms_file, shipped_vhost  # noqa: E402

# The page's folder, and its config.json there. None: without the file.
PAGES = {
    "web": '{ "token-url": "/account/token" }',
    "plain": "{}",
    "missing": None,
    "broken": '{ "token-url": "/account/token", }',
    "array": "[]",
    "unknown": '{ "token_url": "/account/token" }',
    "number": '{ "token-url": 5 }',
    "other-site": '{ "token-url": "https://www.example.org/account/token" }',
}


class SignIn(unittest.TestCase):
    def setUp(self):
        self.folder = pathlib.Path(self.enterContext(tempfile.TemporaryDirectory(prefix="lws-chat-test-pages-")))
        self.secret = self.folder / "secret"
        self.secret.write_text(SECRET + "\n")
        self.secret.chmod(0o600)
        self.rooms = rooms_file()
        for name, config in PAGES.items():
            shutil.copytree(BUILD / "mount", self.folder / name)
            (self.folder / name / "config.json").unlink()
            if config is not None:
                # As the packages do it: a link to the file that the administrator edits.
                (self.folder / f"{name}.json").write_text(config)
                (self.folder / name / "config.json").symlink_to(self.folder / f"{name}.json")

    def vhost(self, name, **options):
        made = {**shipped_vhost("10-http", self.rooms), "name": name}
        made["mounts"] = [made["mounts"][0]] + [
            {"mountpoint": f"/{page}", "origin": f"file://{self.folder}/{page}", "default": "index.html"} for page in PAGES]
        made["ws-protocols"][0]["lws-chat"].update({
            "token-secret-file": str(self.secret), "trusted-proxies": "127.0.0.1",
            "news/may-publish": "nobody", "staff/may-join": "nobody", **options})
        return made

    def test_the_page_signs_in(self):
        members = self.vhost("members", anonymous="0", **{"api-key-file": str(key_file(self))})
        guests = self.vhost("guests")
        pictures = (BUILD / "screenshots").resolve()
        pictures.mkdir(parents=True, exist_ok=True)
        with Server(members, guests) as server, Site(server.port_of(0)) as site:
            result = subprocess.run(
                ["node", "--test", "--test-concurrency=1", "--test-reporter=spec", "browser/sign_in.test.mjs"],
                cwd=ROOT / "tests", stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=600,
                env={**os.environ, "LWS_CHAT_URL": f"{site.url}/web/", "LWS_CHAT_GUESTS": server.http_of(1),
                     "LWS_CHAT_PROGRAM": site.program, "LWS_CHAT_API": json.dumps([server.http_of(0), KEY]),
                     "LWS_CHAT_SCREENSHOTS": str(pictures)})
            self.assertEqual(result.returncode, 0, result.stdout.decode() + server.log())


if __name__ == "__main__":
    unittest.main()
