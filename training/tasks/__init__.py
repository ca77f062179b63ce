"""What is learned: for each kind of task its encoding, loss and score."""
