"""From the inventory of a submission to readings: what answers which exercise, and how it is to be asked."""

from checkgrad.reading.candidate import candidates, is_taken_up, misfits, nearest_names
from checkgrad.reading.probing import read
from checkgrad.reading.reading import Reading
from checkgrad.reading.recipe import Candidate

__all__ = ["Candidate", "Reading", "candidates", "is_taken_up", "misfits", "nearest_names", "read"]
