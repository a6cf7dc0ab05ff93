"""The Redis user of the manual page: its rule allows what the servers need, and nothing else."""
import pathlib
import re
import sys
import tempfile
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
from support.nodes import Clustered  # noqa: E402
from support.redis import Redis, needs_redis  # noqa: E402
from support.server import ROOT, receive  # noqa: E402
from support.sentinels import Sentinels  # noqa: E402

PASSWORD = "a password of the test"


def documented(name):
    """The rule of the user in lws-chatd.conf(5): the words behind its password."""
    text = (ROOT / "packaging/man/lws-chatd.conf.5").read_text()
    [rule] = re.findall(rf"^user {name} on >PASSWORD (.*?)^\.Ed$", text, re.M | re.S)
    return rule.replace("\\e\n", " ").split()


@needs_redis
class Documented(Clustered):
    def user(self, redis, name="lws-chat"):
        """Makes the user. Returns the file with its password."""
        redis.call("ACL", "SETUSER", name, "reset", "on", f">{PASSWORD}", *documented(name))
        file = pathlib.Path(self.enterContext(tempfile.TemporaryDirectory(prefix="lws-chat-test-"))) / "password"
        file.write_text(PASSWORD)
        file.chmod(0o600)
        return file

    def refusals(self, redis):
        """What Redis refused the user."""
        return redis.call("ACL", "LOG")

    async def use_everything(self, redis):
        """Everything that needs Redis, at two servers."""
        text, stream = await self.text(0), (await self.stream(1))[0]
        member = await self.member(0, "lobby", user="ann")
        sdk = await self.sdk(1, "lobby", recoverable=True, joinLeave=True)
        await text.send("from a text client")
        self.assertEqual(await receive(text), "from a text client")
        self.assertEqual((await stream.next()).data, "from a text client")
        await sdk.ask("publish", room="lobby", data="from the SDK")
        await self.publish(0, "once", idempotency_key="k")
        await self.publish(1, "once", idempotency_key="k")
        await self.publish(1, "of a version", version=7, version_epoch="v")
        await self.publish(1, "not kept", skip_history=True)
        await self.publish(1, "once and not kept", skip_history=True, idempotency_key="l")
        await self.publish(0, "nobody is here", channel="empty")
        self.assertEqual((await self.history(0))[2], 4)
        await self.history(0, limit=2, since={"offset": 1, "epoch": (await self.history(0))[1]})
        await self.history(1, limit=2, reverse=True)
        self.assertEqual((await self.result(1, "presence_stats", {"channel": "lobby"}))["num_clients"], 4)
        self.assertEqual(len((await self.result(1, "presence", {"channel": "lobby"}))["presence"]), 4)
        self.assertEqual(len((await self.result(0, "info"))["nodes"]), 2)
        self.assertIn("lobby", (await self.result(0, "channels"))["channels"])
        redis.call("SCRIPT", "FLUSH")
        await self.publish(0, "with scripts that Redis has forgotten")
        await self.comes_back()
        await self.result(1, "disconnect", {"user": "ann"})
        await self.until(lambda: self.count(3), "the member to be gone")
        await self.result(1, "history_remove", {"channel": "lobby"})
        await self.until(self.forgotten, "the other server to hear of it")

    async def forgotten(self):
        return (await self.history(0))[0] == []

    async def comes_back(self):
        """A client loses its connection, and comes back at the other server before anybody notices."""
        data = {"user": "bob", "session": "a secret of the client"}
        first = await self.member(0, "lobby", **data)
        await first.client.close(4000)
        again = await self.member(1, "lobby", **data)
        self.assertEqual(again.id, first.id)
        await again.client.close(1000)
        await self.until(lambda: self.count(4), "the client to be gone")

    async def count(self, count):
        return (await self.result(0, "presence_stats", {"channel": "lobby"}))["num_clients"] == count

    async def test_a_user_with_the_rule_can_do_everything(self):
        redis = self.enterContext(Redis())
        file = self.user(redis)
        self.serve(2, f"redis://lws-chat@127.0.0.1:{redis.port}", redis_password_file=file, presence_grace=30)
        await self.use_everything(redis)
        self.assertEqual(self.refusals(redis), [])

    async def test_it_can_follow_sentinels_with_the_rule_for_them(self):
        sentinels = self.enterContext(Sentinels())
        for server in sentinels.servers:
            file = self.user(server)
        for sentinel in sentinels.sentinels:
            sentinel.call("ACL", "SETUSER", "lws-chat", "reset", "on", f">{PASSWORD}", *documented("sentinels"))
        self.serve(2, sentinels.url.replace("://", "://lws-chat@", 1), redis_password_file=file)
        await self.publish(0, "hello")
        self.assertEqual((await self.history(1))[0], [(1, "hello")])
        for sentinel in sentinels.sentinels:
            self.assertEqual(self.refusals(sentinel), [])


class Sources(unittest.TestCase):
    def test_the_rule_has_the_commands_of_the_sources_and_no_others(self):
        sources = "".join(file.read_text() for file in sorted((ROOT / "plugin/redis").glob("*.[ch]*"))
                          if file.name not in ("sentinel.cpp", "login.cpp"))
        commands = set(re.findall(r"redis\.call\('([A-Z]+)'", sources)) | set(re.findall(r"command\(\{\"([A-Z]+)\"", sources))
        commands |= set(re.findall(r"send_channels\(\"([A-Z]+)\"", sources)) | {"PING", "INFO", "EVAL", "EVALSHA", "SCRIPT|LOAD"}
        allowed = {word[1:].upper() for word in documented("lws-chat") if word[0] == "+"}
        self.assertEqual(allowed, commands)


if __name__ == "__main__":
    unittest.main()
