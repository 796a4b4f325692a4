"""The names of tensors in the files of earlier builds, and the present ones. One table for authors and checkpoints.

Names are made of words: those of a parameter, of an optimizer's state for it, or of a model's state. A few of these
words were renamed.
"""

RENAMED_WORDS = {
    "evidence": "context_models",
    "shown": "ngram_input",
    "facts": "confidence",
    "recall": "match",
    "streak": "length",
}
"""The present form of each word that was renamed. No other name contains any of these, old or new."""


def present_name(name: str) -> str:
    """Return the present form of a tensor's name from any build's file."""
    for former, present in RENAMED_WORDS.items():
        name = name.replace(former, present)
    return name


def former_name(name: str) -> str:
    """Return the form that a tensor's name had before words were renamed."""
    for former, present in RENAMED_WORDS.items():
        name = name.replace(present, former)
    return name
