"""Loops over single numbers, compiled for the processor at hand: one pass over memory where torch needs many.

A kernel is a plain Python function over arrays, which numba compiles when it is first called and keeps on disk. Each
has a twin elsewhere that torch carries out, for other devices and types, and for a Python that numba does not know yet.
"""
