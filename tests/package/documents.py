"""Commands and configuration lines of README.md and the manual pages, for checks that use exactly these."""
import pathlib
import re

from machine import run

SOURCE = pathlib.Path("/source")  # parts of the source tree
# Quoted text in a sentence that begins like this is a command, not a name.
COMMAND = r"(?:apt|certbot|journalctl|lws-chatd|runuser|systemctl) "


class Text:
    """Commands, configuration lines and addresses of one text. `left` has the commands that no check has used yet."""

    def __init__(self, name, commands, lines, addresses):
        self.name = name
        self.commands = list(dict.fromkeys(commands))
        self.lines = lines
        self.addresses = list(dict.fromkeys(addresses))  # addresses on localhost
        self.left = list(self.commands)

    def command(self, start):
        """The only command that is this text, or begins with it."""
        found = [start] if start in self.commands else [c for c in self.commands if c.startswith(start)]
        assert len(found) == 1, f"{self.name} has one command '{start} ...': {found}"
        self.left = [command for command in self.left if command != found[0]]
        return found[0]

    def do(self, start):
        """Runs the only command that begins with this, in the source folder, and answers questions with yes. Returns its output."""
        return run("bash", "-c", self.command(start), cwd=SOURCE, input="y\n")

    def line(self, start):
        """The only configuration line that begins with this, without a comma at its end."""
        found = [line for line in self.lines if line.startswith(start)]
        assert len(found) == 1, f"{self.name} has one line '{start} ...': {found}"
        return found[0].rstrip(",")


def readme(first):
    """The commands of README.md's "Install it" from this one up to the next empty line. A comment after one has addresses."""
    text = (SOURCE / "README.md").read_text()
    found = re.search(rf"^## Install it\n.*?^({re.escape(first)} .*?)\n(?:```)?\n", text, re.M | re.S)
    assert found, f"README.md's 'Install it' has the command '{first}'"
    return Text(f"README.md, '{first}',", [re.sub(" +# .*", "", line) for line in found[1].splitlines()], [],
                re.findall(r"https?://localhost\S*", found[1]))


def manual(page):
    """A manual page in mdoc(7): its blocks of commands and configuration, and its quoted commands and values."""
    text = (SOURCE / "packaging/man" / page).read_text()
    blocks = re.findall(r"^\.Bd -literal -offset indent\n(.*?)^\.Ed$", text, re.M | re.S)
    # A line that ends with a backslash (\e in mdoc(7)) continues on the next one.
    lines = re.sub(r"\\e\n *", "", "".join(blocks)).splitlines()
    inline = re.findall(rf"^\.Ql ({COMMAND}.*?)(?: [.,;:])?$", text, re.M)
    values = [value.replace(r"\(dq", '"') for value in re.findall(r"^\.Li (.*?)(?: [.,;:])?$", text, re.M)]
    return Text(page, [line for line in lines if not line.startswith('"')] + inline,
                [line for line in lines + values if line.startswith('"')],
                re.findall(r"^\.Lk (http://localhost\S*)", text, re.M))


# The checks for these two are in several files. Together they must use every command.
INSTALL = readme("packaging/build-deb")
MANUAL = manual("lws-chatd.8")
