"""The network without n-grams that is raised beside an author."""

from itertools import count

from penwright.corpus.store import Corpus
from penwright.report.bare_network import MAX_SECONDS, bare_config, raise_bare_network
from penwright.report.story import RunStory
from penwright.training.records import Evaluation, Sample
from penwright.training.settings.resolve import resolve_config

NUM_STEPS = 4


def test_the_network_has_neither_n_grams_nor_matches_and_writes_from_nothing_to_its_end(corpus: Corpus) -> None:
    run = resolve_config(None, overrides={"diary": {"prompt": "It was ", "max_chars": 30}}).config
    assert run.model["ngram_entries"] and run.model["match_slots"]
    config = bare_config(run, num_steps=NUM_STEPS)
    model = config.model_config(vocab_size=corpus.alphabet.vocab_size, unit=corpus.alphabet.unit)
    assert not model.has_context_models
    told: list[str] = []
    seconds = count()
    records = raise_bare_network(corpus, config, tell=told.append, clock=lambda: float(next(seconds)))
    samples = [record for record in records if isinstance(record, Sample)]
    scores = [record for record in records if isinstance(record, Evaluation)]
    assert [sample.step for sample in samples] == [0, NUM_STEPS] == [score.step for score in scores]
    assert all(sample.prompt == "It was " and len(sample.text) == 30 for sample in samples)
    assert scores[-1].bits_per_char < scores[0].bits_per_char, "it has learned"
    assert told[0].endswith("0 % done") and told[-1].endswith("100 % done")
    assert samples[-1].elapsed_seconds == NUM_STEPS + 1
    story = RunStory(name="run", path="runs/run", records=records)
    assert story.bits_at(samples[-1]) is not None


def test_a_slow_machine_ends_after_some_seconds(corpus: Corpus) -> None:
    config = bare_config(resolve_config(None, overrides={"diary": {"max_chars": 5}}).config, num_steps=NUM_STEPS)
    times = iter([0.0, 1.0, MAX_SECONDS + 1.0])
    records = raise_bare_network(corpus, config, clock=lambda: next(times))
    assert [record.step for record in records if isinstance(record, Sample)] == [0, 1]
