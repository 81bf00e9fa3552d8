"""Which axis holds the samples."""

from checkgrad.conventions.convention import Convention

ROWS, COLUMNS, SINGLE, SCALAR = "rows", "columns", "one sample at a time", "one number at a time"

LAYOUT = Convention(
    key="layout",
    usual=ROWS,
    question="Which axis holds the samples?",
    others=(COLUMNS, SINGLE, SCALAR),
    words={
        COLUMNS: "samples in columns",
        SINGLE: "one sample at a time",
        SCALAR: "one number at a time",
    },
    accepts="""
import numpy as np

def softmax(z):
    e = np.exp(z - z.max(axis=0))
    return e / e.sum(axis=0)
""",
    refuses="""
import numpy as np

def softmax(z):
    e = np.exp(z - z.max(axis=0))
    return e / e.sum(axis=0) ** 2
""",
)
