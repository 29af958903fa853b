"""Commands to run in the model and in the kernel: by cluster, by place, in this order on one cluster.

Not among them: what `ip link` prints of tunl0, which a stand-in plays where the kernel lacks it.
`traceroute` waits for every answer (`-w MAX,0,0`): by itself it gives up a probe after three times the round
trip of the one before, which on a busy machine is too soon.
"""

COMMANDS = {
    "flannel vxlan": {
        "a": """
        ip link
        ip link show eth0
        ip -br link
        ip addr
        ip addr show dev eth0
        ip -br addr
        ip route
        ip route show default
        ip route show 10.244.0.0/16
        ip route show table local
        ip route get 10.244.1.2
        ip route get 10.244.1.1
        ip route get b
        ip route get 10.244.2.2
        ip route get 1.2.3.4.5
        ip route flush cache
        ip route del 10.9.9.0/24
        ip route add default via 10.244.1.1
        ip route add 10.9.0.0/16 via 10.7.7.7
        ip route add 10.9.0.0/16 via 10.244.1.1
        ip route show 10.9.0.0/16
        ip route replace 10.9.0.0/16 via 10.244.1.3
        ip route
        ip route del 10.9.0.0/16
        ip link show nodev
        ip link set nodev mtu 1000
        ip link set eth0 mtu 99999999
        ip link set eth0 mtu 1400
        ip link show eth0
        ip link set eth0 mtu 1450
        ip rule
        ip foo
        nosuch -x
        ping -c 1 b
        ping -c 2 -i 0.2 b
        ping -c 1 -s 1472 -M do b
        ping -c 1 -s 1422 -M do b
        ping -c 1 -s 3000 b
        ping -c 1 -t 1 b
        ping -c 1 -t 2 b
        ping -c 1 -W 1 10.244.1.77
        ping -c 1 10.244.2.77
        ping -c 1 -W 1 1.2.3.4
        ping -c 1 web
        ping
        ping -c 1 nohost
        traceroute -n -w 5,0,0 internet
        traceroute -n -w x b
        traceroute -n -w 5,0,0 b
        traceroute -n -m 4 -w 1,0,0 -q 1 10.244.2.77
        iptables -A OUTPUT -p icmp -j DROP
        traceroute -I -n -m 2 -w 1,0,0 b
        iptables -D OUTPUT -p icmp -j DROP
        curl -sS http://web/hostname
        curl -sS http://web/clientip
        curl -sS http://near/clientip
        curl -sS http://b:8080/clientip
        curl -sS -m 2 http://b:9/
        curl -sS -m 1 http://10.244.2.78/
        curl -sS -m 1 http://1.2.3.4/
        ip route del default
        ping -c 1 internet
        ping -c 1 b
        traceroute -n -w 5,0,0 internet
        curl -sS -m 1 http://internet/
        ip route add default via 10.244.1.1
        ping -c 1 internet
        """,
        "kind-worker": """
        ip link
        ip -d link show flannel.1
        ip addr show cni0
        ip addr
        ip route
        ip route get 10.244.2.2
        ip route show dev flannel.1
        ip neigh show dev flannel.1
        bridge fdb show dev flannel.1
        bridge fdb show br cni0
        bridge fdb del 00:11:22:33:44:55 dev flannel.1 dst 172.18.0.4
        bridge fdb append 00:11:22:33:44:55 dev flannel.1 dst 172.18.0.4
        bridge fdb add 00:11:22:33:44:55 dev flannel.1 dst 172.18.0.4
        bridge fdb show dev flannel.1
        bridge fdb del 00:11:22:33:44:55 dev flannel.1 dst 172.18.0.4
        ip link set dev flannel.1 address 02:00:00:00:00
        ip link set dev flannel.1 address zz
        ip link set veth86f7e437 master nodev
        ip link set veth86f7e437 master lo
        ip link set cni0 master cni0
        ip link set lo master cni0
        ip link set veth86f7e437 nomaster
        ping -c 1 -W 1 10.244.1.2
        ip link set veth86f7e437 master cni0
        bridge -d link show dev veth86f7e437 | grep -o hairpin.[a-z]*
        ping -c 1 10.244.1.2
        bridge link set dev veth86f7e437 hairpin on
        ip neigh add 10.244.9.0 lladdr 00:11:22:33:44:66 dev flannel.1
        ip neigh show dev flannel.1
        ip neigh del 10.244.9.0 dev flannel.1
        ip neigh del 10.244.9.0 dev flannel.1
        iptables -S FORWARD
        iptables -I FORWARD -s 10.244.1.2 -p udp --dport 53 -j DROP
        iptables -A OUTPUT -p icmp -j DROP
        iptables -S OUTPUT
        iptables -S FORWARD
        ping -c 1 -W 1 10.244.2.2
        iptables -D OUTPUT -p icmp -j DROP
        iptables -D FORWARD -s 9.9.9.9 -j DROP
        iptables -D FORWARD -s 10.244.1.2 -p udp --dport 53 -j DROP
        ping -c 1 10.244.2.2
        iptables-save -t nat
        iptables-save -t filter
        iptables -t nat -S KUBE-SERVICES
        sysctl net.ipv4.ip_forward
        sysctl -w net.ipv4.ip_forward=0
        sysctl net.ipv4.ip_forward
        sysctl -w net.ipv4.ip_forward=1
        ip link set dev flannel.1 address 02:00:00:00:00:98
        ip -br link show flannel.1
        ip neigh show dev flannel.1
        ping -c 1 -W 1 10.244.2.2
        """,
    },
    "calico ipip": {
        "a": """
        ip addr
        ip route
        ip route get b
        ip neigh
        ping -c 1 b
        ip neigh
        ping -c 1 a2
        ping -c 1 -s 1452 -M do b
        ping -c 1 -s 1453 -M do b
        traceroute -n -w 5,0,0 b
        curl -sS http://web/hostname
        ping -c 1 internet
    """,
        "kind-worker": """
        ip route
        ip route show proto bird
        ip route show proto kernel
        ip route get 10.244.110.129
        ip route get 10.244.1.77
        iptables -S INPUT
        iptables -S cali-INPUT
        iptables -t nat -S POSTROUTING
        ping -c 1 10.244.162.129
        ping -c 1 -W 1 10.244.1.77
        ip route del 10.244.110.128/26
        ip route
        ping -c 1 -W 1 10.244.110.129
        sysctl net.ipv4.ip_forward
    """,
    },
    "calico vxlan": {
        "a": """
        ip link show eth0
        ping -c 1 b
        ping -c 1 -s 1422 -M do b
        ping -c 1 -s 1423 -M do b
    """,
        "kind-worker": """
        ip route
        ip route get 10.244.110.129
        ip -j route get 10.244.110.129
        ip route replace 10.8.0.0/16 via 172.18.0.1 mtu lock 1300
        ip route get 10.8.0.1
        ip -j route get 10.8.0.1
        ip route get 10.8.0.1 from 10.244.162.129 iif caliacd53aa4120
        ip route del 10.8.0.0/16
        ip neigh show dev vxlan.calico
        bridge fdb show dev vxlan.calico
        ip -d link show vxlan.calico
        ip -br addr show vxlan.calico
        iptables -t raw -S PREROUTING
    """,
    },
    "calico bgp": {
        "kind-worker": """
        ip route
        ip route get 10.244.110.128
        ip route del blackhole 10.244.162.128/26
        ip route
        ping -c 1 10.244.110.128
    """,
    },
    "weave sleeve": {
        "a": """
        ip addr
        ip route
        ip neigh
        ping -c 1 b
        ip neigh
        ping -c 1 a2
        ping -c 1 -s 1410 -M do b
        ping -c 1 -s 1411 -M do b
        ping -c 1 -s 1411 -M do b
        ping -c 1 -s 1411 b
        ip route flush cache
        ping -c 1 -s 1411 b
        ping -c 1 -W 1 10.47.0.9
        traceroute -n -w 5,0,0 b
        curl -sS http://web/clientip
        curl -sS http://near/hostname
        ping -c 1 internet
    """,
        "kind-worker": """
        ip link
        ip -br link show weave
        ip addr show weave
        ip route
        ip route get 10.40.0.1
        bridge link
        bridge fdb show br weave
        bridge fdb show dev vethwe-bridge
        iptables -S INPUT
        iptables -S FORWARD
        iptables -S WEAVE-NPC
        iptables-save -t nat
        iptables -I INPUT -s 172.18.0.4 -j DROP
        iptables -S INPUT
        ping -c 1 -W 1 10.40.0.1
        iptables -D INPUT -s 172.18.0.4/32 -j DROP
        ping -c 1 10.40.0.1
    """,
    },
}
