"""AWS on loopback: moto's server, made stricter where a rollout depends on it, and durable."""
