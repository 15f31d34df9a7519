# Sourced: where the cluster's binaries are kept, outside git and for all checkouts of a user.
binaries=${WELES_CLUSTER_BINARIES:-${XDG_CACHE_HOME:-$HOME/.cache}/weles/kubernetes-1.20.2}
programs="kube-apiserver kube-controller-manager kube-scheduler kube-proxy kubelet pause"

# have_binaries: every program is there.
have_binaries() {
  local program
  for program in $programs; do [ -x "$binaries/$program" ] || return 1; done
}
