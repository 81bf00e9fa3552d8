"""What runs beside student code: NumPy and the standard library only, relative imports only.

The grader imports it as `checkgrad.child`; a worker loads the same files as a package of their own,
without checkgrad.
"""
