"""Headers of IPv6 and of what only it carries, one file each; a wheel has none of them, and takes IPv6 for data."""

from packetwalk.wire.ipv6.fragment import Fragment as Fragment
from packetwalk.wire.ipv6.header import Ipv6 as Ipv6
from packetwalk.wire.ipv6.hop_by_hop import HopByHop as HopByHop
from packetwalk.wire.ipv6.icmpv6 import Icmpv6 as Icmpv6
from packetwalk.wire.ipv6.listener_record import ListenerRecord as ListenerRecord
from packetwalk.wire.ipv6.neighbour_option import NeighbourOption as NeighbourOption
from packetwalk.wire.ipv6.neighbour_target import Advertised as Advertised
from packetwalk.wire.ipv6.neighbour_target import Solicited as Solicited
