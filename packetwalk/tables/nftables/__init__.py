"""Rules of nftables, as ``nft list ruleset`` prints them: tables, sets and maps, chains, rules.

Of the tables that ``iptables`` keeps in nftables nothing is said here: their rules are those of
``iptables-save`` (``packetwalk.tables.iptables``).
"""

from packetwalk.tables.nftables.entries import NftChain as NftChain
from packetwalk.tables.nftables.entries import NftEntry as NftEntry
from packetwalk.tables.nftables.entries import NftRule as NftRule
from packetwalk.tables.nftables.entries import NftSet as NftSet
from packetwalk.tables.nftables.entries import NftTable as NftTable
from packetwalk.tables.nftables.ruleset import RULESET as RULESET
from packetwalk.tables.nftables.ruleset import hits as hits
