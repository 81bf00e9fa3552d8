"""How the losses of the samples become one number."""

from checkgrad.conventions.convention import Convention

REDUCTION = Convention(
    key="reduction",
    usual="mean",
    question="How do the losses of the samples become one number?",
    words={
        "sum": "summed over the samples",
        "mean": "averaged over the samples",
        "none": "one value for each sample",
        "cells": "averaged over all cells",
        "shares": "each sample a share of the mean",
        "samples": "averaged over the samples",
    },
    accepts="""
import numpy as np

def cross_entropy(y, t):
    return -np.sum(t * np.log(y))
""",
    refuses="""
import numpy as np

def cross_entropy(y, t):
    return -np.sum(t * np.log(y)) / len(y) ** 2
""",
)
