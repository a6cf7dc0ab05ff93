"""The plugin in lwsws, without lws-chatd, as README.md and the manual page describe it. Runs in a clean system.

No distribution has lwsws, so packaging/test provides the one from tests/support/build-lwsws.
"""
import pathlib
import re
import sys

from clients import talks
from documents import SOURCE, manual, readme
from machine import page, run, started
from report import report

README = readme("tests/support/build-lwsws build/lwsws")
MANUAL = manual("libprotocol_lws_chat.7")
LWSWS = SOURCE / README.command("build/lwsws/bin/lwsws")
CONFIG = pathlib.Path("/etc/lwsws")


def the_plugin_and_the_page_install_without_lws_chatd():
    """the plugin and the page install without lws-chatd"""
    README.do("apt install")
    installed = run("dpkg-query", "-W", "-f", "${Package}\n").split()
    assert "lws-chatd" not in installed
    libraries = run("ldd", LWSWS)
    if "not found" in libraries:  # lwsws has needs of its own, apart from the plugin
        run("apt-get", "install", "-y", "libuv1")
    libraries = run("ldd", LWSWS)
    assert "not found" not in libraries
    assert "libwebsockets" not in libraries, "lwsws has its own libwebsockets in it"


def lwsws_needs_only_the_example():
    README.do("cp ")
    [address] = README.addresses
    with started(str(LWSWS), address):
        html = page(address)
        scripts = re.findall(r'<script[^>]* src="([^"]+)"', html)
        assert "<title>" in html and scripts, html[:300]
        for script in scripts:
            assert page(address + script), f"{address}{script} is not empty"
        talks("ws://localhost:7681/chat/")


def two_lines_add_it_to_an_existing_configuration():
    folder, protocol = MANUAL.line('"global"'), MANUAL.line('"ws-protocols"')
    (CONFIG / "conf").write_text("{" + folder + "}\n")
    for path in (CONFIG / "conf.d").iterdir():
        path.unlink()
    (CONFIG / "conf.d/mine").write_text(
        '{"vhosts": [{"name": "mine", "port": "8080",'
        '"mounts": [{"mountpoint": "/", "origin": "file:///usr/share/doc", "default": "none"}],' + protocol + "}]}\n")
    with started(str(LWSWS), "http://localhost:8080/"):
        talks("ws://localhost:8080/chat/")


def the_manual_page_says_the_same():
    assert MANUAL.command("cp -r") == README.command("cp ")
    assert MANUAL.addresses == README.addresses


def every_command_of_the_readme_was_checked():
    # packaging/test has run this command, with a network.
    assert README.left == ["tests/support/build-lwsws build/lwsws"], README.left


sys.exit(report("drop-in tests", [
    the_plugin_and_the_page_install_without_lws_chatd,
    lwsws_needs_only_the_example,
    two_lines_add_it_to_an_existing_configuration,
    the_manual_page_says_the_same,
    every_command_of_the_readme_was_checked,
]))
