"""The npm package centrifuge over its transports http_stream and sse: the scenarios of test_centrifuge.py, and others."""
import pathlib
import sys
import tempfile
import time
import unittest

sys.path[:0] = [str(pathlib.Path(__file__).resolve().parents[1]), str(pathlib.Path(__file__).resolve().parent)]
import test_centrifuge as websocket  # noqa: E402
from support.tokens import SECRET, token  # noqa: E402
from support.transports import over  # noqa: E402


class Presence(websocket.Presence):
    # The server cannot tell that the client meant to go: see the next test.
    test_a_client_that_disconnects_is_gone_at_once = None

    def test_a_client_that_disconnects_counts_as_present_for_the_grace(self):
        got = self.run_scenario("leaving", presence_grace=1)
        self.assertEqual(got, {"events": ["+watcher", "+other", "-other"], "present": 1})


class Tokens(websocket.Sdk):
    def test_a_client_shows_a_new_token_in_time(self):
        file = pathlib.Path(self.enterContext(tempfile.TemporaryDirectory())) / "secret"
        file.write_text(SECRET)
        file.chmod(0o600)
        now = int(time.time())
        tokens = [token(SECRET, sub="ann", exp=now + seconds) for seconds in (4, 8, 600)]
        got = self.run_scenario("refresh", *tokens, token_secret_file=file)
        self.assertEqual(got, {"log": ["connecting 0"], "data": ["after"]})


class Transports(websocket.Sdk):
    def test_the_sdk_uses_this_transport(self):
        self.assertEqual(self.run_scenario("next"), self.sdk_transport)


# Both transports share the session and the stream. The long scenarios run with one of them.
ALL = (websocket.Rooms, Presence, websocket.Restart, Tokens, Transports)
for sdk_transport, classes, transports in (("http_stream", (*ALL, websocket.History), ("plain",)), ("sse", ALL, ("tls",))):
    for cls in classes:
        name = sdk_transport.title().replace("_", "") + cls.__name__
        over(*transports)(type(name, (cls,), {"sdk_transport": sdk_transport, "__module__": __name__}))
del cls, Presence, Tokens, Transports

if __name__ == "__main__":
    unittest.main()
