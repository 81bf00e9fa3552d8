"""What is taken for one another: functions, operators, comparisons."""

from __future__ import annotations

import ast

PAIRS = {
    "sum": ("mean",),
    "mean": ("sum",),
    "nansum": ("sum",),
    "average": ("sum",),
    "dot": ("multiply", "outer"),
    "matmul": ("multiply",),
    "multiply": ("dot",),
    "outer": ("multiply", "dot"),
    "max": ("sum", "min"),
    "min": ("max",),
    "maximum": ("minimum",),
    "minimum": ("maximum",),
    "exp": ("log",),
    "log": ("exp", "log1p"),
    "log10": ("log",),
    "log2": ("log",),
    "argmax": ("argmin",),
    "argmin": ("argmax",),
    "abs": ("square",),
    "square": ("abs",),
    "sqrt": ("square",),
    "ones": ("zeros",),
    "zeros": ("ones",),
    "ones_like": ("zeros_like",),
    "zeros_like": ("ones_like",),
    "tanh": ("cosh",),
    "sinh": ("tanh",),
    "cosh": ("tanh",),
    "sin": ("cos",),
    "prod": ("sum",),
    "std": ("var",),
    "greater": ("less",),
    "less": ("greater",),
    "subtract": ("add",),
    "add": ("subtract",),
    "divide": ("multiply",),
}
REDUCTIONS = ("sum", "mean", "max", "min", "argmax", "argmin", "prod", "average", "std", "var")
OPERATORS: dict[type[ast.operator], tuple[str, ...]] = {
    ast.Add: ("-", "*"),
    ast.Sub: ("+", "*"),
    ast.Mult: ("/", "+", "@", "**"),
    ast.Div: ("*",),
    ast.Pow: ("*",),
    ast.MatMult: ("*",),
    ast.FloorDiv: ("/",),
    ast.Mod: ("/",),
}
COMPARISONS: dict[type[ast.cmpop], tuple[str, ...]] = {
    ast.Gt: ("<", ">=", "!=", "=="),
    ast.Lt: (">", "<=", "!=", "=="),
    ast.GtE: ("<", ">", "=="),
    ast.LtE: (">", "<", "=="),
    ast.Eq: ("!=", "<", ">"),
    ast.NotEq: ("==", ">", "<"),
}
SIGNS: dict[type[ast.operator], str] = {
    ast.Add: "+", ast.Sub: "-", ast.Mult: "*", ast.Div: "/", ast.Pow: "**", ast.MatMult: "@",
    ast.FloorDiv: "//", ast.Mod: "%",
}  # fmt: skip
