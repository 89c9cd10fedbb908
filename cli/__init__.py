"""`rollout`: what people type beside `pulumi`."""
