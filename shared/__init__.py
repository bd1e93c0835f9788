"""What every service of the Pod suite stands on; it knows no service."""
