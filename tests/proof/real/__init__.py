"""The real programs' recordings against the plans: every table of every node and pod, line by line, in order."""
