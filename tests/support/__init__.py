"""What the tests stand on: private servers, processes, a browser."""
