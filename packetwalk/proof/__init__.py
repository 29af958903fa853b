"""What was proven, where: results and matrix, and the comparison of the model with recordings of kernels."""
