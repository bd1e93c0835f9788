"""Applications for Direct Payments and the panel that decides on them (D-01 to D-09); so far its doors only."""
