"""A script: settings, cases, and the back end's answers. See scripts/."""
import importlib.util
import pathlib
import tempfile

from support.tokens import Issuer, Keys

_FOLDER = tempfile.TemporaryDirectory(prefix="lws-chat-keys-")
KEYS = Keys(_FOLDER.name)

SCRIPTS = pathlib.Path(__file__).resolve().parents[1] / "scripts"
_cases = []

# A lifetime, in seconds, that ends during a case. On a busy machine, too, what the case does first is done before.
SOON = 4
AFTERWARDS = SOON + 4  # by then both servers have ended what was to end


def case(name, settings):
    """A case of the script: an async function of a Case. Cases with the same settings share a server and run together."""
    def added(function):
        _cases.append((name, settings, function))
        return function
    return added


class Script:
    def __init__(self, path):
        self.name = path.stem
        spec = importlib.util.spec_from_file_location(f"script_{self.name}", path)
        module = importlib.util.module_from_spec(spec)
        _cases.clear()
        spec.loader.exec_module(module)
        self.cases = list(_cases)
        self.about = module.__doc__.strip().splitlines()[0]
        self.answers = getattr(module, "BACK_END", {})

    def groups(self):
        """Settings -> cases."""
        groups = {}
        for name, settings, function in self.cases:
            groups.setdefault(settings, []).append((name, function))
        return groups


def all_scripts():
    return [Script(path) for path in sorted(SCRIPTS.glob("*.py"))]


def issuer():
    return Issuer(KEYS)


def key_set():
    """The public keys of the back end."""
    return {"keys": [KEYS.jwk(alg) for alg in ("RS256", "PS256", "ES256", "ES384", "EdDSA")]}
