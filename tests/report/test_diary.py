"""The author's diary."""

from hypothesis import given
from hypothesis import strategies as st
from record_samples import evaluation

from penwright.report.diary import MAX_ENTRIES, diary, ended_at_a_word, spaced
from penwright.report.story import RunStory
from penwright.training.records import Sample


def sample(step: int, text: str = "the lamp was lit.", prompt: str = "It was ") -> Sample:
    return Sample(step=step, chars_read=1000 * step, elapsed_seconds=step * 6.0, prompt=prompt, text=text)


def story(*records, train_chars: int | None = 100_000) -> RunStory:
    env = {} if train_chars is None else {"corpus": {"num_chars": {"train": train_chars}}}
    return RunStory(name="run", path="runs/run", records=records, env=env)


def test_an_entry_says_when_it_was_written_and_how_good_the_author_was() -> None:
    reading = evaluation(step=150, bits_per_char=2.125)
    page = diary(story(reading, sample(150)))
    for words in (
        "After 150,000 characters",
        "step 150",
        "1.5 epochs",
        "15\u00a0min",
        "2.12 bits per character",
        "held-out books",
    ):
        assert words in page
    assert '<span class="prompt">It was </span>the lamp was lit.' in page


def test_without_the_size_of_the_books_no_epochs_are_told() -> None:
    page = diary(story(sample(1200), train_chars=None))
    assert "step 1,200" in page and "epoch" not in page


def test_a_single_entry_and_none_at_all_have_a_diary_too() -> None:
    assert diary(story(sample(0))).count("<article") == 1
    assert "not written anything yet" in diary(story())


def test_long_diaries_are_shortened_and_say_so() -> None:
    page = diary(story(*(sample(step) for step in range(0, 5000, 100))))
    assert page.count("<article") == MAX_ENTRIES
    assert "<h3>Before the first step</h3>" in page and "<h3>After 4.9 million characters</h3>" in page
    assert "38 more entries" in page


def test_what_the_author_writes_cannot_open_anything() -> None:
    page = diary(story(sample(1, text="</p><script>alert(1)</script>\0", prompt="<img src=x>")))
    assert "<script" not in page and "<img" not in page
    assert "&lt;script&gt;alert(1)&lt;/script&gt;\u2400" in page


@given(steps=st.lists(st.integers(0, 10**9), min_size=1, max_size=60, unique=True).map(sorted), most=st.integers(2, 12))
def test_chosen_entries_keep_their_order_and_both_ends(steps: list[int], most: int) -> None:
    chosen = spaced(steps, steps, max_items=most)
    assert len(chosen) == min(len(steps), most)
    assert chosen == sorted(set(chosen))
    assert (chosen[0], chosen[-1]) == (steps[0], steps[-1])


def test_chosen_entries_are_ever_further_apart() -> None:
    steps = list(range(1025))
    chosen = spaced(steps, steps, max_items=6)
    assert chosen == [0, 3, 15, 63, 255, 1024]


def test_an_entry_ends_at_a_word() -> None:
    assert ended_at_a_word("the lamp was li") == "the lamp was \u2026"
    assert ended_at_a_word("the lamp was \n") == "the lamp was \u2026"
    assert ended_at_a_word("the lamp was lit,") == "the lamp was lit, \u2026"
    assert ended_at_a_word("the lamp was lit. ") == "the lamp was lit."
    for whole in ("the lamp was lit.", "", "lamp", "\u71c8\u306f\u3064\u3044\u3066" * 20):
        assert ended_at_a_word(whole) == whole
