"""`python -m tilescout_cli` is the `tilescout` command."""

from tilescout_cli.app import main

main()
