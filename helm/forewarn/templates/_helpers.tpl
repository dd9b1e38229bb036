{{- define "forewarn.name" -}}
{{- default .Chart.Name .Values.nameOverride | trunc 63 | trimSuffix "-" }}
{{- end }}

{{- define "forewarn.fullname" -}}
{{- if .Values.fullnameOverride }}
{{- .Values.fullnameOverride | trunc 52 | trimSuffix "-" }}
{{- else if contains (include "forewarn.name" .) .Release.Name }}
{{- .Release.Name | trunc 52 | trimSuffix "-" }}
{{- else }}
{{- printf "%s-%s" .Release.Name (include "forewarn.name" .) | trunc 52 | trimSuffix "-" }}
{{- end }}
{{- end }}

{{- define "forewarn.selectorLabels" -}}
app.kubernetes.io/name: {{ include "forewarn.name" . }}
app.kubernetes.io/instance: {{ .Release.Name }}
app.kubernetes.io/component: collector
{{- end }}

{{- define "forewarn.labels" -}}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version | replace "+" "_" }}
{{ include "forewarn.selectorLabels" . }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
{{- end }}

{{- define "forewarn.serviceAccountName" -}}
{{- if .Values.serviceAccount.create }}
{{- default (include "forewarn.fullname" .) .Values.serviceAccount.name }}
{{- else }}
{{- default "default" .Values.serviceAccount.name }}
{{- end }}
{{- end }}

{{- define "forewarn.image" -}}
{{- if .Values.image.digest }}
{{- printf "%s@%s" .Values.image.repository .Values.image.digest }}
{{- else }}
{{- printf "%s:%s" .Values.image.repository (default .Chart.AppVersion .Values.image.tag) }}
{{- end }}
{{- end }}

{{- /* collector.yaml: what the chart sets, and the operator's settings beside it. */}}
{{- define "forewarn.config" -}}
{{- $name := include "forewarn.fullname" . }}
{{- $names := list $name (printf "%s.%s" $name .Release.Namespace) (printf "%s.%s.svc" $name .Release.Namespace) }}
data_dir: /data
grpc:
  listen: 0.0.0.0:7443
  server_names:
  {{- range concat $names .Values.tls.serverNames }}
    - {{ . | quote }}
  {{- end }}
  {{- if .Values.tls.secretName }}
  tls:
    certificate_file: /secrets/tls/tls.crt
    key_file: /secrets/tls/tls.key
    ca_file: /secrets/tls/ca.crt
  {{- end }}
http:
  listen: 0.0.0.0:7480
{{- with .Values.settings }}
{{ toYaml . }}
{{- end }}
{{- end }}

{{- define "forewarn.containerSecurity" -}}
allowPrivilegeEscalation: false
readOnlyRootFilesystem: true
runAsNonRoot: true
capabilities:
  drop: [ALL]
{{- end }}

{{- define "forewarn.readOnlyMounts" -}}
- name: config
  mountPath: /config
  readOnly: true
{{- if .Values.tls.secretName }}
- name: tls
  mountPath: /secrets/tls
  readOnly: true
{{- end }}
{{- range .Values.secretMounts }}
- name: secret-{{ .name }}
  mountPath: /secrets/{{ .name }}
  readOnly: true
{{- end }}
{{- end }}
