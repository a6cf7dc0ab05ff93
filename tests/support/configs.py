"""The shipped configurations, for tests that use them with other ports and paths."""
import json
import re


def without_comments(text):
    return re.sub(r'("(?:\\.|[^"\\])*")|#[^\n]*', lambda found: found[1] or "", text)


def read(path):
    """The contents of a configuration file."""
    return json.loads(without_comments(path.read_text()))
