"""Errors in the administrator's files. One log line names each, and the service does not restart in a loop."""
import pathlib
import socket
import time

import acme
from certificates import TLS, expired, lineage, put
from clients import talks
from documents import MANUAL
from machine import (EXAMPLES, HTTPS, UNIT, active, as_they_were, attempt, replace, restart, run, said, service, state,
                     until)

EX_CONFIG = "78"
CURL_COULDNT_CONNECT = 7


def refused(*parts):
    """Asserts that the service does not start, logs one line with all these parts, and stays down."""
    since = time.time()
    assert not restart(), "the service does not start"
    lines = [line for line in said(since) if all(part in line for part in parts)]
    assert len(lines) == 1, f"one line has {parts}: {said(since)}"
    assert state() == ("failed", "failed"), f"it stays down: {state()}"
    assert service("ExecMainStatus") == EX_CONFIG, f"exit code: {service('ExecMainStatus')}"
    assert service("NRestarts") == "0", f"nobody tried again: {service('NRestarts')}"


def a_missing_certificate_keeps_it_down_with_one_line():
    with as_they_were(TLS / "cert.pem"):
        (TLS / "cert.pem").unlink()
        refused("20-https", str(TLS / "cert.pem"), "missing, create it or correct the path")
        for command in "journalctl -u lws-chatd", "journalctl -u lws-chatd -p warning":
            assert "missing, create it or correct the path" in MANUAL.do(command)


def a_missing_key_keeps_it_down_with_one_line():
    with as_they_were(HTTPS):
        replace(HTTPS, f'"{TLS}/key.pem"', f'"{TLS}/no-key.pem"')
        refused("20-https", str(TLS / "no-key.pem"), "missing, create it or correct the path")


def an_unreadable_key_keeps_it_down_with_one_line():
    key = TLS / "key.pem"
    key.chmod(0o600)
    try:
        refused("20-https", str(key), "permission denied, let the user of the service read it")
    finally:
        key.chmod(0o640)
    assert restart()


def a_wrong_key_keeps_it_down_with_one_line():
    with as_they_were(TLS / "key.pem"):
        (TLS / "key.pem").write_bytes((lineage("other") / "privkey.pem").read_bytes())
        refused("20-https", str(TLS / "key.pem"), f"does not belong to the certificate in {TLS / 'cert.pem'}")


def an_expired_certificate_keeps_it_down_with_one_line():
    with as_they_were(TLS / "cert.pem", TLS / "key.pem"):
        put(expired())
        refused("20-https", str(TLS / "cert.pem"), "expired on 2020-01-31", "renew it")


def the_documented_steps_repair_an_expired_certificate():
    challenges = HTTPS.with_name("port-80")
    with as_they_were(HTTPS, challenges, TLS / "cert.pem", TLS / "key.pem"):
        challenges.write_text((EXAMPLES / "port-80").read_text())
        put(pathlib.Path("/tmp/expired"))
        assert not restart(), "the service does not start"
        # 'certbot renew' would nearly always fail, but not if the authority still trusts its last verification.
        answer = attempt("curl", "--silent", "http://chat.example.org/")
        assert answer.returncode == CURL_COULDNT_CONNECT, f"nobody answers the authority: exit code {answer.returncode}"
        for command in ("mv /etc/lws-chatd/conf.d/20-https", "systemctl restart lws-chatd", "certbot renew",
                        "mv /etc/lws-chatd/20-https", "systemctl restart lws-chatd"):
            MANUAL.do(command)
        assert acme.is_served()


def the_hook_starts_a_server_that_an_expired_certificate_stopped():
    put(pathlib.Path("/tmp/expired"))
    assert not restart(), "the service does not start"
    acme.deploy()
    until(active, "the service to be active")
    assert acme.is_served()


def a_username_in_the_configuration_keeps_it_down_with_one_line():
    conf = pathlib.Path("/etc/lws-chatd/conf")
    with as_they_were(conf):
        replace(conf, '"global": {', '"global": { "username": "lws-chat",')
        refused("conf", '"username"', "needs a server that root starts", "User=")


def a_port_in_use_is_named_and_the_service_starts_when_it_is_free():
    run("systemctl", "stop", UNIT)
    since = time.time()
    with socket.create_server(("127.0.0.1", 8000)):
        assert not restart(), "the service does not start"
        # A set, because the next attempts say the same.
        [line] = {line for line in said(since) if "port 8000 (Address already in use): stop the program that uses it" in line}
        assert "/etc/lws-chatd/conf.d/10-http:" in line and "vhost http" in line, line
        until(lambda: state() == ("activating", "auto-restart") and service("ExecMainStatus") == "1", "the pause after an attempt")
        # The restarts have a pause between them, and a limit.
        limits = [service(name) for name in ("RestartUSec", "StartLimitIntervalUSec", "StartLimitBurst")]
        assert limits == ["3s", "1min", "10"], limits
    until(active, "the service to come back")
    MANUAL.do("systemctl reset-failed")
    talks("ws://localhost:8000/chat/")


def a_plugin_of_another_libwebsockets_keeps_it_down_with_one_line():
    plugin = pathlib.Path("/usr/lib/lws-chatd/plugins/libprotocol_lws_chat.so")
    with as_they_were(plugin):
        # Make a new file, because the mapped one must not change.
        plugin.unlink()
        plugin.write_bytes(pathlib.Path("/foreign", plugin.name).read_bytes())
        refused(plugin.name, str(plugin.parent), "built for another libwebsockets", "install the package built for this release")


CHECKS = [
    a_missing_certificate_keeps_it_down_with_one_line,
    a_missing_key_keeps_it_down_with_one_line,
    an_unreadable_key_keeps_it_down_with_one_line,
    a_wrong_key_keeps_it_down_with_one_line,
    an_expired_certificate_keeps_it_down_with_one_line,
    the_documented_steps_repair_an_expired_certificate,
    the_hook_starts_a_server_that_an_expired_certificate_stopped,
    a_username_in_the_configuration_keeps_it_down_with_one_line,
    a_port_in_use_is_named_and_the_service_starts_when_it_is_free,
    a_plugin_of_another_libwebsockets_keeps_it_down_with_one_line,
]
