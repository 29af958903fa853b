"""A kind cluster that runs: made, reached and given its images by the programs kind, docker and kubectl."""
