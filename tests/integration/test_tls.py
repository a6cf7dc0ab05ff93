"""TLS as lws-chatd sets it, and as the shipped configuration for lwsws does: what is old is refused, whatever the system's
OpenSSL takes, unless the configuration says so."""
import json
import pathlib
import re
import signal
import socket
import ssl
import subprocess
import sys
import unittest
import warnings

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
from support.server import HOST, PATIENCE, ROOT, Server, certificate, insecure_tls, vhost  # noqa: E402

OLD_VERSIONS = ssl.TLSVersion.TLSv1, ssl.TLSVersion.TLSv1_1
EVERYTHING = "ALL:@SECLEVEL=0"  # all that OpenSSL has, however weak
NO_TLSV1_AND_NO_TLSV1_1 = (1 << 26) + (1 << 28)  # OpenSSL's SSL_OP_NO_...


def shipped():
    """What a vhost says of TLS in the shipped configuration."""
    if HOST == "lws-chatd":
        return {}
    lines = (ROOT / "conf/lwsws/conf.d/lws-chat").read_text().splitlines()
    lines = [re.sub(r"^ *# *", "", line).rstrip(",") for line in lines]
    return {name: value for line in lines if re.match(r'"(alpn|ssl-option-set|ciphers)"', line)
            for name, value in json.loads("{" + line + "}").items()}


class Tls(unittest.TestCase):
    def vhost(self, name="localhost", key_type="ec", **settings):
        made = vhost(name, tls=True)
        made["host-ssl-cert"], made["host-ssl-key"] = certificate(key_type=key_type)
        return {**made, **shipped(), **{name.replace("_", "-"): value for name, value in settings.items()}}

    def serve(self, *vhosts, **settings):
        self.server = self.enterContext(Server(*(vhosts or [self.vhost(**settings)])))

    def agreed(self, version, ciphers=EVERYTHING):
        """What a client that takes this version and these ciphers agrees on with the server: (version, cipher), or None."""
        context = insecure_tls()
        context.set_ciphers(ciphers)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", DeprecationWarning)  # of old versions: that is what this is about
            context.minimum_version = context.maximum_version = version
        try:
            with socket.create_connection(("127.0.0.1", self.server.port), PATIENCE) as plain:
                with context.wrap_socket(plain) as tls:
                    return tls.version(), tls.cipher()[0]
        except (ssl.SSLError, ConnectionError):
            return None

    def ciphers(self):
        """All ciphers of TLS 1.2 that the server takes."""
        known = subprocess.run(["openssl", "ciphers", "-tls1_2", EVERYTHING], check=True, capture_output=True, text=True)
        names = [name for name in known.stdout.strip().split(":") if not name.startswith("TLS_")]
        self.assertGreater(len(names), 50, "OpenSSL has many that are not to be taken")
        return {name for name in names if self.agreed(ssl.TLSVersion.TLSv1_2, f"{name}:@SECLEVEL=0")}

    def test_tls_1_2_and_1_3_are_taken(self):
        self.serve()
        self.assertEqual(self.agreed(ssl.TLSVersion.TLSv1_2)[0], "TLSv1.2")
        self.assertEqual(self.agreed(ssl.TLSVersion.TLSv1_3)[0], "TLSv1.3")

    def test_older_versions_are_refused_though_the_ciphers_would_allow_them(self):
        self.serve(ciphers=EVERYTHING)
        for version in OLD_VERSIONS:
            self.assertIsNone(self.agreed(version), version)

    def test_they_are_taken_where_the_configuration_clears_openssl_s_options_against_them(self):
        self.serve(ciphers=EVERYTHING, ssl_option_clear=str(NO_TLSV1_AND_NO_TLSV1_1))
        self.assertEqual([self.agreed(version)[0] for version in OLD_VERSIONS], ["TLSv1", "TLSv1.1"])

    def test_ciphers_have_forward_secrecy_and_authenticate_what_they_encrypt(self):
        for key_type in "rsa", "ec":
            with self.subTest(key_type):
                self.serve(key_type=key_type)
                name = {"rsa": "RSA", "ec": "ECDSA"}[key_type]
                self.assertEqual(self.ciphers(), {f"ECDHE-{name}-AES128-GCM-SHA256", f"ECDHE-{name}-AES256-GCM-SHA384",
                                                  f"ECDHE-{name}-CHACHA20-POLY1305"})

    def test_ciphers_of_the_configuration_are_taken_instead(self):
        self.serve(ciphers="ECDHE-ECDSA-AES256-SHA384")
        self.assertEqual(self.ciphers(), {"ECDHE-ECDSA-AES256-SHA384"})

    @unittest.skipIf(HOST != "lws-chatd", "lwsws takes a new certificate for the next start")
    def test_a_certificate_that_is_read_again_changes_nothing_of_that(self):
        self.serve(ciphers=EVERYTHING)
        self.server.signal(signal.SIGHUP)
        self.server.wait(lambda: "in use for new connections" in self.server.log(), "the certificate to be read again")
        self.assertIsNone(self.agreed(ssl.TLSVersion.TLSv1_1))

    def test_each_of_several_vhosts_has_what_it_says(self):
        self.serve(self.vhost("modern"), self.vhost("own", ciphers="ECDHE-ECDSA-AES256-SHA384"))
        self.assertIsNone(self.agreed(ssl.TLSVersion.TLSv1_2, "ECDHE-ECDSA-AES256-SHA384"))
        self.server.vhosts.reverse()
        self.assertEqual(self.agreed(ssl.TLSVersion.TLSv1_2)[1], "ECDHE-ECDSA-AES256-SHA384")


if __name__ == "__main__":
    unittest.main()
