"""What this project stands on and does not make: which version is the floor, which was tried, which is the newest."""
