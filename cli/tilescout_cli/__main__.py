"""`python -m tilescout_cli` is the `tilescout` command."""

from __future__ import annotations

from tilescout_cli.app import main

main()
