"""What other systems reported of the citizen of a referral: shown, and taken back by hand where it was wrong (J-13)."""
