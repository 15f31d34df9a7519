#!/usr/bin/env bash
# in_namespaces.sh COMMAND…: runs it in network, mount and process namespaces of its own: a cluster that it starts leaves
# the machine's iptables, bridges and routes alone, and dies with it. Puts back three kernel settings that kubelet changes.
set -u
if [ "${WELES_CLUSTER_INSIDE:-}" != 1 ]; then
  settings=$(for each in vm.overcommit_memory kernel.panic kernel.panic_on_oops; do echo "$each=$(sysctl -n $each)"; done)
  WELES_CLUSTER_INSIDE=1 unshare --net --mount --pid --fork --mount-proc --kill-child --propagation private "$0" "$@"
  code=$?
  # shellcheck disable=SC2086 (one argument each)
  sysctl -qw $settings
  sleep 1
  for folder in /sys/fs/cgroup/weles-cluster /sys/fs/cgroup/*/weles-cluster; do
    [ -d "$folder" ] && find "$folder" -depth -type d -exec rmdir {} + 2>/dev/null
  done
  exit $code
fi
ip link set lo up
mkdir -p /run/netns /var/lib/cni
mount -t tmpfs none /run/netns
mount -t tmpfs none /var/lib/cni
# kubelet and kube-proxy want a default route.
ip link add uplink type veth peer name uplink0
ip addr add 192.168.255.1/24 dev uplink
ip link set uplink up
ip link set uplink0 up
ip route add default via 192.168.255.2 dev uplink
sysctl -qw net.ipv4.ip_forward=1 net.bridge.bridge-nf-call-iptables=1
exec "$@"
