"""The `tilescout` command."""
