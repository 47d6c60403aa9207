{{/* What Kubernetes has to know of the gateway's config, as YAML: metricsPort (0: none of its own), metricsPath, scheme,
and drainSeconds, how long calls may finish after SIGTERM. */}}
{{- define "parlance.facts" -}}
{{- $config := fromYaml .Values.config }}
{{- if hasKey $config "Error" }}{{ fail (printf "values.config is no YAML: %s" $config.Error) }}{{ end }}
{{- $server := $config.server | default dict }}
{{- $metrics := ($config.observe | default dict).metrics | default dict }}
{{- $grace := $server.drain_grace | default $server.drainGrace | default "30s" | toString | trimSuffix "s" | float64 }}
{{- $disabled := $metrics.disabled | default false }}
metricsPort: {{ ternary 0 (int ($metrics.port | default 0)) $disabled }}
metricsPath: {{ $metrics.path | default "/metrics" }}
scheme: {{ ternary "HTTPS" "HTTP" (hasKey $server "tls") }}
drainSeconds: {{ ceil $grace }}
{{- end }}
