#!/usr/bin/env bash
# node.sh BINARIES WORK REGISTRY NAME ADDRESS PODS: a containerd and a kubelet of their own, in the network namespace that
# it is called in, and kube-proxy. PODS is the node's range of pod addresses.
set -euo pipefail
binaries=$1 work=$2 registry=$3 name=$4 address=$5 pods=$6
here=$(dirname "$(realpath "$0")")
cd "$work"
. "$here/programs.sh"
node=$work/$name
mkdir -p "$node/cni"
cat >"$node/containerd.toml" <<CONFIG
version = 2
root = "$node/containerd"
state = "$node/state"
disabled_plugins = ["io.containerd.internal.v1.opt"]
[grpc]
  address = "$node/containerd.sock"
[plugins."io.containerd.grpc.v1.cri"]
  sandbox_image = "$registry/pause:1"
  restrict_oom_score_adj = true
  [plugins."io.containerd.grpc.v1.cri".cni]
    bin_dir = "/usr/lib/cni"
    conf_dir = "$node/cni"
  [plugins."io.containerd.grpc.v1.cri".registry.mirrors."$registry"]
    endpoint = ["http://$registry"]
CONFIG
cat >"$node/cni/10-bridge.conflist" <<CONFIG
{"cniVersion": "0.4.0", "name": "$name", "plugins": [
  {"type": "bridge", "bridge": "cni-$name", "isGateway": true, "ipMasq": false, "hairpinMode": true,
   "ipam": {"type": "host-local", "dataDir": "$node/addresses", "ranges": [[{"subnet": "$pods"}]], "routes": [{"dst": "0.0.0.0/0"}]}},
  {"type": "portmap", "capabilities": {"portMappings": true}}]}
CONFIG
# Each kubelet has a tree of its own: what it finds in it that is not its own, it ends.
for hierarchy in /sys/fs/cgroup /sys/fs/cgroup/*; do
  if [ -w "$hierarchy/cgroup.procs" ]; then mkdir -p "$hierarchy/weles-cluster/$name"; fi
done
cat >"$node/kubelet.yaml" <<CONFIG
apiVersion: kubelet.config.k8s.io/v1beta1
kind: KubeletConfiguration
address: $address
authentication: {anonymous: {enabled: false}, webhook: {enabled: false}, x509: {clientCAFile: $work/pki/ca.crt}}
authorization: {mode: AlwaysAllow}
cgroupDriver: cgroupfs
cgroupRoot: /weles-cluster/$name
failSwapOn: false
clusterDNS: [10.97.0.1]
clusterDomain: cluster.local
evictionHard: {nodefs.available: "1%"}
imageGCHighThresholdPercent: 100
imageGCLowThresholdPercent: 99
readOnlyPort: 0
resolvConf: /etc/resolv.conf
oomScoreAdj: 0
nodeStatusUpdateFrequency: 2s
CONFIG
run "$name-containerd" containerd --config "$node/containerd.toml"
answers 20 test -S "$node/containerd.sock"
run "$name-kubelet" "$binaries/kubelet" --config="$node/kubelet.yaml" --kubeconfig=admin.conf --root-dir="$node/kubelet" \
  --container-runtime=remote --container-runtime-endpoint="unix://$node/containerd.sock" --hostname-override="$name" \
  --node-ip="$address" --cert-dir="$node/pki"
run "$name-proxy" "$binaries/kube-proxy" --kubeconfig=admin.conf --hostname-override="$name" \
  --cluster-cidr=10.244.0.0/16 --conntrack-max-per-core=0 --healthz-bind-address=127.0.0.1:10256 \
  --metrics-bind-address=127.0.0.1:10249
KUBECONFIG=admin.conf answers 60 sh -c "kubectl get node $name | grep -q ' Ready'"
