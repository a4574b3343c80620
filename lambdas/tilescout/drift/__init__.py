"""Tells when the drawings that a model reads are no longer those that it was chosen for.

Each document leaves a few histograms. Those of the first documents of a model version are its
baseline, with which the documents of the last days are compared.
"""
