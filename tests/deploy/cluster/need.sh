#!/usr/bin/env bash
# need.sh: have what a cluster needs beside its own binaries. Root on Debian.
set -euo pipefail
cd "$(dirname "$0")/../../.."
. deploy/local/common.sh

need() { command -v "$1" >/dev/null || install "$2"; }
[ "$(id -u)" = 0 ] || die "A cluster in namespaces needs root."
# Debian would start etcd where there is a service manager; here it is only a program.
need etcd etcd-server
need containerd containerd
need conntrack conntrack
need openssl openssl
need ip iproute2
need iptables iptables
[ -x /usr/lib/cni/bridge ] || install containernetworking-plugins
modprobe br_netfilter 2>/dev/null || [ -e /proc/sys/net/bridge/bridge-nf-call-iptables ] ||
  die "This kernel has no br_netfilter."
