"""The guides of a text, from its options."""

from penwright.alphabet.characters import Alphabet
from penwright.writing.laws.bias import LogitBias
from penwright.writing.laws.pace import Pace
from penwright.writing.laws.pairs import ClosedPairs
from penwright.writing.laws.words import NoRepeatedNgrams, WordTemperature
from penwright.writing.options import Laws, SamplingConfig
from penwright.writing.pen import Guide, ReadingGuide


def guides_of(laws: Laws, *, alphabet: Alphabet, sampling: SamplingConfig, text: str = "") -> list[Guide]:
    """Return a guide for each law that is in force, in the order in which they act.

    Args:
        laws: Options of the text.
        alphabet: Alphabet of the author.
        sampling: Sampling options of the text.
        text: What stands before the text. Leave it empty for `iter_text`, which tells its guides the prompt.

    Raises:
        UsageError: If a law cannot hold for an author of this alphabet.
    """
    guides: list[Guide] = []
    if laws.logit_bias:
        guides.append(LogitBias(alphabet, biases=laws.logit_bias, sampling=sampling))
    if laws.sentence_length != 1 or laws.paragraph_length != 1:
        lengths = {"sentence_length": laws.sentence_length, "paragraph_length": laws.paragraph_length}
        guides.append(Pace(alphabet, **lengths, sampling=sampling))
    if laws.no_repeat_ngram is not None:
        guides.append(NoRepeatedNgrams(alphabet, num_words=laws.no_repeat_ngram, sampling=sampling))
    if laws.close_quotes:
        guides.append(ClosedPairs(alphabet))
    if laws.word_temperature is not None:
        guides.append(WordTemperature(alphabet, temperature=laws.word_temperature))
    for guide in guides:
        if text and isinstance(guide, ReadingGuide):
            guide.read(text)
    return guides
