"""What a training looks like from outside: the page of a run, the 2017 system's display, figures for TensorBoard."""

from penwright.report.building import build_report as build_report
