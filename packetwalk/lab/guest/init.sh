#!/bin/busybox sh
# The first process of the guest finds the file system of the host, and there begins the file `first`.
export PATH=/bin:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin HOME=/root
/bin/busybox --install -s /bin
fail() {
    echo "guest: $1"
    poweroff -f
}
mount -t proc none /proc
mount -t devtmpfs none /dev
for module in /modules/*; do insmod "$module" || fail "module $module"; done
plan9="trans=virtio,version=9p2000.L,msize=512000"
mount -t 9p -o "$plan9,ro,cache=loose" host /lower || fail "9p"
mount -t tmpfs none /upper
mkdir /upper/data /upper/work
mount -t overlay -o lowerdir=/lower,upperdir=/upper/data,workdir=/upper/work none /root || fail "overlay"
for place in proc sys dev tmp run share lib/modules; do mkdir -p "/root/$place"; done
mount -t proc none /root/proc
mount -t sysfs none /root/sys
mount -t devtmpfs none /root/dev
ln -s /proc/self/fd /root/dev/fd
for number in 0:stdin 1:stdout 2:stderr; do ln -s "/proc/self/fd/${number%:*}" "/root/dev/${number#*:}"; done
for place in run dev/shm; do
    mkdir -p "/root/$place"
    mount -t tmpfs none "/root/$place"
done
mount -t 9p -o "$plan9" share /root/share || fail "9p"
ln -s "$(cat /root/share/modules)" "/root/lib/modules/$(uname -r)"
# A node has its card before its tunl0, as a machine has that loads ipip after it has booted.
echo 2 > /proc/sys/net/core/fb_tunnels_only_for_init_net
exec switch_root /root /bin/sh /share/first
