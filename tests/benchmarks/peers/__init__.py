"""The peers: the same work done the way the documentation of other libraries shows, each a program of its own."""
