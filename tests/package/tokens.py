"""Secrets and tokens, as lws-chatd(8) says to make them."""
import contextlib
import pathlib

from documents import MANUAL
from machine import HTTPS, as_they_were, replace, restart, run

SECRET = pathlib.Path("/etc/lws-chatd/token-secret")
PREVIOUS = SECRET.with_name("token-previous-secret")
LAST = '"typing/presence": "0"'


def can_be_read_by_the_service(path):
    return (path.stat().st_mode & 0o777, path.group()) == (0o640, "lws-chat")


@contextlib.contextmanager
def a_vhost_for_clients_with_a_token():
    with as_they_were(HTTPS, SECRET, PREVIOUS):
        MANUAL.do("(umask 027; openssl rand ")
        MANUAL.do("chgrp lws-chat ")
        assert can_be_read_by_the_service(SECRET), SECRET.stat()
        replace(HTTPS, LAST, ",\n".join((LAST, MANUAL.line('"token-secret-file"'), MANUAL.line('"anonymous"'))))
        assert restart(), "the service starts: it can read the secret"
        yield


def the_documented_secret_makes_tokens_that_are_valid():
    with a_vhost_for_clients_with_a_token():
        assert MANUAL.do("lws-chatd --token 42").count(".") == 2
        assert "valid: " in MANUAL.do("lws-chatd --token 42 | ")


def a_replaced_secret_is_valid_beside_the_new_one():
    with a_vhost_for_clients_with_a_token():
        old = MANUAL.do("lws-chatd --token 42").strip()
        MANUAL.do("cp -p ")
        MANUAL.do("openssl rand ")
        assert can_be_read_by_the_service(SECRET) and can_be_read_by_the_service(PREVIOUS)
        assert SECRET.read_text() != PREVIOUS.read_text()
        replace(HTTPS, LAST, f'{LAST}, "token-previous-secret-file": "{PREVIOUS}"')
        assert restart()
        assert "valid: " in run("lws-chatd", "--check-token", old)
        assert "valid: " in MANUAL.do("lws-chatd --token 42 | ")
