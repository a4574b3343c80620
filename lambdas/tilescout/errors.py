"""The errors that Tilescout raises on purpose. Messages tell rule, value and remedy.

TilescoutError
  UnreadableDocument   the upload's fault; never retried, reported to the user
  UnsupportedPage      a page no renderer can give within the limits; never retried
  RenderLimitExceeded  the rendering child died, or ran out of time or memory
  InvalidProfile       a profile breaks a rule; stops synth
    PatternTooSlow       one of its patterns takes too long over a line of text
  BudgetExceeded       the work would cost more than the profile allows
  LeaseLost            another owner holds the lease; the run ends and does nothing more
  DetectorError        the detector gave no answer; some calls may be billed all the same
    TileRefused          the detector will never accept this tile
    DetectorUnavailable  not ready, throttled or over a limit; not the tile's fault
      DetectorBroken     a server error: an outage, or a tile that causes it each time
    TileGone             its image was deleted; its page is tiled again
  AnswerLost           the detector was called and perhaps billed, but no answer came
  RunNotDescribed      it is not known whether an execution still runs; the next look tells
  UnknownMessage       a queue holds what it should not; the message becomes a dead letter
  MessageNotSent       a queue refused part of a batch; the caller's message is redelivered
  RowsNotWritten       a table takes no more rows for now; the caller's message is redelivered
  EventNotSent         the event bus refused an event; the message tells when it is sent again
  CleanupUnfinished    a document has more to clean up than one invocation may; a hint goes on
  UnusableModel        a model file is not of the documented format
"""

from __future__ import annotations


class TilescoutError(Exception):
    """The base of all errors raised on purpose."""


class UnreadableDocument(TilescoutError):
    """The upload cannot be read as a PDF within the limits."""


class UnsupportedPage(TilescoutError):
    """The page cannot be rendered at the profile's settings."""


class RenderLimitExceeded(TilescoutError):
    """The rendering child died, ran out of time or of memory."""


class InvalidProfile(TilescoutError):
    """A profile setting breaks a rule."""


class PatternTooSlow(InvalidProfile):
    """A snippet's pattern takes too long over a line of text."""


class BudgetExceeded(TilescoutError):
    """The estimated price is over the profile's budget."""


class LeaseLost(TilescoutError):
    """Another owner holds the lease."""


class DetectorError(TilescoutError):
    """The detector gave no answer; ``billed`` calls for this tile were made before."""

    def __init__(self, message: str = "", *, billed: int = 0) -> None:
        super().__init__(message)
        self.billed = billed


class TileRefused(DetectorError):
    """The detector refuses this tile for good."""


class TileGone(DetectorError):
    """The tile's image was deleted or has expired; the detector was not called."""


class DetectorUnavailable(DetectorError):
    """The detector cannot answer now; nothing is known about the tile."""


class DetectorBroken(DetectorUnavailable):
    """The detector failed on its side; only repetition tells whether the tile is the cause."""


class PartsNotPaid(DetectorUnavailable):
    """The budget has no calls left for the parts of a tile whose first call is paid."""


class AnswerLost(TilescoutError):
    """The request went out and no answer came; it may have been billed."""


class RunNotDescribed(TilescoutError):
    """Step Functions gave no answer about an execution."""


class UnknownMessage(TilescoutError):
    """A message is of no kind that its queue holds."""


class MessageNotSent(TilescoutError):
    """The queue refused part of a batch."""


class RowsNotWritten(TilescoutError):
    """The table did not take some rows of a batch."""


class EventNotSent(TilescoutError):
    """The event bus refused an event."""


class CleanupUnfinished(TilescoutError):
    """The time of the invocation ran out before the document was cleaned up."""


class UnusableModel(TilescoutError):
    """A model file is not of the format that docs/detector.md states."""
