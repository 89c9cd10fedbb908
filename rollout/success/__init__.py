"""The plan's metrics and the gates that wait for them."""
