"""The café: opening hours, events and bookings, open to everyone (C-01 to C-06); so far its hours."""
