"""A walk through both pages in another browser than Chromium: test_engine.py firefox, or webkit.

Exits with 77 if the browser is not installed. ctest reports this as skipped."""
import os
import pathlib
import subprocess
import sys
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
from browser.test_browser import shipped_vhost  # noqa: E402
from support.server import BUILD, ROOT, Server, free_port  # noqa: E402

SKIPPED = 77
# The programs of each browser, and their Debian packages.
NEEDS = {
    "firefox": {"/usr/bin/firefox-esr": "firefox-esr"},
    "webkit": {"/usr/bin/WebKitWebDriver": "webkit2gtk-driver", "/usr/bin/Xvfb": "xvfb"},
}
NAME = sys.argv.pop()


class Engine(unittest.TestCase):
    def test_both_pages_work(self):
        pictures = (BUILD / "screenshots").resolve()
        pictures.mkdir(parents=True, exist_ok=True)
        with Server(shipped_vhost("10-http")) as server:
            result = subprocess.run(
                ["node", "--test", "--test-reporter=spec", "browser/engines/walk.test.mjs"], cwd=ROOT / "tests",
                env={**os.environ, "LWS_CHAT_URL": server.http_of(path="/web/"), "LWS_CHAT_BROWSER": NAME,
                     "LWS_CHAT_DRIVER_PORT": str(free_port()), "LWS_CHAT_SCREENSHOTS": str(pictures)},
                stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=300)
            self.assertEqual(result.returncode, 0, result.stdout.decode() + server.log())


if __name__ == "__main__":
    missing = [f"{program} (Debian's package {package})" for program, package in NEEDS[NAME].items()
               if not pathlib.Path(program).exists()]
    if missing:
        print(f"SKIPPED: {NAME}: this machine has no {' and no '.join(missing)}")
        sys.exit(SKIPPED)
    unittest.main()
