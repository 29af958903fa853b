"""What a page computes while it is read: the MTU that a mode leaves, the plugin that fits; from data made of the model."""
