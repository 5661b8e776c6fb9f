# Sourced by node-init on the control plane.
pki=/etc/kubernetes/pki

# a test cluster's data may be lost with the machine
keep etcd etcd --name cp --data-dir /var/lib/etcd --unsafe-no-fsync --log-level warn \
    --listen-client-urls http://127.0.0.1:2379 --advertise-client-urls http://127.0.0.1:2379 \
    --listen-peer-urls http://127.0.0.1:2380 --initial-advertise-peer-urls http://127.0.0.1:2380 \
    --initial-cluster cp=http://127.0.0.1:2380 &

keep kube-apiserver kube-apiserver --etcd-servers=http://127.0.0.1:2379 \
    --advertise-address=@CP_IP@ --secure-port=6443 --service-cluster-ip-range=@SERVICES@.0/24 \
    --allow-privileged=true --enable-aggregator-routing=true --authorization-mode=Node,RBAC --enable-admission-plugins=NodeRestriction \
    --client-ca-file=$pki/ca.crt --tls-cert-file=$pki/apiserver.crt --tls-private-key-file=$pki/apiserver.key \
    --kubelet-client-certificate=$pki/apiserver-kubelet-client.crt \
    --kubelet-client-key=$pki/apiserver-kubelet-client.key --kubelet-preferred-address-types=InternalIP \
    --service-account-issuer=https://kubernetes.default.svc.cluster.local \
    --service-account-key-file=$pki/sa.pub --service-account-signing-key-file=$pki/sa.key \
    --requestheader-client-ca-file=$pki/front-proxy-ca.crt --requestheader-allowed-names=front-proxy-client \
    --requestheader-username-headers=X-Remote-User --requestheader-group-headers=X-Remote-Group \
    --requestheader-extra-headers-prefix=X-Remote-Extra- \
    --proxy-client-cert-file=$pki/front-proxy-client.crt --proxy-client-key-file=$pki/front-proxy-client.key &

# a test that crashes a node does not want to wait 40 s to see it NotReady
keep kube-controller-manager kube-controller-manager --kubeconfig=$pki/controller-manager.conf \
    --authentication-kubeconfig=$pki/controller-manager.conf --authorization-kubeconfig=$pki/controller-manager.conf \
    --client-ca-file=$pki/ca.crt --requestheader-client-ca-file=$pki/front-proxy-ca.crt \
    --root-ca-file=$pki/ca.crt --service-account-private-key-file=$pki/sa.key \
    --cluster-signing-cert-file=$pki/ca.crt --cluster-signing-key-file=$pki/ca.key \
    --use-service-account-credentials=true --leader-elect=false --controllers='*,bootstrapsigner,tokencleaner' \
    --node-monitor-period=2s --node-monitor-grace-period=20s &

keep kube-scheduler kube-scheduler --kubeconfig=$pki/scheduler.conf \
    --authentication-kubeconfig=$pki/scheduler.conf --authorization-kubeconfig=$pki/scheduler.conf \
    --leader-elect=false &
