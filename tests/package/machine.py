"""The system of the checks: commands, the service and its journal, pages."""
import contextlib
import os
import pathlib
import shlex
import shutil
import ssl
import subprocess
import tempfile
import time

PATIENCE = 30  # seconds to wait for an event before the check fails
UNIT = "lws-chatd.service"
EXAMPLES = pathlib.Path("/usr/share/doc/lws-chatd/examples")
HTTPS = pathlib.Path("/etc/lws-chatd/conf.d/20-https")


class Skipped(Exception):
    """The check is impossible on this machine. The text gives the reason."""


def attempt(*command, input="", **options):
    return subprocess.run([str(c) for c in command], text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                          input=input, **options)


def run(*command, **options):
    """Runs a command that must succeed. Returns its output."""
    done = attempt(*command, **options)
    said_last = "\n".join(done.stdout.strip().splitlines()[-5:])
    assert done.returncode == 0, f"{' '.join(map(str, command))}: exit code {done.returncode}: {said_last}"
    return done.stdout


def http_status(url, *arguments):
    """The status of the answer to HEAD, by curl."""
    return run("curl", "-ksI", "-o", "/dev/null", "-w", "%{http_code}", *arguments, url)


def until(fact, what, patience=PATIENCE):
    """Waits until fact() is true. Returns its value."""
    deadline = time.monotonic() + patience
    while not (value := fact()):
        assert time.monotonic() < deadline, f"waited {patience} s for {what}"
        time.sleep(0.05)
    return value


def apt(*arguments):
    return run("apt-get", "-y", "--no-install-recommends", *arguments,
               env={**os.environ, "DEBIAN_FRONTEND": "noninteractive", "LC_ALL": "C.UTF-8"})


def service(name):
    """A property of the service, from systemctl show."""
    return run("systemctl", "show", "--value", "-p", name, UNIT).strip()


def state():
    return service("ActiveState"), service("SubState")


def active():
    return state() == ("active", "running")


def restart():
    """Starts the service with fresh counters. Returns true if systemd says that it started."""
    run("systemctl", "stop", UNIT)
    attempt("systemctl", "reset-failed", UNIT)
    return attempt("systemctl", "start", UNIT).returncode == 0


def said(since):
    """Lines of lws-chatd's journal since a time.time()."""
    # journald may lag behind.
    run("journalctl", "--sync")
    return run("journalctl", "-q", "-o", "cat", f"--since=@{since:.6f}", "_COMM=lws-chatd", "-u", UNIT).splitlines()


@contextlib.contextmanager
def as_they_were(*paths):
    """Restores these files at the end, removes those that did not exist, and restarts the service."""
    before = {path: pathlib.Path(path).read_bytes() if os.path.exists(path) else None for path in paths}
    try:
        yield
    finally:
        for path, content in before.items():
            if content is not None:
                pathlib.Path(path).write_bytes(content)
            elif os.path.exists(path):
                os.unlink(path)
        assert restart(), "the service runs again"


@contextlib.contextmanager
def drop_in(text):
    """Adds to the unit temporarily, without restarting the service."""
    folder = pathlib.Path("/run/systemd/system") / f"{UNIT}.d"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "test.conf").write_text(text)
    run("systemctl", "daemon-reload")
    try:
        yield
    finally:
        shutil.rmtree(folder)
        run("systemctl", "daemon-reload")


def replace(path, old, new):
    text = path.read_text()
    assert text.count(old) == 1, f"{path} has {old!r} once"
    path.write_text(text.replace(old, new))


@contextlib.contextmanager
def started(command, url):
    """Runs a server without systemd. The body begins when the server answers at the URL."""
    with tempfile.TemporaryFile("w+", encoding="utf-8") as log:
        server = subprocess.Popen(shlex.split(command), stdout=log, stderr=subprocess.STDOUT)

        def answers():
            if server.poll() is not None:
                log.seek(0)
                raise AssertionError(f"{command}: exit code {server.returncode}: {log.read()[-500:]}")
            return attempt("curl", "--silent", "--insecure", "--output", "/dev/null", url).returncode == 0
        try:
            until(answers, f"an answer at {url}")
            yield
        finally:
            server.terminate()
            try:
                server.wait(PATIENCE)
            except subprocess.TimeoutExpired:
                server.kill()
                raise


def page(url):
    return run("curl", "--silent", "--show-error", "--fail", "--insecure", "--location", "--max-time", PATIENCE, url)


def any_certificate():
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context
