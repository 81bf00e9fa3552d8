"""LaTeX -> MathML, which browsers show and read aloud without help."""

from __future__ import annotations

import html
from xml.etree import ElementTree

from latex2mathml.converter import Converter
from markupsafe import Markup

from checkgrad.model import Worked
from checkgrad.render import numbers

# what a formula may carry: nothing that links, styles or runs
MATH_ATTRIBUTES = {
    "display", "mathvariant", "stretchy", "fence", "separator", "form", "lspace", "rspace", "minsize",
    "maxsize", "movablelimits", "linethickness", "columnalign", "rowspacing", "columnspacing", "width",
    "height", "depth", "accent", "accentunder", "xmlns",
}  # fmt: skip


def mathml(latex: str, block: bool = True) -> Markup:
    """Return a formula as MathML; one that cannot be read is shown as it was written."""
    try:
        display = "block" if block else "inline"
        # the converter does not know \arg
        named = latex.replace(r"\arg", r"\operatorname{arg}")
        root = Converter(display=display).convert_to_element(named)
    except Exception:  # the converter raises many kinds
        return Markup("<code>{}</code>").format(numbers.clean(latex))
    for element in root.iter():
        # the converter leaves entities in the text, for a writer that does not escape
        element.text = numbers.clean(html.unescape(element.text or ""))
        element.tail = None
        element.attrib = {k: v for k, v in element.attrib.items() if k in MATH_ATTRIBUTES}
    return Markup(ElementTree.tostring(root, encoding="unicode"))


def by_hand(line: Worked) -> Markup:
    """Return a line of a calculation: what is worked out, the same with numbers, the value."""
    mantissa, e, exponent = numbers.number(line.value).partition("e")
    value = rf"{mantissa} \cdot 10^{{{int(exponent)}}}" if e else mantissa
    if line.numbers == value:
        return mathml(f"{line.name} = {value}")
    equals = "=" if float(numbers.number(line.value)) == line.value else r"\approx"
    return mathml(f"{line.name} = {line.numbers} {equals} {value}")
