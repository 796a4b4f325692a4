"""The threads of each purpose stay: no other purpose takes them away."""

from penwright.kernels.threads import thread_pool


def test_a_purpose_keeps_its_threads_however_many_others_there_are() -> None:
    pool = thread_pool("first")
    others = [thread_pool(f"other {number}") for number in range(20)]
    assert thread_pool("first") is pool and pool not in others
