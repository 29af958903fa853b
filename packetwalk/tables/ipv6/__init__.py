"""Tables of IPv6 beside those of IPv4: addresses, routes, what is learnt of paths, rules of ip6tables."""

from packetwalk.tables.ipv6.address import ADDRESSES6 as ADDRESSES6
from packetwalk.tables.ipv6.address import Addr6Entry as Addr6Entry
from packetwalk.tables.ipv6.path import PATHS6 as PATHS6
from packetwalk.tables.ipv6.path import Path6Entry as Path6Entry
from packetwalk.tables.ipv6.route import ROUTES6 as ROUTES6
from packetwalk.tables.ipv6.route import Route6Entry as Route6Entry
from packetwalk.tables.ipv6.rules import IP6TABLES as IP6TABLES
from packetwalk.tables.ipv6.rules import Ip6Chain as Ip6Chain
from packetwalk.tables.ipv6.rules import Ip6tablesRule as Ip6tablesRule
