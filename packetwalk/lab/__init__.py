"""The only code that starts processes: plans built in a real kernel, packets sent and captured."""
