"""The packages uploaded to Lambda: the function code and the third-party layers."""
