"""The shell every service's pages and API stand in: mount, layout, sign-in, problems, idempotency."""
