"""nf_tables: what a rule asks and does (``words``), and the way through the chains (``chain``)."""

from packetwalk.datapath.nftables.chain import NftBaseChain as NftBaseChain
from packetwalk.datapath.nftables.chain import base_chains as base_chains
