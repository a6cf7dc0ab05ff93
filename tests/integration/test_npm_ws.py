"""The npm package ws, the most common WebSocket client on Node."""
import json
import pathlib
import subprocess
import sys
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
from support.server import HOST, PATIENCE  # noqa: E402
from support.transports import over  # noqa: E402

SCRIPT = pathlib.Path(__file__).with_name("npm_ws.mjs")


@over("plain", "tls")
class NpmWs:
    def run_client(self, scenario, **options):
        self.serve(**options)
        done = subprocess.run(["node", str(SCRIPT), scenario, self.url], capture_output=True, text=True, timeout=2 * PATIENCE)
        self.assertEqual(done.returncode, 0, done.stderr)
        return json.loads(done.stdout)

    def test_texts_reach_all_unchanged(self):
        got = self.run_client("exchange")
        self.assertEqual(got["a"], got["sent"])
        self.assertEqual(got["b"], got["sent"])

    def test_fragments_with_a_ping_in_between_arrive_as_one_message(self):
        self.assertEqual(self.run_client("fragments"), {"pong": "between", "a": ["one two three"], "b": ["one two three"]})

    def test_binary_is_refused_with_code_and_reason(self):
        got = self.run_client("binary")
        self.assertEqual(got, {"code": 1003, "reason": "binary messages are not accepted here"})

    def test_both_sides_may_close_and_codes_arrive(self):
        got = self.run_client("close")
        self.assertEqual(got["a"], ["close", "你要求我關閉喔!"])
        self.assertEqual(got["b"], ["close"])
        self.assertEqual(got["server"], {"code": 1000, "reason": ""})
        self.assertEqual(got["client"]["code"], 4001)

    def test_an_offer_of_permessage_deflate_is_answered_and_the_connection_works(self):
        accepted = "" if HOST == "lwsws" else "permessage-deflate"
        self.assertEqual(self.run_client("deflate"), {"extensions": accepted, "whole": True})

    def test_a_refusal_is_an_http_status(self):
        self.assertEqual(self.run_client("refused"), {"status": 403})


if __name__ == "__main__":
    unittest.main()
