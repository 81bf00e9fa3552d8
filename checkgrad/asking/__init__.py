"""The questions that are asked: of functions, of networks, of training loops; they yield what was seen."""
