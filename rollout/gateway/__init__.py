"""What a company's gateway is given: the files that it runs with, what it reads of the rollout, and what it may do."""
