"""Baselines without a network: n-gram tables and file compressors, measured on the characters that authors are scored
on."""
