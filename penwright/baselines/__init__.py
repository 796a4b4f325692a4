"""What needs no network: counted tables and file compressors, measured on the characters an author is judged on."""

from penwright.baselines.measuring import Baseline as Baseline
from penwright.baselines.measuring import measure_baselines as measure_baselines
