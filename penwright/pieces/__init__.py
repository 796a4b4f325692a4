"""Alphabets whose symbols may stand for several characters: byte pairs and words, cut and spelled without loss."""

from penwright.pieces.alphabet import PieceAlphabet as PieceAlphabet
from penwright.pieces.opening import alphabet_from_dict as alphabet_from_dict
from penwright.pieces.opening import learn_pieces as learn_pieces
