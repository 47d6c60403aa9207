{{- define "parlance.pod" -}}
{{- $facts := include "parlance.facts" . | fromYaml -}}
metadata:
  labels:
    {{- include "parlance.labels" . | nindent 4 }}
    {{- with .Values.podLabels }}{{ toYaml . | nindent 4 }}{{ end }}
  annotations:
    # A new config starts new pods.
    checksum/config: {{ .Values.config | sha256sum }}
    {{- with .Values.podAnnotations }}{{ toYaml . | nindent 4 }}{{ end }}
spec:
  serviceAccountName: {{ include "parlance.account" . }}
  automountServiceAccountToken: {{ .Values.serviceAccount.automountToken }}
  # A Service of the name `parlance` would set PARLANCE_PORT, which is a setting of the gateway.
  enableServiceLinks: false
  # Calls finish within drain_grace; then records are handed to the database for up to 5 s.
  terminationGracePeriodSeconds: {{ add (int $facts.drainSeconds) 15 }}
  securityContext:
    runAsNonRoot: true
    runAsUser: 1000
    runAsGroup: 1000
    fsGroup: 1000
    fsGroupChangePolicy: OnRootMismatch
    seccompProfile: { type: RuntimeDefault }
  {{- with .Values.image.pullSecrets }}
  imagePullSecrets: {{ toYaml . | nindent 4 }}
  {{- end }}
  {{- with .Values.priorityClassName }}
  priorityClassName: {{ . }}
  {{- end }}
  topologySpreadConstraints:
    {{- range list "topology.kubernetes.io/zone" "kubernetes.io/hostname" }}
    - maxSkew: 1
      topologyKey: {{ . }}
      whenUnsatisfiable: {{ $.Values.topologySpread.whenUnsatisfiable }}
      labelSelector:
        matchLabels: {{ include "parlance.selector" $ | nindent 10 }}
    {{- end }}
  {{- with .Values.nodeSelector }}
  nodeSelector: {{ toYaml . | nindent 4 }}
  {{- end }}
  {{- with .Values.tolerations }}
  tolerations: {{ toYaml . | nindent 4 }}
  {{- end }}
  {{- with .Values.affinity }}
  affinity: {{ toYaml . | nindent 4 }}
  {{- end }}
  containers:
    - name: gateway
      image: "{{ .Values.image.repository }}:{{ .Values.image.tag | default .Chart.AppVersion }}"
      imagePullPolicy: {{ .Values.image.pullPolicy }}
      args: [serve, --config, /etc/parlance/parlance.yaml]
      env:
        - { name: PARLANCE_PORT, value: {{ .Values.port | quote }} }
        {{- with .Values.env }}{{ toYaml . | nindent 8 }}{{ end }}
      {{- with .Values.secrets }}
      envFrom:
        {{- range . }}
        - secretRef: { name: {{ . }} }
        {{- end }}
      {{- end }}
      ports:
        - { name: http, containerPort: {{ .Values.port }} }
        {{- if $facts.metricsPort }}
        - { name: metrics, containerPort: {{ $facts.metricsPort }} }
        {{- end }}
      {{- range $probe, $defaults := dict
        "startup" (dict "path" "/healthz" "periodSeconds" 2 "failureThreshold" 60)
        "liveness" (dict "path" "/healthz" "periodSeconds" 10 "failureThreshold" 3)
        "readiness" (dict "path" "/readyz" "periodSeconds" 2 "failureThreshold" 1) }}
      {{ $probe }}Probe:
        {{- with index $.Values.probes $probe }}
        {{- toYaml . | nindent 8 }}
        {{- else }}
        httpGet: { path: {{ $defaults.path }}, port: http, scheme: {{ $facts.scheme }} }
        periodSeconds: {{ $defaults.periodSeconds }}
        timeoutSeconds: 2
        failureThreshold: {{ $defaults.failureThreshold }}
        {{- end }}
      {{- end }}
      resources: {{ toYaml .Values.resources | nindent 8 }}
      securityContext:
        allowPrivilegeEscalation: false
        readOnlyRootFilesystem: true
        capabilities: { drop: [ALL] }
      volumeMounts:
        - { name: config, mountPath: /etc/parlance, readOnly: true }
        - { name: data, mountPath: /app/data }
        {{- with .Values.volumeMounts }}{{ toYaml . | nindent 8 }}{{ end }}
  volumes:
    - name: config
      configMap: { name: {{ include "parlance.name" . }} }
    {{- if not .Values.persistence.enabled }}
    - name: data
      emptyDir: { sizeLimit: {{ .Values.persistence.size }} }
    {{- end }}
    {{- with .Values.volumes }}{{ toYaml . | nindent 4 }}{{ end }}
{{- end }}
