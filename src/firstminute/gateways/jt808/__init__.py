"""JT/T 808, the protocol of Chinese vehicle terminals: registration, authentication, positions."""
