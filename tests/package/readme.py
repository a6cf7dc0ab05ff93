"""What README.md tells people to do, as it stands there, so that the checks do that and nothing else."""
import pathlib
import re

from machine import run

SOURCE = pathlib.Path("/source")  # what people have checked out, as far as it is here
# What stands in the running text and begins so is a command, not a name.
IN_TEXT = re.compile(r"`((?:apt|certbot|journalctl|lws-chatd|runuser|systemctl) [^`]+)`")


class Section:
    def __init__(self, title):
        text = (SOURCE / "README.md").read_text()
        found = re.search(rf"^## {re.escape(title)}\n(.*?)^##+ ", text, re.M | re.S)
        assert found, f"README.md has a section '{title}'"
        self.text = found[1]
        fenced = re.findall(r"^```sh\n(.*?)^```\n", self.text, re.M | re.S)
        self.commands = dict.fromkeys("".join(fenced).splitlines() + IN_TEXT.findall(self.text))
        self.left = list(self.commands)  # what no check has done yet

    def command(self, start):
        """The one command that is this, or starts so."""
        found = [start] if start in self.commands else [c for c in self.commands if c.startswith(start)]
        assert len(found) == 1, f"README.md has one command '{start} ...': {found}"
        self.left = [command for command in self.left if command != found[0]]
        return found[0]

    def do(self, start):
        """Runs the one command that starts so, where the source is, and says yes when asked: what it printed."""
        return run("bash", "-c", self.command(start), cwd=SOURCE, input="y\n")

    def line(self, start):
        """The one line of a configuration that starts so, without a comma at its end."""
        blocks = re.findall(r"^```\n(.*?)^```\n", self.text, re.M | re.S)
        found = [line for line in "".join(blocks).splitlines() if line.startswith(start)]
        assert len(found) == 1, f"README.md has one line '{start} ...': {found}"
        return found[0].rstrip(",")

    def addresses(self):
        """The addresses of the machine itself that it names."""
        return list(dict.fromkeys(re.findall(r"`(https?://localhost[^`]*)`", self.text)))


INSTALL = Section("Install it")  # the checks that follow it are in several files, and none of it may be left out
