"""The AWS APIs that the emulator lacks, answered by the engines."""
