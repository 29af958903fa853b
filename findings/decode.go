// The layers that gopacket finds in each packet of a pcapng file, a packet a line.
package main

import (
	"fmt"
	"os"

	"github.com/gopacket/gopacket"
	_ "github.com/gopacket/gopacket/layers"
	"github.com/gopacket/gopacket/pcapgo"
)

func main() {
	file, _ := os.Open(os.Args[1])
	reader, err := pcapgo.NewNgReader(file, pcapgo.DefaultNgReaderOptions)
	for err == nil {
		var data []byte
		if data, _, err = reader.ReadPacketData(); err == nil {
			names := ""
			for _, layer := range gopacket.NewPacket(data, reader.LinkType(), gopacket.Default).Layers() {
				names += " " + layer.LayerType().String()
			}
			fmt.Println(names[1:])
		}
	}
}
