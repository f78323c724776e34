"""A key is stolen: two deployments share it end to end, from the draft to the final report, and the key leaves every gate of both."""

import json
import os
import re
import sys
import time
from pathlib import Path

import pytest

from tests.stories.two_deployments import Deployment, forged, free_port, running, until, until_told
from throughfare_gate.tickets.jws import Signer

# Each is a program of its own: the everyday run is content with fewer.
GATES = 10 if os.environ.get("SOAK") else 3


@pytest.mark.programs
def test_a_leaked_key_is_shared_end_to_end(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    a = Deployment("kopli", "helsinki-tallinn", ("hsl", "tlt"), tmp_path / "a", free_port())
    b = Deployment("malmo", "oresund", ("oresundstag", "metro"), tmp_path / "b", free_port())
    times: dict[str, float] = {}
    with running(a, b):
        for one, other in ((a, b), (b, a)):
            (one.folder / "partner.json").write_text(other.run("incidents", "partner", "ours"))
            one.run(
                "incidents",
                "partner",
                "add",
                other.issuer,
                "--name",
                other.name,
                "--jwks",
                "partner.json",
                "--address",
                other.address,
                "--by",
                "Anna",
            )
        doors_a, doors_b = a.doors(GATES), b.doors(GATES)
        kid, private = a.keys().signer_key("ticket")
        stolen = {name: forged(a, Signer(kid, private), name) for name in a.operators}
        assert {door.says(stolen[door.operator]) for door in doors_a} <= {"ok", "ok_attention"}

        began = time.monotonic()

        def mark(name: str) -> None:
            times[name] = time.monotonic() - began

        a.run("keys", "compromise", "--", kid)
        mark("the key is withdrawn at A")
        until(lambda: _refused(doors_a, stolen), "every gate of A refuses the thief's tickets")
        mark("every gate of A refuses")
        [incident] = until_told(a, a.incidents, "the worker of A has made a draft of it")
        mark("a draft is there")
        drafted = a.incident(incident)
        assert drafted["record"]["facts"]["kid"] == kid
        assert (drafted["record"]["status"], drafted["is_shared"]) == ("suspected", False)
        assert b.incidents() == []

        words = "The key was on a laptop that was stolen. Tickets are signed anew."
        a.run(
            "incidents",
            "share",
            incident,
            "--tlp",
            "GREEN",
            "--status",
            "confirmed",
            "--malicious",
            "--lines",
            words,
            "--by",
            "Anna",
        )
        mark("shared by A")
        until_told(b, b.incidents, "B has the record")
        mark("B has it")
        arrived = b.incident(incident)
        assert (arrived["from"], arrived["record"]["narrative"]) == (a.issuer, words)

        b.run("incidents", "withdraw-key", incident, "--by", "Britta")
        until(lambda: _out(doors_b, kid), "the key is out of every gate of B")
        mark("out of every gate of B")
        b.run("incidents", "answer", incident, "--affected", "--tickets", "0", "--done", "--by", "Britta")
        answered = until_told(a, lambda: a.incident(incident)["partners"][0]["answer"], "A has it")
        mark("A has B's answer")
        assert (answered["affected"], answered["done_at"] is not None) == (True, True)

        a.run("incidents", "submitted", incident, "nis2_early_warning", "CERT-2026-0042", "--by", "Anna")
        lessons = "Keys stay on the signing host; laptops carry none."
        a.run("incidents", "share", incident, "--status", "closed", "--lessons", lessons, "--by", "Anna")
        until_told(b, lambda: b.incident(incident)["record"]["status"] == "closed", "B has the final report")
        mark("B has the final report")
        assert b.incident(incident)["record"]["lessons"] == lessons
        assert a.run("incidents", "verify") == b.run("incidents", "verify") == "the chain holds\n"
        figure = a.run("incidents", "figures")
        assert re.fullmatch(r"1 reports, 1 answered by 80 % of partners; median \d+ s\n", figure)
        stix = json.loads(b.run("incidents", "export", incident, "--stix"))
        assert {part["type"] for part in stix["objects"]} >= {"incident", "identity", "note"}
        for door in (*doors_a, *doors_b):
            door.fetch()
            assert kid in door.removed
    lines = [f"  {name:<28} {seconds:6.1f}" for name, seconds in times.items()]
    with capsys.disabled():
        sys.stdout.write(
            "\n".join([f"\n{2 * GATES} gates, seconds since the key was withdrawn:", *lines, f"  {figure}"])
        )


def _refused(doors: list, stolen: dict[str, str]) -> bool:
    for door in doors:
        door.fetch()
    return all(door.says(stolen[door.operator]) == "unknown_key" for door in doors)


def _out(doors: list, kid: str) -> bool:
    for door in doors:
        door.fetch()
    return all(kid in door.removed for door in doors)
