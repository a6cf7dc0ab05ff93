"""The start of lws-chatd: arguments, exit codes, errors, and systems that lack something."""
import asyncio
import contextlib
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

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
from support import server as hosts  # noqa: E402
from support.server import PATIENCE, ROOT, Server, certificate, connect, dated_certificate, receive, vhost  # noqa: E402
from support.transports import Transport  # noqa: E402
from support.wire import Wire  # noqa: E402

EX_CONFIG = 78  # another try would not help


def has_ipv6():
    try:
        with socket.create_server(("::1", 0), family=socket.AF_INET6):
            return True
    except OSError:
        return False


class Surroundings(Transport):
    """Systems that lack something the server can do without."""

    async def talk(self, server):
        self.serve(vhost(interface="127.0.0.1"), self.everywhere(), server=server)
        for i in range(2):
            client = await self.enterAsyncContext(connect(self.server.url_of(i)))
            await client.send("hello")
            self.assertEqual(await receive(client), "hello")

    @staticmethod
    def everywhere():
        """A vhost without an interface."""
        made = vhost("everywhere")
        del made["interface"], made["noipv6"]
        return made

    async def test_without_ipv6_it_serves_over_ipv4_and_says_so(self):
        await self.talk({"within": [ROOT / "tests/support/without-ipv6"]})
        self.assertIn("this system has no IPv6", self.server.log())

    @unittest.skipUnless(has_ipv6(), "this machine has no IPv6")
    async def test_a_vhost_without_interface_listens_on_ipv6(self):
        self.serve(self.everywhere())
        client = await self.enterAsyncContext(connect(self.server.url.replace("127.0.0.1", "[::1]")))
        await client.send("hello")
        self.assertEqual(await receive(client), "hello")

    @unittest.skipIf(subprocess.run(["unshare", "--mount", "true"], stderr=subprocess.DEVNULL).returncode != 0,
                     "needs root, and permission to make a mount namespace")
    async def test_it_serves_when_etc_and_its_configuration_are_read_only(self):
        server = Server(vhost(), self.everywhere())
        server.within = [ROOT / "tests/support/read-only", server.folder]
        self.server = self.enterContext(server)
        for i in range(2):
            client = await self.enterAsyncContext(connect(self.server.url_of(i)))
            await client.send("hello")
            self.assertEqual(await receive(client), "hello")
        self.server.signal(signal.SIGHUP)
        await self.server.until(lambda: "SIGHUP" in self.server.log(), "the reload")


def may_have_descriptors(count):
    return subprocess.run(["sh", "-c", f"ulimit -n {count}"], stderr=subprocess.DEVNULL).returncode == 0


class Descriptors(Transport):
    @unittest.skipUnless(may_have_descriptors(200_000), "this process may not have so many files open")
    async def test_a_huge_limit_of_open_files_is_lowered_to_131072(self):
        self.serve(server={"descriptors": 200_000})
        limits = pathlib.Path(f"/proc/{self.server.pids()}/limits").read_text()
        self.assertRegex(limits, r"Max open files +131072 ")
        self.assertIn("lowered the limit of open files from 200000 to 131072", self.server.log())

    async def start(self, **streams):
        """Starts lws-chatd without a log file. Returns its process as soon as it listens."""
        server = Server(vhost(), arguments=streams.pop("arguments", ()))
        self.addCleanup(shutil.rmtree, server.folder, ignore_errors=True)
        command = [*server.within, *streams.pop("within", ()), *server.command()]
        process = subprocess.Popen(command, **streams)
        self.addCleanup(process.wait)
        self.addCleanup(process.kill)
        self.url = server.url
        deadline = time.monotonic() + PATIENCE
        while True:
            with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", server.port)):
                return process
            self.assertIsNone(process.poll())
            self.assertLess(time.monotonic(), deadline)
            await asyncio.sleep(0.01)

    async def talk(self):
        client = await self.join()
        await client.send("hello")
        self.assertEqual(await receive(client), "hello")
        await client.close()

    async def test_closed_standard_streams_become_dev_null(self):
        process = await self.start(within=["sh", "-c", 'exec "$0" "$@" <&- >&- 2>&-'])
        await self.talk()
        for fd in range(3):
            self.assertEqual(os.readlink(f"/proc/{process.pid}/fd/{fd}"), "/dev/null")
        process.terminate()
        self.assertEqual(await asyncio.to_thread(process.wait, PATIENCE), 0)

    async def nobody_reads(self, read_end, write_end):
        """The server goes on while nobody reads stderr, and later logs how many lines were lost."""
        process = await self.start(arguments=("-d", "info"), stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=write_end)
        os.close(write_end)
        # At this level libwebsockets logs some KB for each client. There is room for 300 KB at most.
        for _ in range(100):
            clients = await asyncio.gather(*(Wire.dial(self.url) for _ in range(10)))
            await asyncio.gather(*(client.abandon() for client in clients))
        await self.talk()
        said = b""
        while not (lost := re.search(rb"(?m)^.* lines of the log: .*\n", said)):
            more = await asyncio.wait_for(asyncio.to_thread(os.read, read_end, 65536), PATIENCE)
            self.assertTrue(more)
            said += more
        # More lines may stand behind that one, and the last of them may be incomplete.
        for line in said[:lost.end()].decode().splitlines():
            self.assertRegex(line, r"^\d{4}-\d\d-\d\d [\d:.]+ (info|notice|warning): ")
        self.assertRegex(lost[0].decode(), r" warning: lws-chatd: lost [1-9]\d* lines of the log: ")
        process.terminate()
        self.assertEqual(await asyncio.to_thread(process.wait, PATIENCE), 0)

    async def test_a_pipe_that_nobody_reads_does_not_stop_the_server(self):
        await self.nobody_reads(*os.pipe())

    async def test_a_socket_that_nobody_reads_does_not_stop_the_server(self):
        ours, theirs = socket.socketpair()
        self.addCleanup(ours.close)
        await self.nobody_reads(ours.fileno(), theirs.detach())


class Starting(unittest.TestCase):
    """Errors that prevent the start."""

    def run_host(self, *vhosts, arguments=(), plugins=None, within=()):
        """Runs lws-chatd to its end. Returns exit code and output."""
        server = Server(*(vhosts or [vhost()]))
        self.addCleanup(shutil.rmtree, server.folder, ignore_errors=True)
        self.folder = server.folder
        command = server.command()
        if plugins:
            command[command.index("-p") + 1] = str(plugins)
        return self.run_command([*within, *command, *arguments])

    def run_command(self, command):
        done = subprocess.run(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                              text=True, timeout=PATIENCE)
        return done.returncode, done.stdout

    def run_with(self, *arguments):
        return self.run_command([str(hosts.BUILD / "bin/lws-chatd"), *arguments])

    def test_a_port_in_use_ends_it_with_1_naming_file_vhost_and_port(self):
        with socket.socket() as taken:
            taken.bind(("127.0.0.1", 0))
            taken.listen()
            port = taken.getsockname()[1]
            code, said = self.run_host(vhost("free"), vhost("taken", port=port))
        self.assertEqual(code, 1, said)
        self.assertRegex(said, rf'(?m)^lws-chatd: {re.escape(str(self.folder))}/conf\.d/01:\d+:\d+: vhost taken cannot listen on '
                               rf'127\.0\.0\.1 port {port} \(Address already in use\): stop the program that uses it')

    def test_an_address_that_no_interface_has_ends_it_with_1_naming_file_and_remedy(self):
        code, said = self.run_host(vhost(interface="192.0.2.1"))
        self.assertEqual(code, 1, said)
        self.assertRegex(said, r'conf\.d/00:\d+:\d+: vhost .* 192\.0\.2\.1 port .*: no interface has this address: correct "interface"')

    def test_vhosts_that_share_a_hub_with_different_options_end_it_with_78_naming_both(self):
        code, said = self.run_host(vhost("first", hub="town"), vhost("second", hub="town", max_lag=4096))
        self.assertEqual(code, EX_CONFIG, said)
        line = [line for line in said.splitlines() if "max-lag" in line]
        self.assertTrue(line, said)
        for name in ("first", "second", "town"):
            self.assertIn(name, line[0])

    def test_check_of_a_good_configuration_ends_with_0_and_starts_nothing(self):
        with socket.socket() as taken:
            taken.bind(("127.0.0.1", 0))
            taken.listen()
            port = taken.getsockname()[1]
            code, said = self.run_host(vhost(port=port), arguments=["--check"])
        self.assertEqual(code, 0, said)
        self.assertEqual(said, f"{self.folder}: nothing wrong, 1 vhost\n"
                               f"  localhost: http 127.0.0.1:{port}, lws-chat at /chat/ /connection/websocket, "
                               f"/ -> callback://lws-chat, /web -> file://{hosts.BUILD}/mount\n")

    def test_check_counts_warnings(self):
        code, said = self.run_host(vhost(status="off"), arguments=["--check"])
        self.assertEqual(code, 0, said)
        self.assertIn(f"{self.folder}: no errors, 2 warnings, 1 vhost\n", said)

    def test_check_of_a_bad_configuration_ends_with_1_and_says_where(self):
        code, said = self.run_host(vhost(max_lagg=4096), arguments=["--check"])
        self.assertEqual(code, 1, said)
        self.assertRegex(said, r'(?m)conf\.d/00:\d+:\d+: .*max-lagg.*max-lag')

    def test_a_bad_configuration_ends_it_with_78(self):
        code, said = self.run_host(vhost(max_message="many"))
        self.assertEqual(code, EX_CONFIG, said)
        self.assertRegex(said, r"(?m)conf\.d/00:\d+:\d+: .*many")

    def test_an_ipv6_address_without_ipv6_ends_it_with_1_naming_vhost_and_address(self):
        made = vhost("sixth", interface="::1")
        del made["noipv6"]
        code, said = self.run_host(made, within=[ROOT / "tests/support/without-ipv6"])
        self.assertEqual(code, 1, said)
        self.assertRegex(said, rf"conf\.d/00:\d+:\d+: vhost sixth cannot listen on ::1 port {made['port']} "
                               r'\(Address family not supported by protocol\): correct "interface" and "port"')

    def test_an_unusable_certificate_or_key_ends_it_with_78_in_one_line_that_names_file_and_remedy(self):
        folder = pathlib.Path(self.enterContext(tempfile.TemporaryDirectory(prefix="lws-chat-test-")))
        none, garbage = folder / "none.pem", folder / "garbage.pem"
        garbage.write_text("not PEM")
        cert, key = certificate()
        other = certificate("other")[1]
        for pair, file, words in (((none, key), none, "missing, create it or correct the path"),
                                  ((cert, none), none, "missing, create it or correct the path"),
                                  ((garbage, key), garbage, "contains no PEM certificate"),
                                  ((cert, garbage), garbage, "contains no PEM private key"),
                                  ((cert, other), other, f"does not belong to the certificate in {cert}")):
            with self.subTest(words, file=file):
                made = vhost(tls=True)
                made["host-ssl-cert"], made["host-ssl-key"] = map(str, pair)
                code, said = self.run_host(made)
                self.assertEqual(code, EX_CONFIG, said)
                line, = [line for line in said.splitlines() if str(file) in line]
                self.assertRegex(line, rf"^conf\.d/00:\d+:\d+: error: {re.escape(f'{file}: {words}')}")

    def test_a_path_that_is_not_a_regular_file_ends_it_with_78_at_once(self):
        folder = pathlib.Path(self.enterContext(tempfile.TemporaryDirectory(prefix="lws-chat-test-")))
        fifo = folder / "fifo"
        os.mkfifo(fifo)
        cert, key = certificate()
        for file, kind in (folder, "a folder"), (fifo, "a FIFO"), ("/dev/zero", "a device"):
            for cert_file, key_file, keys in (file, key, ""), (cert, file, ""), (cert, key, file):
                with self.subTest(kind, certificate=cert_file, key=key_file, keys=keys):
                    made = vhost(tls=True, api_key_file=keys)
                    made["host-ssl-cert"], made["host-ssl-key"] = str(cert_file), str(key_file)
                    code, said = self.run_host(made)
                    self.assertEqual(code, EX_CONFIG, said)
                    self.assertRegex(said, rf"(?m)^conf\.d/00:\d+:\d+: error: .*{file}: is {kind}: name a regular file")

    def test_a_relative_path_ends_it_with_78(self):
        here = self.enterContext(tempfile.TemporaryDirectory(prefix="lws-chat-test-"))
        for file in certificate():
            shutil.copy(file, here)
        made = vhost(tls=True)
        made["host-ssl-cert"], made["host-ssl-key"] = "cert.pem", "key.pem"
        code, said = self.run_host(made, within=["env", "-C", here])
        self.assertEqual(code, EX_CONFIG, said)
        for name in "cert.pem", "key.pem":
            self.assertRegex(said, rf'error: "{name}" is a relative path, and a service starts in the folder /: ')

    def test_h2_by_default_ends_it_with_78(self):
        code, said = self.run_host(vhost(tls=True, alpn=None))
        self.assertEqual(code, EX_CONFIG, said)
        self.assertRegex(said, r'error: without "alpn" libwebsockets offers h2: .*: write "alpn": "http/1.1"')

    def with_certificate(self, begin, end):
        made = vhost(tls=True)
        made["host-ssl-cert"], made["host-ssl-key"] = dated_certificate(begin, end)
        return made

    def test_an_expired_certificate_ends_it_with_78_in_one_line_that_names_file_date_and_remedy(self):
        expired = self.with_certificate("20200101", "20200131")
        for arguments, expected in ((), EX_CONFIG), (("--check",), 1):
            with self.subTest(arguments=arguments):
                code, said = self.run_host(expired, arguments=arguments)
                self.assertEqual(code, expected, said)
                line, = [line for line in said.splitlines() if expired["host-ssl-cert"] in line]
                self.assertRegex(line, r"^conf\.d/00:\d+:\d+: error: .*expired on 2020-01-31, .*: renew it$")

    def test_check_warns_of_a_certificate_that_is_not_yet_valid(self):
        future = self.with_certificate("20990101", "20990131")
        code, said = self.run_host(future, arguments=["--check"])
        self.assertEqual(code, 0, said)
        self.assertIn(f"warning: {future['host-ssl-cert']}: not valid before 2099-01-01", said)

    def test_a_missing_configuration_ends_it_with_78(self):
        folder = tempfile.mkdtemp(prefix="lws-chat-test-")
        self.addCleanup(shutil.rmtree, folder, ignore_errors=True)
        code, said = self.run_with("-c", f"{folder}/none", "-p", str(hosts.BUILD / "plugins"))
        self.assertEqual(code, EX_CONFIG, said)
        self.assertIn(f"{folder}/none", said)

    def test_a_missing_plugin_directory_ends_it_with_78_naming_it(self):
        code, said = self.run_host(plugins="/nonexistent/plugins")
        self.assertEqual(code, EX_CONFIG, said)
        self.assertIn("/nonexistent/plugins", said)

    def test_a_plugin_directory_without_the_plugin_ends_it_with_78_naming_it(self):
        with tempfile.TemporaryDirectory(prefix="lws-chat-test-") as empty:
            code, said = self.run_host(plugins=empty)
        self.assertEqual(code, EX_CONFIG, said)
        self.assertIn(empty, said)
        self.assertRegex(said, "lws.chat")

    def test_version_prints_both_versions(self):
        code, said = self.run_with("--version")
        self.assertEqual(code, 0)
        self.assertRegex(said, r"^lws-chatd \d+\.\d+\.\d+ \(libwebsockets \d+\.\d+\.\d+.*\)\n$")

    def test_help_names_every_argument(self):
        code, said = self.run_with("--help")
        self.assertEqual(code, 0)
        for argument in ("-c", "-p", "-d", "--log-format", "--check", "--options", "--version", "--help"):
            self.assertIn(argument, said)

    def test_wrong_arguments_end_it_with_2(self):
        for arguments in (["--nonsense"], ["nonsense"], ["-d", "loud"], ["-c"],
                          ["--log-format", "xml"], ["--log-format"], ["--options=html"]):
            with self.subTest(arguments=arguments):
                code, said = self.run_with(*arguments)
                self.assertEqual(code, 2, said)
                self.assertTrue(said)


if __name__ == "__main__":
    unittest.main()
