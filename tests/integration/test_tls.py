"""TLS defaults of lws-chatd, and of the shipped configuration for lwsws: outdated versions and ciphers are refused, even if the
system's OpenSSL accepts them, unless the configuration allows them."""
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
EVERYTHING = "ALL:@SECLEVEL=0"  # all ciphers of OpenSSL, even weak ones
NO_TLSV1_AND_NO_TLSV1_1 = (1 << 26) + (1 << 28)  # OpenSSL's SSL_OP_NO_...


def shipped():
    """The TLS settings of a vhost in the shipped configuration."""
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
        """The (version, cipher) that the server chooses with a client that offers only these, or None."""
        context = insecure_tls()
        context.set_ciphers(ciphers)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", DeprecationWarning)  # old versions are deprecated, but the test needs them
            context.minimum_version = context.maximum_version = version
        try:
            with socket.create_connection(("127.0.0.1", self.server.port), PATIENCE) as plain:
                with context.wrap_socket(plain) as tls:
                    return tls.version(), tls.cipher()[0]
        except (ssl.SSLError, ConnectionError):
            return None

    def ciphers(self):
        """All TLS 1.2 ciphers that the server accepts."""
        known = subprocess.run(["openssl", "ciphers", "-tls1_2", EVERYTHING], check=True, capture_output=True, text=True)
        names = [name for name in known.stdout.strip().split(":") if not name.startswith("TLS_")]
        self.assertGreater(len(names), 50, "OpenSSL has many that are not to be taken")
        return {name for name in names if self.agreed(ssl.TLSVersion.TLSv1_2, f"{name}:@SECLEVEL=0")}

    def test_tls_1_2_and_1_3_are_accepted(self):
        self.serve()
        self.assertEqual(self.agreed(ssl.TLSVersion.TLSv1_2)[0], "TLSv1.2")
        self.assertEqual(self.agreed(ssl.TLSVersion.TLSv1_3)[0], "TLSv1.3")

    def test_older_versions_are_refused_even_if_the_ciphers_allow_them(self):
        self.serve(ciphers=EVERYTHING)
        for version in OLD_VERSIONS:
            self.assertIsNone(self.agreed(version), version)

    def test_older_versions_are_accepted_if_the_configuration_clears_the_openssl_options(self):
        self.serve(ciphers=EVERYTHING, ssl_option_clear=str(NO_TLSV1_AND_NO_TLSV1_1))
        self.assertEqual([self.agreed(version)[0] for version in OLD_VERSIONS], ["TLSv1", "TLSv1.1"])

    def test_ciphers_have_forward_secrecy_and_authenticated_encryption(self):
        for key_type in "rsa", "ec":
            with self.subTest(key_type):
                self.serve(key_type=key_type)
                name = {"rsa": "RSA", "ec": "ECDSA"}[key_type]
                self.assertEqual(self.ciphers(), {f"ECDHE-{name}-AES128-GCM-SHA256", f"ECDHE-{name}-AES256-GCM-SHA384",
                                                  f"ECDHE-{name}-CHACHA20-POLY1305"})

    def test_ciphers_of_the_configuration_replace_the_defaults(self):
        self.serve(ciphers="ECDHE-ECDSA-AES256-SHA384")
        self.assertEqual(self.ciphers(), {"ECDHE-ECDSA-AES256-SHA384"})

    @unittest.skipIf(HOST != "lws-chatd", "lwsws takes a new certificate for the next start")
    def test_reloading_a_certificate_keeps_versions_and_ciphers(self):
        self.serve(ciphers=EVERYTHING)
        self.server.signal(signal.SIGHUP)
        self.server.wait(lambda: "in use for new connections" in self.server.log(), "the certificate to be read again")
        self.assertIsNone(self.agreed(ssl.TLSVersion.TLSv1_1))

    def test_each_vhost_has_its_own_tls_settings(self):
        self.serve(self.vhost("modern"), self.vhost("own", ciphers="ECDHE-ECDSA-AES256-SHA384"))
        self.assertIsNone(self.agreed(ssl.TLSVersion.TLSv1_2, "ECDHE-ECDSA-AES256-SHA384"))
        self.server.vhosts.reverse()
        self.assertEqual(self.agreed(ssl.TLSVersion.TLSv1_2)[1], "ECDHE-ECDSA-AES256-SHA384")


if __name__ == "__main__":
    unittest.main()
