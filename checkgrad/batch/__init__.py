"""A whole class: many submissions graded side by side, resumed after any stop, told as one page."""
