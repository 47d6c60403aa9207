package main

import (
	"fmt"
	"os"

	"github.com/moby/buildkit/frontend/dockerfile/instructions"
	"github.com/moby/buildkit/frontend/dockerfile/linter"
	"github.com/moby/buildkit/frontend/dockerfile/parser"
)

// checkDockerfile parses a Dockerfile as BuildKit does; what its linter warns of is a fault.
func checkDockerfile(file string) error {
	text, err := os.Open(file)
	if err != nil {
		return err
	}
	defer text.Close()
	parsed, err := parser.Parse(text)
	if err != nil {
		return err
	}
	var found []string
	lint := linter.New(&linter.Config{Warn: func(rule, _, _, message string, _ []parser.Range) {
		found = append(found, rule+": "+message)
	}})
	for _, warning := range parsed.Warnings {
		found = append(found, warning.Short)
	}
	stages, _, err := instructions.Parse(parsed.AST, lint)
	if err != nil {
		return err
	}
	if len(found) > 0 {
		return fmt.Errorf("%s: %v", file, found)
	}
	fmt.Printf("%s: %d stages\n", file, len(stages))
	return nil
}
