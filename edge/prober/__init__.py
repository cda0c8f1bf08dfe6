"""The prober: executes checks on schedule and reports their results."""
