//go:build tools

// Package yaml pins the language host of YAML and all it is built from; go.sum holds the hashes.
package yaml

import _ "github.com/pulumi/pulumi-yaml/cmd/pulumi-language-yaml"
