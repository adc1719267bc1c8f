"""What the documents quote of the program, made by running it."""
