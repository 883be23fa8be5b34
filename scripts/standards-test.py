#!/usr/bin/env python3
"""What counts as covered, and what the table may say: tests of standards.py."""

import json
import pathlib
import tempfile
import unittest

import standards


def event(kind, test=None, **more):
    return {"kind": "event", "payload": {"kind": kind, "testID": test, **more}}


def issue(test, known=False, severity="error"):
    return event("issueRecorded", test, issue={"isKnown": known, "severity": severity})


class Coverage(unittest.TestCase):
    def join(self, events, citations, table=None, run_ends=True, role="server"):
        """The states of the rows A and B (9112-1-01 and 9112-1-02), and the faults."""
        table = table or [("9112-1-01", ""), ("9112-1-02", "")]
        lines = ["\t".join(standards.COLUMNS)]
        lines += [f"{id}\t9112\t1\tMUST\t{role}\twhat\twire-test\t{status}" for id, status in table]
        tests = [("M.S", "suite"), ("M.S/a()/F.swift:1:1", "function"), ("M.S/b()/F.swift:2:1", "function")]
        place = {"fileID": "M/F.swift", "line": 1}
        records = [
            {"kind": "test", "payload": {"id": id, "kind": kind, "name": id, "sourceLocation": place}}
            for id, kind in tests
        ]
        records += events + ([event("runEnded")] if run_ends else [])
        with tempfile.TemporaryDirectory() as folder:
            standards.HERE = standards.DOCS = standards.RUN = pathlib.Path(folder)
            (standards.HERE / "requirements.tsv").write_text("\n".join(lines) + "\n")
            (standards.HERE / "page.md").write_text("# A page\n\n## Why, and `how`\n")
            (standards.RUN / "events.jsonl").write_text("".join(json.dumps(record) + "\n" for record in records))
            (standards.RUN / "citations.tsv").write_text("".join(f"{test}\t{row}\n" for test, row in citations))
            faults = []
            rows = standards.read_table(faults)
            standards.join(rows, standards.read_run(faults), faults)
            self.scopes = {row["scope"] for row in rows.values()}
            return [row["state"] for row in rows.values()], faults

    suite, a, b = "M.S", "M.S/a()/F.swift:1:1", "M.S/b()/F.swift:2:1"
    cited = [(a, "9112-1-01")]

    def test_a_test_that_ended_without_an_issue_covers_what_it_cites(self):
        self.assertEqual(self.join([event("testEnded", self.a)], self.cited), (["test", "open"], []))

    def test_warnings_do_not_matter(self):
        events = [issue(self.a, severity="warning"), event("testEnded", self.a)]
        self.assertEqual(self.join(events, self.cited)[0], ["test", "open"])

    def test_what_failed_was_skipped_cancelled_or_is_known_to_fail_covers_nothing(self):
        for spoiler in [issue(self.a), issue(self.a, known=True)] + [
            event(kind, self.a) for kind in ("testSkipped", "testCancelled", "testCaseCancelled")
        ]:
            self.assertEqual(self.join([spoiler, event("testEnded", self.a)], self.cited)[0], ["open", "open"])
        self.assertEqual(self.join([], self.cited)[0], ["open", "open"])

    def test_a_suite_covers_when_each_of_its_tests_passed(self):
        cited = [(self.suite, "9112-1-02")]
        both = [event("testEnded", self.a), event("testEnded", self.b), event("testEnded", self.suite)]
        self.assertEqual(self.join(both, cited)[0], ["open", "test"])
        self.assertEqual(self.join(both[::2], cited)[0], ["open", "open"])
        self.assertEqual(self.join([issue(self.b)] + both, cited)[0], ["open", "open"])

    def test_an_id_that_is_not_there_is_a_fault(self):
        _, faults = self.join([event("testEnded", self.a)], [(self.a, "9112-1-03")])
        self.assertEqual(faults, ["M/F.swift:1: 9112-1-03 is cited and not in requirements.tsv"])

    def test_a_run_that_did_not_end_says_nothing(self):
        with self.assertRaises(SystemExit):
            self.join([event("testEnded", self.a)], self.cited, run_ends=False)

    def test_a_status_is_checked(self):
        def faults(status):
            return len(self.join([], [], [("9112-1-01", status)])[1])

        for status in ["doc:page.md#why-and-how", "n/a:no reason", "later:TLS", ""]:
            self.assertEqual(faults(status), 0, status)
        for status in ["doc:page.md#gone", "doc:gone.md#x", "doc:page.md", "n/a:", "done", "departs:page.md#a-page"]:
            self.assertEqual(faults(status), 1, status)

    def test_ids_are_unique_and_in_their_section(self):
        self.assertEqual(len(self.join([], [], [("9112-1-01", ""), ("9112-1-01", "")])[1]), 1)
        self.assertEqual(len(self.join([], [], [("9112-2-01", "")])[1]), 1)

    def test_what_binds_a_cache_alone_is_out_of_scope(self):
        for role, is_in in [("server", True), ("gateway", True), ("cache", False)]:
            self.join([], [], role=role)
            self.assertEqual(self.scopes, {is_in}, role)

    def test_what_does_not_apply_cannot_be_cited(self):
        _, faults = self.join([event("testEnded", self.a)], self.cited, [("9112-1-01", "n/a:why")])
        self.assertEqual(len(faults), 1)


unittest.main()
