"""What a larger model, all-MiniLM-L6-v2, contributes: vectors, names, guessed words."""
