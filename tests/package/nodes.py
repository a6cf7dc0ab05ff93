"""Several servers on one machine, as lws-chatd(8) describes them: the template unit, Redis on a Unix socket, nginx."""
import contextlib
import pathlib

import acme
from clients import talks
from documents import MANUAL
from machine import UNIT, active, apt, attempt, run, until

NODES = "lws-chatd@1", "lws-chatd@2"
SITE, LINK = (pathlib.Path("/etc/nginx", folder, "lws-chat") for folder in ("sites-available", "sites-enabled"))


def pids():
    return [run("systemctl", "show", "--value", "-p", "MainPID", node).strip() for node in NODES]


def all_ready():
    return all(attempt("curl", "--silent", "--fail", f"http://localhost:{port}/readyz").returncode == 0 for port in (8201, 8202))


@contextlib.contextmanager
def a_redis():
    MANUAL.do("apt install redis-server")
    for line in "unixsocket /", "unixsocketperm", "appendonly":
        MANUAL.do(f"echo '{line}")
    MANUAL.do("systemctl restart redis-server")
    MANUAL.do("usermod ")
    try:
        yield
    finally:
        apt("purge", "redis-server", "redis-tools")


def the_template_runs_several_servers_that_share_their_rooms():
    with a_redis():
        MANUAL.do("for i in 1 2; do install ")
        MANUAL.do("systemctl disable --now lws-chatd")
        MANUAL.do("systemctl enable --now lws-chatd@1 lws-chatd@2")
        try:
            until(all_ready, "both servers to be ready")
            assert MANUAL.do("curl http://localhost:8201/readyz").count("ready") == 2
            for node in NODES:
                said_of_it = run("systemd-analyze", "verify", "--man=no", f"{node}.service")
                assert not said_of_it.strip(), said_of_it
                run("systemd-analyze", "security", "--no-pager", "--threshold=17", f"{node}.service")
            for name in "1", "2":
                status = pathlib.Path("/var/lib/lws-chatd/nodes", name).stat()
                assert status.st_mode & 0o777 == 0o750, status
            assert "listens on http 127.0.0.1:8101" in MANUAL.do("journalctl -u lws-chatd@1")
            clients_talk_through_nginx()
            they_are_restarted_one_after_the_other()
        finally:
            run("systemctl", "disable", "--now", *NODES)
            run("systemctl", "enable", "--now", UNIT)
            until(active, "the single server to be active")


def clients_talk_through_nginx():
    with contextlib.ExitStack() as stack:
        for file in LINK, SITE:
            stack.callback(file.unlink, missing_ok=True)
        MANUAL.do("cp /usr/share/doc/lws-chatd/examples/nginx-lws-chat-nodes")
        MANUAL.do("ln -s ")
        stack.callback(run, "systemctl", "disable", "--now", "nginx")
        MANUAL.do("systemctl restart nginx")
        assert "<title>" in acme.page("https://chat.example.org/web/")
        # The second client comes to the other server.
        talks("wss://chat.example.org/chat/")


def they_are_restarted_one_after_the_other():
    before = pids()
    MANUAL.do("for i in 1 2; do systemctl restart ")
    until(all_ready, "both servers to be ready")
    between = pids()
    apt("install", "--reinstall", *pathlib.Path("/source/build/deb").glob("lws-chatd_*.deb"))
    until(all_ready, "both servers to be ready after the upgrade")
    assert not set(before) & set(between) and not set(between) & set(pids()), (before, between, pids())


CHECKS = [the_template_runs_several_servers_that_share_their_rooms]
