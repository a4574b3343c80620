"""Settings of the stack from `cdk.json`, validated with rule, value and remedy."""
