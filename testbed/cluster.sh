# Sourced by testbed: the cluster as a whole.

admin_kubectl() { KUBECONFIG=$run/admin.conf "$bin/kubectl" "$@"; }

up() {
    build
    load_kernel_modules
    mkdir -p "$run"
    [ -e "$run/nodes" ] || nodes >"$run/nodes.new"
    [ -e "$run/nodes" ] || mv "$run/nodes.new" "$run/nodes"
    timed "$run/times" "control plane ready" up_control_plane
    timed "$run/times" "nodes ready" up_nodes
    timed "$run/times" "DNS ready" up_dns
    say "up; its kubeconfig is $run/admin.conf"
}

# The nodes have no modules of their own. Some are built in, some have other names elsewhere: what lacks says so later.
load_kernel_modules() {
    ! command -v modprobe >/dev/null ||
        modprobe -qa overlay veth bridge br_netfilter nf_tables nf_nat nf_conntrack xt_comment fuse tun 2>/dev/null || :
}

up_control_plane() {
    if ! node_alive cp; then
        mkdir -p "$run/cp/etc" "$run/pki"
        node_configure cp
        [ -e "$run/admin.conf" ] || make_certificates
        node_start cp
    fi
    wait_for 120 "the API server (its log: $disks/cp/log)" admin_kubectl get --raw /readyz || die "no API server"
    admin_kubectl get clusterrolebinding testbed-kubelet-api >/dev/null 2>&1 ||
        admin_kubectl create clusterrolebinding testbed-kubelet-api --clusterrole=system:kubelet-api-admin \
            --user=kube-apiserver-kubelet-client >/dev/null
}

make_certificates() {
    local node log=$run/pki/kubeadm.log
    # disks of a cluster whose certificates are gone
    rm -rf "$disks"
    {
        "$bin/kubeadm" init phase certs all --config "$run/cp/etc/kubeadm.yaml"
        "$bin/kubeadm" init phase kubeconfig all --config "$run/cp/etc/kubeadm.yaml" --kubeconfig-dir "$run/pki"
    } >"$log" 2>&1 || die "kubeadm made no certificates: $(tail -n 3 "$log")"
    for node in $(nodes); do user_kubeconfig "system:node:$node" system:nodes >"$run/pki/$node.conf"; done
    user_kubeconfig system:kube-proxy >"$run/pki/kube-proxy.conf"
    # last: it says that all of them are there
    cp "$run/pki/super-admin.conf" "$run/admin.conf"
}

user_kubeconfig() {
    "$bin/kubeadm" kubeconfig user --config "$run/cp/etc/kubeadm.yaml" --client-name "$1" ${2:+--org "$2"} \
        2>>"$run/pki/kubeadm.log"
}

up_nodes() {
    local node
    for node in $(nodes); do
        mkdir -p "$run/$node/etc"
        cp "$run/pki/$node.conf" "$run/$node/etc/kubelet.conf"
        cp "$run/pki/kube-proxy.conf" "$run/pki/ca.crt" "$run/$node/etc/"
        cp "$pause_archive" "$run/$node/etc/pause.tar"
        node_start "$node"
    done
    for node in $(nodes); do
        wait_for 120 "node $node to be Ready (its log: $disks/$node/log)" \
            admin_kubectl wait --for=condition=Ready "node/$node" --timeout=1s || die "$node is not Ready"
    done
    wait_for 30 "the default service account" admin_kubectl get serviceaccount default || die "no service account"
}

dns_ready() { admin_kubectl -n kube-system rollout status deploy/coredns "--timeout=$1" >/dev/null; }

up_dns() {
    ! dns_ready 1s 2>/dev/null || return 0
    load "$coredns_archive"
    admin_kubectl apply -f "$run/cp/etc/dns.yaml" >/dev/null
    dns_ready 90s || die "CoreDNS does not start: ./tomte cluster kubectl -n kube-system describe pods"
}

# load ARCHIVE: to all nodes at once
load() {
    local archive=$1 node pid names loads=() failed=
    [ -r "$archive" ] || die "there is no image archive $archive"
    names=$(tar -xOf "$archive" manifest.json | sed -n 's/.*"RepoTags":\[\([^]]*\)\].*/\1/p' | tr -d '"' | tr ',' ' ')
    for node in $(nodes); do
        # one of the same name that is only updated gets no reference by its id, by which image volumes are mounted
        [ -z "$names" ] || nsenter -t "$(node_pid "$node")" -a -- ctr -n k8s.io images rm $names >/dev/null 2>&1 || true
        nsenter -t "$(node_pid "$node")" -a -- ctr -n k8s.io images import --local --snapshotter overlayfs - \
            <"$archive" >"$disks/$node/log/load.log" 2>&1 &
        loads+=($!)
    done
    for pid in "${loads[@]}"; do wait "$pid" || failed=yes; done
    [ -z "$failed" ] || die "$archive could not be loaded: $(tail -qn 2 "$disks"/n*/log/load.log)"
}

status() {
    local node
    for node in cp $(nodes); do
        if node_alive "$node"; then
            echo "$node $(node_ip "$node") up, pid $(node_pid "$node"), $(cgroup_memory "$node")"
        else
            echo "$node down"
        fi
    done
}

down() {
    local node
    for node in $(nodes) cp; do
        ! node_alive "$node" || node_crash "$node"
        cgroup_remove "$node"
        network_remove "$node"
    done
    rm -rf "$run" "$disks"
}
