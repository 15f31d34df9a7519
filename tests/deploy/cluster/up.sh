#!/usr/bin/env bash
# up.sh BINARIES WORK REGISTRY: a control plane and its first node, `node1`; WORK/admin.conf is the kubeconfig.
# REGISTRY (host:port) is where every node gets images. To be run by in_namespaces.sh.
set -euo pipefail
binaries=$(realpath "$1") work=$(realpath -m "$2") registry=$3
here=$(dirname "$(realpath "$0")")
api=10.97.0.1
mkdir -p "$work"/{pki,run,logs}
cd "$work"
. "$here/programs.sh"
ip addr add $api/32 dev lo

sign() { # sign NAME SUBJECT [EXTENSIONS]
  openssl req -newkey rsa:2048 -nodes -keyout "pki/$1.key" -out "pki/$1.csr" -subj "$2" 2>/dev/null
  openssl x509 -req -in "pki/$1.csr" -CA pki/ca.crt -CAkey pki/ca.key -CAcreateserial -out "pki/$1.crt" -days 30 \
    -extfile <(echo "${3:-}") 2>/dev/null
}
openssl genrsa -out pki/accounts.key 2048 2>/dev/null
openssl rsa -in pki/accounts.key -pubout -out pki/accounts.pub 2>/dev/null
openssl req -x509 -newkey rsa:2048 -nodes -keyout pki/ca.key -out pki/ca.crt -subj /CN=cluster -days 30 2>/dev/null
sign api /CN=kube-apiserver \
  "subjectAltName=DNS:kubernetes,DNS:kubernetes.default,DNS:kubernetes.default.svc,IP:127.0.0.1,IP:$api,IP:10.96.0.1"
sign kubelet-client /O=system:masters/CN=apiserver-kubelet
token=$(openssl rand -hex 16)
(umask 077; echo "$token,admin,admin,\"system:masters\"" >pki/tokens.csv)
(umask 077; cat >admin.conf <<CONFIG
apiVersion: v1
kind: Config
clusters: [{name: here, cluster: {server: "https://$api:6443", certificate-authority-data: $(base64 -w0 pki/ca.crt)}}]
users: [{name: admin, user: {token: $token}}]
contexts: [{name: here, context: {cluster: here, user: admin}}]
current-context: here
CONFIG
)
run etcd etcd --data-dir etcd --unsafe-no-fsync --listen-client-urls http://127.0.0.1:23790 \
  --advertise-client-urls http://127.0.0.1:23790 --listen-peer-urls http://127.0.0.1:23800 \
  --initial-advertise-peer-urls http://127.0.0.1:23800 --initial-cluster default=http://127.0.0.1:23800
run apiserver "$binaries/kube-apiserver" --etcd-servers=http://127.0.0.1:23790 --bind-address=$api \
  --advertise-address=$api --secure-port=6443 --tls-cert-file=pki/api.crt --tls-private-key-file=pki/api.key \
  --client-ca-file=pki/ca.crt --token-auth-file=pki/tokens.csv --authorization-mode=Node,RBAC \
  --service-account-issuer=https://kubernetes.default.svc --service-account-signing-key-file=pki/accounts.key \
  --service-account-key-file=pki/accounts.pub --service-cluster-ip-range=10.96.0.0/16 \
  --kubelet-client-certificate=pki/kubelet-client.crt --kubelet-client-key=pki/kubelet-client.key --allow-privileged \
  --kubelet-preferred-address-types=InternalIP --cert-dir=run
answers 60 curl -sf --cacert pki/ca.crt -H "Authorization: Bearer $token" "https://$api:6443/readyz"
# A node is given up after a quarter of the usual time: tests wait for it.
run controllers "$binaries/kube-controller-manager" --kubeconfig=admin.conf \
  --service-account-private-key-file=pki/accounts.key --root-ca-file=pki/ca.crt --use-service-account-credentials \
  --bind-address=127.0.0.1 --port=0 --node-monitor-grace-period=20s --node-monitor-period=2s
run scheduler "$binaries/kube-scheduler" --kubeconfig=admin.conf --bind-address=127.0.0.1 --port=0
"$here/node.sh" "$binaries" "$work" "$registry" node1 $api 10.244.1.0/24
