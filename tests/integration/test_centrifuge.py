"""The structured dialect with the unmodified npm package centrifuge as client on Node."""
import json
import os
import pathlib
import signal
import subprocess
import sys
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
from support.server import HOST, PATIENCE, ROOT  # noqa: E402
from support.transports import over  # noqa: E402

SCRIPT = pathlib.Path(__file__).with_name("centrifuge.mjs")
SDK = ROOT / "build/npm/centrifuge/build/index.js"


class Sdk:
    """For all tests: run_scenario() runs a scenario of centrifuge.mjs and returns its output."""
    sdk_transport = "websocket"

    def run_scenario(self, scenario, *arguments, when=None, **options):
        """`when` maps words that the scenario prints to actions. The scenario waits for each action."""
        self.serve(**options)
        url = self.server.url_of(path="/connection/websocket")
        env = {**os.environ, "LWS_CHAT_SDK": str(SDK), "NODE_NO_WARNINGS": "1",
               "LWS_CHAT_TRANSPORT": self.sdk_transport}
        with subprocess.Popen(["node", str(SCRIPT), scenario, url, *arguments], env=env, text=True, stdin=subprocess.PIPE,
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE) as node:
            try:
                for word, action in (when or {}).items():
                    self.assertEqual(node.stdout.readline().strip(), word, "the scenario's word")
                    action()
                    node.stdin.write("done\n")
                    node.stdin.flush()
                out, err = node.communicate(timeout=4 * PATIENCE)
            except BaseException:
                node.kill()
                raise
        self.assertEqual(node.returncode, 0, err[-2000:])
        return json.loads(out)


@over("plain", "tls")
class Rooms(Sdk):
    def test_publications_arrive_unchanged_and_text_clients_take_part(self):
        got = self.run_scenario("exchange")
        self.assertEqual(got["a"], got["said"] + ['from a text "client"'])
        self.assertEqual(got["b"], got["a"])
        self.assertEqual(got["offsets"], list(range(1, len(got["a"]) + 1)))
        texts = [data if isinstance(data, str) else json.dumps(data, separators=(",", ":")) for data in got["a"]]
        self.assertEqual(got["text"], texts)

    def test_presence_includes_text_clients(self):
        got = self.run_scenario("presence")
        self.assertEqual(got["users"], ["", "ann", "bob"])
        self.assertEqual(got["nick"], {"nick": "A"})
        self.assertEqual(got["stats"], {"numClients": 3, "numUsers": 3})

    def test_batches_are_served_in_order(self):
        self.assertTrue(self.run_scenario("batching"))

    def test_128_rooms_on_one_connection_and_not_one_more(self):
        self.assertEqual(self.run_scenario("many"), {"refused": 106, "each": True})

    def test_unsubscribing_and_subscribing_again_in_a_race_ends_well(self):
        got = self.run_scenario("races")
        self.assertTrue(got["rising"])
        self.assertEqual((got["state"], got["log"]), ("connected", ["connecting 0"]))

    def test_the_close_word_is_answered_and_the_client_does_not_reconnect(self):
        got = self.run_scenario("close")
        self.assertEqual(got["messages"], ["你要求我關閉喔!"])
        self.assertEqual(got["log"], ["connecting 0", "disconnected 4500"])
        self.assertEqual((got["a"], got["b"], got["other"]), (["close"], ["close"], "connected"))


@over("plain", "tls")
class Presence(Sdk):
    def test_a_client_that_returns_in_time_never_left_for_the_others(self):
        got = self.run_scenario("coming", presence_grace=1)
        self.assertEqual(got["flapping"], ["+watcher", "+other"])
        self.assertEqual(got["present"], 2)
        self.assertEqual(got["after"], ["-other", "+other", "-other"])
        self.assertEqual(got["ids"], 2, "the same client id, until it was away for too long")

    def test_a_client_that_disconnects_is_gone_at_once(self):
        got = self.run_scenario("leaving", presence_grace=3600)
        self.assertEqual(got, {"events": ["+watcher", "+other", "-other"], "present": 1})

    def test_a_session_that_connects_again_replaces_its_old_connection(self):
        self.assertEqual(self.run_scenario("takeover"), {"log": ["connecting 0", "disconnected 3503"], "clients": 1})


@over("plain", "tls")
class History(Sdk):
    def test_history_queries(self):
        got = self.run_scenario("history", history_size=20)
        self.assertEqual(got["offset"], 30)
        self.assertEqual(got["none"], [])
        self.assertEqual(got["all"], list(range(11, 31)))
        self.assertEqual(got["last"], [30, 29, 28])
        self.assertEqual(got["since"], [26, 27])
        self.assertEqual(got["gap"], [11, 12], "the first that are kept")
        self.assertEqual(got["other"], {"code": 112, "temporary": False})

    def test_200_cuts_while_5000_messages_flow_lose_nothing(self):
        got = self.run_scenario("recovery", history_size=10000, history_bytes=10_000_000)
        self.assertGreaterEqual(got["cuts"], 200)
        self.assertTrue(got["exactly"], got)
        self.assertTrue(got["offsets"])
        self.assertEqual(got["unrecovered"], 0)
        self.assertGreater(got["recovered"], 0)

    def test_deltas_give_every_reader_the_same_states_over_40_cuts(self):
        got = self.run_scenario("delta", history_size=1000, history_bytes=10_000_000, max_message=20000)
        self.assertEqual(got["same"], [True] * 3, got)
        self.assertTrue(got["late"] and all(got["late"]), got)
        self.assertGreaterEqual(got["cuts"], 40)
        self.assertEqual((got["negotiated"], got["unrecovered"]), ([False, True, True], 0))
        # One whole publication, at the beginning, and "the end", of which no other is alike.
        self.assertEqual(got["stats"]["numFullPayloads"], 2)
        self.assertEqual(got["stats"]["numDeltaPayloads"], got["states"] - 2)
        self.assertLess(got["stats"]["bytesReceived"], 0.2 * got["stats"]["bytesDecoded"])
        self.assertGreater(got["cutStats"]["numDeltaPayloads"], 0)

    def test_a_room_without_deltas_sends_whole_messages_to_those_who_ask(self):
        got = self.run_scenario("delta", history_size=1000, history_bytes=10_000_000, max_message=20000, delta="off")
        self.assertEqual(got["same"], [True] * 3, got)
        self.assertEqual(got["negotiated"], [False] * 3)

    def test_a_quiet_room_recovers_too(self):
        self.assertTrue(self.run_scenario("quiet"))

    def test_a_gap_is_reported(self):
        got = self.run_scenario("gap", history_size=20)
        self.assertEqual(got, {"wasRecovering": True, "recovered": False, "data": [0, "after"]})

    def test_a_slow_reader_is_closed_and_returns_without_loss(self):
        def closed():
            self.server.wait(lambda: "3008 too slow" in self.server.log(), "the reader to be closed")
        # The messages are alike: compressed, they would not fill the buffers.
        got = self.run_scenario("slow", when={"PUBLISHED": closed}, compression="off", history_size=1000, history_bytes=100_000_000,
                                max_lag=262_144)
        self.assertTrue(got["exactly"])
        # Closing may drop data that was on its way, including the code.
        self.assertIn(got["codes"][0], ("connecting 3008", "connecting 1"))


@over("plain", "tls")
class Restart(Sdk):
    def test_after_a_restart_the_epoch_is_new_and_the_client_gets_a_gap(self):
        def restart():
            self.server.stop()
            self.server.start()
        got = self.run_scenario("restart", when={"RESTART": restart})
        self.assertEqual(got, {"other": True, "wasRecovering": True, "recovered": False, "data": ["before", "after"],
                               "offsets": [1, 1]})

    @unittest.skipIf(HOST == "lwsws", "lwsws ends without telling its clients")
    def test_a_server_that_ends_tells_its_clients_to_reconnect(self):
        self.assertEqual(self.run_scenario("drain", when={"STOP": lambda: self.server.signal(signal.SIGTERM)}),
                         "connecting 3001")


if __name__ == "__main__":
    unittest.main()
