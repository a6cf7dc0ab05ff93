"""The Redis servers, Sentinels and relays of the tests do what tests rely on."""
import contextlib
import pathlib
import sys
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
from support.redis import Redis, RedisError, Wire, needs_redis  # noqa: E402
from support.relay import Relay  # noqa: E402
from support.sentinels import Sentinels  # noqa: E402


def silent(wire):
    """Nothing comes for a while. A slow machine can only make this true where it should be false."""
    wire.socket.settimeout(0.2)
    try:
        return wire.socket.recv(1) is None
    except TimeoutError:
        return True


@needs_redis
class Server(unittest.TestCase):
    def test_it_answers_at_all_of_its_addresses(self):
        redis = self.enterContext(Redis(tls=True))
        for address in redis.path, redis.port:
            with Wire(address) as wire:
                self.assertEqual(wire.call("ECHO", "hello"), "hello")
        self.assertEqual((redis.url, redis.tcp_url), (f"unix:{redis.path}", f"redis://127.0.0.1:{redis.port}"))
        self.assertEqual(redis.info("tcp_port"), str(redis.port))

    def test_answers_are_values_of_python(self):
        redis = self.enterContext(Redis())
        self.assertEqual(redis.call("SET", "a", b"\xff\0"), "OK")
        self.assertEqual(redis.call("GET", "a"), b"\xff\0")
        self.assertEqual(redis.call("INCR", "n"), 1)
        self.assertIsNone(redis.call("GET", "none"))
        self.assertEqual(redis.call("MGET", "n", "none"), ["1", None])
        with self.assertRaisesRegex(RedisError, "^WRONGTYPE"):
            redis.call("INCR", "n") and redis.call("LPUSH", "n", "x")

    def test_a_password_is_asked_for(self):
        redis = self.enterContext(Redis(password="s3cret"))
        self.assertEqual(redis.call("PING"), "PONG")
        with Wire(redis.path) as wire, self.assertRaisesRegex(RedisError, "^NOAUTH"):
            wire.call("GET", "a")

    def test_options_are_those_of_its_configuration(self):
        redis = self.enterContext(Redis(maxmemory="10mb", maxmemory_policy="noeviction"))
        self.assertEqual(redis.call("CONFIG", "GET", "maxmemory"), ["maxmemory", str(10 << 20)])

    def test_a_killed_server_keeps_what_is_in_its_append_only_file(self):
        for append_only, expected in (True, "1"), (False, None):
            with self.subTest(append_only=append_only), Redis(append_only) as redis:
                redis.call("SET", "a", 1)
                redis.restart(kill=True)
                self.assertEqual(redis.call("GET", "a"), expected)

    def test_a_stopped_server_keeps_its_connections_and_answers_nothing(self):
        redis = self.enterContext(Redis())
        with Wire(redis.path) as wire:
            with redis.paused():
                wire.send("PING")
                self.assertTrue(silent(wire))
            wire.socket.settimeout(30)
            self.assertEqual(wire.answer(), "PONG")

    def test_a_server_that_does_not_start_says_why(self):
        with self.assertRaisesRegex(AssertionError, "(?s)ended with 1.*Bad directive"):
            self.enterContext(Redis(no_such_option=1))

    def test_sentinels_make_the_replica_the_primary(self):
        sentinels = self.enterContext(Sentinels())
        first = sentinels.primary
        first.call("SET", "a", 1)
        second = sentinels.failover()
        self.assertEqual([sentinels.primary, second], [sentinels.other(first)] * 2)
        self.assertEqual((second.call("GET", "a"), second.call("INCR", "a")), ("1", 2))
        sentinels.settle()
        with self.assertRaisesRegex(RedisError, "^READONLY"):
            first.call("SET", "a", 3)

    def test_sentinels_replace_a_primary_that_was_killed(self):
        sentinels = self.enterContext(Sentinels(down_after=3000))
        first = sentinels.primary
        first.kill()
        second = sentinels.follow(first)
        first.start()
        sentinels.settle()
        self.assertEqual(second.call("ROLE")[0], "master")


@needs_redis
class Between(unittest.TestCase):
    def setUp(self):
        self.redis = self.enterContext(Redis())
        self.wires = self.enterContext(contextlib.ExitStack())

    def relay(self, target=None):
        return self.enterContext(Relay(target or self.redis.path))

    def wire(self, address):
        return self.wires.enter_context(Wire(address))

    def ended(self, wire):
        """The other side ends the connection, and sends nothing before."""
        try:
            return wire.socket.recv(1) == b""
        except ConnectionError:
            return True

    def test_data_goes_through_over_tcp_and_unix_sockets(self):
        for target in self.redis.path, self.redis.port:
            relay = self.relay(target)
            for address in relay.path, relay.port:
                wire = self.wire(address)
                self.assertEqual(wire.call("ECHO", "x" * 5_000_000), "x" * 5_000_000)
            self.assertEqual(relay.connections, 2)

    def test_an_end_goes_through(self):
        relay = self.relay()
        wire = self.wire(relay.path)
        wire.call("QUIT")
        self.assertTrue(self.ended(wire))
        wire = self.wire(relay.path)
        wire.call("PING")
        before = int(self.redis.info("connected_clients"))
        wire.close()
        self.redis.wait(lambda: int(self.redis.info("connected_clients")) < before, "the server to see the end")

    def test_a_cut_ends_all_connections_and_no_later_ones(self):
        relay = self.relay()
        wires = [self.wire(address) for address in (relay.path, relay.port)]
        for wire in wires:
            wire.call("PING")
        relay.cut()
        self.assertEqual([self.ended(wire) for wire in wires], [True, True])
        self.assertEqual(relay.cuts, 2)
        self.assertEqual(self.wire(relay.port).call("PING"), "PONG")

    def test_refused_connections_end_at_once(self):
        relay = self.relay()
        relay.refuse()
        self.assertTrue(self.ended(self.wire(relay.port)))
        relay.allow()
        self.assertEqual(self.wire(relay.port).call("PING"), "PONG")

    def test_held_data_arrives_later_and_in_order(self):
        relay = self.relay()
        wire = self.wire(relay.port)
        wire.call("SELECT", 0)
        relay.hold()
        for i in range(100):
            wire.send("RPUSH", "a", i)
        self.assertTrue(silent(wire))
        relay.release()
        wire.socket.settimeout(30)
        self.assertEqual([wire.answer() for _ in range(100)], list(range(1, 101)))
        self.assertEqual(self.redis.call("LRANGE", "a", 0, -1), [str(i) for i in range(100)])

    def test_delayed_data_arrives_in_order(self):
        relay = self.relay()
        relay.delay = 0.05
        wire = self.wire(relay.port)
        for i in range(100):
            wire.send("ECHO", i)
        self.assertEqual([wire.answer() for _ in range(100)], [str(i) for i in range(100)])

    def test_a_black_hole_is_silent_for_ever_to_its_connections_and_open_again_to_new_ones(self):
        relay = self.relay()
        old = self.wire(relay.port)
        old.call("SET", "a", 1)
        relay.black_hole()
        new = self.wire(relay.port)
        for wire in old, new:
            wire.send("SET", "a", 2)
            self.assertTrue(silent(wire))
        self.redis.wait(lambda: relay.connections == 2, "the relay to have both")
        relay.end_black_hole()
        self.assertEqual(self.wire(relay.port).call("GET", "a"), "1")
        for wire in old, new:
            wire.send("SET", "a", 2)
            self.assertTrue(silent(wire))

    def test_the_server_may_be_away(self):
        relay = self.relay()
        self.redis.kill()
        self.assertTrue(self.ended(self.wire(relay.port)))
        self.redis.start()
        self.assertEqual(self.wire(relay.port).call("PING"), "PONG")


if __name__ == "__main__":
    unittest.main()
