# Sourced by testbed: the nodes' network. The machine is 10.89.0.254, the control plane 10.89.0.1, node nI 10.89.0.1I,
# its pods 10.244.I.0/24; all of it is reached from the machine directly.

net=10.89.0
pods=10.244
services=10.96.0
machine_ip=$net.254
cp_ip=$net.1

node_ip() {
    case $1 in
        cp) echo $cp_ip ;;
        *) echo $net.$((10 + ${1#n})) ;;
    esac
}

namespace() { echo "testbed-$1"; }

network_make() {
    local node=$1 ns cp
    ns=$(namespace "$node")
    cp=$(namespace cp)
    # made to the end, or made again
    [ ! -e "$run/$node/network" ] || return 0
    network_remove "$node"
    ip netns add "$ns"
    ip -n "$ns" link set lo up
    if [ "$node" = cp ]; then
        # in a namespace of its own no rule of the machine, or of a Docker daemon on it, touches what crosses the bridge
        ip -n "$ns" link add br0 type bridge
        ip -n "$ns" addr add "$cp_ip/24" dev br0
        ip -n "$ns" link set br0 up
        ip link add testbed type veth peer name machine netns "$ns"
        ip addr add "$machine_ip/24" dev testbed
        ip link set testbed up
        ip -n "$ns" link set machine master br0 up
    else
        ip -n "$ns" link add eth0 type veth peer name "$node" netns "$cp"
        ip -n "$cp" link set "$node" master br0 up
        ip -n "$ns" addr add "$(node_ip "$node")/24" dev eth0
        ip -n "$ns" link set eth0 up
        ip -n "$ns" route add default via $machine_ip
    fi
    network_routes "$node"
    touch "$run/$node/network"
}

# every node's pods are behind it, for the other nodes, the control plane and the machine
network_routes() {
    local node=$1 other
    for other in $(nodes); do
        if [ "$other" != "$node" ]; then
            ip -n "$(namespace "$node")" route replace "$pods.${other#n}.0/24" via "$(node_ip "$other")"
        fi
        [ "$node" != cp ] || ip route replace "$pods.${other#n}.0/24" via "$(node_ip "$other")"
    done
}

network_remove() {
    [ ! -e "/run/netns/$(namespace "$1")" ] || ip netns del "$(namespace "$1")"
    [ "$1" != cp ] || ip link del testbed 2>/dev/null || :
}
