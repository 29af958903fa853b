"""What a lab knows of each plugin, and the programs that write a part of a plan themselves."""
