"""Runs checks in order and prints a line for each: its name as a sentence."""
import pathlib
import traceback

from machine import Skipped


def report(title, checks):
    """Runs all checks and prints a summary. Returns the exit code. Stops if the first fails, because the others need it."""
    counts = dict(ok=0, FAILED=0, skipped=0)
    for check in checks:
        word, why = "ok", ""
        try:
            check()
        except Skipped as reason:
            word, why = "skipped", f" ({reason})"
        except Exception as error:
            last = traceback.extract_tb(error.__traceback__)[-1]
            what = " ".join(str(error).split())  # one line for each check
            word, why = "FAILED", f" ({type(error).__name__}: {what}; {pathlib.Path(last.filename).name}:{last.lineno})"
        counts[word] += 1
        print(f"{word}: {check.__doc__ or check.__name__.replace('_', ' ')}{why}")
        if check is checks[0] and word == "FAILED":
            break
    print(f"{title}: {counts['ok']} ok, {counts['FAILED']} failed, {counts['skipped']} skipped, of {len(checks)}")
    return 1 if counts["FAILED"] else 0
