"""In which form a cluster's rules are written: by iptables, or as tables of nftables."""

IPTABLES, NFTABLES = "iptables", "nftables"
RULES = (IPTABLES, NFTABLES)
