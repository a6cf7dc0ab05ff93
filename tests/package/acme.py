"""A certificate authority like Let's Encrypt (pebble), and certbot, which uses only this one."""
import json
import os
import pathlib

from certificates import lineage, served_certificate
from machine import apt, attempt, run, until

LIVE = pathlib.Path("/etc/letsencrypt/live/chat.example.org")  # certbot's files for the name in lws-chatd(8)
HOOK = "/usr/local/sbin/lws-chatd-certificate"  # its path in lws-chatd(8)
# Short, so that every 'certbot renew' renews it, but long enough that lws-chatd does not warn.
VALID_DAYS = 20


def install():
    """Installs both and starts the authority. It verifies a name on the name's port 80."""
    apt("install", "certbot", "pebble")
    # A second certbot fails while one runs.
    run("systemctl", "stop", "certbot.timer")
    own = lineage("pebble", "-days", "30", "-addext", "subjectAltName=DNS:localhost")
    config = own / "config"
    config.write_text(json.dumps({"pebble": {
        "listenAddress": "localhost:14000", "managementListenAddress": "localhost:15000",
        "certificate": str(own / "fullchain.pem"), "privateKey": str(own / "privkey.pem"),
        "httpPort": 80, "tlsPort": 443, "certificateValidityPeriod": VALID_DAYS * 86400}}))
    # Verify without a delay, and accept every good nonce: pebble refuses 5% to try clients, but certbot asks only once more, so
    # each certificate would fail in 2% of cases. Verify each time; pebble counts from 0 and still omits it in 1% of renewals.
    run("systemd-run", "--quiet", "--unit=pebble", "--setenv=PEBBLE_VA_NOSLEEP=1", "--setenv=PEBBLE_WFE_NONCEREJECT=0",
        "--setenv=PEBBLE_AUTHZREUSE=0", "pebble", "-config", config)
    url = "https://localhost:14000/dir"
    until(lambda: attempt("curl", "--silent", "--insecure", "--fail", url).returncode == 0, f"an answer at {url}")
    # The address of the authority, and answers to certbot's questions.
    with open("/etc/letsencrypt/cli.ini", "a", encoding="utf-8") as ini:
        ini.write(f"\nserver = {url}\nno-verify-ssl = true\nnon-interactive = true\nagree-tos = true\n"
                  "register-unsafely-without-email = true\nno-random-sleep-on-renew = true\n")


def page(url):
    """Fetches a page. The certificate must come from this authority."""
    root = pathlib.Path("/tmp/pebble/root.pem")
    root.write_text(run("curl", "--silent", "--show-error", "--insecure", "--fail", "https://localhost:15000/roots/0"))
    return run("curl", "--silent", "--show-error", "--fail", "--location", "--cacert", root, url)


def is_served():
    return served_certificate() in (LIVE / "fullchain.pem").read_text()


def deploy():
    """Calls the hook as certbot does."""
    run(HOOK, env={**os.environ, "RENEWED_LINEAGE": str(LIVE), "RENEWED_DOMAINS": LIVE.name})
