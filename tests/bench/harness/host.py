"""lws-chatd or lwsws with its defaults, and what a process of theirs needs."""
import contextlib
import json
import os
import pathlib
import shutil
import time

from . import machine, servers

# Priority of the measured processes over others on this machine, if that is allowed.
HURRY = -15


class Host(servers.LwsChat):
    """lws-chatd or lwsws with its defaults."""

    def __init__(self, build, lwsws=None, **options):
        super().__init__(build)
        self.lwsws = lwsws
        self.name = "lwsws" if lwsws else "lws-chatd"
        self.options_ = options

    def command(self, folder, port, pair):
        keys = folder / "keys"
        keys.write_text(servers.API_KEY + "\n")
        keys.chmod(0o600)
        pvos = {"status": "ok", "default": "1", "api-key-file": str(keys), **self.options_}
        global_ = {}
        if self.lwsws:
            # lwsws loads every file in the folder.
            plugins = folder / "plugins"
            plugins.mkdir()
            shutil.copy(self.build / "plugins/libprotocol_lws_chat.so", plugins)
            global_ = {"rlimit-nofile": str(descriptors()), "plugin-dir": str(plugins)}
        vhost = {"name": "bench", "port": str(port), "interface": "127.0.0.1", "noipv6": "1",
                 "mounts": [{"mountpoint": "/", "origin": "callback://lws-chat"}],
                 "ws-protocols": [{"lws-chat": pvos}]}
        (folder / "conf").write_text(json.dumps({"global": global_}))
        (folder / "conf.d").mkdir()
        (folder / "conf.d/bench").write_text(json.dumps({"vhosts": [vhost]}))
        if self.lwsws:
            return [self.lwsws, "-n", "-c", folder, "-d", "3"]
        return [self.build / "bin/lws-chatd", "-c", folder, "-p", self.build / "plugins", "-d", "warn"]


def descriptors():
    return machine.raise_descriptors(machine.CROWD)


def cpu(pid):
    """CPU seconds of all threads of the process (clock_getcpuclockid(3) on Linux)."""
    return time.clock_gettime(~pid << 3 | 2)


def user_cpu(pid):
    return int(pathlib.Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[11]) / os.sysconf("SC_CLK_TCK")


def resident(pid):
    return int(pathlib.Path(f"/proc/{pid}/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")


def serving(running):
    """The serving process. lwsws also has a process that watches it."""
    pid = running.group
    children = pathlib.Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    pid = int(children[0]) if children else pid
    hurry(pid)
    return pid


def hurry(pid):
    with contextlib.suppress(PermissionError):
        os.setpriority(os.PRIO_PROCESS, pid, HURRY)
