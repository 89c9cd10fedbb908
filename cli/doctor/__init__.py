"""What a rollout needs beside its stack file: each check by itself, each finding with what to do about it."""
