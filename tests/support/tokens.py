"""Tokens (JWT) for tests of running servers, signed with a shared secret."""
import base64
import hashlib
import hmac
import json
import time

SECRET = "a secret of this test, shared with the server, 64 bytes long...."


def b64(data):
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def token(user="", secret=SECRET, kid=None, lasts=3600, **claims):
    """A token with HS256 that is valid for so many seconds; 0: for ever."""
    header = {"alg": "HS256", **({"kid": kid} if kid else {})}
    said = {"sub": user, **({"exp": int(time.time()) + lasts} if lasts else {}), **claims}
    text = f"{b64(json.dumps(header).encode())}.{b64(json.dumps(said).encode())}"
    return f"{text}.{b64(hmac.new(secret.encode(), text.encode(), hashlib.sha256).digest())}"
