"""What training reads: sets, texts, made sentences and questions. Nothing here needs PyTorch."""
