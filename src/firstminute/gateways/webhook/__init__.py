"""Messages to named machines outside, over HTTPS: signed, and never to an address that nobody named."""
