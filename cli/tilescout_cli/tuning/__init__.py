"""The detectors, options and output of `tilescout tune`."""
