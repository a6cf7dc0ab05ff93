"""Checks of the Debian packages, in a system that packaging/test boots for them.

The checks run in order, from installing to purging; each needs the state that the one before has left. They run the commands
of README.md's "Install it" and of lws-chatd(8) as written there.
"""
import asyncio
import contextlib
import grp
import json
import os
import pathlib
import pwd
import re
import socket
import ssl
import sys
import time
import warnings

import acme
import broken
import nodes
import storage
import tokens
from certificates import TLS, lineage, put, served_certificate
from clients import connect, echo, talks
from documents import INSTALL, MANUAL
from machine import (EXAMPLES, HTTPS, PATIENCE, UNIT, Skipped, active, any_certificate, apt, as_they_were, attempt, drop_in,
                     http_status, page, replace, restart, run, said, service, until)
from report import report

OURS = ["libwebsockets-protocol-lws-chat", "lws-chat-common", "lws-chat-dev", "lws-chatd"]
CAP_NET_BIND_SERVICE, CAP_SYS_RESOURCE = 1 << 10, 1 << 24
before = set()  # the files of the system without the packages


def files():
    """All files of the system, except in folders that other programs write to all the time."""
    passing = re.compile(r"/(proc|sys|dev|run|tmp|var/(tmp|log|cache|lib/(apt|dpkg|systemd)))(/|$)")
    found = set()
    for folder, folders, names in os.walk("/"):
        folders[:] = [n for n in folders if not passing.match(os.path.join(folder, n))]
        found |= {os.path.join(folder, n) for n in folders + names}
    return found


# ---- installing

def the_packages_install_with_the_readmes_command():
    before.update(files())
    INSTALL.do("apt install")


def the_service_is_active_without_any_edit():
    until(active, "the service to be active")
    assert service("NRestarts") == "0"
    assert run("systemctl", "is-enabled", UNIT).strip() == "enabled"


def the_unit_has_no_mistakes_and_little_exposure():
    """the unit has no errors, and its exposure is at most 1.7"""
    said_of_it = run("systemd-analyze", "verify", "--man=no", UNIT)
    assert not said_of_it.strip(), said_of_it
    run("systemd-analyze", "security", "--no-pager", "--threshold=17", UNIT)


def status_of(process):
    return dict(line.split(":\t", 1) for line in
                pathlib.Path("/proc", process, "status").read_text().splitlines() if ":\t" in line)


def the_process_has_its_own_user_and_one_capability():
    status = status_of(service("MainPID"))
    assert status["Uid"].split() == [str(pwd.getpwnam("lws-chat").pw_uid)] * 4, status["Uid"]
    for which in "CapEff", "CapBnd", "CapPrm":
        assert int(status[which], 16) == CAP_NET_BIND_SERVICE, f"{which}: {status[which]}"
    assert status["NoNewPrivs"] == "1"


def it_may_open_131072_files():
    assert service("LimitNOFILE") == "131072", service("LimitNOFILE")
    limits = pathlib.Path("/proc", service("MainPID"), "limits").read_text()
    _soft, hard = re.search(r"Max open files +(\d+) +(\d+)", limits).groups()
    of_systemd = re.search(r"Max open files +(\d+) +(\d+)", pathlib.Path("/proc/1/limits").read_text())[2]
    if int(of_systemd) < 131072 and not int(status_of("1")["CapEff"], 16) & CAP_SYS_RESOURCE:
        raise Skipped(f"this machine allows {of_systemd} (ulimit -Hn), and has no CAP_SYS_RESOURCE for a container to raise it")
    assert int(hard) == 131072, limits


def the_page_answers_over_https_and_http():
    addresses = INSTALL.addresses
    assert len(addresses) == 2, addresses
    for url in *addresses, "https://[::1]:8443/web/":
        html = page(url)
        assert "<title>" in html, html[:300]
        for script in re.findall(r'<script[^>]* src="([^"]+)"', html):
            assert page(url + script), f"{url}{script} is not empty"
        assert page(url + "config.json") == "{}\n", "the page's settings are /etc/lws-chat/page.json"


def websockets_talk_over_tls_and_plain():
    for url in "wss://localhost:8443/chat/", "ws://localhost:8000/chat/":
        talks(url)


def old_tls_is_refused():
    """TLS is 1.2 at least"""
    warnings.simplefilter("ignore", DeprecationWarning)  # old versions are deprecated, but the check needs them

    def version(highest):
        context = any_certificate()
        context.minimum_version = ssl.TLSVersion.MINIMUM_SUPPORTED
        context.maximum_version = highest
        context.set_ciphers("ALL:@SECLEVEL=0")
        with socket.create_connection(("localhost", 8443), PATIENCE) as plain, context.wrap_socket(plain) as tls:
            return tls.version()
    assert version(ssl.TLSVersion.TLSv1_3) == "TLSv1.3"
    assert version(ssl.TLSVersion.TLSv1_2) == "TLSv1.2"
    try:
        old = version(ssl.TLSVersion.TLSv1_1)
    except (ssl.SSLError, ConnectionError):
        return
    raise AssertionError(f"the server took {old}")


def an_unprivileged_user_cannot_read_the_key():
    put(lineage("first"))
    for path in "/etc/ssl/private/ssl-cert-snakeoil.key", TLS / "key.pem":
        run("test", "-f", path)
        assert attempt("setpriv", "--reuid=nobody", "--regid=nogroup", "--clear-groups", "cat", path).returncode != 0, path
        assert attempt("setpriv", "--reuid=nobody", "--regid=nogroup", "--clear-groups", "test", "-r", path).returncode, path
    assert attempt("setpriv", "--reuid=nobody", "--regid=nogroup", "--clear-groups", "ls", TLS).returncode, TLS


# ---- running

def documented_certificate():
    """Changes the two lines as lws-chatd(8) says."""
    for key in '"host-ssl-cert"', '"host-ssl-key"':
        [shipped] = re.findall(rf"{key}: .*(?=,\n)", HTTPS.read_text())
        replace(HTTPS, shipped, MANUAL.line(key))


@contextlib.contextmanager
def port_80_answers_challenges():
    with as_they_were(HTTPS.with_name("port-80")):
        MANUAL.do("cp /usr/share/doc/lws-chatd/examples/port-80")
        MANUAL.do("systemctl restart lws-chatd")
        until(active, "the service to be active")
        yield


@contextlib.contextmanager
def installing_what_others_made():
    there = files()
    yield
    before.update(files() - there)


def certbot_gets_a_certificate_and_two_changed_lines_use_it():
    with installing_what_others_made():
        acme.install()
    with port_80_answers_challenges():
        MANUAL.do("install ")
        MANUAL.do("certbot certonly")
        documented_certificate()
        MANUAL.do("systemctl restart lws-chatd")
        until(active, "the service to be active")
        assert acme.is_served()
        assert "<title>" in acme.page("https://chat.example.org:8443/")


def with_port_443_the_address_has_no_number():
    with as_they_were(HTTPS):
        replace(HTTPS, '"port": "8443"', MANUAL.line('"port": "443"'))
        MANUAL.do("systemctl reload lws-chatd && ")
        until(active, "the service to be active")
        assert "<title>" in acme.page("https://chat.example.org/")


def it_is_opened_and_named_as_the_manual_page_says():
    stream = "https://chat.example.org:8443/sse/lobby"
    assert http_status(stream) == "421"
    with as_they_were(HTTPS):
        last = '"typing/presence": "0"'
        replace(HTTPS, last, ",\n".join((last, MANUAL.line('"open"'), MANUAL.line('"allowed-hosts"'))))
        assert 'vhost "https" lets strangers publish' in run("sh", "-c", "lws-chatd --check 2>&1")
        assert restart()
        assert http_status(stream) == "200"
        talks("wss://chat.example.org:8443/chat/")


def the_examples_open_the_ports_443_and_80_and_one_for_a_proxy():
    folder = HTTPS.parent
    names = "public", "port-80", "behind-proxy"
    with as_they_were(*(folder / name for name in names)):
        for name in names:
            (folder / name).write_text((EXAMPLES / name).read_text())
        run("lws-chatd", "--check")
        since = time.time()
        assert restart(), said(since)
        talks("wss://localhost/chat/")
        # A proxy that does not name its client, and one that does.
        for client, status in ((), "403"), (("-H", "X-Forwarded-For: 127.0.0.1"), "200"):
            assert http_status("http://127.0.0.1:8001/sse/lobby", *client) == status, client
        assert "location: https://chat.example.org/" in run("curl", "-si", "http://localhost/web/")
        assert "strict-transport-security: max-age=31536000" in run("curl", "-ski", "https://localhost/web/")


def nginx_with_its_example_serves_the_certificate_and_forwards():
    with installing_what_others_made():
        apt("install", "nginx")
    behind = HTTPS.with_name("behind-proxy")
    site, link = (pathlib.Path("/etc/nginx", folder, "lws-chat") for folder in ("sites-available", "sites-enabled"))
    with as_they_were(behind, link, site):
        MANUAL.do("cp /usr/share/doc/lws-chatd/examples/behind-proxy")
        MANUAL.do("systemctl restart lws-chatd")
        until(active, "the service to be active")
        MANUAL.do("cp /usr/share/doc/lws-chatd/examples/nginx-lws-chat ")
        MANUAL.do("ln -s ")
        MANUAL.do("systemctl restart nginx")
        try:
            assert "<title>" in acme.page("http://chat.example.org/web")
            talks("wss://chat.example.org/chat/")
            assert "strict-transport-security: max-age=31536000" in run("curl", "-ski", "https://chat.example.org/web/").lower()
        finally:
            run("systemctl", "disable", "--now", "nginx")


def a_vhost_on_a_unix_socket_serves_a_group():
    vhost = HTTPS.with_name("socket")
    path = pathlib.Path("/run/lws-chatd/socket")
    with as_they_were(vhost):
        vhost.write_text(json.dumps({"vhosts": [{
            "name": "socket", "unix-socket": "1", "interface": str(path), "unix-socket-perms": "lws-chat:www-data",
            "mounts": [{"mountpoint": "/", "origin": "callback://lws-chat"}],
            "ws-protocols": [{"lws-chat": {"status": "ok"}}]}]}))
        # The service is not in this group: it logs the reason and tries again, as for a port in use.
        since = time.time()
        assert not restart(), "the service does not start"
        [line] = {line for line in said(since) if "SupplementaryGroups=" in line}
        assert "/etc/lws-chatd/conf.d/socket:" in line and f"cannot give {path} to lws-chat:www-data" in line, line
        with drop_in("[Service]\nSupplementaryGroups=www-data\n"):
            assert restart(), said(since)
            assert run("runuser", "-u", "www-data", "--", "curl", "-si", "--unix-socket", path, "http://localhost/chat/")
            status = path.stat()
            assert (status.st_mode & 0o777, status.st_gid) == (0o660, grp.getgrnam("www-data").gr_gid), status
            assert attempt("runuser", "-u", "nobody", "--", "curl", "-si", "--unix-socket", path, "http://localhost/").returncode != 0


def a_renewed_certificate_is_swapped_while_a_client_stays():
    async def renew():
        async with connect() as client:
            await echo(client, "before")
            old = served_certificate()
            MANUAL.do("certbot renew")
            until(lambda: served_certificate() != old and acme.is_served(), "the renewed certificate to be served")
            await echo(client, "after")
    with port_80_answers_challenges():
        process = service("MainPID")
        asyncio.run(renew())
        assert service("MainPID") == process
    for path in TLS / "key.pem", TLS / "cert.pem":
        status = path.stat()
        assert (status.st_mode & 0o777, status.st_uid, status.st_gid) == (0o640, 0, grp.getgrnam("lws-chat").gr_gid), path
    until(active, "the reload to end")


def a_wrong_key_is_refused_and_the_certificate_in_use_stays():
    since, in_use = time.time(), served_certificate()
    with as_they_were(TLS / "key.pem"):
        (TLS / "key.pem").write_bytes((lineage("strange") / "privkey.pem").read_bytes())
        assert attempt("sh", "-c", MANUAL.command("systemctl reload lws-chatd")).returncode != 0, "the reload says that it failed"
        until(lambda: [line for line in said(since) if "key.pem" in line and "the certificate in use stays" in line],
              "the line that says so")
        assert served_certificate() == in_use
        talks("wss://localhost:8443/chat/")
        until(active, "the reload to end")


def the_watchdog_restarts_a_stopped_process():
    assert service("WatchdogUSec") == "30s", service("WatchdogUSec")
    # Use a shorter interval.
    with drop_in("[Service]\nWatchdogSec=5\n"):
        assert restart()
        process = service("MainPID")
        run("systemctl", "kill", "--kill-whom=main", "--signal=STOP", UNIT)
        until(lambda: service("NRestarts") != "0" and active(), "the service to be started anew", 60)
        assert service("MainPID") != process
        talks("wss://localhost:8443/chat/")
    assert restart()


def it_serves_on_a_kernel_without_ipv6():
    # For the service, this is like a boot with ipv6.disable=1.
    with drop_in("[Service]\nRestrictAddressFamilies=\nRestrictAddressFamilies=AF_INET AF_UNIX AF_NETLINK\n"):
        since = time.time()
        assert restart(), said(since)
        assert [line for line in said(since) if "this system has no IPv6" in line], said(since)
        talks("wss://127.0.0.1:8443/chat/")
        talks("ws://127.0.0.1:8000/chat/")
    assert restart()


def it_serves_when_ipv6_is_switched_off():
    switch = pathlib.Path("/proc/sys/net/ipv6/conf/all/disable_ipv6")
    try:
        switch.write_text("1")
    except OSError as error:
        raise Skipped(f"{switch}: {error.strerror}")
    try:
        assert restart(), said(0)[-10:]
        talks("wss://127.0.0.1:8443/chat/")
        talks("ws://127.0.0.1:8000/chat/")
    finally:
        switch.write_text("0")
    assert restart()


# ---- upgrading and purging

@contextlib.contextmanager
def an_sdk_client_that_stays(url):
    """It sees that the room is kept. Without the SDK nobody looks."""
    if not storage.SDK:
        yield
        return
    with storage.SdkClient(url) as client:
        assert client.next()["subscribed"]
        offset = client.publishes("before the upgrade")
        yield
        client.comes_back_recovered()
        assert client.publishes("after the upgrade") == offset + 1


def an_upgrade_tells_clients_to_reconnect_and_keeps_edited_files():
    edited = pathlib.Path("/etc/lws-chatd/conf.d/10-http")
    replace(edited, '"port": "8000"', '"port": "8001"')
    mine, https = edited.read_text(), HTTPS.read_text()
    page_settings = pathlib.Path("/etc/lws-chat/page.json")
    page_settings.write_text('{ "token-url": "/account/token" }\n')
    assert restart()
    process, urls = service("MainPID"), ("wss://localhost:8443/chat/", "ws://localhost:8001/chat/")

    async def upgrade():
        async with connect(urls[0]) as one, connect(urls[1]) as other:
            await echo(one, "before")
            await echo(other, "before, too")
            await asyncio.to_thread(apt, "-o", "Dpkg::Options::=--force-confold", "install", *pathlib.Path("/next").glob("*.deb"))
            for client in one, other:
                await asyncio.wait_for(client.wait_closed(), PATIENCE)
            return one.close_code, other.close_code
    with an_sdk_client_that_stays("ws://localhost:8001/connection/websocket"):
        codes = asyncio.run(upgrade())
    assert codes == (1012, 1012), f"closed with {codes}"
    until(active, "the service to be active")
    assert service("MainPID") != process
    for name in OURS:
        assert run("dpkg-query", "-W", "-f", "${Version}", name).endswith("+next"), name
    assert edited.read_text() == mine and HTTPS.read_text() == https
    # The new version of the file is in a folder that the server does not read.
    assert pathlib.Path("/etc/lws-chatd/10-http.dpkg-dist").read_text().startswith("# Of the next version.")
    assert sorted(path.name for path in edited.parent.iterdir()) == ["10-http", "20-https", "30-status"]
    assert page_settings.read_text() == '{ "token-url": "/account/token" }\n'
    for url in urls:
        talks(url)


def purging_leaves_nothing_but_the_user():
    pathlib.Path(acme.HOOK).unlink()  # the administrator who followed lws-chatd(8) made it
    MANUAL.do("apt purge")
    apt("purge", *OURS)
    known = attempt("dpkg-query", "-W", "-f", "${Package} ${db:Status-Abbrev}\n", *OURS).stdout
    assert " rc" not in known and " ii" not in known, known
    pwd.getpwnam("lws-chat")
    owned = set()
    for names in pathlib.Path("/var/lib/dpkg/info").glob("*.list"):
        owned |= {os.path.realpath(line) for line in names.read_text().splitlines()}
    # Files of others: ssl-cert's certificate, key and a link whose name is a hash; backups of /etc/passwd and similar files from
    # before the user was added; certbot's files.
    of_others = re.compile(r"/etc/(ssl/(certs|private)/(ssl-cert-snakeoil\.(pem|key)|[0-9a-f]{8}\.\d)|(passwd|group|g?shadow)-)$"
                           r"|/(etc|var/lib)/letsencrypt(/|$)")
    left = {path for path in files() - before if os.path.realpath(path) not in owned and not of_others.match(path)}
    left |= set(run("find", "/etc", "/opt", "/root", "/run", "/srv", "/usr", "/var", "-name", "*lws-chat*").splitlines())
    assert not left, sorted(left)
    assert attempt("systemctl", "cat", UNIT).returncode != 0, "systemd has forgotten the unit"


def every_command_of_readme_and_manual_was_checked():
    # packaging/test has run this command, with a network.
    assert (INSTALL.left, MANUAL.left) == (["packaging/build-deb"], []), (INSTALL.left, MANUAL.left)


code = report("package tests", [
    the_packages_install_with_the_readmes_command,
    the_service_is_active_without_any_edit,
    the_unit_has_no_mistakes_and_little_exposure,
    the_process_has_its_own_user_and_one_capability,
    it_may_open_131072_files,
    the_page_answers_over_https_and_http,
    websockets_talk_over_tls_and_plain,
    old_tls_is_refused,
    an_unprivileged_user_cannot_read_the_key,
    certbot_gets_a_certificate_and_two_changed_lines_use_it,
    with_port_443_the_address_has_no_number,
    it_is_opened_and_named_as_the_manual_page_says,
    the_examples_open_the_ports_443_and_80_and_one_for_a_proxy,
    nginx_with_its_example_serves_the_certificate_and_forwards,
    *nodes.CHECKS,
    tokens.the_documented_secret_makes_tokens_that_are_valid,
    tokens.a_replaced_secret_is_valid_beside_the_new_one,
    a_vhost_on_a_unix_socket_serves_a_group,
    a_renewed_certificate_is_swapped_while_a_client_stays,
    a_wrong_key_is_refused_and_the_certificate_in_use_stays,
    the_watchdog_restarts_a_stopped_process,
    it_serves_on_a_kernel_without_ipv6,
    it_serves_when_ipv6_is_switched_off,
    *storage.CHECKS,
    *broken.CHECKS,
    an_upgrade_tells_clients_to_reconnect_and_keeps_edited_files,
    purging_leaves_nothing_but_the_user,
    every_command_of_readme_and_manual_was_checked,
])
if code:
    pathlib.Path("/result/journal").write_text(attempt("journalctl", "-b", "--no-pager").stdout)
sys.exit(code)
