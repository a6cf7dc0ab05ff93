"""What the walks of this build have found out, a file each, from which `table` makes the tables in the documents."""
import json

# Behaviour -> the facts of a walk that show it.
BEHAVIOURS = {
    "connect": {"data": {"welcome": "bob"}, "refused": 3501},
    "subscribe": {"room data": {"topic": "tea"}, "room refused": 403},
    "publish": {"own": {"n": 1}, "publisher": "ann Ann"},
    "presence": {"presence": ["ann"], "stats": [1, 1]},
    "history": {"history": [{"n": 1}], "history since": [{"n": 2}, {"n": 3}], "last of the history": [{"n": 3}]},
    "recovery": {"recovered": True, "after the cut": [{"n": 2}, {"n": 3}]},
    "token refresh": {"refreshed": True, "connections": 2},
    "delta": {"states": list(range(10)), "exact": True, "only differences": True},
}


def expected(walk):
    """All facts that a walk shows if everything works."""
    return {name: fact for behaviour, facts in BEHAVIOURS.items() if behaviour not in walk.lacks for name, fact in facts.items()}


def _write(build, name, result):
    folder = build / "sdk"
    folder.mkdir(exist_ok=True)
    (folder / f"{name}.json").write_text(json.dumps(result, indent=1) + "\n")


def _about(walk):
    return {"sdk": walk.sdk, "encoding": walk.encoding, "transport": walk.transport}


def write_skipped(build, name, walk, reason):
    _write(build, name, {**_about(walk), "skipped": reason})


def write_facts(build, name, walk, facts):
    shown = {behaviour: all(facts.get(fact) == value for fact, value in wanted.items())
             for behaviour, wanted in BEHAVIOURS.items() if behaviour not in walk.lacks}
    _write(build, name, {**_about(walk), "version": walk.version(), "behaviours": shown})


def write_frames(build, same):
    """What test_frames.py has found out."""
    _write(build, "frames", {"same": same})


def read(build):
    """Name of the walk -> its result."""
    return {path.stem: json.loads(path.read_text()) for path in sorted((build / "sdk").glob("*.json"))}
