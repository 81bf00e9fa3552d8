"""Every one-place mutant of a program: another operator, operand, axis, index, name, factor, or a statement left out."""

import ast
from dataclasses import dataclass

OTHER = {
    ast.Add: ("-",),
    ast.Sub: ("+",),
    ast.Mult: ("/",),
    ast.Div: ("*",),
    ast.MatMult: ("*",),
    ast.Pow: (),
}
TWINS = {
    "sum": "mean",
    "mean": "sum",
    "dot": "multiply",
    "multiply": "dot",
    "maximum": "minimum",
    "max": "min",
    "exp": "log",
    "log": "exp",
    "tanh": "sin",
    "argmax": "argmin",
    "zeros_like": "ones_like",
}
QUIET = ("np", "self", "range", "len", "zip", "enumerate", "reversed", "print", "float", "int")


@dataclass(frozen=True)
class Mutant:
    """*source* with one mistake at *line*; left_out: a whole statement is missing there."""

    source: str
    line: int
    what: str
    left_out: bool = False


def mutants(source, first=1, last=1 << 30):
    """The mutants of the functions in *source* that lie between two lines."""
    tree, seen = ast.parse(source), set()
    starts = [0]
    for line in source.encode().split(b"\n"):
        starts.append(starts[-1] + len(line) + 1)

    def span(node):
        return (
            starts[node.lineno - 1] + node.col_offset,
            starts[node.end_lineno - 1] + node.end_col_offset,
        )

    def said(node):
        a, b = span(node)
        return source.encode()[a:b].decode()

    for function in [n for n in ast.walk(tree) if isinstance(n, ast.FunctionDef)]:
        names = sorted({n.id for n in ast.walk(function) if is_stored(n)})
        names += [a.arg for a in function.args.args if a.arg != "self"]
        skipped = {id(n) for n in ast.walk(function.args)}
        for node in ast.walk(function):
            if id(node) in skipped or not first <= getattr(node, "lineno", 0) <= last:
                continue
            for what, new in changes(node, names, said):
                a, b = span(node)
                text = (source.encode()[:a] + new.encode() + source.encode()[b:]).decode()
                left_out = what.startswith("left out")
                if text != source and text not in seen and compiles(text):
                    seen.add(text)
                    yield Mutant(text, node.lineno, what, left_out)


def compiles(text):
    try:
        compile(text, "mutant", "exec")
    except SyntaxError:
        return False
    return True


def is_stored(node):
    return isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)


def changes(node, names, said):
    if isinstance(node, ast.BinOp):
        left, right = said(node.left), said(node.right)
        yield f"only the left of {said(node)}", left
        if not isinstance(node.op, ast.Div | ast.Pow | ast.Sub):
            yield f"only the right of {said(node)}", right
        if isinstance(node.op, ast.Sub):
            yield f"{said(node)} the other way round", f"({right} - {left})"
            yield f"only the right of {said(node)}", right
        for sign in OTHER.get(type(node.op), ()):
            yield f"{sign} in {said(node)}", f"(({left}) {sign} ({right}))"
    elif isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub):
        if not isinstance(node.operand, ast.Constant):
            yield f"no minus before {said(node.operand)}", said(node.operand)
    elif isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Load):
        if node.attr == "T":
            yield f"{said(node.value)} is not transposed", said(node.value)
        elif node.attr in TWINS:
            yield f"{TWINS[node.attr]} for {node.attr}", f"{said(node.value)}.{TWINS[node.attr]}"
    elif isinstance(node, ast.Subscript) and isinstance(node.ctx, ast.Load):
        yield from other_elements(node, said)
    elif isinstance(node, ast.Call):
        yield from other_calls(node, said)
    elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load) and node.id in names:
        others = [n for n in names if n != node.id and n[0].lower() == node.id[0].lower()]
        for other in others[:2] or [n for n in names if n != node.id][:1]:
            yield f"{other} for {node.id}", other
    elif isinstance(node, ast.Compare) and len(node.ops) == 1:
        op = {ast.Gt: "<", ast.Lt: ">", ast.GtE: "<", ast.LtE: ">", ast.Eq: "!="}
        if sign := op.get(type(node.ops[0])):
            yield f"{sign} in {said(node)}", f"{said(node.left)} {sign} {said(node.comparators[0])}"
    elif isinstance(node, ast.Constant) and type(node.value) in (int, float):
        if node.value in (1, 2, 0.5):
            yield f"{3 - node.value} for {node.value}", repr(3 - node.value)
    elif (
        isinstance(node, ast.AugAssign)
        or isinstance(node, ast.Assign)
        and isinstance(node.targets[0], ast.Subscript)
    ):
        yield f"left out: {said(node)}", "pass"


def other_elements(node, said):
    base, index = said(node.value), node.slice
    if isinstance(index, ast.Constant) and isinstance(index.value, int):
        yield f"another element than {said(node)}", f"{base}[{index.value - 1}]"
    elif isinstance(index, ast.Name):
        yield f"the element before {said(node)}", f"{base}[{index.id} - 1]"
    elif isinstance(index, ast.BinOp) and isinstance(index.left, ast.Name):
        yield f"without the shift of {said(node)}", f"{base}[{index.left.id}]"
    elif isinstance(index, ast.Slice):
        yield f"all of {base}", base


def other_calls(node, said):
    args, function = [said(a) for a in node.args], said(node.func)
    named = [f"{k.arg}={said(k.value)}" for k in node.keywords]
    for i, one in enumerate(node.keywords):
        if one.arg == "axis":
            rest = [*named[:i], *named[i + 1 :]]
            yield "no axis", f"{function}({', '.join([*args, *rest])})"
            if isinstance(one.value, ast.Constant) and one.value.value in (0, 1):
                other = f"axis={1 - one.value.value}"
                yield "the other axis", f"{function}({', '.join([*args, other, *rest])})"
        elif one.arg == "keepdims":
            rest = [*named[:i], *named[i + 1 :]]
            yield "no keepdims", f"{function}({', '.join([*args, *rest])})"
    if len(args) == 2 and not named and function not in ("zip", "range"):
        yield f"{said(node)} with its arguments swapped", f"{function}({args[1]}, {args[0]})"
    if len(args) == 1 and isinstance(node.func, ast.Name) and function not in QUIET:
        yield f"without {function}", f"({args[0]})"
