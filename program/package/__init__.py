"""The rollout as components of somebody else's program, in any of Pulumi's languages: docs/other-languages.md."""
