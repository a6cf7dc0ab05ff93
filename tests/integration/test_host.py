"""lws-chatd itself: signals, certificates, arguments, exit codes. (What it serves is in the other files.)"""
import asyncio
import calendar
import os
import pathlib
import re
import shutil
import signal
import socket
import ssl
import subprocess
import sys
import tempfile
import time
import unittest
import urllib.request

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
from support import server as hosts  # noqa: E402
from support.back_end import numbers  # noqa: E402
from support.server import (PATIENCE, ROOT, Server, certificate, close_of, connect, dated_certificate, insecure_tls,  # noqa: E402
                            receive, vhost)
from support.transports import Transport, over  # noqa: E402
from support.wire import frame  # noqa: E402

DRAIN = 5       # seconds that clients have to accept their last messages, Server::kDrainMs
AT_ONCE = 3     # seconds, less than DRAIN
EX_CONFIG = 78  # trying again would not help


@over("plain", "tls")
class Ending:
    async def ended(self):
        """Waits for the end of the process: its exit code."""
        await self.server.until(lambda: self.server.process.poll() is not None, "the server to end")
        return self.server.process.returncode

    async def stalled_client(self, megabytes=8):
        """A client that reads nothing, with more waiting for it than any socket holds."""
        stalled, other = await self.dial(receive_buffer=65536), await self.dial()
        stalled.stop_reading()
        texts = [f"{i} ".ljust(50000, ".") for i in range(megabytes * 20)]
        for text in texts:
            other.send(frame(text))
            await other.message()
        return stalled, other, texts

    async def test_sigterm_and_sigint_close_all_clients_with_1001_and_end_with_0(self):
        for number in (signal.SIGTERM, signal.SIGINT):
            with self.subTest(number.name):
                self.serve()
                clients = [await self.join() for _ in range(5)]
                self.server.signal(number)
                for client in clients:
                    self.assertEqual(await close_of(client), (1001, "server is shutting down"))
                self.assertEqual(await self.ended(), 0)

    async def test_over_drain_seconds_clients_are_told_one_after_the_other_to_come_back(self):
        self.serve(drain_seconds=2)
        clients = [await self.join() for _ in range(10)]
        self.server.signal(signal.SIGTERM)
        closed_at = []
        async def watch(client):
            self.assertEqual(await close_of(client), (1012, "server is restarting"))
            closed_at.append(time.monotonic())
        await asyncio.gather(*(watch(client) for client in clients))
        # In one go they would all be closed within some milliseconds.
        self.assertGreater(max(closed_at) - min(closed_at), 0.3)
        self.assertEqual(await self.ended(), 0)

    async def test_with_drain_seconds_the_server_does_not_wait_for_nobody(self):
        self.serve(drain_seconds=60)
        client = await self.join()
        await client.close()
        await self.server.logged(" left (")
        began = time.monotonic()
        self.server.signal(signal.SIGTERM)
        self.assertEqual(await self.ended(), 0)
        self.assertLess(time.monotonic() - began, AT_ONCE)

    async def test_sigterm_without_clients_ends_at_once(self):
        self.serve()
        began = time.monotonic()
        self.server.signal(signal.SIGTERM)
        self.assertEqual(await self.ended(), 0)
        self.assertLess(time.monotonic() - began, AT_ONCE)

    async def test_messages_published_right_before_sigterm_come_before_the_close(self):
        self.serve(flush_interval=1000)
        sender, other = await self.dial(), await self.join()
        texts = [f"text {i}" for i in range(50)]
        sender.send(frame("first"))
        await sender.message()
        sender.send(b"".join(map(frame, texts)))
        sender.send(frame("", 9))  # a ping: once it is answered, the texts have been read
        while (await sender.frame()).opcode != 10:
            pass
        self.server.signal(signal.SIGTERM)
        seen = [await receive(other) for _ in range(51)]
        self.assertEqual(seen, ["first", *texts])
        self.assertEqual((await close_of(other))[0], 1001)
        self.assertEqual(await sender.close_code(), 1001)
        self.assertEqual(await self.ended(), 0)

    async def test_a_reader_that_is_behind_at_sigterm_still_gets_everything_before_the_close(self):
        self.serve(max_lag=64 * 2**20)
        stalled, other, texts = await self.stalled_client()
        self.server.signal(signal.SIGTERM)
        self.assertEqual(await other.close_code(), 1001)
        stalled.writer.transport.resume_reading()
        for text in texts:
            self.assertEqual((await stalled.message())[1].decode(), text)
        self.assertEqual(await stalled.close_code(), 1001)
        self.assertEqual(await self.ended(), 0)

    async def test_a_client_that_does_not_read_delays_the_end_only_for_a_while(self):
        self.serve(max_lag=64 * 2**20)
        await self.stalled_client()
        began = time.monotonic()
        self.server.signal(signal.SIGTERM)
        self.assertEqual(await self.ended(), 0)
        self.assertLess(time.monotonic() - began, 2 * DRAIN)
        self.assertIn("did not take their last messages in time", self.server.log())

    async def test_a_second_sigterm_ends_at_once(self):
        self.serve(max_lag=64 * 2**20)
        await self.stalled_client()
        self.server.signal(signal.SIGTERM)
        await self.server.until(lambda: "closing all clients" in self.server.log(), "the first SIGTERM to be heard")
        began = time.monotonic()
        self.server.signal(signal.SIGTERM)
        self.assertEqual(await self.ended(), 0)
        self.assertLess(time.monotonic() - began, AT_ONCE)

    async def test_nobody_is_let_in_while_it_ends(self):
        self.serve(max_lag=64 * 2**20)
        await self.stalled_client()
        self.server.signal(signal.SIGTERM)
        await self.server.until(lambda: "closing all clients" in self.server.log(), "SIGTERM to be heard")
        self.assertIn(await self.status(), (503, None))


def der_of(file):
    return ssl.PEM_cert_to_DER_cert(pathlib.Path(file).read_text())


class Certificates(Transport):
    """SIGHUP: certificates are read again; whatever is wrong with them, clients stay."""

    def setUp(self):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="lws-chat-test-cert-"))
        self.addCleanup(shutil.rmtree, self.folder, ignore_errors=True)
        self.cert, self.key = self.folder / "cert.pem", self.folder / "key.pem"
        self.install("localhost")

    def install(self, cert, key=None):
        self.install_pair(certificate(cert)[0], certificate(key or cert)[1])

    def install_pair(self, cert, key):
        shutil.copy(cert, self.cert)
        shutil.copy(key, self.key)

    async def start(self, *others, **kwargs):
        made = vhost(tls=True)
        made["host-ssl-cert"], made["host-ssl-key"] = str(self.cert), str(self.key)
        self.serve(made, *others, **kwargs)
        self.client = await self.join()

    def served(self):
        """The certificate that a new connection sees."""
        with socket.create_connection(("127.0.0.1", self.server.port)) as plain:
            with insecure_tls().wrap_socket(plain) as tls:
                return tls.getpeercert(True)

    @staticmethod
    def der(name):
        return der_of(certificate(name)[0])

    async def reload(self, *words, times=1):
        self.server.signal(signal.SIGHUP)
        await self.server.until(lambda: sum(all(w in line for w in words) for line in self.server.log().splitlines()) >= times,
                                f"a log line with {words}")

    async def talks(self, client):
        await client.send("still here")
        self.assertEqual(await receive(client), "still here")

    async def test_a_new_certificate_is_used_for_new_connections_and_clients_stay(self):
        await self.start()
        self.assertEqual(self.served(), self.der("localhost"))
        self.install("renewed")
        await self.reload("SIGHUP", "in use for new connections")
        self.assertEqual(self.served(), self.der("renewed"))
        await self.talks(self.client)
        newcomer = await self.join()
        await self.talks(newcomer)
        self.assertEqual(await receive(self.client), "still here")

    async def test_it_can_be_done_again_and_again(self):
        await self.start()
        for i, name in enumerate(("renewed", "localhost", "renewed"), 1):
            self.install(name)
            await self.reload("SIGHUP", "in use for new connections", times=i)
            self.assertEqual(self.served(), self.der(name))
        await self.talks(self.client)

    async def test_a_pair_with_a_key_of_another_type_takes_the_place_of_the_old_one(self):
        await self.start()
        for i, pair in enumerate((certificate("renewed", "rsa"), certificate("renewed"), certificate("renewed", "rsa")), 1):
            self.install_pair(*pair)
            await self.reload("SIGHUP", "in use for new connections", times=i)
            self.assertEqual(self.served(), der_of(pair[0]))
        await self.talks(self.client)
        await self.talks(await self.join())

    async def refused(self, file, *words):
        await self.reload("SIGHUP", str(file), "the certificate in use stays", *words)
        self.assertEqual(self.served(), self.der("localhost"))
        await self.talks(self.client)
        await self.talks(await self.join())

    async def test_a_broken_certificate_is_refused_and_the_old_one_stays(self):
        await self.start()
        self.cert.write_text("-----BEGIN CERTIFICATE-----\nnonsense\n-----END CERTIFICATE-----\n")
        await self.refused(self.cert)

    async def test_an_empty_certificate_file_is_refused_and_the_old_one_stays(self):
        await self.start()
        self.cert.write_text("")
        await self.refused(self.cert)

    async def test_a_missing_key_is_refused_and_the_old_one_stays(self):
        await self.start()
        self.key.unlink()
        await self.refused(self.key)

    async def test_a_key_of_another_certificate_is_refused_and_the_old_one_stays(self):
        await self.start()
        self.install("renewed", key="localhost")
        await self.refused(self.key, "does not belong")

    async def test_an_expired_certificate_is_refused_in_one_line_and_the_old_one_stays(self):
        await self.start()
        self.install_pair(*dated_certificate("20200101", "20200131"))
        await self.refused(self.cert, "expired on 2020-01-31", "renew it")
        self.assertEqual(self.server.log().count(str(self.cert)), 1, self.server.log())

    async def test_one_that_is_not_yet_valid_is_taken_with_a_warning(self):
        await self.start()
        pair = dated_certificate("20990101", "20990131")
        self.install_pair(*pair)
        await self.reload("warning: ", str(self.cert), "not valid before 2099-01-01")
        await self.server.until(lambda: "in use for new connections" in self.server.log(), "the certificate to be in use")
        self.assertEqual(self.served(), der_of(pair[0]))
        await self.talks(self.client)

    async def test_after_a_refusal_a_good_pair_is_taken(self):
        await self.start()
        self.install("renewed", key="localhost")
        await self.refused(self.key)
        self.install("renewed")
        await self.reload("SIGHUP", "in use for new connections")
        self.assertEqual(self.served(), self.der("renewed"))

    def expiries(self):
        """The moments that /metrics tells, by vhost and port."""
        with urllib.request.urlopen(self.server.http_of(1, "/metrics")) as answer:
            said = numbers(answer.read().decode())
        name = "lws_chat_certificate_expiry_timestamp_seconds"
        return {sample[len(name):]: moment for sample, moment in said.items() if sample.startswith(name)}

    async def test_metrics_tell_when_the_certificates_in_use_expire_those_of_vhosts_without_chat_too(self):
        self.install_pair(*dated_certificate("20200101", "20991231"))
        silent = vhost("silent", tls=True)
        del silent["ws-protocols"], silent["mounts"]
        silent["host-ssl-cert"], silent["host-ssl-key"] = dated_certificate("20200101", "20881231")
        await self.start(vhost("plain", metrics=1), silent)
        first, other = (f'{{vhost="{v["name"]}",port="{v["port"]}"}}' for v in (self.server.vhosts[0], silent))
        midnight = {year: calendar.timegm((year, 12, 31, 0, 0, 0)) for year in (2077, 2088, 2099)}
        self.assertEqual(self.expiries(), {first: midnight[2099], other: midnight[2088]})
        self.install_pair(*dated_certificate("20200101", "20771231"))
        await self.reload("SIGHUP", str(self.cert), "in use for new connections")
        self.assertEqual(self.expiries(), {first: midnight[2077], other: midnight[2088]})
        self.install_pair(*dated_certificate("20200101", "20200131"))
        await self.reload("SIGHUP", str(self.cert), "the certificate in use stays")
        self.assertEqual(self.expiries(), {first: midnight[2077], other: midnight[2088]})

    @unittest.skipIf(os.geteuid() != 0, "only root can give up its privileges")
    async def test_a_key_that_only_root_can_read_serves_and_privileges_are_dropped(self):
        self.key.chmod(0o600)
        await self.start(server={"user": ("nobody", "nogroup")})
        status = pathlib.Path(f"/proc/{self.server.pids()}/status").read_text()
        for field in ("Uid", "Gid"):
            ids = re.search(rf"^{field}:\s+(.+)$", status, re.MULTILINE)[1].split()
            self.assertEqual(ids, ["65534"] * 4, field)
        await self.talks(self.client)

    @unittest.skipIf(os.geteuid() != 0, "only root can give up its privileges")
    async def test_a_new_key_that_it_may_no_longer_read_is_refused_and_the_old_one_stays(self):
        self.folder.chmod(0o755)
        self.key.chmod(0o600)
        await self.start(server={"user": ("nobody", "nogroup")})
        self.install("renewed")
        await self.refused(self.key, "permission denied")

    async def test_sighup_without_tls_is_harmless(self):
        self.serve()
        client = await self.join()
        await self.reload("SIGHUP", "no certificates")
        await self.talks(client)


def has_ipv6():
    try:
        with socket.create_server(("::1", 0), family=socket.AF_INET6):
            return True
    except OSError:
        return False


class Surroundings(Transport):
    """Systems that lack something which the server can do without."""

    async def talk(self, server):
        self.serve(vhost(interface="127.0.0.1"), self.everywhere(), server=server)
        for i in range(2):
            client = await self.enterAsyncContext(connect(self.server.url_of(i)))
            await client.send("hello")
            self.assertEqual(await receive(client), "hello")

    @staticmethod
    def everywhere():
        """A vhost that names no interface."""
        made = vhost("everywhere")
        del made["interface"], made["noipv6"]
        return made

    async def test_without_ipv6_it_serves_over_ipv4_and_says_so(self):
        await self.talk({"within": [ROOT / "tests/support/without-ipv6"]})
        self.assertIn("this system has no IPv6", self.server.log())

    @unittest.skipUnless(has_ipv6(), "this machine has no IPv6")
    async def test_with_ipv6_a_vhost_without_interface_has_it(self):
        self.serve(self.everywhere())
        client = await self.enterAsyncContext(connect(self.server.url.replace("127.0.0.1", "[::1]")))
        await client.send("hello")
        self.assertEqual(await receive(client), "hello")

    @unittest.skipIf(subprocess.run(["unshare", "--mount", "true"], stderr=subprocess.DEVNULL).returncode != 0,
                     "only root can take away the right to write, where mount namespaces are allowed")
    async def test_it_writes_neither_in_etc_nor_in_its_configuration(self):
        server = Server(vhost(), self.everywhere())
        server.within = [ROOT / "tests/support/read-only", server.folder]
        self.server = self.enterContext(server)
        for i in range(2):
            client = await self.enterAsyncContext(connect(self.server.url_of(i)))
            await client.send("hello")
            self.assertEqual(await receive(client), "hello")
        self.server.signal(signal.SIGHUP)
        await self.server.until(lambda: "SIGHUP" in self.server.log(), "the reload")


class Starting(unittest.TestCase):
    """What keeps it from starting, and how it says so."""

    def run_host(self, *vhosts, arguments=(), plugins=None, within=()):
        """Runs lws-chatd to its end: its exit code and all that it said."""
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

    def test_a_port_in_use_ends_it_with_1_naming_vhost_and_port(self):
        with socket.socket() as taken:
            taken.bind(("127.0.0.1", 0))
            taken.listen()
            port = taken.getsockname()[1]
            code, said = self.run_host(vhost("free"), vhost("taken", port=port))
        self.assertEqual(code, 1, said)
        line = [line for line in said.splitlines() if str(port) in line and "in use" in line]
        self.assertEqual(len(line), 1, said)
        self.assertIn("vhost taken", line[0])

    def test_vhosts_that_contradict_each_other_on_their_hub_end_it_with_78_naming_both(self):
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
            code, said = self.run_host(vhost(port=taken.getsockname()[1]), arguments=["--check"])
        self.assertEqual(code, 0, said)
        self.assertIn("nothing wrong", said)

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
        self.assertIn(f"vhost sixth: cannot listen on ::1 port {made['port']}: Address family not supported", said)

    def test_an_unusable_certificate_or_key_ends_it_with_78_in_one_line_that_names_file_and_remedy(self):
        folder = pathlib.Path(self.enterContext(tempfile.TemporaryDirectory(prefix="lws-chat-test-")))
        none, garbage = folder / "none.pem", folder / "garbage.pem"
        garbage.write_text("nothing that is PEM")
        cert, key = certificate()
        other = certificate("other")[1]
        for pair, file, words in (((none, key), none, "missing, create it or correct the path"),
                                  ((cert, none), none, "missing, create it or correct the path"),
                                  ((garbage, key), garbage, "no PEM certificate in it"),
                                  ((cert, garbage), garbage, "no PEM private key in it"),
                                  ((cert, other), other, f"does not belong to the certificate in {cert}")):
            with self.subTest(words, file=file):
                made = vhost(tls=True)
                made["host-ssl-cert"], made["host-ssl-key"] = map(str, pair)
                code, said = self.run_host(made)
                self.assertEqual(code, EX_CONFIG, said)
                line, = [line for line in said.splitlines() if str(file) in line]
                self.assertRegex(line, rf"^conf\.d/00:\d+:\d+: error: {re.escape(f'{file}: {words}')}")

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

    def test_a_configuration_that_is_not_there_ends_it_with_78(self):
        folder = tempfile.mkdtemp(prefix="lws-chat-test-")
        self.addCleanup(shutil.rmtree, folder, ignore_errors=True)
        code, said = self.run_with("-c", f"{folder}/none", "-p", str(hosts.BUILD / "plugins"))
        self.assertEqual(code, EX_CONFIG, said)
        self.assertIn(f"{folder}/none", said)

    def test_a_plugin_directory_that_is_not_there_ends_it_with_78_naming_it(self):
        code, said = self.run_host(plugins="/nonexistent/plugins")
        self.assertEqual(code, EX_CONFIG, said)
        self.assertIn("/nonexistent/plugins", said)

    def test_a_plugin_directory_without_the_plugin_ends_it_with_78_naming_it(self):
        with tempfile.TemporaryDirectory(prefix="lws-chat-test-") as empty:
            code, said = self.run_host(plugins=empty)
        self.assertEqual(code, EX_CONFIG, said)
        self.assertIn(empty, said)
        self.assertRegex(said, "lws.chat")

    def test_version_says_both_versions(self):
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
