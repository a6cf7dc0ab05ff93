"""lws-chatd --check finds nothing wrong with the shipped configurations, nor with the pieces of configuration in the README and
the manual pages. Paths are replaced by paths of this machine."""
import grp
import json
import os
import pathlib
import pwd
import re
import shutil
import subprocess
import sys
import tempfile
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
from support.back_end import key_file  # noqa: E402
from support.configs import read, without_comments  # noqa: E402
from support.server import BUILD, PATIENCE, ROOT, certificate  # noqa: E402

CONF = ROOT / "conf"
# The key of RFC 8037, appendix A.2.
KEY_SET = '{"keys":[{"kty":"OKP","crv":"Ed25519","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}]}'
DOCUMENTS = [ROOT / "README.md", *sorted((ROOT / "packaging/man").iterdir())]


class Checked(unittest.TestCase):
    maxDiff = None

    def setUp(self):
        self.folder = pathlib.Path(self.enterContext(tempfile.TemporaryDirectory(prefix="lws-chat-test-")))
        # The documents also name another plugin: the clock, which is built for the tests.
        plugins = self.folder / "plugins"
        plugins.mkdir()
        for name in "plugins/libprotocol_lws_chat.so", "test-plugins/libprotocol_lws_chat_clock.so":
            shutil.copy(BUILD / name, plugins)
        cert, key = certificate()
        keys = key_file(self)
        files = {"token-secret": "a secret of the test, 32 bytes..", "token-previous-secret": "the secret before it, 32 bytes..",
                 "hook-headers": "Authorization: Bearer of the test", "jwks.json": KEY_SET,
                 "redis-password": "a password of the test"}
        for name, text in files.items():
            (self.folder / name).write_text(text)
            (self.folder / name).chmod(0o600)
        user, group = pwd.getpwuid(os.geteuid()).pw_name, grp.getgrgid(os.getegid()).gr_name
        self.here = {
            "/etc/ssl/certs/ssl-cert-snakeoil.pem": cert, "/etc/ssl/private/ssl-cert-snakeoil.key": key,
            "/etc/lws-chatd/tls/cert.pem": cert, "/etc/lws-chatd/tls/key.pem": key,
            **{f"{etc}/{name}": self.folder / name for etc in ("/etc/lws-chatd", "/etc/lwsws") for name in files},
            **{f"{etc}/{name}": cert for etc in ("/etc/lws-chatd", "/etc/lwsws") for name in ("token-keys.pem", "hook-ca.pem", "redis-ca.pem")},
            "/etc/lws-chatd/api-keys": keys, "/etc/lwsws/api-keys": keys,
            "/usr/share/lws-chat/mount": BUILD / "mount",
            "/var/lib/lws-chatd/acme/.well-known/acme-challenge": self.folder,
            "/var/lib/lws-chatd/": f"{self.folder}/", "/var/lib/lwsws/": f"{self.folder}/",
            "/usr/lib/lws-chatd/plugins": plugins, "/path/to/build/release/plugins": plugins,
            '"username": "lws-chat"': f'"username": "{user}"', '"groupname": "lws-chat"': f'"groupname": "{group}"',
        }

    def on_this_machine(self, text):
        for there, here in self.here.items():
            text = text.replace(there, str(here))
        return text

    def check(self, files):
        """The output of --check for a folder with these files (texts by name). Empty: nothing is wrong.

        It may note that a vhost serves only this machine, or warn that a vhost is open,
        or that vhosts of one hub do not confirm users alike.
        """
        folder = self.folder / "config"
        shutil.rmtree(folder, ignore_errors=True)
        (folder / "conf.d").mkdir(parents=True)
        for name, text in files.items():
            (folder / name).write_text(self.on_this_machine(text))
        done = subprocess.run([BUILD / "bin/lws-chatd", "--check", "-c", folder, "-p", self.folder / "plugins"],
                              stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                              timeout=PATIENCE)
        self.open = re.findall(r': warning: vhost "([^"]+)" lets strangers publish: .*\n', done.stdout)
        self.only_here = re.findall(r': note: vhost "([^"]+)" has no access rule, so it serves clients of this machine only; .*\n', done.stdout)
        warnings = len(self.open) + len(re.findall(r": warning: vhosts .* share the hub .*\n", done.stdout))
        wrong = f"no errors, {warnings} warnings?" if warnings else "nothing wrong"
        fine = done.returncode == 0 and re.fullmatch(
            rf"(.*: (warning: vhost .* lets strangers publish|warning: vhosts .* share the hub|note: vhost .* has no access rule).*\n)*"
            rf"{folder}: {wrong}, \d+ vhosts?\n(  .*\n)*", done.stdout)
        return "" if fine else f"exit code {done.returncode}: {done.stdout}"


class Shipped(Checked):
    OTHERS = {"README.md", "certbot/deploy-hook", "examples/back-end.py", "haproxy/lws-chat", "nginx/lws-chat", "nginx/lws-chat-nodes"}  # other tests run them

    def sets(self):
        """Sets of files that belong together, by their names below conf/."""
        ours = ["lws-chatd/conf", "lws-chatd/conf.d/10-http", "lws-chatd/conf.d/20-https", "lws-chatd/conf.d/30-status"]
        examples = ["examples/behind-proxy", "examples/port-80", "examples/public"]
        # port-80 only redirects, so it makes no sense alone.
        alone = (name for name in examples if not name.endswith("port-80"))
        return [ours, ["lwsws/conf", "lwsws/conf.d/lws-chat"], *(["lws-chatd/conf", name] for name in alone), ours + examples,
                ["lws-chatd/conf", "examples/node"]]

    def texts(self, names):
        """The files' texts, by their names in a configuration directory."""
        def place(name):
            return "conf" if name.endswith("/conf") else "conf.d/" + name.rsplit("/", 1)[1]
        return {place(name): (CONF / name).read_text() for name in names}

    def test_every_shipped_file_is_in_a_set(self):
        there = {str(path.relative_to(CONF)) for path in CONF.rglob("*") if path.is_file()}
        self.assertEqual(there, {name for names in self.sets() for name in names} | self.OTHERS)

    def test_check_accepts_every_set(self):
        for names in self.sets():
            with self.subTest(names):
                self.assertEqual(self.check(self.texts(names)), "")
                # As shipped, no vhost lets strangers in. The check names those that strangers could reach.
                reached = {"https", "chat.example.org", "behind-proxy", "node"}
                served = {vhost["name"] for name in names for vhost in read(CONF / name).get("vhosts", [])}
                self.assertEqual((self.open, set(self.only_here)), ([], reached & served))

    def chosen(self, text, mark):
        """The text with choices switched on. A choice begins with '# , ' at the end of a list, with '# "' inside one."""
        return re.sub(rf'(?m)^( *)# {mark}(?=, "|"[a-z0-9-]+": ")', r"\1", text)

    def test_check_accepts_the_choices_in_comments(self):
        for names in self.sets():
            with self.subTest(names):
                self.assertEqual(self.check({name: self.chosen(text, "") for name, text in self.texts(names).items()}), "")
                self.assertEqual(self.open, [], "the first choice lets no strangers in")

    def test_check_accepts_the_alternatives_in_comments(self):
        for names in self.sets():
            with self.subTest(names):
                self.assertEqual(self.check({name: self.chosen(text, "or ") for name, text in self.texts(names).items()}), "")

    def test_the_lists_of_all_options_have_every_option(self):
        printed = subprocess.run([BUILD / "bin/lws-chatd", "--options"], check=True, capture_output=True, text=True).stdout
        options = re.findall(r"(?m)^\.It Cm (\S+)", printed)
        for name in "lws-chatd/conf.d/10-http", "lwsws/conf.d/lws-chat":
            text = (CONF / name).read_text()
            self.assertEqual([option for option in options if f'"{option}": "' not in text], [], name)


class Documented(Checked):
    """Pieces of configuration: blocks, and "NAME": "VALUE" within a line."""

    def blocks(self, document):
        text = document.read_text()
        if document.suffix == ".md":
            return [block for language, block in re.findall(r"(?ms)^```(\w*)\n(.*?)^```$", text) if not language]
        return [block.replace(r"\e", "\\") for block in re.findall(r"(?ms)^\.Bd -literal.*?\n(.*?)^\.Ed$", text)]

    def pieces(self, document):
        """The pieces of a document, as JSON without the outer braces."""
        text = document.read_text()
        for block in self.blocks(document):
            if re.match(r'\{\s*"(global|vhosts)"', block):
                yield block.strip()[1:-1]
            elif block.startswith('"'):
                yield from (piece.strip().rstrip(",") for piece in re.split(r"(?m)^\.\.\.$", block))
        inline = re.findall(r"`([^`\n]+)`", text) if document.suffix == ".md" else \
            [line.replace(r"\(dq", '"') for line in re.findall(r"(?m)^\.Li (.*?)(?: [.,;:])?$", text)]
        yield from (span for span in inline if re.fullmatch(r'"[\w/-]+": ("[^"]*"|\{.*\})', span))

    def homes(self, piece):
        """Configurations with the piece in each place where it may belong."""
        fields = json.loads("{" + without_comments(piece) + "}")

        def config(top=None, global_=None, vhost=None, chat=None, protocols=None):
            protocols = {"lws-chat": {"status": "ok", **(chat or {})}, **(protocols or {})}
            made = {"global": {"init-ssl": "yes", "default-alpn": "http/1.1", **(global_ or {})},
                    "vhosts": [{"name": "localhost", "port": "8000", "ws-protocols": [protocols], **(vhost or {})}]}
            return json.dumps({**made, **(top or {})}, indent=1, ensure_ascii=False)
        return [config(**{place: fields}) for place in ("top", "global_", "vhost", "chat", "protocols")]

    def test_check_accepts_each_piece_in_its_place(self):
        for document in DOCUMENTS:
            found = list(self.pieces(document))
            self.assertTrue(found, f"{document.name} has some")
            for piece in found:
                with self.subTest(document.name, piece=piece):
                    said = [self.check({"conf": text}) for text in self.homes(piece)]
                    self.assertIn("", said, "\n".join(said))


if __name__ == "__main__":
    unittest.main()
