"""The comparison itself: what counts as a difference, and what the table of differences covers."""
import pathlib
import sys
import tempfile
import unittest

sys.path[:0] = [str(pathlib.Path(__file__).resolve().parents[1]), str(pathlib.Path(__file__).resolve().parent)]
from harness.differences import differences, entries  # noqa: E402
from harness.transcript import Transcript  # noqa: E402


def normal(*lines, names=None):
    transcript = Transcript(names or {})
    for word, content, note in lines:
        transcript.add("ann", word, content, note)
    return transcript.normal()


def got(content):
    return normal(("got", content, ""))


def closed(note):
    return normal(("closed", None, note))


class Comparison(unittest.TestCase):
    def assert_same(self, centrifugo, lws_chat):
        self.assertEqual(differences("script: case", centrifugo, lws_chat), [])

    def assert_differs(self, centrifugo, lws_chat):
        self.assertEqual(len(differences("script: case", centrifugo, lws_chat)), 1)

    def test_a_field_more_or_another_value_differs(self):
        self.assert_same(got({"id": 1, "subscribe": {}}), got({"id": 1, "subscribe": {}}))
        self.assert_differs(got({"id": 1, "subscribe": {}}), got({"id": 1, "subscribe": {"expires": True}}))
        self.assert_differs(got({"id": 1, "rpc": {"data": 1}}), got({"id": 1, "rpc": {"data": True}}))
        self.assert_differs(got({"id": 1, "rpc": {"data": 1}}), {})

    def test_a_time_to_live_may_differ_by_one_second(self):
        self.assert_same(got({"refresh": {"expires": True, "ttl": 60}}), got({"refresh": {"ttl": 57, "expires": True}}))
        self.assert_differs(got({"refresh": {"expires": True, "ttl": 60}}), got({"refresh": {"expires": True, "ttl": 56}}))

    def test_an_error_may_say_more_but_not_something_else(self):
        error = {"code": 103, "message": "permission denied"}
        self.assert_same(got({"error": error}), got({"error": {"code": 103, "message": "permission denied: no token"}}))
        self.assert_differs(got({"error": error}), got({"error": {"code": 103, "message": "no"}}))
        self.assert_differs(got({"error": error}), got({"error": {**error, "code": 100}}))
        self.assert_differs(got({"error": error}), got({"error": {**error, "temporary": True}}))
        self.assert_same(closed("3501 bad request"), closed("3501 bad request: no token"))
        self.assert_differs(closed("3501 bad request"), closed("3500 bad request"))

    def test_ids_of_clients_become_names(self):
        self.assert_same(normal(("got", {"presence": {"1-2": {"client": "1-2"}}}, ""), names={"1-2": "CLIENT ann"}),
                         normal(("got", {"presence": {"9-8": {"client": "9-8"}}}, ""), names={"9-8": "CLIENT ann"}))

    def test_the_reply_may_come_before_the_message(self):
        message, reply = ("got", {"push": {"pub": {"data": 1}}}, ""), ("got", {"id": 2, "publish": {}}, "")
        other = ("got", {"id": 3, "rpc": {}}, "")
        self.assert_same(normal(message, reply, other), normal(reply, message, other))
        self.assertTrue(differences("script: case", normal(message, other, reply), normal(reply, other, message)))


class Table(unittest.TestCase):
    def covers(self, table, where="script: case", **sides):
        with tempfile.TemporaryDirectory() as folder:
            path = pathlib.Path(folder) / "differences"
            path.write_text(table)
            found = differences(where, sides.get("centrifugo", {}), sides.get("lws_chat", {}))
            return [any(entry.covers(difference) for entry in entries(path)) for difference in found]

    def test_an_entry_covers_exactly_its_lines(self):
        table = "# comment\nwhere: script: case: ann\ncentrifugo: closed 3500 no\nlws-chat: closed 3501 yes\nwhy: because\n"
        self.assertEqual(self.covers(table, centrifugo=closed("3500 no"), lws_chat=closed("3501 yes")), [True])
        self.assertEqual(self.covers(table, centrifugo=closed("3500 no"), lws_chat=closed("3502 yes")), [False])
        self.assertEqual(self.covers(table, centrifugo=closed("3500 no")), [False])
        self.assertEqual(self.covers(table, "script: other", centrifugo=closed("3500 no"), lws_chat=closed("3501 yes")), [False])

    def test_stars_and_dots_stand_for_anything(self):
        table = "where: *: case: *\ncentrifugo: closed 35…\nwhy: because\n"
        self.assertEqual(self.covers(table, centrifugo=closed("3500 no")), [True])
        self.assertEqual(self.covers(table, centrifugo=closed("3600 no")), [False])

    def test_an_entry_without_a_reason_is_refused(self):
        with self.assertRaisesRegex(SystemExit, "needs one where and a why"):
            self.covers("where: script: case: ann\ncentrifugo: closed 3500 no\n", centrifugo=closed("3500 no"))


if __name__ == "__main__":
    unittest.main()
