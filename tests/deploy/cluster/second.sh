#!/usr/bin/env bash
# second.sh BINARIES WORK REGISTRY: one more node, `node2`, in a network namespace of its own with a link to the first.
set -euo pipefail
binaries=$1 work=$2 registry=$3
here=$(dirname "$(realpath "$0")")
cd "$work"
. "$here/programs.sh"
ip netns add node2
ip link add to-node2 type veth peer name eth0 netns node2
ip addr add 10.98.0.1/30 dev to-node2
ip link set to-node2 up
in_node2=(nsenter --net=/run/netns/node2) # `ip netns exec` would hide the cgroups
"${in_node2[@]}" ip link set lo up
"${in_node2[@]}" ip addr add 10.98.0.2/30 dev eth0
"${in_node2[@]}" ip link set eth0 up
"${in_node2[@]}" ip route add default via 10.98.0.1
"${in_node2[@]}" sysctl -qw net.ipv4.ip_forward=1 net.bridge.bridge-nf-call-iptables=1
ip route add 10.244.2.0/24 via 10.98.0.2
run node2-registry "${in_node2[@]}" "$here/../../../.cache/docker-registry/usr/bin/docker-registry" serve registry.yml
"${in_node2[@]}" "$here/node.sh" "$binaries" "$work" "$registry" node2 10.98.0.2 10.244.2.0/24
