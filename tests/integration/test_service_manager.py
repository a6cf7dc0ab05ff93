"""The messages of lws-chatd to systemd, over NOTIFY_SOCKET: sd_notify(3)."""
import asyncio
import os
import pathlib
import signal
import socket
import sys
import tempfile
import time
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
from support.server import PATIENCE, ROOT, Server, connect, receive, vhost  # noqa: E402


class Notifications(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory(prefix="lws-chat-notify-")
        self.addCleanup(folder.cleanup)
        path = os.path.join(folder.name, "notify")
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.addCleanup(self.socket.close)
        self.socket.bind(path)
        self.socket.settimeout(PATIENCE)
        self.env = {"NOTIFY_SOCKET": path}

    def serve(self, drain_seconds=0, **env):
        return self.enterContext(Server(vhost(drain_seconds=drain_seconds), env={**self.env, **env}))

    def told(self):
        return self.socket.recv(4096).decode().split("\n")

    def test_it_is_ready_when_it_listens(self):
        server = self.serve()
        self.assertEqual(self.told(), ["READY=1"])
        self.assertIn("listens on", server.log())

    def test_a_reload_begins_and_ends(self):
        server = self.serve()
        self.told()
        server.signal(signal.SIGHUP)
        begin = self.told()
        self.assertEqual(begin[0], "RELOADING=1")
        self.assertRegex(begin[1], r"^MONOTONIC_USEC=\d+$")
        self.assertEqual(self.told(), ["READY=1"])

    def test_it_announces_its_end(self):
        server = self.serve()
        self.told()
        server.signal(signal.SIGTERM)
        self.assertEqual(self.told(), ["STOPPING=1", "EXTEND_TIMEOUT_USEC=15000000"])
        self.assertEqual(server.process.wait(PATIENCE), 0)

    def test_it_asks_for_the_time_that_drain_seconds_takes(self):
        server = self.serve(drain_seconds=600)
        self.told()

        async def end_with_a_client():
            async with connect(server.url) as client:
                await client.send("here")
                await receive(client)
                server.signal(signal.SIGTERM)
                return await asyncio.to_thread(self.told)

        self.assertEqual(asyncio.run(end_with_a_client()), ["STOPPING=1", "EXTEND_TIMEOUT_USEC=615000000"])
        self.assertEqual(server.process.wait(PATIENCE), 0)

    def test_the_watchdog_gets_signs_of_life_until_the_server_hangs(self):
        server = self.serve(WATCHDOG_USEC="200000")
        self.assertEqual(self.told(), ["READY=1"])
        for _ in range(5):
            self.assertEqual(self.told(), ["WATCHDOG=1"])
        os.kill(server.process.pid, signal.SIGSTOP)
        self.addCleanup(os.kill, server.process.pid, signal.SIGCONT)
        self.socket.settimeout(1)
        with self.assertRaises(TimeoutError):
            # One message may be in the socket already.
            deadline = time.monotonic() + 2
            while time.monotonic() < deadline:
                self.told()

    def test_without_a_watchdog_there_are_no_signs_of_life(self):
        self.serve()
        self.told()
        self.socket.settimeout(0.5)
        with self.assertRaises(TimeoutError):
            self.told()


class Units(unittest.TestCase):
    def settings(self, name):
        lines = (ROOT / "packaging/systemd" / name).read_text().splitlines()
        return [line for line in lines if line and not line.startswith("#")]

    def test_the_template_differs_from_the_unit_in_the_servers_folders_only(self):
        unit, template = self.settings("lws-chatd.service"), self.settings("lws-chatd@.service")
        changed = [line.split("=")[0] for line in template if line not in unit]
        self.assertEqual(changed, ["Description", "After", "ExecStart", "ExecReload", "StateDirectory", "RuntimeDirectory"])
        for line in template:
            self.assertTrue(line in unit or "%i" in line or line.startswith("After="), line)
        self.assertEqual(len(unit), len(template))


if __name__ == "__main__":
    unittest.main()
