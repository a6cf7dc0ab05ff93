"""Does the checks one after the other, with a line for each: a sentence that is a check's name."""
import pathlib
import traceback

from machine import Skipped


def report(title, checks):
    """All checks, then their sum: the exit code. What comes after the first needs it."""
    counts = dict(ok=0, FAILED=0, skipped=0)
    for check in checks:
        word, why = "ok", ""
        try:
            check()
        except Skipped as reason:
            word, why = "skipped", f" ({reason})"
        except Exception as error:
            last = traceback.extract_tb(error.__traceback__)[-1]
            what = " ".join(str(error).split())  # a line for each check
            word, why = "FAILED", f" ({type(error).__name__}: {what}; {pathlib.Path(last.filename).name}:{last.lineno})"
        counts[word] += 1
        print(f"{word}: {check.__doc__ or check.__name__.replace('_', ' ')}{why}")
        if check is checks[0] and word == "FAILED":
            break
    print(f"{title}: {counts['ok']} ok, {counts['FAILED']} failed, {counts['skipped']} skipped, of {len(checks)}")
    return 1 if counts["FAILED"] else 0
