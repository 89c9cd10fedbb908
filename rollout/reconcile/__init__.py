"""What the meter counted beside what AWS billed. Pure: no network, no clock."""
