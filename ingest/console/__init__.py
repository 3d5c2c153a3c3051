"""The office console: pages of plain HTML over the register, for the people of the office."""
