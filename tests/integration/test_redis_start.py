"""Redis is not there, or refuses: the server starts, says so in one line that names the command and the remedy, answers 503 to
publishers and to /readyz, and goes on by itself when it can. What cannot be read at all ends the start."""
import asyncio
import pathlib
import subprocess
import sys
import tempfile
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
from support.nodes import Clustered  # noqa: E402
from support.redis import Redis, needs_redis  # noqa: E402
from support.relay import Relay  # noqa: E402
from support.server import BUILD, HOST, PATIENCE, Server, vhost  # noqa: E402

TEMPORARY = 100


class Trouble(Clustered):
    def secret(self, text):
        """A file with a password."""
        file = pathlib.Path(self.enterContext(tempfile.TemporaryDirectory(prefix="lws-chat-test-"))) / "password"
        file.write_text(text)
        file.chmod(0o600)
        return file

    def created(self, **options):
        """A Redis that does not run yet."""
        redis = Redis(**options)
        self.addCleanup(redis.__exit__)
        return redis

    async def refused(self, url, *words, publishes=False, **options):
        """A node starts and is not ready. The one line about it, in the log and at /readyz, has all the words."""
        self.serve(1, url, ready=False, **options)
        if not publishes:
            answer = await self.call(0, "publish", {"channel": "lobby", "data": "refused"}, status=503)
            self.assertEqual(answer["error"]["code"], TEMPORARY)
        [line] = await self.lines_about(*words)
        await self.until(lambda: self.says(words), "/readyz to say it")
        return line

    async def says(self, words):
        status, said = await asyncio.to_thread(self.nodes.readyz, 0)
        return status == 503 and all(word in said for word in words)

    async def lines_about(self, *words):
        await self.nodes[0].logged("redis: ", *words)
        return self.nodes[0].chat_log("redis: ", *words)

    async def works(self, node=0):
        """The node is ready, and serves its rooms."""
        await self.nodes.until(node, 200)
        sdk = await self.sdk(node, "lobby")
        await self.until(lambda: self.said(node), "a message to be published")
        await self.until(sdk.log, "the message")

    async def said(self, node):
        status, answer = await self.answer(node, "publish", {"channel": "lobby", "data": "hello"})
        self.assertIn(status, (200, 503), answer)
        return status == 200

    async def one_line(self, redis, *words):
        """The node goes on trying, and does not say it again."""
        before = self.nodes[0].log()
        for _ in range(3):
            connections = int(redis.info("total_connections_received"))
            # Each look is a connection of its own.
            looks = 1
            while int(redis.info("total_connections_received")) <= connections + looks:
                looks += 1
                await asyncio.sleep(0.05)
        self.assertEqual(len(self.nodes[0].chat_log("redis: ", *words)), 1, before)


@needs_redis
class Away(Trouble):
    async def test_a_redis_that_starts_later(self):
        redis = self.created()
        await self.refused(redis.url, str(redis.path))
        redis.start()
        await self.works()

    async def test_an_address_without_a_server(self):
        redis = self.created()
        await self.refused(redis.tcp_url, f"127.0.0.1:{redis.port}")
        redis.start()
        await self.works()

    async def test_a_name_that_nobody_knows(self):
        await self.refused("redis://no-such-host.invalid", "no-such-host.invalid")

    async def test_a_server_that_accepts_and_says_nothing(self):
        redis = self.enterContext(Redis())
        relay = self.enterContext(Relay(redis.path))
        relay.black_hole()
        await self.refused(relay.url, str(relay.path), "does not answer")
        relay.end_black_hole()
        await self.works()

    async def test_a_server_that_is_no_redis(self):
        other = self.enterContext(Server(vhost()))
        await self.refused(f"redis://127.0.0.1:{other.port}", f"127.0.0.1:{other.port}")

    async def test_one_of_several_servers_that_is_away(self):
        redis, other = self.enterContext(Redis()), self.created()
        self.serve(1, f"{redis.url} {other.url}", ready=False)
        await self.until(lambda: self.says([str(other.path)]), "/readyz to name the other server")
        other.start()
        await self.nodes.until(0, 200)


@needs_redis
class Refusing(Trouble):
    async def test_a_password_that_is_missing(self):
        redis = self.enterContext(Redis(password="s3cret"))
        await self.refused(redis.url, "NOAUTH", "redis-password-file")
        await self.one_line(redis, "NOAUTH")

    async def test_a_password_that_is_wrong_until_its_file_is_corrected(self):
        redis = self.enterContext(Redis(password="s3cret"))
        file = self.secret("wrong\n")
        await self.refused(redis.url, "AUTH", "WRONGPASS", "redis-password-file", redis_password_file=file)
        file.write_text("s3cret\n")
        await self.works()
        for word in "wrong", "s3cret":
            self.assertEqual([line for line in self.nodes[0].log().splitlines() if f" {word}" in line and "redis:" in line], [])

    async def test_a_password_that_changes(self):
        redis = self.enterContext(Redis(password="s3cret"))
        file = self.secret("s3cret\n")
        self.serve(1, redis.url, redis_password_file=file)
        redis.call("CONFIG", "SET", "requirepass", "an0ther")
        redis.password = "an0ther"
        redis.call("CLIENT", "KILL", "TYPE", "normal")
        redis.call("CLIENT", "KILL", "TYPE", "pubsub")
        await self.until(lambda: self.says(["AUTH"]), "/readyz to say it")
        file.write_text("an0ther\n")
        await self.call(0, "info")
        await self.works()

    async def test_a_user_who_may_not_use_the_channels(self):
        redis = self.enterContext(Redis())
        redis.call("ACL", "SETUSER", "chat", "on", ">s3cret", "~*", "resetchannels", "+@all")
        file = self.secret("s3cret")
        await self.refused(f"redis://chat@127.0.0.1:{redis.port}", "NOPERM", "ACL SETUSER", publishes=True,
                           redis_password_file=file)
        redis.call("ACL", "SETUSER", "chat", "&centrifugo.*")
        await self.works()

    async def test_a_user_who_may_not_run_scripts(self):
        redis = self.enterContext(Redis())
        redis.call("ACL", "SETUSER", "chat", "on", ">s3cret", "~*", "&*", "+@all", "-@scripting")
        file = self.secret("s3cret")
        await self.refused(f"redis://chat@127.0.0.1:{redis.port}", "NOPERM", "ACL SETUSER", redis_password_file=file)
        redis.call("ACL", "SETUSER", "chat", "+@scripting")
        await self.works()

    async def test_a_replica_that_can_only_be_read(self):
        primary = self.enterContext(Redis())
        replica = self.enterContext(Redis(replicaof=f"127.0.0.1 {primary.port}"))
        await self.refused(replica.url, str(replica.path), f"127.0.0.1:{primary.port}", "redis+sentinel://")
        replica.call("REPLICAOF", "NO", "ONE")
        await self.works()

    async def test_a_server_without_memory(self):
        redis = self.enterContext(Redis(maxmemory="1gb", maxmemory_policy="noeviction"))
        self.serve(1, redis.url)
        sdk = await self.sdk(0, "lobby")
        await self.publish(0, "before")
        redis.call("CONFIG", "SET", "maxmemory", "1")
        answer = await self.call(0, "publish", {"channel": "lobby", "data": "refused"}, status=503)
        self.assertEqual(answer["error"]["code"], TEMPORARY)
        [_] = await self.lines_about("OOM", "maxmemory")
        await self.until(lambda: self.not_ready("OOM", "maxmemory"), "/readyz to say it")
        redis.call("CONFIG", "SET", "maxmemory", "0")
        await self.works()
        await self.until(lambda: len(sdk.log()) >= 2, "the messages")
        self.assertEqual([(offset, data) for _, offset, data in sdk.log()][:2], [(1, "before"), (2, "hello")])

    async def not_ready(self, *words):
        """Publishers go on trying."""
        await self.answer(0, "publish", {"channel": "lobby", "data": "refused"})
        return await self.says(words)

    async def test_a_database_that_is_not_there(self):
        redis = self.enterContext(Redis())
        await self.refused(f"{redis.url}?db=99", "SELECT", "database")


@needs_redis
class Tls(Trouble):
    async def test_a_certificate_that_is_signed_by_the_authority_in_the_file(self):
        redis = self.enterContext(Redis(tls=True))
        self.serve(2, redis.tls_url, redis_tls_ca_file=redis.options["tls-cert-file"])
        sdk = await self.sdk(1, "lobby")
        await self.publish(0, "hello")
        await self.until(sdk.log, "the message")

    async def test_a_certificate_that_nobody_knows(self):
        redis = self.enterContext(Redis(tls=True))
        await self.refused(redis.tls_url, f"localhost:{redis.tls_port}", "redis-tls-ca-file")


class Unreadable(unittest.TestCase):
    """Options that are wrong whatever the servers say: lws-chatd does not start, in lwsws the vhost refuses its clients."""

    def refused(self, *words, before=(), **options):
        server = Server(*before, vhost(**options))
        line = self.lwsws_line(server) if HOST == "lwsws" else self.lws_chatd_line(server)
        for word in words:
            self.assertIn(word, line)
        return line

    def lws_chatd_line(self, server):
        with self.assertRaises(AssertionError) as failed, server:
            pass
        said = str(failed.exception)
        self.assertIn("ended with 78", said)
        [line] = [line for line in said.splitlines() if " error: " in line]
        checked = Server(*server.vhosts)
        self.addCleanup(subprocess.run, ["rm", "-r", checked.folder], check=False)
        done = subprocess.run([BUILD / "bin/lws-chatd", "--check", "-c", checked.folder, "-p", checked.plugins],
                              stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=PATIENCE)
        self.assertEqual(done.returncode, 1, done.stdout)
        self.assertIn(line[line.index("error: "):], done.stdout)
        return line

    def lwsws_line(self, server):
        server.serving = len(server.vhosts) - 1
        with server:
            server.wait(lambda: server.chat_log("refuses all clients"), "the line about redis")
            answer = subprocess.run(["curl", "-s", "-o", "/dev/null", "-w", "%{http_code}", server.http_of(-1, "/chat/"),
                                     "-H", "Connection: Upgrade", "-H", "Upgrade: websocket", "-H", "Sec-WebSocket-Version: 13",
                                     "-H", "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ=="],
                                    capture_output=True, text=True, timeout=PATIENCE).stdout
            self.assertEqual(answer, "503")
            [line] = server.chat_log("refuses all clients")
            return line

    def test_a_url_that_cannot_be_read(self):
        self.refused("redis: ", "http://10.0.0.5", redis="redis://10.0.0.5 http://10.0.0.5")

    def test_a_password_in_a_url(self):
        line = self.refused("redis-password-file", redis="redis://:s3cret@10.0.0.5")
        self.assertNotIn("s3cret", line)

    def test_a_namespace_that_is_durable_and_shared(self):
        folder = self.enterContext(tempfile.TemporaryDirectory(prefix="lws-chat-test-"))
        self.refused("kept/durable is on", "kept/broker", redis="redis://10.0.0.5", storage=f"{folder}/rooms.db", **{"kept/durable": 1})

    def test_two_hubs_with_the_same_rooms(self):
        redis = "redis://127.0.0.1:1"
        first = vhost("first", redis=redis, may_publish="nobody")
        self.refused("redis: 127.0.0.1:1 ", "vhost", "first", '"hub"', before=[first], redis=redis)


if __name__ == "__main__":
    unittest.main()
