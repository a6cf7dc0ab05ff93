"""Keys and tokens (JWT) for the scripts. Signed by the openssl program, so that no Python package is needed.

A Token is its text and carries a label for transcripts: a token's text differs from run to run.
"""
import base64
import functools
import hashlib
import hmac
import json
import pathlib
import subprocess
import tempfile
import time

SECRET = "a secret of this test, shared with the back end, 64 bytes long..."
OTHER_SECRET = "another secret that no server knows, just as long as the first.."

_HASHES = {"256": "sha256", "384": "sha384", "512": "sha512"}
_CURVES = {"ES256": ("P-256", 32), "ES384": ("P-384", 48), "ES512": ("P-521", 66)}


def b64(data):
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def openssl(*arguments, data=None):
    return subprocess.run(["openssl", *map(str, arguments)], input=data, check=True, capture_output=True).stdout


class Token(str):
    """The text of a token, with the label that a transcript shows instead."""
    label = ""


class Keys:
    """Private keys in a folder, made when first used. One for each algorithm family and name."""

    def __init__(self, folder):
        self.folder = pathlib.Path(folder)

    def make(self):
        """Makes all keys, so that no case waits for one."""
        for name in ("main", "other"):
            for alg in ("RS256", "ES256", "ES384", "ES512", "EdDSA"):
                self.private(alg, name)

    def private(self, alg, name="main"):
        kind = "RSA" if alg[:2] in ("RS", "PS") else alg
        path = self.folder / f"{kind}-{name}.pem"
        if path.exists():
            return path
        if kind == "RSA":
            openssl("genpkey", "-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:2048", "-out", path)
        elif kind == "EdDSA":
            openssl("genpkey", "-algorithm", "ED25519", "-out", path)
        else:
            openssl("genpkey", "-algorithm", "EC", "-pkeyopt", f"ec_paramgen_curve:{_CURVES[kind][0]}", "-out", path)
        return path

    @functools.lru_cache(maxsize=None)
    def public(self, alg, name="main"):
        """The public key in PEM."""
        return openssl("pkey", "-in", self.private(alg, name), "-pubout").decode()

    def jwk(self, alg, name="main"):
        """The public key as an entry of a key set (RFC 7517, RFC 8037), with kid "ALG-NAME"."""
        key = self.private(alg, name)
        made = {"kid": f"{alg}-{name}", "alg": alg, "use": "sig"}
        der = openssl("pkey", "-in", key, "-pubout", "-outform", "DER")
        if alg == "EdDSA":
            return {**made, "kty": "OKP", "crv": "Ed25519", "x": b64(der[-32:])}
        if alg in _CURVES:
            curve, size = _CURVES[alg]
            return {**made, "kty": "EC", "crv": curve, "x": b64(der[-2 * size:-size]), "y": b64(der[-size:])}
        modulus = openssl("rsa", "-in", key, "-modulus", "-noout").decode().strip().partition("=")[2]
        return {**made, "kty": "RSA", "n": b64(bytes.fromhex(modulus)), "e": "AQAB"}

    def signature(self, alg, text, name):
        key = self.private(alg, name)
        if alg == "EdDSA":
            message = self.folder / f"message-{hashlib.sha256(text).hexdigest()}"  # pkeyutl needs a file here
            message.write_bytes(text)
            return openssl("pkeyutl", "-sign", "-rawin", "-inkey", key, "-in", message)
        pss = ["-sigopt", "rsa_padding_mode:pss", "-sigopt", "rsa_pss_saltlen:digest"] if alg.startswith("PS") else []
        signed = openssl("dgst", f"-{_HASHES[alg[2:]]}", "-sign", key, *pss, data=text)
        return _raw_ecdsa(signed, _CURVES[alg][1]) if alg in _CURVES else signed


def _raw_ecdsa(der, size):
    """r and s of an ECDSA signature one after the other (RFC 7518, section 3.4), from ASN.1."""
    at = 3 if der[1] & 0x80 else 2
    numbers = []
    for _ in range(2):
        length = der[at + 1]
        numbers.append(int.from_bytes(der[at + 2:at + 2 + length], "big").to_bytes(size, "big"))
        at += 2 + length
    return b"".join(numbers)


class Issuer:
    """Makes tokens: issuer("ann", exp=+60). Times are relative to now, in seconds."""

    TIMES = ("exp", "nbf", "iat", "expire_at")

    def __init__(self, keys):
        self.keys = keys
        self.labels = {}  # a token's text -> its label

    def __call__(self, user=None, alg="HS256", key="main", header=None, spoil=False, secret=None, claims_text=None, **claims):
        """`spoil` changes the signature. `key` other than "main" is a key that the servers do not know."""
        if user is not None:
            claims = {"sub": user, **claims}
        head = {"alg": alg, "typ": "JWT", **({} if alg.startswith("HS") or alg == "none" else {"kid": f"{alg}-{key}"}),
                **(header or {})}
        now = int(time.time())
        timed = {name: now + value if name in self.TIMES and isinstance(value, int) and value else value
                 for name, value in claims.items()}
        body = claims_text.encode() if claims_text is not None else json.dumps(timed).encode()
        text = f"{b64(json.dumps(head).encode())}.{b64(body)}".encode()
        signature = self._sign(alg, text, key, secret)
        if spoil:
            signature = bytes([signature[0] ^ 1]) + signature[1:]
        token = Token(f"{text.decode()}.{b64(signature)}")
        notes = [alg, header and json.dumps(header), secret and "with another secret", key != "main" and f"{key} key",
                 spoil and "spoiled", claims_text if claims_text is not None else json.dumps(claims)]
        token.label = " ".join(["TOKEN", *filter(None, notes)])
        self.labels[str(token)] = token.label
        return token

    def _sign(self, alg, text, key, secret):
        if alg == "none":
            return b""
        if alg.startswith("HS"):
            secret = secret or (SECRET if key == "main" else OTHER_SECRET)
            return hmac.new(secret.encode(), text, _HASHES[alg[2:]]).digest()
        return self.keys.signature(alg, text, key)


def token(user="", secret=SECRET, header=None, lasts=3600, **claims):
    """A token with HS256 that is valid for so many seconds; 0: for ever."""
    said = {"sub": user, **({"exp": int(time.time()) + lasts} if lasts else {}), **claims}
    text = ".".join(b64(json.dumps(part).encode()) for part in (header or {"alg": "HS256"}, said))
    return f"{text}.{b64(hmac.new(secret.encode(), text.encode(), hashlib.sha256).digest())}"


def secret_file(test, secret=SECRET):
    """A file for token-secret-file, for the duration of the test."""
    file = pathlib.Path(test.enterContext(tempfile.TemporaryDirectory())) / "secret"
    file.write_text(secret + "\n")
    file.chmod(0o600)
    return file
