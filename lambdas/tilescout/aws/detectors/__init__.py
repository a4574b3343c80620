"""Detectors that call an AWS service or run a model from S3."""
