"""Tensor mathematics of the methods: functions from a transformer's blocks, or from scores, to values of tokens."""
