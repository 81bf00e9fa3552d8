"""What words of student code and messages of Python and NumPy say: hints for the order of trials, never a verdict."""
