"""A Pulumi resource provider driven by a table: one `Entry` per resource type."""
