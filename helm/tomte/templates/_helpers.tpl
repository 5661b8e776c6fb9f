{{- define "tomte.image" -}}
{{- $tag := .root.Values.images.tag | default .root.Chart.AppVersion }}
{{- .root.Values.images.registry }}/{{ .name }}:{{ get .root.Values.images.tags .name | default $tag }}
{{- end }}

{{- define "tomte.labels" -}}
app.kubernetes.io/name: tomte
app.kubernetes.io/instance: {{ .root.Release.Name }}
app.kubernetes.io/component: {{ .name }}
app.kubernetes.io/part-of: tomte
app.kubernetes.io/managed-by: {{ .root.Release.Service }}
helm.sh/chart: {{ .root.Chart.Name }}-{{ .root.Chart.Version }}
{{- end }}

{{- define "tomte.selector" -}}
app.kubernetes.io/instance: {{ .root.Release.Name }}
app.kubernetes.io/component: {{ .name }}
{{- end }}

{{- define "tomte.pullSecrets" -}}
{{- with .Values.images.pullSecrets }}
imagePullSecrets: {{ toYaml . | nindent 2 }}
{{- end }}
{{- end }}

{{/* A value as its owner wrote it: a whole number is none of floating point. */}}
{{- define "tomte.value" -}}
{{- if and (kindIs "float64" .) (eq . (floor .)) }}{{ int64 . }}{{ else }}{{ . }}{{ end }}
{{- end }}

{{/* What agents read when they start; ${NODE} and ${ADDRESS} are the pod's. */}}
{{- define "tomte.nodeProperties" -}}
tomte.driver=kubernetes
tomte.host=${NODE}
tomte.fleet={{ .Release.Name }}
tomte.address=${ADDRESS}
tomte.root=/
tomte.run=/run/tomte
tomte.state=/var/lib/tomte
tomte.tools=/opt/tomte/tools
tomte.cgroup=
{{- range $name, $value := include "tomte.kafka.properties" . | fromYaml }}
tomte.kafka.{{ $name }}={{ $value }}
{{- end }}
tomte.certificates=/run/tomte/certificates
tomte.enrolment.url=https://tomte-migration.{{ .Release.Namespace }}.svc
tomte.enrolment.authority=/trust/ca.crt
tomte.enrolment.token=/token/token
tomte.detector=/sockets/idle/agent
tomte.stub.image={{ include "tomte.image" (dict "root" . "name" "stub") }}
{{- if .Values.metrics.enabled }}
tomte.metrics.port={{ .Values.metrics.port }}
{{- end }}
{{- range $name, $value := .Values.node.properties }}
{{- if not (hasPrefix "tomte.idle." $name) }}
{{ $name }}={{ include "tomte.value" $value }}
{{- end }}
{{- end }}
{{- end }}

{{/* What a pod without privilege says of itself. */}}
{{- define "tomte.restricted" -}}
securityContext:
  runAsNonRoot: true
  runAsUser: 65532
  runAsGroup: 65532
  fsGroup: 65532
  seccompProfile: {type: RuntimeDefault}
{{- end }}

{{- define "tomte.unprivileged" -}}
securityContext:
  allowPrivilegeEscalation: false
  readOnlyRootFilesystem: true
  capabilities: {drop: [ALL]}
{{- end }}

{{- define "tomte.conditions" }}
type: array
x-kubernetes-list-type: map
x-kubernetes-list-map-keys: [type]
items:
  type: object
  required: [type, status]
  properties:
    type: {type: string}
    status: {type: string, enum: ["True", "False", Unknown]}
    reason: {type: string}
    message: {type: string}
    lastTransitionTime: {type: string, format: date-time}
{{- end }}

{{/* A pod that asks the release's own API something, and ends. */}}
{{- define "tomte.asking" -}}
restartPolicy: Never
automountServiceAccountToken: false
{{- with .root }}
{{- include "tomte.pullSecrets" . | nindent 0 }}
{{- include "tomte.restricted" . | nindent 0 }}
{{- end }}
containers:
- name: asking
  image: {{ include "tomte.image" (dict "root" .root "name" "migration") }}
  imagePullPolicy: {{ .root.Values.images.pullPolicy }}
  command: [java, -Xmx64m, "@/opt/tomte/jvm.options", {{ .main }}]
  args: [{{ .url }}, /certificates]
  {{- include "tomte.unprivileged" .root | nindent 2 }}
  volumeMounts:
  - {name: certificates, mountPath: /certificates, readOnly: true}
  - {name: tmp, mountPath: /tmp}
volumes:
- {name: certificates, secret: {secretName: tomte-mig, defaultMode: 0440}}
- {name: tmp, emptyDir: {sizeLimit: 64Mi}}
{{- end }}
