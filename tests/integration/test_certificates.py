"""At SIGHUP, lws-chatd loads its certificates again."""
import calendar
import os
import pathlib
import re
import shutil
import signal
import socket
import ssl
import sys
import tempfile
import unittest
import urllib.request

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
from support.back_end import numbers  # noqa: E402
from support.server import certificate, dated_certificate, insecure_tls, receive, vhost  # noqa: E402
from support.transports import Transport  # noqa: E402


def der_of(file):
    return ssl.PEM_cert_to_DER_cert(pathlib.Path(file).read_text())


class Certificates(Transport):
    """SIGHUP loads certificates again. Clients stay, even if a certificate cannot be used."""

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

    async def test_certificates_can_be_reloaded_many_times(self):
        await self.start()
        for i, name in enumerate(("renewed", "localhost", "renewed"), 1):
            self.install(name)
            await self.reload("SIGHUP", "in use for new connections", times=i)
            self.assertEqual(self.served(), self.der(name))
        await self.talks(self.client)

    async def test_a_certificate_with_another_type_of_key_replaces_the_old_one(self):
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

    async def test_a_certificate_that_is_not_yet_valid_is_used_with_a_warning(self):
        await self.start()
        pair = dated_certificate("20990101", "20990131")
        self.install_pair(*pair)
        await self.reload("warning: ", str(self.cert), "not valid before 2099-01-01")
        await self.server.until(lambda: "in use for new connections" in self.server.log(), "the certificate to be in use")
        self.assertEqual(self.served(), der_of(pair[0]))
        await self.talks(self.client)

    async def test_a_good_certificate_is_used_after_a_refused_one(self):
        await self.start()
        self.install("renewed", key="localhost")
        await self.refused(self.key)
        self.install("renewed")
        await self.reload("SIGHUP", "in use for new connections")
        self.assertEqual(self.served(), self.der("renewed"))

    def expiries(self):
        """Expiry times in /metrics, by vhost and port."""
        with urllib.request.urlopen(self.server.http_of(1, "/metrics")) as answer:
            said = numbers(answer.read().decode())
        name = "lws_chat_certificate_expiry_timestamp_seconds"
        return {sample[len(name):]: moment for sample, moment in said.items() if sample.startswith(name)}

    async def test_metrics_have_the_expiry_of_each_certificate_also_for_vhosts_without_chat(self):
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
    async def test_a_key_for_root_only_is_loaded_before_privileges_are_dropped(self):
        self.key.chmod(0o600)
        await self.start(server={"user": ("nobody", "nogroup")})
        status = pathlib.Path(f"/proc/{self.server.pids()}/status").read_text()
        for field in ("Uid", "Gid"):
            ids = re.search(rf"^{field}:\s+(.+)$", status, re.MULTILINE)[1].split()
            self.assertEqual(ids, ["65534"] * 4, field)
        await self.talks(self.client)

    @unittest.skipIf(os.geteuid() != 0, "only root can give up its privileges")
    async def test_a_new_key_that_the_user_may_not_read_is_refused_and_the_old_one_stays(self):
        self.folder.chmod(0o755)
        self.key.chmod(0o600)
        await self.start(server={"user": ("nobody", "nogroup")})
        self.install("renewed")
        await self.refused(self.key, "permission denied")

    async def test_sighup_names_changed_configuration_files_that_need_a_restart(self):
        await self.start()
        await self.reload("is in use for new connections")
        self.assertNotIn("restart", self.server.log())
        folder = self.server.folder
        (folder / "conf").write_text((folder / "conf").read_text() + "\n")
        (folder / "conf.d/01").write_text("{}")
        await self.reload(f"{folder}/conf.d/01 has changed since the start; restart lws-chatd to apply it")
        waiting = re.findall(r"SIGHUP: (\S+) has changed", self.server.log())
        self.assertEqual(waiting, [f"{folder}/conf", f"{folder}/conf.d/01"])
        (folder / "conf.d/00").unlink()
        await self.reload(f"{folder}/conf.d/00 has changed")

    async def test_a_sighup_during_the_start_reloads_after_it(self):
        # A blocked signal stays pending across exec().
        await self.start(server={"within": [sys.executable, "-c", """if True:
            import os, signal, sys
            signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGHUP])
            os.kill(os.getpid(), signal.SIGHUP)
            os.execv(sys.argv[1], sys.argv[1:])"""]})
        await self.server.until(lambda: "is in use for new connections" in self.server.log(), "the reload")
        await self.talks(self.client)

    async def test_sighup_without_tls_is_harmless(self):
        self.serve()
        client = await self.join()
        await self.reload("SIGHUP", "no certificates")
        await self.talks(client)


if __name__ == "__main__":
    unittest.main()
