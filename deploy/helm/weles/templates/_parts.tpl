{{- define "weles.name" -}}
{{ .Release.Name | trunc 40 | trimSuffix "-" }}
{{- end }}

{{- define "weles.labels" -}}
app.kubernetes.io/name: weles
app.kubernetes.io/instance: {{ .Release.Name }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
helm.sh/chart: {{ .Chart.Name }}-{{ .Chart.Version }}
{{- end }}

{{- define "weles.selector" -}}
app.kubernetes.io/name: weles
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end }}

{{- define "weles.claim" -}}
{{ .Values.home.existingClaim | default (printf "%s-home" (include "weles.name" .)) }}
{{- end }}

{{- define "weles.podSecurity" -}}
runAsNonRoot: true
runAsUser: 10001
runAsGroup: 10001
fsGroup: 10001
fsGroupChangePolicy: OnRootMismatch
seccompProfile: {type: RuntimeDefault}
{{- end }}

{{- define "weles.containerSecurity" -}}
allowPrivilegeEscalation: false
readOnlyRootFilesystem: true
capabilities: {drop: [ALL]}
{{- end }}

{{- define "weles.env" -}}
{{- $name := include "weles.name" . }}
- {name: WELES_RUNNER, value: kubernetes}
- {name: WELES_HOST, value: 0.0.0.0}
- {name: WELES_WEB_THREADS, value: {{ .Values.web.threads | quote }}}
- {name: WELES_IMAGE_REGISTRY, value: {{ .Values.builder.registry | quote }}}
- {name: WELES_DESK_URL, value: "http://{{ $name }}-worker:9090"}
- {name: WELES_BLOBS_URL, value: "http://{{ $name }}-blobs:8081"}
- {name: WELES_KUBERNETES_IMAGE, value: {{ .Values.image.web | quote }}}
- {name: WELES_KUBERNETES_OWNER, value: {{ $name }}-models}
- {name: WELES_KUBERNETES_POD, value: {{ .Values.models.pod | toJson | quote }}}
- {name: WELES_KUBERNETES_CPU_REQUEST, value: {{ .Values.models.cpuRequest | quote }}}
- {name: WELES_MAX_CONTAINERS, value: {{ .Values.models.limit | int64 | quote }}}
- {name: WELES_CONTAINER_MEMORY, value: {{ .Values.models.memory | int64 | quote }}}
- {name: WELES_CONTAINER_CPUS, value: {{ .Values.models.cpus | quote }}}
- {name: WELES_IDLE_SECONDS, value: {{ .Values.models.idleSeconds | int64 | quote }}}
- {name: WELES_AGE_SECONDS, value: {{ .Values.models.ageSeconds | int64 | quote }}}
- {name: WELES_LEASE_SECONDS, value: {{ .Values.models.leaseSeconds | int64 | quote }}}
- {name: WELES_START_SECONDS, value: {{ .Values.models.startSeconds | int64 | quote }}}
{{- range $variable, $value := .Values.settings }}
- {name: {{ $variable }}, value: {{ $value | quote }}}
{{- end }}
{{- range $variable, $key := dict "WELES_SECRET" "secret" "WELES_DATABASE_URL" "database-url" "WELES_ADMIN_PASSWORD" "admin-password" }}
- name: {{ $variable }}
  valueFrom: {secretKeyRef: {name: {{ $.Values.existingSecret }}, key: {{ $key }}}}
{{- end }}
{{- end }}

{{- define "weles.mounts" -}}
- {name: home, mountPath: /var/lib/weles}
- {name: run, mountPath: /var/lib/weles/run}
- {name: tmp, mountPath: /tmp}
{{- end }}

{{- define "weles.volumes" -}}
- name: home
  persistentVolumeClaim: {claimName: {{ include "weles.claim" . }}}
- {name: run, emptyDir: {}}
- {name: tmp, emptyDir: {}}
{{- end }}

{{- define "weles.placement" -}}
{{- with .nodeSelector }}
nodeSelector: {{ toJson . }}
{{- end }}
{{- with .tolerations }}
tolerations: {{ toJson . }}
{{- end }}
{{- with .affinity }}
affinity: {{ toJson . }}
{{- end }}
{{- end }}
