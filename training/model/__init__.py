"""The network, its arithmetic, and the tensors that it takes and leaves."""
