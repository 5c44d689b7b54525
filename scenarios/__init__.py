"""Load and objectives, black box: reaches a service over the network alone."""
