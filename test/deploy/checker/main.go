// Checks the files of deploy/ with the code of the programs that read them.
//
//	checker chart CHART OUT VALUES...   lints a chart with each file of values by Helm's linter, renders it by Helm's
//	                                    engine to OUT/NAME.yaml, and reads that back as the API server would
//	checker kustomize FOLDER            builds a folder by kustomize, and reads what comes out
//	checker compose FILE                loads a file of Docker Compose
//	checker dockerfile FILE             parses and lints a Dockerfile by BuildKit
//
// What is read is decoded into the types of Kubernetes and of the Prometheus operator: fields that there are not, or
// that are of another type, are faults.
package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"log"
	"os"
	"path/filepath"
	"sort"
	"strings"

	"github.com/compose-spec/compose-go/v2/cli"
	monitoring "github.com/prometheus-operator/prometheus-operator/pkg/apis/monitoring/v1"
	"helm.sh/helm/v3/pkg/chart/loader"
	"helm.sh/helm/v3/pkg/chartutil"
	"helm.sh/helm/v3/pkg/engine"
	"helm.sh/helm/v3/pkg/lint"
	"helm.sh/helm/v3/pkg/lint/support"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/serializer"
	"k8s.io/client-go/kubernetes/scheme"
	"sigs.k8s.io/kustomize/api/krusty"
	"sigs.k8s.io/kustomize/kyaml/filesys"
)

func main() {
	// Helm says of each symbolic link that it follows it.
	log.SetOutput(io.Discard)
	if err := run(os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run(args []string) error {
	switch {
	case len(args) > 3 && args[0] == "chart":
		for _, values := range args[3:] {
			if err := checkChart(args[1], args[2], values); err != nil {
				return fmt.Errorf("%s with %s: %w", args[1], values, err)
			}
		}
		return nil
	case len(args) == 2 && args[0] == "kustomize":
		return checkKustomization(args[1])
	case len(args) == 2 && args[0] == "dockerfile":
		return checkDockerfile(args[1])
	case len(args) == 2 && args[0] == "compose":
		return checkCompose(args[1])
	}
	return errors.New("usage: checker chart CHART OUT VALUES... | kustomize FOLDER | compose FILE | dockerfile FILE")
}

func checkChart(path, out, valuesFile string) error {
	values, err := chartutil.ReadValuesFile(valuesFile)
	if err != nil {
		return err
	}
	for _, message := range lint.All(path, values, "default", true).Messages {
		if message.Severity >= support.WarningSev {
			return fmt.Errorf("lint: %w", message)
		}
	}
	chart, err := loader.Load(path)
	if err != nil {
		return err
	}
	release := chartutil.ReleaseOptions{Name: "parlance", Namespace: "default", IsInstall: true}
	all, err := chartutil.ToRenderValues(chart, values, release, chartutil.DefaultCapabilities)
	if err != nil {
		return err
	}
	rendered, err := engine.Render(chart, all)
	if err != nil {
		return err
	}
	names := make([]string, 0, len(rendered))
	for name := range rendered {
		if strings.HasSuffix(name, ".yaml") {
			names = append(names, name)
		}
	}
	sort.Strings(names)
	var text bytes.Buffer
	for _, name := range names {
		for _, document := range documents(rendered[name]) {
			text.WriteString("---\n" + document + "\n")
		}
	}
	if err := checkObjects(text.String()); err != nil {
		return err
	}
	name := strings.TrimSuffix(filepath.Base(valuesFile), ".yaml")
	return os.WriteFile(filepath.Join(out, name+".yaml"), text.Bytes(), 0o644)
}

func checkKustomization(folder string) error {
	kustomizer := krusty.MakeKustomizer(krusty.MakeDefaultOptions())
	built, err := kustomizer.Run(filesys.MakeFsOnDisk(), folder)
	if err != nil {
		return err
	}
	text, err := built.AsYaml()
	if err != nil {
		return err
	}
	return checkObjects(string(text))
}

func checkCompose(file string) error {
	options, err := cli.NewProjectOptions([]string{file}, cli.WithOsEnv)
	if err != nil {
		return err
	}
	project, err := options.LoadProject(context.Background())
	if err != nil {
		return err
	}
	fmt.Printf("%s: %d services\n", file, len(project.Services))
	return nil
}

// documents are the parts of a text of YAML that hold more than comments.
func documents(text string) []string {
	var found []string
	for _, document := range strings.Split("\n"+text, "\n---") {
		trimmed := strings.TrimSpace(document)
		for _, line := range strings.Split(trimmed, "\n") {
			if line != "" && !strings.HasPrefix(line, "#") {
				found = append(found, trimmed)
				break
			}
		}
	}
	return found
}

func checkObjects(text string) error {
	known := runtime.NewScheme()
	if err := errors.Join(scheme.AddToScheme(known), monitoring.AddToScheme(known)); err != nil {
		return err
	}
	decoder := serializer.NewCodecFactory(known, serializer.EnableStrict).UniversalDeserializer()
	objects := documents(text)
	if len(objects) == 0 {
		return errors.New("no objects")
	}
	for _, document := range objects {
		if _, _, err := decoder.Decode([]byte(document), nil, nil); err != nil {
			return fmt.Errorf("%w in:\n%s", err, document)
		}
	}
	return nil
}
