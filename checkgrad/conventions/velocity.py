"""What momentum keeps."""

from checkgrad.conventions.convention import Convention

VELOCITY = Convention(
    key="velocity",
    usual="downhill",
    question="What does momentum keep?",
    accepts="""
def momentum_update(w, g, v, lr, mu):
    v = mu * v + (1 - mu) * g
    return w - lr * v, v
""",
    refuses="""
def momentum_update(w, g, v, lr, mu):
    v = mu * v + (1 - mu) * g
    return w - lr * v / 2, v
""",
)
