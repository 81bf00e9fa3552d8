"""From the inventory of a submission to readings: what answers which exercise, and how it is to be asked."""

from checkgrad.reading.candidate import Candidate, candidates, nearest_names
from checkgrad.reading.probing import read
from checkgrad.reading.way import Reading

__all__ = ["Candidate", "Reading", "candidates", "nearest_names", "read"]
