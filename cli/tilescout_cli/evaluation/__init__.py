"""The inputs, limits and output of `tilescout evaluate`."""
