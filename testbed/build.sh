# Sourced by testbed: what is made once, and kept in $cache. Every thing's name says what it was made from.

kubernetes=1.37.2
coredns=1.15.0
helm=3.22.0
# has containerd 2.1, which knows image volumes, and a Go for Kubernetes
suite=forky
node_packages=containerd,runc,containernetworking-plugins,iproute2,nftables,procps,util-linux,mount,ca-certificates
go_packages=golang-1.26-go,golang-1.26-src

hash_of() { (cd "$here" && sha256sum -- "$@" | sha256sum | cut -c1-8); }

kube_binary=$bin/kube-$kubernetes-$(hash_of kube/main.go kube/go.mod kube/go.sum)
coredns_binary=$bin/coredns-$coredns-$(hash_of coredns/main.go coredns/go.mod coredns/go.sum)
helm_binary=$bin/helm-$helm
pause_binary=$bin/pause-$(hash_of src/pause.c)
pause_archive=$cache/images/${pause_binary##*/}.tar
coredns_archive=$cache/images/${coredns_binary##*/}.tar
tree=$cache/node-$(echo "$suite $node_packages" | sha256sum | cut -c1-8)

build() {
    local tree_job='' program
    mkdir -p "$bin" "$cache/log"
    # the tree is mostly download, the binaries mostly computing: both at once
    if [ ! -d "$tree" ]; then
        say "making the nodes' Debian tree (a minute or more)"
        (timed "$cache/times" "node tree" debian_tree minbase "$suite" "$node_packages" "$tree") &
        tree_job=$!
    fi
    build_binaries
    [ -z "$tree_job" ] || wait "$tree_job" || die "the nodes' Debian tree could not be made from $(debian_mirror)"
    for program in etcd kube-apiserver kube-controller-manager kube-scheduler kube-proxy kubelet kubeadm kubectl; do
        ln -sfn "${kube_binary##*/}" "$bin/$program"
    done
    ln -sfn "${helm_binary##*/}" "$bin/helm"
    image localhost/testbed/pause:1 "$pause_binary" "$pause_archive"
    image localhost/testbed/coredns:1 "$coredns_binary" "$coredns_archive"
}

build_binaries() {
    if [ ! -x "$kube_binary" ] || [ ! -x "$coredns_binary" ] || [ ! -x "$helm_binary" ]; then
        find_go
        export GOMODCACHE=$cache/gomod GOCACHE=$cache/gobuild GOFLAGS="-modcacherw -buildvcs=false" CGO_ENABLED=0 GOTOOLCHAIN=local
    fi
    if [ ! -x "$kube_binary" ]; then
        say "building Kubernetes $kubernetes (7 minutes on two idle cores, 20 on busy ones)"
        timed "$cache/times" "kubernetes" build_kube
    fi
    if [ ! -x "$coredns_binary" ]; then
        say "building CoreDNS $coredns"
        timed "$cache/times" "coredns" go_build coredns "$coredns_binary" "-s -w"
    fi
    if [ ! -x "$helm_binary" ]; then
        say "building helm $helm"
        timed "$cache/times" "helm" build_helm
    fi
    [ -x "$pause_binary" ] || gcc -static -Os -s -Wall -Werror -o "$pause_binary" "$here/src/pause.c"
}

build_kube() {
    local version=k8s.io/component-base/version minor=${kubernetes#*.}
    go_build kube "$kube_binary" "-s -w -X $version.gitVersion=v$kubernetes -X $version.gitMajor=1 \
-X $version.gitMinor=${minor%.*} -X $version.gitTreeState=clean"
}

# go_build MODULE BINARY LINKER_FLAGS
go_build() {
    local module=$1 binary=$2 flags=$3 log=$cache/log/$1.log monitor
    : >"$log"
    progress_of "$module" "$log" 9>&- &
    monitor=$!
    (cd "$here/$module" && exec "$go" build -v -trimpath -ldflags "$flags" -o "$binary.new" .) >"$log" 2>&1 ||
        die "$module could not be built: $(tail -n 5 "$log")"
    kill $monitor 2>/dev/null || :
    mv "$binary.new" "$binary"
}

# says each minute how far it is, for it may be long, and ends with this script
progress_of() {
    local seconds=0
    while sleep 1 && kill -0 $$ 2>/dev/null; do
        seconds=$((seconds + 1))
        [ $((seconds % 60)) != 0 ] || say "$1: $(grep -c '^go: downloading' "$2") modules fetched," \
            "$(grep -vc '^go: ' "$2") packages compiled"
    done
}

build_helm() {
    local log=$cache/log/helm.log
    GOBIN=$bin "$go" install -trimpath -ldflags "-s -w" "helm.sh/helm/v3/cmd/helm@v$helm" >"$log" 2>&1 ||
        die "helm could not be built: $(tail -n 5 "$log")"
    mv "$bin/helm" "$helm_binary"
}

is_go() { [ -x "$1" ] && GOTOOLCHAIN=local "$1" version | grep -qE ' go1\.(2[6-9]|[3-9][0-9])'; }

# find_go: this machine's, if it is new enough, else Debian's in a tree of its own
find_go() {
    local own=$cache/go
    for go in "$(command -v go)" /usr/local/go/bin/go /usr/lib/go-1.*/bin/go "$own"/usr/lib/go-1.26/bin/go; do
        ! is_go "$go" || return 0
    done
    say "this machine has no Go 1.26 or newer; taking Debian's from $suite into $own"
    timed "$cache/times" "go" take_go "$own"
    go=$own/usr/lib/go-1.26/bin/go
    is_go "$go" || die "$go does not run here"
}

take_go() { debian_tree extract "$suite" "$go_packages" "$1" || die "no Go 1.26 could be had"; }

# image NAME PROGRAM ARCHIVE: as ctr and docker load it: one layer with one static program, its entrypoint
image() {
    local name=$1 program=$2 archive=$3 directory layer
    [ ! -e "$archive" ] || return 0
    mkdir -p "${archive%/*}"
    directory=$(mktemp -d)
    cp "$program" "$directory/program"
    tar -C "$directory" --mtime=@0 --owner=0 --group=0 --numeric-owner -cf "$directory/layer.tar" program
    layer=$(sha256sum <"$directory/layer.tar" | cut -d ' ' -f 1)
    printf '{"architecture":"%s","os":"linux","config":{"Entrypoint":["/program"]},"rootfs":{"type":"layers","diff_ids":["sha256:%s"]}}' \
        "$(dpkg --print-architecture)" "$layer" >"$directory/config.json"
    printf '[{"Config":"config.json","RepoTags":["%s"],"Layers":["layer.tar"]}]' "$name" >"$directory/manifest.json"
    tar -C "$directory" -cf "$archive.new" config.json manifest.json layer.tar
    mv "$archive.new" "$archive"
    rm -r "$directory"
}
