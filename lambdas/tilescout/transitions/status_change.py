"""A change of one document's status, and the condition under which it may be written."""

from __future__ import annotations

from dataclasses import dataclass, field, fields, replace

from tilescout.documents import Attributes, Document, Status


@dataclass(frozen=True, slots=True, kw_only=True)
class Condition:
    """The condition that a document's row must meet at the moment of the write.

    ``claimed_before``: a RUNNING document must be claimed under a lower token. The attributes
    that are not None must be as they are here; a row may lack one that is 0.
    """

    sources: frozenset[Status]
    claimed_before: int | None = None
    claim_token: int | None = None
    clean_after: int | None = None
    asked_for_at: int | None = None

    @property
    def same(self) -> dict[str, int]:
        """Attributes of the row and the values that they must have."""
        expected = {
            "claim_token": self.claim_token,
            "clean_after": self.clean_after,
            "asked_for_at": self.asked_for_at,
        }
        return {name: value for name, value in expected.items() if value is not None}

    def holds(self, document: Document) -> bool:
        """Returns what the table would say of a row like this document."""
        is_newer = self.claimed_before is not None and document.claim_token >= self.claimed_before
        if document.status not in self.sources or (document.status == "RUNNING" and is_newer):
            return False
        return all(getattr(document, name) == value for name, value in self.same.items())


@dataclass(frozen=True, slots=True, kw_only=True)
class StatusChange:
    """One arrow of one document: its new status and attributes, and when they may be written."""

    document_id: str
    status: Status
    condition: Condition
    attributes: Attributes = field(default_factory=Attributes)

    @property
    def reason(self) -> str:
        """The reason that is written with the status; empty where there is none."""
        return self.attributes.get("reason", "")

    def applied_to(self, document: Document) -> Document:
        """Returns the document as the change makes it, whether its condition holds or not."""
        known = {item.name for item in fields(Document)}
        values = {name: value for name, value in self.attributes.items() if name in known}
        return replace(document, status=self.status, **values)  # type: ignore[arg-type]
