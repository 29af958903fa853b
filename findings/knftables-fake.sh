#!/bin/bash
# The stand-in for nft that kube-proxy's library brings for tests, and nft itself.
. "$(dirname "$0")/lib.sh"
debian nft
go_build both sigs.k8s.io/knftables@v0.0.22 <<'GO'
package main

import (
	"context"
	"fmt"

	"sigs.k8s.io/knftables"
)

func said(err error) string {
	if err != nil {
		return "refused"
	}
	return "taken"
}

func ask(what string, objects ...knftables.Object) {
	real, err := knftables.New(knftables.IPv4Family, "t")
	if err != nil {
		panic(err)
	}
	fmt.Printf("%-36s", what)
	for _, nft := range []knftables.Interface{knftables.NewFake(knftables.IPv4Family, "t"), real} {
		tx := nft.NewTransaction()
		tx.Add(&knftables.Table{})
		for _, object := range objects {
			tx.Add(object)
		}
		fmt.Printf(" %-8s", said(nft.Run(context.Background(), tx)))
	}
	fmt.Println()
}

func element(in string, key string) *knftables.Element {
	return &knftables.Element{Set: in, Key: []string{key}}
}

func verdict(key, value string) *knftables.Element {
	return &knftables.Element{Map: "m", Key: []string{key}, Value: []string{value}}
}

func main() {
	nets := &knftables.Set{Name: "nets", Type: "ipv4_addr", Flags: []knftables.SetFlag{knftables.IntervalFlag}}
	fmt.Printf("%-36s %-8s %s\n", "", "Fake", "nft")
	ask("jump to a chain that is not there", &knftables.Chain{Name: "c"}, &knftables.Rule{Chain: "c", Rule: "jump d"})
	ask("a network within another", nets, element("nets", "10.0.0.0/8"), element("nets", "10.1.0.0/16"))
	ask("a network in a set of addresses", &knftables.Set{Name: "a", Type: "ipv4_addr"}, element("a", "10.0.0.0/8"))
	ask("an IPv6 address in an IPv4 set", &knftables.Set{Name: "b", Type: "ipv4_addr"}, element("b", "fd00::1"))
	ask("two verdicts for one key", &knftables.Map{Name: "m", Type: "ipv4_addr : verdict"},
		verdict("10.0.0.1", "accept"), verdict("10.0.0.1", "drop"))
}
GO

what="sigs.k8s.io/knftables v0.0.22 (Go module), its Fake beside nftables 1.0.6: what one takes and the other \
refuses"
expected="Fake keeps sets and maps as nft does, so it refuses what nft refuses"

look() {
    namespace <<'DO'
both 2>/dev/null | sed 's/ *$//'
DO
}

seen look <<'SEEN'
                                     Fake     nft
jump to a chain that is not there    refused  refused
a network within another             taken    refused
a network in a set of addresses      taken    refused
an IPv6 address in an IPv4 set       taken    refused
two verdicts for one key             taken    refused
SEEN
