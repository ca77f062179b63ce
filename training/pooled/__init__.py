"""Training in large batches from rows that are written beforehand: on a GPU where there is one."""
