"""The job that makes the kernel in the page for the published book, on Debian 12; without it there is a book all the same."""

from __future__ import annotations

import yaml

from packetwalk.lab.page import guest
from packetwalk.lab.page.debian import PROGRAMS
from tests import ROOT

JOBS = yaml.safe_load((ROOT / ".github" / "workflows" / "book.yml").read_text())["jobs"]
OF_PACKAGES = {"binutils": "readelf", "nodejs": "node"}


def uses(job: str, action: str) -> dict:
    """Return what a job hands to an action."""
    return next(step["with"] for step in JOBS[job]["steps"] if action in step.get("uses", ""))


def test_what_is_made_is_handed_to_the_book():
    made = [f".kernel/{name}" for name in (guest.STATE, guest.BIOS, guest.SOURCES)]
    assert uses("kernel", "upload-artifact")["path"].split() == made
    assert uses("kernel", "cache")["path"].split() == made
    assert uses("prove", "download-artifact") == {"name": uses("kernel", "upload-artifact")["name"], "path": ".kernel"}


def test_a_book_is_built_without_it_too():
    assert JOBS["kernel"]["continue-on-error"] is True
    assert (JOBS["prove"]["needs"], JOBS["prove"]["if"]) == ("kernel", "always()")


def test_it_is_made_where_its_packages_are_from():
    assert JOBS["kernel"]["container"] == "debian:12"
    named = (ROOT / "apt-kernel.txt").read_text().split()
    assert {OF_PACKAGES.get(name, name) for name in named} >= {*PROGRAMS} - {"apt-get", "dpkg"}
