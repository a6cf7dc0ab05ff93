"""The requirements of a measurement: packages, programs, cores, descriptors. Also a description of the machine."""
import os
import pathlib
import platform
import re
import resource
import shutil
import subprocess
import sys

BENCH = pathlib.Path(__file__).resolve().parents[1]
ROOT = BENCH.parents[1]
PYTHON = "/usr/bin/python3"  # Debian's, which has Debian's Django

BUILD_PACKAGES = ["build-essential", "cmake", "ninja-build", "pkg-config", "openssl", "libwebsockets-dev",
                  "libwebsockets-evlib-uv", "libuv1-dev", "libcjson-dev", "libcurl4-openssl-dev", "libssl-dev", "libcmocka-dev",
                  "libre2-dev", "libsqlite3-dev", "libhiredis-dev", "zlib1g-dev"]
CHANNELS_PACKAGES = ["python3-django", "python3-django-channels", "daphne"]
NCHAN_PACKAGES = ["nginx", "libnginx-mod-nchan"]

# Descriptors for a server or the generator: 10 000 clients, and some more.
DESCRIPTORS = 20_000

# Descriptors for the tables about many clients. Each of our clients takes one at either end.
CROWD = 50_000


def say(*words):
    print(*words, file=sys.stderr, flush=True)


def output(*command):
    """Output of a program, with its errors. Empty: there is no such program."""
    try:
        result = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=60)
        return result.stdout.strip()
    except (OSError, subprocess.TimeoutExpired):
        return ""


def require(packages):
    subprocess.run([ROOT / "packaging/require", *packages], check=True, timeout=1800)


def npm_install(folder):
    stamp = folder / "node_modules/.package-lock.json"
    if stamp.exists() and stamp.stat().st_mtime >= (folder / "package-lock.json").stat().st_mtime:
        return
    # These packages work without their install scripts.
    subprocess.run(["npm", "ci", "--prefix", folder, "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"],
                   check=True, timeout=1800)


def install_node():
    if not (shutil.which("node") and shutil.which("npm")):
        require(["nodejs", "npm"])


def install_nchan():
    new = not pathlib.Path("/usr/sbin/nginx").exists()
    require(NCHAN_PACKAGES)
    if new and output("systemctl", "is-active", "nginx") == "active":
        # Debian starts the server at installation, on port 80 of all addresses.
        say("nginx is new here: its own service is switched off, the benchmark starts one by itself")
        subprocess.run((["sudo"] if os.geteuid() else []) + ["systemctl", "disable", "--now", "nginx"],
                       check=True, timeout=120)


def build(folder):
    require(BUILD_PACKAGES)
    configure = ["cmake", "-S", ROOT, "-B", folder, "-DCMAKE_BUILD_TYPE=RelWithDebInfo", "-DLWS_CHAT_TESTS=ON",
                 "-DLWS_CHAT_BENCH=ON"]
    if not (folder / "CMakeCache.txt").exists():
        configure += ["-G", "Ninja"]
    subprocess.run(configure, check=True, stdout=subprocess.DEVNULL, timeout=600)
    subprocess.run(["cmake", "--build", folder, "--target", "lws-chatd", "protocol_lws_chat", "bench_load",
                    "bench_floor_send", "bench_floor_coalesce", "bench_textbook"],
                   check=True, stdout=subprocess.DEVNULL, timeout=1800)


def cores():
    """The generator's core and the server's. Both are None on a machine with one core."""
    allowed = sorted(os.sched_getaffinity(0))
    return (allowed[0], allowed[-1]) if len(allowed) > 1 else (None, None)


def raise_descriptors(most=DESCRIPTORS):
    """The limit of descriptors, raised as far as needed and allowed."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = max(soft, min(hard, most))
    if hard < most:
        try:
            resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
            return most
        except (ValueError, PermissionError):
            pass
    resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))
    return wanted


def bun():
    """Bun's program from npm, or None."""
    found = sorted((BENCH / "node_modules/@oven").glob("bun-*/bin/bun")) + [BENCH / "node_modules/bun/bin/bun.exe"]
    return next((path for path in found if os.access(path, os.X_OK)), None)


def package_version(name):
    """Version of a Debian package. Empty: it is not installed."""
    result = subprocess.run(["dpkg-query", "-W", "-f", "${Version}", name], stdout=subprocess.PIPE,
                            stderr=subprocess.DEVNULL, text=True, check=False)
    return result.stdout.strip()


def npm_version(folder, name):
    match = re.search(r'"version": "([^"]+)"', (folder / "node_modules" / name / "package.json").read_text())
    return match.group(1) if match else "?"


def describe():
    """Facts about the machine, in printing order."""
    model = re.search(r"model name\s*:\s*(.*)", pathlib.Path("/proc/cpuinfo").read_text())
    memory = re.search(r"MemTotal:\s*(\d+)", pathlib.Path("/proc/meminfo").read_text())
    release = re.search(r'PRETTY_NAME="?([^"\n]*)', pathlib.Path("/etc/os-release").read_text())
    commit = output("git", "-C", str(ROOT), "rev-parse", "--short=12", "HEAD")
    if output("git", "-C", str(ROOT), "status", "--porcelain", "--untracked-files=no"):
        commit += " with changes"
    return {
        "cores": str(len(os.sched_getaffinity(0))),
        "CPU": model.group(1) if model else platform.machine(),
        "memory": f"{int(memory.group(1)) / 2**20:.0f} GiB" if memory else "?",
        "system": release.group(1) if release else "?",
        "kernel": platform.release(),
        "compiler": output("c++", "--version").split("\n", maxsplit=1)[0],
        "OpenSSL": package_version("libssl3t64") or package_version("libssl3") or output("openssl", "version"),
        "commit": commit,
    }
