"""A certificate authority that asks as Let's Encrypt does (pebble), and certbot, who knows of no other."""
import json
import os
import pathlib

from certificates import lineage, served_certificate
from machine import apt, attempt, run, until

LIVE = pathlib.Path("/etc/letsencrypt/live/chat.example.org")  # what certbot has, by the names lws-chatd(8) gives
HOOK = "/usr/local/sbin/lws-chatd-certificate"  # where lws-chatd(8) puts it
# So short that every 'certbot renew' finds it due, and not so short that lws-chatd warns of it.
VALID_DAYS = 20


def install():
    """Installs both and starts the authority, which looks at port 80 of the name that is asked for."""
    apt("install", "certbot", "pebble")
    own = lineage("pebble", "-days", "30", "-addext", "subjectAltName=DNS:localhost")
    config = own / "config"
    config.write_text(json.dumps({"pebble": {
        "listenAddress": "localhost:14000", "managementListenAddress": "localhost:15000",
        "certificate": str(own / "fullchain.pem"), "privateKey": str(own / "privkey.pem"),
        "httpPort": 80, "tlsPort": 443, "certificateValidityPeriod": VALID_DAYS * 86400}}))
    # It asks each time anew, and at once.
    run("systemd-run", "--quiet", "--unit=pebble", "--setenv=PEBBLE_AUTHZREUSE=0", "--setenv=PEBBLE_VA_NOSLEEP=1",
        "pebble", "-config", config)
    url = "https://localhost:14000/dir"
    until(lambda: attempt("curl", "--silent", "--insecure", "--fail", url).returncode == 0, f"an answer at {url}")
    # What somebody at a terminal would be asked, and which authority it is.
    with open("/etc/letsencrypt/cli.ini", "a", encoding="utf-8") as ini:
        ini.write(f"\nserver = {url}\nno-verify-ssl = true\nnon-interactive = true\nagree-tos = true\n"
                  "register-unsafely-without-email = true\nno-random-sleep-on-renew = true\n")


def page(url):
    """A page of a server whose certificate the authority has vouched for, of somebody who trusts it and checks."""
    root = pathlib.Path("/tmp/pebble/root.pem")
    root.write_text(run("curl", "--silent", "--show-error", "--insecure", "--fail", "https://localhost:15000/roots/0"))
    return run("curl", "--silent", "--show-error", "--fail", "--location", "--cacert", root, url)


def is_served():
    return served_certificate() in (LIVE / "fullchain.pem").read_text()


def deploy():
    """Calls the hook as certbot does with what it got."""
    run(HOOK, env={**os.environ, "RENEWED_LINEAGE": str(LIVE), "RENEWED_DOMAINS": LIVE.name})
