"""Records of use, counters, thresholds, denied calls. Much of it runs in AWS Lambda: standard library only."""
