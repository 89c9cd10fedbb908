//go:build tools

// Package engine pins the Pulumi CLI and all it is built from; go.sum holds the hashes.
package engine

import _ "github.com/pulumi/pulumi/pkg/v3/cmd/pulumi"
