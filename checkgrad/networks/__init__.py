"""From the inventory of a submission to readings of its networks, each one pure function."""
