"""Event streams with the unmodified npm package eventsource as reader on Node."""
import json
import os
import pathlib
import subprocess
import sys
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
from support.server import PATIENCE  # noqa: E402
from support.transports import over  # noqa: E402

SCRIPT = pathlib.Path(__file__).with_name("eventsource.mjs")


@over("plain", "tls")
class EventSource:
    def run_client(self, scenario, **options):
        self.serve(**options)
        done = subprocess.run(["node", str(SCRIPT), scenario, self.url.replace("ws", "http", 1)], capture_output=True,
                              text=True, timeout=3 * PATIENCE, env={**os.environ, "NODE_NO_WARNINGS": "1"})
        self.assertEqual(done.returncode, 0, done.stderr)
        return json.loads(done.stdout)

    def test_readers_of_one_or_several_rooms_get_each_message_once_and_in_order_despite_cuts(self):
        got = self.run_client("recovery", history_size=10_000, history_bytes=10_000_000)
        self.assertEqual(got["one"], {"exactly": True, "cuts": 6, "gaps": 0, "counts": [2000]})
        self.assertEqual(got["several"], {"exactly": True, "cuts": 6, "gaps": 0, "counts": [2000, 2000]})

    def test_a_refusal_is_an_error_with_the_status_and_without_reconnecting(self):
        self.assertEqual(self.run_client("refused"), {"code": 400, "closed": True})


if __name__ == "__main__":
    unittest.main()
