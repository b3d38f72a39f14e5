"""What was found in footage: rows, shots, vectors, the Faiss index."""
