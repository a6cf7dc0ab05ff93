"""The RPM packages in a clean Debian system. rpm does not know Debian's packages, so dependencies are not checked."""
import grp
import os
import pathlib
import re
import sys

from certificates import TLS
from clients import talks
from machine import EXAMPLES, HTTPS, apt, page, replace, run, started
from report import report

RPMS = sorted(pathlib.Path("/rpms").glob("*/*.rpm"))
OURS = ["libwebsockets-protocol-lws-chat", "lws-chat-common", "lws-chat-dev", "lws-chatd"]


def rpm(*arguments):
    return run("rpm", "--force-debian", "--nodeps", *arguments)


def the_rpms_install():
    # Install the dependencies by Debian's names.
    apt("install", "rpm", *os.environ["NEEDED"].split())
    rpm("--install", *RPMS)
    assert sorted(run("rpm", "--query", "--all", "--queryformat", "%{NAME}\n").split()) == OURS


def the_server_has_its_own_certificate_and_key():
    for path in TLS / "key.pem", TLS / "cert.pem":
        status = path.stat()
        assert (status.st_mode & 0o777, status.st_uid, status.st_gid) == (0o640, 0, grp.getgrnam("lws-chat").gr_gid), path
    assert "snakeoil" not in HTTPS.read_text(), "the pair of Debian's ssl-cert is not named"
    run("lws-chatd", "--check")


def the_examples_are_where_the_manual_pages_say():
    for page_of in "lws-chatd(8)", "libprotocol_lws_chat(7)":
        name, section = page_of[:-1].split("(")
        text = run("zcat", "-f", *pathlib.Path(f"/usr/share/man/man{section}").glob(f"{name}.{section}*"))
        named = re.findall(r"/usr/share/doc/\S+/examples\S*", text)
        assert named and all(pathlib.Path(path).exists() for path in named), named
    for name in "behind-proxy", "certbot-deploy-hook", "haproxy-lws-chat", "nginx-lws-chat", "nginx-lws-chat-nodes", "node", "port-80", "public":
        assert (EXAMPLES / name).is_file(), name


def it_serves_the_page_and_chat_as_its_user():
    # systemd does this for the service: StateDirectory=.
    run("install", "-d", "-o", "lws-chat", "-g", "lws-chat", "-m", "750", "/var/lib/lws-chatd")
    command = "setpriv --reuid=lws-chat --regid=lws-chat --clear-groups --no-new-privs lws-chatd"
    with started(command, "https://localhost:8443/web/"):
        for url in "https://localhost:8443/web/", "http://localhost:8000/web/":
            assert "<title>" in page(url), url
            assert page(url + "config.json") == "{}\n", url
        for url in "wss://localhost:8443/chat/", "ws://localhost:8000/chat/":
            talks(url)


def an_edited_file_survives_reinstalling_and_erasing():
    replace(HTTPS, '"port": "8443"', '"port": "8444"')
    mine = HTTPS.read_text()
    rpm("--upgrade", "--replacepkgs", *RPMS)
    assert HTTPS.read_text() == mine
    assert sorted(path.name for path in HTTPS.parent.iterdir()) == ["10-http", "20-https", "30-status"]
    rpm("--erase", *OURS)
    assert HTTPS.with_name("20-https.rpmsave").read_text() == mine
    left = run("find", "/usr", "-name", "*lws-chat*").splitlines()
    assert not left, left


sys.exit(report("rpm tests", [
    the_rpms_install,
    the_server_has_its_own_certificate_and_key,
    the_examples_are_where_the_manual_pages_say,
    it_serves_the_page_and_chat_as_its_user,
    an_edited_file_survives_reinstalling_and_erasing,
]))
