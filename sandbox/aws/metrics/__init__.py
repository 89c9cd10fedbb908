"""CloudWatch's metrics as they are read: series of one metric, and metric math over them."""
