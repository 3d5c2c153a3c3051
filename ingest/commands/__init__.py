"""What each command does. Only these and `daemon` read the clock; only these print."""
