"""The walks: an SDK, unmodified, in one of its encodings and over one of its transports, and how to get it.

A walk's program is given: the URL of the server, the URL of the site (walk_site.py), the URL of a server that asks its back end
who comes, the encoding and the transport. It prints each fact that it has seen as a line of JSON.
"""
import dataclasses
import hashlib
import json
import os
import pathlib
import shutil
import subprocess
import sys

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parents[1]
SKIPPED = 77
FOLDER = ROOT / "build/sdk"
NPM = ROOT / "build/npm/centrifuge"
MAVEN = os.environ.get("LWS_CHAT_MAVEN", "https://repo1.maven.org/maven2")


class Missing(Exception):
    """The SDK cannot be had here."""


@dataclasses.dataclass(frozen=True)
class Walk:
    sdk: str
    encoding: str = "json"
    transport: str = "websocket"
    lacks: tuple = ()  # behaviours that this version of the SDK does not have

    @property
    def program(self):
        return PROGRAMS[self.sdk][0]

    def version(self):
        return PROGRAMS[self.sdk][1]()


def _got(command, what, **kwargs):
    """Runs a command that gets something from a registry."""
    done = subprocess.run(command, capture_output=True, text=True, **kwargs)
    if done.returncode:
        raise Missing(f"could not get {what}: {(done.stderr.strip().splitlines() or [done.returncode])[-1]}")


def _go():
    if not shutil.which("go"):
        raise Missing("there is no Go")
    settings = {"cwd": HERE / "go", "env": {**os.environ, "GOTOOLCHAIN": "local", "CGO_ENABLED": "0"}}
    _got(["go", "mod", "download"], "centrifuge-go, or this Go is too old for it", **settings)
    program = FOLDER / f"walk-go-{os.getpid()}"  # two walks may build at the same time
    subprocess.run(["go", "build", "-o", str(program), "."], check=True, **settings)
    return [str(program.replace(FOLDER / "walk-go"))]


def python_home(wanted=HERE / "requirements.txt"):
    """A Python environment with the SDK. Walks that run at the same time wait for the one that makes it."""
    import fcntl
    home = FOLDER / "python"
    stamp = home / "requirements.txt"
    with open(FOLDER / "python.lock", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not stamp.exists() or stamp.read_text() != wanted.read_text():
            shutil.rmtree(home, ignore_errors=True)
            _got(["/usr/bin/python3", "-m", "venv", str(home)], "a Python environment (Debian's python3-venv)")
            _got([home / "bin/pip", "install", "-q", "--disable-pip-version-check", "-r", wanted], "centrifuge-python")
            shutil.copy(wanted, stamp)
    return home


def enter_python_environment():
    """Runs this program in the SDK's Python environment from its beginning. Ends it with 77, skipped, if there is none."""
    if pathlib.Path(sys.prefix) == FOLDER / "python":
        return
    FOLDER.mkdir(parents=True, exist_ok=True)
    try:
        python = python_home() / "bin/python"
    except Missing as reason:
        print(f"SKIPPED: {reason}", flush=True)
        sys.exit(SKIPPED)
    os.execv(python, [python, *sys.argv])


def _python():
    return [str(python_home() / "bin/python"), str(HERE / "walk.py")]


def _npm():
    if not NPM.exists() or not shutil.which("node"):
        raise Missing(f"there is no Node.js, or no {NPM}; tests/run gets both")
    return ["node", str(HERE / "walk.mjs")]


def _jars():
    """Path in Maven's repository -> SHA-256."""
    lines = [line.split() for line in (HERE / "java/jars").read_text().splitlines() if not line.startswith("#")]
    return {path: digest for digest, path in lines}


def _java():
    if not shutil.which("javac"):
        raise Missing("there is no Java compiler; Debian's default-jdk-headless has one")
    home = FOLDER / "java"
    home.mkdir(exist_ok=True)
    jars = []
    for path, digest in _jars().items():
        jar = home / pathlib.PurePath(path).name
        jars.append(str(jar))
        if jar.exists() and hashlib.sha256(jar.read_bytes()).hexdigest() == digest:
            continue
        _got(["curl", "-fsS", "--retry", "2", "--max-time", "60", "-o", str(jar), f"{MAVEN}/{path}"],
             f"{jar.name} from Maven Central")
        assert hashlib.sha256(jar.read_bytes()).hexdigest() == digest, f"{path} is not the file that java/jars names"
    subprocess.run(["javac", "-nowarn", "-d", str(home), "-cp", ":".join(jars), str(HERE / "java/Walk.java")], check=True)
    return ["java", "-XX:TieredStopAtLevel=1", "-cp", ":".join([str(home), *jars]), "Walk"]


def _requirement(name):
    return dict(line.split("==") for line in (HERE / "requirements.txt").read_text().split())[name]


def _go_version():
    lines = (HERE / "go/go.mod").read_text().splitlines()
    return next(line.split("centrifuge-go v")[1] for line in lines if "centrifuge-go v" in line)


# SDK -> how to get its program, and its version.
PROGRAMS = {
    "centrifuge-js": (_npm, lambda: json.loads((NPM / "package.json").read_text())["version"]),
    "centrifuge-go": (_go, _go_version),
    "centrifuge-python": (_python, lambda: _requirement("centrifuge-python")),
    "centrifuge-java": (_java, lambda: next(iter(_jars())).split("/")[-2]),
}

WALKS = {
    "npm": Walk("centrifuge-js"),
    "npm-protobuf": Walk("centrifuge-js", "protobuf"),
    "npm-http_stream": Walk("centrifuge-js", "json", "http_stream"),
    "npm-http_stream-protobuf": Walk("centrifuge-js", "protobuf", "http_stream"),
    "npm-sse": Walk("centrifuge-js", "json", "sse"),
    "go": Walk("centrifuge-go"),
    "go-protobuf": Walk("centrifuge-go", "protobuf"),
    "python": Walk("centrifuge-python"),
    "python-protobuf": Walk("centrifuge-python", "protobuf"),
    "java": Walk("centrifuge-java", "protobuf", lacks=("delta",)),
}
