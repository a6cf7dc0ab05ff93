"""What README.md and the manual pages tell people to do, as it stands there, so that the checks do that and nothing else."""
import pathlib
import re

from machine import run

SOURCE = pathlib.Path("/source")  # what people have checked out, as far as it is here
# What stands in the running text and begins so is a command, not a name.
COMMAND = r"(?:apt|certbot|journalctl|lws-chatd|runuser|systemctl) "


class Text:
    """Commands, lines of configurations and addresses of one text; `left` is what no check has done yet."""

    def __init__(self, name, commands, lines, addresses):
        self.name = name
        self.commands = list(dict.fromkeys(commands))
        self.lines = lines
        self.addresses = list(dict.fromkeys(addresses))  # of the machine itself
        self.left = list(self.commands)

    def command(self, start):
        """The one command that is this, or starts so."""
        found = [start] if start in self.commands else [c for c in self.commands if c.startswith(start)]
        assert len(found) == 1, f"{self.name} has one command '{start} ...': {found}"
        self.left = [command for command in self.left if command != found[0]]
        return found[0]

    def do(self, start):
        """Runs the one command that starts so, where the source is, and says yes when asked: what it printed."""
        return run("bash", "-c", self.command(start), cwd=SOURCE, input="y\n")

    def line(self, start):
        """The one line of a configuration that starts so, without a comma at its end."""
        found = [line for line in self.lines if line.startswith(start)]
        assert len(found) == 1, f"{self.name} has one line '{start} ...': {found}"
        return found[0].rstrip(",")


def readme(title):
    """A section of README.md, up to the next one below or beside it."""
    text = (SOURCE / "README.md").read_text()
    found = re.search(rf"^##+ {re.escape(title)}\n(.*?)^##+ ", text, re.M | re.S)
    assert found, f"README.md has a section '{title}'"
    shell = "".join(re.findall(r"^```sh\n(.*?)^```\n", found[1], re.M | re.S))
    return Text(f"README.md, '{title}',", shell.splitlines() + re.findall(rf"`({COMMAND}[^`]+)`", found[1]), [],
                re.findall(r"`(https?://localhost[^`]*)`", found[1]))


def manual(page):
    """A manual page, in mdoc(7): blocks of commands or of a configuration, and what is quoted within a line."""
    text = (SOURCE / "packaging/man" / page).read_text()
    blocks = re.findall(r"^\.Bd -literal -offset indent\n(.*?)^\.Ed$", text, re.M | re.S)
    # A backslash at the end of a line, which is \e in mdoc(7), goes on in the next one.
    lines = re.sub(r"\\e\n *", "", "".join(blocks)).splitlines()
    inline = re.findall(rf"^\.Ql ({COMMAND}.*?)(?: [.,;:])?$", text, re.M)
    values = [value.replace(r"\(dq", '"') for value in re.findall(r"^\.Li (.*?)(?: [.,;:])?$", text, re.M)]
    return Text(page, [line for line in lines if not line.startswith('"')] + inline,
                [line for line in lines + values if line.startswith('"')],
                re.findall(r"^\.Lk (http://localhost\S*)", text, re.M))


# The checks that follow these are in several files, and nothing of them may be left out.
INSTALL = readme("Install it")
MANUAL = manual("lws-chatd.8")
