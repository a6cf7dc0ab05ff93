"""lws-chatd --token and --check-token, with tokens that others issued: Python's hmac, and openssl."""
import base64
import hashlib
import hmac
import json
import pathlib
import subprocess
import sys
import tempfile
import time
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
from support.server import BUILD  # noqa: E402

SECRET = "a secret of the test, 32 bytes.."


def encoded(data):
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def signed_part(header, claims):
    return ".".join(encoded(json.dumps(part).encode()) for part in (header, claims))


def hmac_token(claims, secret=SECRET):
    text = signed_part({"alg": "HS256", "typ": "JWT"}, claims)
    return text + "." + encoded(hmac.new(secret.encode(), text.encode(), hashlib.sha256).digest())


def openssl(*arguments, data=b""):
    return subprocess.run(["openssl", *arguments], input=data, check=True, capture_output=True).stdout


def claims_of(token):
    payload = token.split(".")[1]
    return json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))


class Commands(unittest.TestCase):
    def setUp(self):
        self.folder = pathlib.Path(self.enterContext(tempfile.TemporaryDirectory(prefix="lws-chat-token-")))
        self.secret = self.write("secret", SECRET + "\n")

    def write(self, name, content, mode=0o600):
        path = self.folder / name
        path.write_text(content)
        path.chmod(mode)
        return path

    def configure(self, **vhosts):
        """Writes a configuration with a vhost for each name, with these options of lws-chat."""
        (self.folder / "conf").write_text(json.dumps({"vhosts": [
            {"name": name, "port": str(8000 + i), "ws-protocols": [{"lws-chat": {"status": "ok", **options}}]}
            for i, (name, options) in enumerate(vhosts.items())]}))

    def secret_option(self):
        return {"token-secret-file": str(self.secret)}

    def run_command(self, *arguments, stdin=""):
        return subprocess.run([BUILD / "bin/lws-chatd", "-c", self.folder, "-p", BUILD / "plugins", *arguments],
                              input=stdin, capture_output=True, text=True)

    def issue(self, *arguments):
        done = self.run_command(*arguments)
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        return done.stdout.strip()

    def refused(self, *arguments, code=1):
        done = self.run_command(*arguments)
        self.assertEqual((done.returncode, done.stdout), (code, ""))
        return done.stderr

    def check(self, token, *arguments):
        """The first line, and the exit code."""
        done = self.run_command("--check-token", "-", *arguments, stdin=token + "\n")
        self.assertEqual(done.stderr, "")
        return done.stdout.splitlines()[0], done.returncode

    def assert_valid(self, token, kind="connection"):
        self.assertEqual(self.check(token), (f"valid: vhost a accepts it for a {kind}", 0))


class Issuing(Commands):
    def test_a_token_is_signed_as_python_signs_it(self):
        self.configure(a={**self.secret_option(), "token-audience": "chat", "token-issuer": "shop"})
        before = int(time.time())
        token = self.issue("--token", "Zoë \"42\"")
        text, signature = token.rsplit(".", 1)
        self.assertEqual(signature, encoded(hmac.new(SECRET.encode(), text.encode(), hashlib.sha256).digest()))
        claims = claims_of(token)
        self.assertEqual((claims["sub"], claims["aud"], claims["iss"]), ("Zoë \"42\"", "chat", "shop"))
        self.assertNotIn("channel", claims)
        self.assertTrue(before <= claims["iat"] <= time.time())
        self.assertEqual(claims["exp"], claims["iat"] + 3600)
        self.assertNotEqual(claims["jti"], claims_of(self.issue("--token", "42"))["jti"])
        self.assert_valid(token)

    def test_a_channel_makes_it_a_token_of_a_subscription(self):
        self.configure(a=self.secret_option())
        token = self.issue("--token", "42", "--channel", "$room", "--ttl", "30d")
        claims = claims_of(token)
        self.assertEqual((claims["channel"], claims["exp"] - claims["iat"]), ("$room", 30 * 86400))
        self.assert_valid(token, "subscription")

    def test_an_empty_user_is_anonymous(self):
        self.configure(a=self.secret_option())
        token = self.issue("--token", "", "--ttl", "90s")
        self.assertEqual(claims_of(token)["sub"], "")
        self.assert_valid(token)

    def test_the_vhost_is_the_one_with_keys_or_the_one_that_is_named(self):
        other = self.write("other", "another secret, 32 bytes as well")
        self.configure(a={}, b=self.secret_option(), c=self.secret_option())
        self.issue("--token", "42")
        self.configure(a={}, b=self.secret_option(), c={"token-secret-file": str(other)})
        self.assertIn("several vhosts have keys for tokens (b, c): choose one with --vhost", self.refused("--token", "42"))
        token = self.issue("--token", "42", "--vhost", "c")
        self.assertEqual(self.check(token, "--vhost", "b"), ("invalid: its signature is wrong", 1))
        self.assertEqual(self.check(token, "--vhost", "c"), ("valid: vhost c accepts it for a connection", 0))
        self.assertIn("no key for tokens is set in a, expected for example token-secret-file",
                      self.refused("--token", "42", "--vhost", "a"))
        self.assertIn('has no vhost "d"', self.refused("--token", "42", "--vhost", "d"))

    def test_without_a_usable_secret_it_says_why(self):
        public = self.write("public", openssl("pkey", "-pubout", data=openssl("genpkey", "-algorithm", "ED25519")).decode())
        self.configure(a={"token-public-key-file": str(public)})
        self.assertIn("token-public-key-file only checks tokens", self.refused("--token", "42"))
        self.configure(a={**self.secret_option(), "token-jwks-url": "https://issuer.example/"})
        self.assertIn("takes the place of token-secret-file here", self.refused("--token", "42"))
        self.configure(a=self.secret_option())
        self.secret.chmod(0o644)
        for command in (["--token", "42"], ["--check-token", hmac_token({})]):
            self.assertIn(f"chmod o-rwx {self.secret}", self.refused(*command))
        self.secret.chmod(0o600)
        self.secret.write_text("short")
        self.assertIn("is a secret of 5 bytes, expected at least 32", self.refused("--token", "42"))
        (self.folder / "conf").write_text("{")
        self.assertIn("it has errors, which lws-chatd --check prints", self.refused("--token", "42"))

    def test_wrong_arguments_are_refused(self):
        self.configure(a=self.secret_option())
        for arguments in (["--ttl", "5"], ["--ttl", "0s"], ["--ttl", "1.5h"], ["--ttl", "-1h"], ["--ttl", "3651d"],
                          ["--ttl", "h"], ["--ttl", ""], ["--channel", "a/b"], ["--channel", ""], ["--check"],
                          ["--check-token", "x"]):
            self.refused("--token", "42", *arguments, code=2)
        self.refused("--token", b"\xff", code=2)
        for arguments in (["--channel", "a"], ["--ttl", "1h"], ["--vhost", "a"], ["--check", "--vhost", "a"]):
            self.refused(*arguments, code=2)


class Checking(Commands):
    def setUp(self):
        super().setUp()
        self.configure(a=self.secret_option())

    def test_every_claim_is_told_in_words(self):
        now = int(time.time())
        token = hmac_token({"sub": "42", "exp": now + 7300, "nbf": now - 200000, "expire_at": 0, "aud": ["a", "b"],
                            "info": {"name": "Zoë"}, "channels": ["x"], "custom": 1})
        done = self.run_command("--check-token", token)
        self.assertEqual(done.returncode, 0)
        lines = [line.split(None, 3) for line in done.stdout.splitlines()]
        told = "\n".join(" ".join(line) for line in lines)
        for line in ("signed with (alg) \"HS256\"", "user (sub) \"42\"", "access ends (expire_at) never",
                     'audience (aud) ["a", "b"]', 'rooms (channels) ["x"]', 'without meaning "custom"'):
            self.assertIn(line, told)
        self.assertRegex(told, r"valid until \(exp\) \d{4}-\d\d-\d\d \d\d:\d\d:\d\d UTC, in 2 hours")
        self.assertRegex(told, r"valid from \(nbf\) \d{4}-\d\d-\d\d \d\d:\d\d:\d\d UTC, 2 days ago")

    def test_an_invalid_token_is_told_with_the_reason(self):
        now = int(time.time())
        for token, said in (
                (hmac_token({"exp": now - 5}), "expired: it expired (exp)"),
                (hmac_token({"nbf": now + 500}), "expired: it is not valid yet (nbf)"),
                (hmac_token({}, "another secret, 32 bytes as well"), "invalid: its signature is wrong"),
                (hmac_token({"exp": "tomorrow"}), "invalid: its exp is not a number of seconds since 1970"),
                (signed_part({"alg": "none"}, {"sub": "42"}) + ".", "invalid: it is not signed: its alg is none"),
                ("", "invalid: it has 1 parts between dots, expected 3"),
                ("x" * 20000, "invalid: it has 20000 bytes, at most 16384 are accepted")):
            self.assertEqual(self.check(token), (said, 1))

    def test_a_forged_token_is_told_as_such_and_cannot_steer_the_terminal(self):
        token = hmac_token({"sub": "\x1b[2J\u009b2J\u202e"}, "another secret, 32 bytes as well")
        done = self.run_command("--check-token", token)
        self.assertIn("It says, and perhaps it lies:", done.stdout)
        self.assertIn("user (sub)", done.stdout)
        for character in "\x1b\u009b\u202e":
            self.assertNotIn(character, done.stdout)
        token = hmac_token({"info": {"\u202e": "\u009b"}})
        told = self.run_command("--check-token", token).stdout
        self.assertNotIn("\u009b", told)

    def test_tokens_that_openssl_signed_are_valid(self):
        claims = {"sub": "42", "exp": int(time.time()) + 60}
        for algorithm, make, sign in (
                ("RS256", ["-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:2048"], ["-sha256"]),
                ("PS384", ["-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:2048"],
                 ["-sha384", "-sigopt", "rsa_padding_mode:pss", "-sigopt", "rsa_pss_saltlen:digest"])):
            key = self.write("key", openssl("genpkey", *make).decode())
            public = self.write("public", openssl("pkey", "-pubout", "-in", str(key)).decode(), 0o644)
            self.configure(a={"token-public-key-file": str(public)})
            text = signed_part({"alg": algorithm}, claims)
            token = text + "." + encoded(openssl("dgst", *sign, "-sign", str(key), data=text.encode()))
            self.assert_valid(token)
            self.assertEqual(self.check(hmac_token(claims, public.read_text()))[1], 1)

    def test_without_the_url_it_does_not_pretend_to_know(self):
        self.configure(a={"token-jwks-url": "https://issuer.example/jwks"})
        done = self.run_command("--check-token", hmac_token({"sub": "42"}))
        self.assertEqual(done.returncode, 1)
        self.assertIn("unknown: token-jwks-url has not been fetched yet", done.stdout)
        self.assertIn("This command does not fetch token-jwks-url", done.stdout)


if __name__ == "__main__":
    unittest.main()
