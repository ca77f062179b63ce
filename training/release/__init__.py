"""From trained weights to files, scores and the model card."""
