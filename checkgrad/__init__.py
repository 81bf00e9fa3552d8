"""The referee for hand-written gradients: says whether the backprop you wrote is right, and why it is not."""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from checkgrad.gradcheck import check_gradient
    from checkgrad.grading import grade
    from checkgrad.notebook import check, load_ipython_extension
    from checkgrad.numeric import numeric_gradient

__all__ = ["check", "check_gradient", "grade", "load_ipython_extension", "numeric_gradient"]


def __getattr__(name: str) -> Any:
    # Importing checkgrad is free: pytest does it in every run, NumPy would cost 80 ms.
    if name == "check_gradient":
        from checkgrad.gradcheck import check_gradient

        return check_gradient
    if name == "numeric_gradient":
        from checkgrad.numeric import numeric_gradient

        return numeric_gradient
    if name == "grade":
        from checkgrad.grading import grade

        return grade
    if name in ("check", "load_ipython_extension"):
        from checkgrad import notebook

        return getattr(notebook, name)
    raise AttributeError(f"module 'checkgrad' has no attribute {name!r}")


def __dir__() -> list[str]:
    return __all__
