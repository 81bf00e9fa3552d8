"""Where is divided by the number of samples."""

from checkgrad.conventions.convention import Convention

MEAN = Convention(
    key="mean",
    usual="in the loss",
    question="Where is divided by the number of samples?",
    words={"in the layer": "the mean taken in the layer"},
    accepts="""
def affine_backward(dout, x, w):
    return dout @ w.T, x.T @ dout / len(x), dout.mean(axis=0)
""",
    refuses="""
def affine_backward(dout, x, w):
    return dout @ w.T, x.T @ dout / len(x), dout.sum(axis=0) ** 2
""",
)
