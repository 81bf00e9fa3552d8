"""The referee for hand-written gradients: says whether the backprop you wrote is right, and why it is not."""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from checkgrad.gradcheck import (
        Block,
        Entry,
        GradientCheck,
        check_batch,
        check_gradient,
        check_minimize,
        check_vjp,
    )
    from checkgrad.grading import grade
    from checkgrad.notebook import check, load_ipython_extension
    from checkgrad.numeric import numeric_gradient

__version__: str
__all__ = [
    "Block",
    "Entry",
    "GradientCheck",
    "check",
    "check_batch",
    "check_gradient",
    "check_minimize",
    "check_vjp",
    "grade",
    "load_ipython_extension",
    "numeric_gradient",
]

MODULES = {
    "check": "notebook",
    "grade": "grading",
    "load_ipython_extension": "notebook",
    "numeric_gradient": "numeric",
}

if not TYPE_CHECKING:  # a type checker would take any misspelt name for one of these

    def __getattr__(name: str) -> Any:
        # Importing checkgrad is free: pytest does it in every run, NumPy would cost 80 ms.
        if name == "__version__":
            from importlib.metadata import version

            return version("checkgrad")
        if name not in __all__:
            raise AttributeError(f"module 'checkgrad' has no attribute {name!r}")
        from importlib import import_module

        return getattr(import_module(f"checkgrad.{MODULES.get(name, 'gradcheck')}"), name)


def __dir__() -> list[str]:
    return [*__all__, "__version__"]
