"""What Python and NumPy say where a call does not fit, told apart."""

from __future__ import annotations

import re

# What Python says of a call whose arguments do not fit the parameters.
REFUSED = re.compile(
    r"(?:.*\.)?(\w+)\(\) (?:missing \d+ required|takes .* positional arguments?|got an unexpected)"
)
# What is said where an array has fewer axes than the code takes.
FLAT = re.compile(
    r"not enough values to unpack \(expected [3-9], got [0-2]\)"
    r"|too many indices for array: array is 2-dimensional, but [3-9] were indexed"
)
# What is said where an array lacks what tensors and nodes have: x.data may be the memory of an array.
NO_ARRAY = re.compile(r"'numpy\.\w+' object has no attribute '\w+'|.*'memoryview'")


UNKNOWN_NAME = re.compile(r"NameError: name '(\w+)' is not defined|NotHere: (\w+) has no value")
