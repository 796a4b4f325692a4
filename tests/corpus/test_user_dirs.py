from pathlib import Path

from penwright.corpus.user_dirs import default_cache_dir


def test_the_cache_lies_below_the_home_and_is_not_made_by_asking() -> None:
    folder = default_cache_dir()
    assert folder.is_relative_to(Path.home())
    assert "penwright" in folder.as_posix()
