{{/* How Kafka is reached. Values that contradict each other end the rendering here, wherever it is asked first. */}}

{{- define "tomte.kafka.check" -}}
{{- range $name, $_ := .Values.node.properties }}
{{- if hasPrefix "tomte.kafka." $name }}
{{- fail (printf "node.properties: %s is the same for all services: set kafka.* instead" $name) }}
{{- end }}
{{- end }}
{{- with .Values.kafka }}
{{- if not .bootstrapServers }}
{{- $set := list }}
{{- if .topicPrefix }}{{ $set = append $set "kafka.topicPrefix" }}{{ end }}
{{- if .sasl.mechanism }}{{ $set = append $set "kafka.sasl.mechanism" }}{{ end }}
{{- if .sasl.secret.name }}{{ $set = append $set "kafka.sasl.secret.name" }}{{ end }}
{{- if .tls.ca.secret }}{{ $set = append $set "kafka.tls.ca.secret" }}{{ end }}
{{- if .tls.ca.configMap }}{{ $set = append $set "kafka.tls.ca.configMap" }}{{ end }}
{{- if .tls.clientCertificate.secret }}{{ $set = append $set "kafka.tls.clientCertificate.secret" }}{{ end }}
{{- if $set }}
{{- fail (printf "%s: this is for an existing Kafka, and kafka.bootstrapServers is empty, which means the embedded broker" (join ", " $set)) }}
{{- end }}
{{- else }}
{{- if not .topicPrefix }}
{{- fail "kafka.topicPrefix is needed with kafka.bootstrapServers: others may use the same Kafka" }}
{{- end }}
{{- if and .sasl.mechanism (not .sasl.secret.name) }}
{{- fail (printf "kafka.sasl.mechanism is %s: kafka.sasl.secret.name must name the Secret with its user name and password" .sasl.mechanism) }}
{{- end }}
{{- if and .sasl.secret.name (not .sasl.mechanism) }}
{{- fail "kafka.sasl.secret.name is set, and kafka.sasl.mechanism is not: nobody would use that password" }}
{{- end }}
{{- if and .tls.ca.secret .tls.ca.configMap }}
{{- fail "kafka.tls.ca.secret and kafka.tls.ca.configMap are both set: the authority is in one of them" }}
{{- end }}
{{- end }}
{{- end }}
{{- end }}

{{/* The properties below tomte.kafka, as YAML. */}}
{{- define "tomte.kafka.properties" -}}
{{- include "tomte.kafka.check" . }}
{{- if not .Values.kafka.bootstrapServers }}
servers: tomte-broker.{{ .Release.Namespace }}.svc:9093
{{- else }}
{{- with .Values.kafka }}
servers: {{ .bootstrapServers | quote }}
prefix: {{ .topicPrefix | quote }}
replication: {{ .replicationFactor | quote }}
security: tls
{{- if or .tls.ca.secret .tls.ca.configMap }}
tls.authority: /kafka/ca/ca.crt
{{- end }}
{{- if .tls.clientCertificate.secret }}
tls.certificate: /kafka/certificate/tls.crt
tls.key: /kafka/certificate/tls.key
{{- end }}
{{- if .sasl.mechanism }}
sasl.mechanism: {{ .sasl.mechanism }}
sasl.credentials: /kafka/credentials
{{- end }}
{{- end }}
{{- end }}
{{- end }}

{{/* What those name, of a container. */}}
{{- define "tomte.kafka.mounts" -}}
{{- with .Values.kafka }}
{{- if or .tls.ca.secret .tls.ca.configMap }}
- {name: kafka-ca, mountPath: /kafka/ca, readOnly: true}
{{- end }}
{{- if .tls.clientCertificate.secret }}
- {name: kafka-certificate, mountPath: /kafka/certificate, readOnly: true}
{{- end }}
{{- if .sasl.mechanism }}
- {name: kafka-credentials, mountPath: /kafka/credentials, readOnly: true}
{{- end }}
{{- end }}
{{- end }}

{{- define "tomte.kafka.volumes" -}}
{{- with .Values.kafka }}
{{- if .tls.ca.secret }}
- name: kafka-ca
  secret:
    secretName: {{ .tls.ca.secret | quote }}
    defaultMode: 0440
    items:
    - {key: {{ .tls.ca.key | quote }}, path: ca.crt}
{{- else if .tls.ca.configMap }}
- name: kafka-ca
  configMap:
    name: {{ .tls.ca.configMap | quote }}
    items:
    - {key: {{ .tls.ca.key | quote }}, path: ca.crt}
{{- end }}
{{- if .tls.clientCertificate.secret }}
- name: kafka-certificate
  secret:
    secretName: {{ .tls.clientCertificate.secret | quote }}
    defaultMode: 0440
    items:
    - {key: tls.crt, path: tls.crt}
    - {key: tls.key, path: tls.key}
{{- end }}
{{- if .sasl.mechanism }}
- name: kafka-credentials
  secret:
    secretName: {{ .sasl.secret.name | quote }}
    defaultMode: 0440
    items:
    - {key: {{ .sasl.secret.usernameKey | quote }}, path: username}
    - {key: {{ .sasl.secret.passwordKey | quote }}, path: password}
{{- end }}
{{- end }}
{{- end }}
