"""Whether logits, probabilities or activations are handed over."""

from checkgrad.conventions.convention import Convention

ARGUMENT = Convention(
    key="argument",
    usual="as in the signature",
    question="Are logits, probabilities or activations handed over?",
    words={
        "activation": "given the activation",
        "logits": "given logits",
        "probabilities": "given probabilities",
        "class numbers": "given class numbers",
    },
    accepts="""
def sigmoid_derivative(a):
    return a * (1 - a)
""",
    refuses="""
def sigmoid_derivative(a):
    return a * (1 + a)
""",
)
