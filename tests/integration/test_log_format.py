"""The log on stderr with --log-format: json (one object a line, for machines) and text (for people)."""
import asyncio
import json
import os
import pathlib
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import unittest
import unittest.mock

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
from support.server import PATIENCE, Server, vhost  # noqa: E402
from support.transports import Transport  # noqa: E402

RFC_3339 = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z")
TEXT = re.compile(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d{3} (error|warning|notice): ")


def objects(log):
    """The lines of a log. Each must be an object with exactly the three keys."""
    assert not log or log.endswith(b"\n"), log
    said = []
    for line in log.decode().splitlines():  # strict: all of it is UTF-8
        one = json.loads(line)
        assert list(one) == ["time", "level", "message"], line
        assert all(isinstance(value, str) for value in one.values()), line
        assert RFC_3339.fullmatch(one["time"]), line
        assert one["level"] in ("error", "warning", "notice", "info", "debug"), line
        assert not one["message"].endswith("\n"), line
        said.append(one)
    return said


class Serving(Transport):
    async def served(self, *arguments, **options):
        """The log of a server during which one client comes and goes, then SIGTERM ends it."""
        self.serve(server={"arguments": arguments}, **options)
        client = await self.join()
        await client.send("hello")
        await client.recv()
        await client.close()
        await self.server.until(lambda: " left (" in self.server.log(), "the client to leave")
        self.assertEqual(await self.status(self.server.url_of(path="/nowhere")), 404)
        self.server.signal(signal.SIGTERM)
        await self.server.until(lambda: self.server.process.poll() is not None, "the server to end")
        self.assertEqual(self.server.process.returncode, 0)
        return self.server.log_path.read_bytes()

    async def test_every_line_is_an_object_with_time_level_and_message(self):
        said = objects(await self.served("--log-format", "json"))
        notices = [one["message"] for one in said if one["level"] == "notice"]
        for words in ("listens on http 127.0.0.1", "127.0.0.1 joined by text, clients: 1", "127.0.0.1 left (", "with 404",
                      "SIGTERM: closing all clients", "all clients are closed"):
            self.assertEqual(len([message for message in notices if words in message]), 1, (words, said))

    async def test_lines_by_libwebsockets_that_peers_can_trigger_are_bounded(self):
        self.serve()
        began = time.monotonic()

        def flood():
            # All of them ask while the server stands still, so that it complains of more than 500 within a second.
            self.server.signal(signal.SIGSTOP)
            peers = [socket.create_connection(("127.0.0.1", self.server.port)) for _ in range(800)]
            for peer in peers:
                peer.sendall(b"\r\n\r\n")
            self.server.signal(signal.SIGCONT)
            for peer in peers:
                peer.settimeout(PATIENCE)
                while peer.recv(4096):
                    pass
                peer.close()
        while "lines by libwebsockets" not in self.server.log():
            self.assertLess(time.monotonic() - began, PATIENCE, self.server.log()[-2000:])
            await asyncio.to_thread(flood)
        seconds = int(time.monotonic() - began) + 1
        said = self.server.log().count("Missing URI in HTTP request")
        self.assertTrue(0 < said <= 500 * seconds, said)

    async def test_lines_by_libwebsockets_are_objects_too(self):
        said = objects(await self.served("--log-format", "json", "-d", "65535"))
        self.assertTrue([one for one in said if not one["message"].startswith("lws-chat")])

    async def test_a_message_cut_off_in_the_middle_of_a_character_is_still_json(self):
        # libwebsockets cuts off a message after 255 bytes. In at least one of these that splits a character.
        paths = ["/" + before + "聊" * 80 for before in ("", "a", "aa")]
        self.serve(*(vhost(f"v{i}", path=path) for i, path in enumerate(paths)),
                   server={"arguments": ("--log-format", "json")})
        self.server.stop()
        messages = [one["message"] for one in objects(self.server.log_path.read_bytes())]
        messages = [message for message in messages if ": serving /" in message]
        self.assertEqual(["聊" * 60 in message for message in messages], [True] * 3, messages)
        self.assertTrue(any("\ufffd" in message for message in messages), messages)

    async def test_text_is_the_default(self):
        for arguments in ((), ("--log-format", "text")):
            with self.subTest(arguments=arguments):
                log = (await self.served(*arguments)).decode()
                for line in log.splitlines():
                    self.assertRegex(line, TEXT)
                self.assertRegex(log, "notice: lws-chat: vhost localhost: 127.0.0.1 joined by text, clients: 1\n")


class Starting(unittest.TestCase):
    """Errors that prevent the start."""

    def run_host(self, *arguments, folder=None, **options):
        """Runs lws-chatd to its end. Returns exit code and stderr."""
        server = Server(**options)
        self.addCleanup(shutil.rmtree, server.folder, ignore_errors=True)
        command = server.command()
        if folder:
            command[command.index("-c") + 1] = folder
        done = subprocess.run([*command, *arguments], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                              stderr=subprocess.PIPE, timeout=PATIENCE)
        self.assertEqual(done.stdout, b"")
        return done.returncode, done.stderr

    def test_errors_in_the_configuration_are_json(self):
        code, log = self.run_host("--log-format", "json", max_lagg=4096, max_message="many", hub='"\\')
        self.assertEqual(code, 78)
        said = objects(log)
        self.assertEqual({one["level"] for one in said}, {"error"})
        for words in (r'conf\.d/00:\d+:\d+: .*"max-lagg".*"max-lag"', r"conf\.d/00:\d+:\d+: .*many", "cannot be used"):
            self.assertTrue([one for one in said if re.search(words, one["message"])], (words, said))

    def test_a_configuration_warning_has_level_warning(self):
        code, log = self.run_host("--log-format", "json", max_lagg=4096, status="off")
        self.assertEqual(code, 78)
        self.assertEqual({one["level"] for one in objects(log)}, {"error", "warning"})

    def test_a_port_in_use_is_json(self):
        with socket.socket() as taken:
            taken.bind(("127.0.0.1", 0))
            taken.listen()
            code, log = self.run_host("--log-format", "json", port=taken.getsockname()[1])
        self.assertEqual(code, 1)
        said = objects(log)
        self.assertEqual([one["level"] for one in said], ["error"], said)
        self.assertRegex(said[0]["message"], "^lws-chatd: .*: vhost localhost cannot listen on .*in use")

    def test_a_folder_name_that_is_not_utf8_is_still_json(self):
        folder = os.fsencode(tempfile.mkdtemp(prefix="lws-chat-test-")) + b"/\xff\xe8\x81"
        self.addCleanup(shutil.rmtree, os.path.dirname(folder), ignore_errors=True)
        code, log = self.run_host("--log-format", "json", folder=folder)
        self.assertEqual(code, 78)
        self.assertIn("/\ufffd\ufffd\ufffd: cannot be used", objects(log)[-1]["message"])

    def test_the_report_of_check_is_text_even_with_json(self):
        reports = [self.run_host("--check", *arguments, max_lagg=4096)
                   for arguments in ((), ("--log-format", "text"), ("--log-format", "json"))]
        for code, log in reports:
            self.assertEqual(code, 1)
            self.assertRegex(log.decode(), r"(?m)^conf\.d/00:\d+:\d+: error: .*max-lagg")

    def test_a_line_for_the_journal_has_a_priority_and_no_time(self):
        for arguments, line in (((), rb"<3>lws-chatd: .*in use.*\n"), (("--log-format", "json"), rb'<3>\{"time":.*in use.*\}\n')):
            with socket.socket() as taken, tempfile.TemporaryFile() as journal:
                taken.bind(("127.0.0.1", 0))
                server = Server(port=taken.getsockname()[1])
                self.addCleanup(shutil.rmtree, server.folder, ignore_errors=True)
                status = os.fstat(journal.fileno())
                subprocess.run([*server.command(), *arguments], stdin=subprocess.DEVNULL, stderr=journal, timeout=PATIENCE,
                               env={**os.environ, "JOURNAL_STREAM": f"{status.st_dev}:{status.st_ino}"})
                journal.seek(0)
                self.assertRegex(journal.read(), rb"\A" + line + rb"\Z")

    def test_lines_are_text_when_stderr_is_no_longer_the_journal(self):
        with unittest.mock.patch.dict(os.environ, JOURNAL_STREAM="1:2"):
            _, log = self.run_host(max_lagg=4096)
        self.assertRegex(log, rb"\Aconf\.d/00:\d+:\d+: error: ")

    def test_an_unknown_format_ends_it_with_2_naming_the_known_ones(self):
        code, log = self.run_host("--log-format", "xml")
        self.assertEqual(code, 2)
        self.assertEqual(log, b"lws-chatd: --log-format xml: expected text or json\n")


if __name__ == "__main__":
    unittest.main()
