"""Whether a derivative takes in the next one as well."""

from checkgrad.conventions.convention import Convention

FUSED = Convention(
    key="fused",
    usual="separate",
    question="Does a derivative take in the next one as well?",
    said="{} fused",
    accepts="""
def cross_entropy_derivative(y, t):
    return (y - t) / len(y)
""",
    refuses="""
def cross_entropy_derivative(y, t):
    return (y + t) / len(y)
""",
)
