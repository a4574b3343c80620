"""`tilescout smoke`: a tiny drawing goes all the way through a stack, is checked, and removed."""

from __future__ import annotations

import hashlib
import tempfile
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from pathlib import Path

import pymupdf
import regex
import typer

from tilescout.documents import Document
from tilescout.merging.text.confusions import normalise
from tilescout.profiles import Profile
from tilescout_cli.console import clock, terminal
from tilescout_cli.console.failures import CommandFailed
from tilescout_cli.console.progress_view import ProgressView
from tilescout_cli.console.terminal import counted, dollars
from tilescout_cli.deployment import local_stack
from tilescout_cli.documents import queries, removal, uploads
from tilescout_cli.documents.queries import Query
from tilescout_cli.documents.uploads import DIGEST_DIGITS, Pdf, SentPdf
from tilescout_cli.runs import waiting
from tilescout_cli.stack import cdk_profiles
from tilescout_cli.stack.target import Stack

TEXTS = ("FV-1023", "P-4711")
PAGE_PT, FONT_PT = (300, 200), 24
POLL_SECONDS = 2.0
REMOVAL_SECONDS = 15 * 60
"""A run that was stopped gives its documents back within minutes; then the sample can go."""
NOT_ACCEPTED = "the upload was not accepted in time; `tilescout doctor` tells what is wrong"


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """The outcome for the sample; ``missing`` of the ``expected`` texts were not found."""

    profile: str
    document: str
    status: str
    reason: str = ""
    expected: tuple[str, ...] = ()
    missing: tuple[str, ...] = ()
    detections: int = 0
    spent_usd: float = 0.0
    seconds: float = 0.0
    removed: bool = False

    @property
    def is_good(self) -> bool:
        return self.status == "DONE" and not self.missing and self.removed


def chosen_profile(name: str | None) -> Profile:
    """Returns the profile ``name``, else the free one, else the default one."""
    known = cdk_profiles.read()
    free = (profile.name for profile in known.by_name.values() if not profile.kind.reads_pixels)
    return known.named(name or next(free, None))


def expected_texts(profile: Profile) -> tuple[str, ...]:
    """Returns the texts of the sample that the profile is to find; none of objects.

    Nobody knows what a model of symbols was trained for, so its detections are only counted.
    """
    if profile.kind.finds != "text":
        return ()
    if not profile.find:
        return TEXTS
    patterns = [each.pattern for each in profile.find if each.lines == 1]
    return tuple(
        text for text in TEXTS if any(regex.fullmatch(pattern, text) for pattern in patterns)
    )


def write_sample(folder: Path) -> Pdf:
    """Writes the drawing; its title is new each time, so that no other has the same key."""
    document = pymupdf.open()
    page = document.new_page(width=PAGE_PT[0], height=PAGE_PT[1])
    for line, text in enumerate(TEXTS, 1):
        page.insert_text((40, 60 * line), text, fontsize=FONT_PT)
    document.set_metadata({"title": f"Smoke test {uuid.uuid4()}"})
    path = folder / "smoke_test.pdf"
    document.save(path)
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    return Pdf(path, digest[:DIGEST_DIGITS])


def smoke(
    profile: Profile, *, local: bool, stack: str | None, seconds: float, as_json: bool
) -> None:
    """Runs the test and prints its outcome. Raises CommandFailed where it is not good.

    The sample is removed at the end, also after an interruption.
    """
    with (
        ProgressView() as view,
        tempfile.TemporaryDirectory() as folder,
        local_stack.opened(view.step, local=local, stack=stack) as opened,
    ):
        outcome = run(opened, write_sample(Path(folder)), profile, view, seconds)
    _report(outcome, as_json=as_json)


def run(stack: Stack, sample: Pdf, profile: Profile, view: ProgressView, seconds: float) -> Outcome:
    """Returns the outcome of one sample, which is removed whatever comes."""
    began = time.monotonic()
    view.step("uploading the sample")
    sent = uploads.upload(stack, sample, profile=profile.name)
    with _removed_after(stack, sent, view):
        (watched,) = waiting.watch(stack, [sent], seconds=seconds, show=view.show, tell=view.tell)
        waiting.await_model(stack, [watched], seconds=seconds, show=view.show, tell=view.tell)
        outcome = _outcome(stack, sent, watched.document, profile)
    return replace(outcome, removed=True, seconds=round(time.monotonic() - began, 1))


def _outcome(stack: Stack, sent: SentPdf, document: Document | None, profile: Profile) -> Outcome:
    made = Outcome(
        profile=profile.name, document=sent.document_id, status="UNKNOWN", reason=NOT_ACCEPTED
    )
    if document is None:
        return made
    texts = [
        normalise(row["text"]) for row in queries.of_document(stack.detections, document, Query())
    ]
    expected = expected_texts(document.profile)
    return replace(
        made,
        status=document.status,
        reason=document.reason,
        expected=expected,
        missing=tuple(text for text in expected if not any(text in each for each in texts)),
        detections=len(texts),
        spent_usd=document.cost_usd,
    )


@contextmanager
def _removed_after(stack: Stack, sent: SentPdf, view: ProgressView) -> Iterator[None]:
    try:
        yield
    except KeyboardInterrupt:
        if stack.stays:
            _remove(stack, sent, view)
        raise
    else:
        _remove(stack, sent, view)


def _remove(stack: Stack, sent: SentPdf, view: ProgressView) -> None:
    """Removes the sample as soon as nobody works on it.

    Raises CommandFailed where that takes too long, with the command that does it later.
    """
    listing = removal.inventory(stack)
    ends = clock.now() + REMOVAL_SECONDS
    while True:
        done = removal.plan(stack, listing, sent.key)
        # An upload that nobody has accepted is taken away from whoever would: nothing to wait for.
        if not done.obstacle or not done.stored.documents:
            done = removal.remove(stack, removal.inventory(stack), done)
        if done.is_removed:
            return
        if clock.now() >= ends:
            raise CommandFailed(
                f"the sample is not removed, it {done.obstacle or 'is still there'}; run "
                f"`tilescout forget {stack.option} {sent.key}` later"
            )
        view.step("waiting to remove the sample", f"it {done.obstacle or 'is being removed'}")
        clock.wait(POLL_SECONDS)


def _report(outcome: Outcome, *, as_json: bool) -> None:
    if as_json:
        terminal.print_json(asdict(outcome) | {"good": outcome.is_good})
    else:
        typer.echo(_line(outcome))
    if not outcome.is_good:
        raise CommandFailed(f"the smoke test failed: {_fault(outcome)}")


def _line(outcome: Outcome) -> str:
    found = len(outcome.expected) - len(outcome.missing)
    told = f"{found} of {len(outcome.expected)} expected texts found" if outcome.expected else (
        f"{counted(outcome.detections, 'detection')}, which are not compared"
    )  # fmt: skip
    return (
        f"{outcome.profile}: {outcome.status} in {outcome.seconds:g} s for "
        f"{dollars(outcome.spent_usd)}, {told}; the sample is removed"
    )


def _fault(outcome: Outcome) -> str:
    if outcome.status == "DONE":
        return f"{', '.join(outcome.missing)} not found; see the profile {outcome.profile}"
    return f"the sample ended {outcome.status}: {outcome.reason or 'the time is over'}"
