"""The plugin without lws-chatd: in lwsws, as README.md and the manual page say, in a system of its own.

No distribution has lwsws: packaging/test brings what tests/support/build-lwsws made.
"""
import pathlib
import re
import sys

from clients import talks
from documents import SOURCE, manual, readme
from machine import page, run, started
from report import report

README = readme("In lwsws")
MANUAL = manual("libprotocol_lws_chat.7")
LWSWS = SOURCE / README.command("build/lwsws/bin/lwsws")
CONFIG = pathlib.Path("/etc/lwsws")


def the_plugin_and_the_page_install_without_lws_chatd():
    """the plugin and the page install without lws-chatd"""
    README.do("apt install")
    installed = run("dpkg-query", "-W", "-f", "${Package}\n").split()
    assert "lws-chatd" not in installed
    libraries = run("ldd", LWSWS)
    if "not found" in libraries:  # what lwsws itself needs is not the plugin's business
        run("apt-get", "install", "-y", "libuv1")
    libraries = run("ldd", LWSWS)
    assert "not found" not in libraries
    assert "libwebsockets" not in libraries, "lwsws has its own libwebsockets in it"


def the_example_is_all_that_lwsws_needs():
    README.do("cp ")
    [address] = README.addresses
    with started(str(LWSWS), address):
        html = page(address)
        scripts = re.findall(r'<script[^>]* src="([^"]+)"', html)
        assert "<title>" in html and scripts, html[:300]
        for script in scripts:
            assert page(address + script), f"{address}{script} is not empty"
        talks("ws://localhost:7681/chat/")


def two_lines_put_it_into_a_configuration_that_is_there():
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


def nothing_that_the_readme_says_was_left_out():
    # This one packaging/test did, where the network is.
    assert README.left == ["tests/support/build-lwsws build/lwsws"], README.left


sys.exit(report("drop-in tests", [
    the_plugin_and_the_page_install_without_lws_chatd,
    the_example_is_all_that_lwsws_needs,
    two_lines_put_it_into_a_configuration_that_is_there,
    the_manual_page_says_the_same,
    nothing_that_the_readme_says_was_left_out,
]))
