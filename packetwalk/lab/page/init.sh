#!/bin/busybox sh
# The first process of the guest in the page: file systems, modules, memory that compresses well, then the agent.
export PATH=/usr/sbin:/usr/bin:/bin HOME=/root ENV=/etc/profile
/bin/busybox mkdir -p /proc /sys /dev /tmp /run/netns /root /host
/bin/busybox ln -s /run /var/run
/bin/busybox --install -s /bin
fail() {
    echo "guest: $1"
    poweroff -f
}
mount -t proc none /proc
mount -t sysfs none /sys
mount -t devtmpfs none /dev
ln -s /proc/self/fd /dev/fd
for number in 0:stdin 1:stdout 2:stderr; do ln -s "/proc/self/fd/${number%:*}" "/dev/${number#*:}"; done
# A node has its card before its tunl0, as a machine has that loads ipip after it has booted.
echo 2 > /proc/sys/net/core/fb_tunnels_only_for_init_net
for module in /modules/*; do insmod "$module" || fail "module $module"; done
rm -r /modules
mount -t 9p -o trans=virtio,version=9p2000.L,msize=131072,cache=none host9p /host || fail "9p"
# What was written once and is free is zero again, and weighs nothing in what is saved.
mount -t tmpfs -o size=100% none /tmp
kept=$(cat /proc/sys/vm/min_free_kbytes)
echo 3 > /proc/sys/vm/drop_caches
echo 256 > /proc/sys/vm/min_free_kbytes
for least in 12000 1600; do # kB
    while [ "$(awk '/MemFree/ {print $2}' /proc/meminfo)" -gt $least ]; do
        dd if=/dev/zero bs=64k count=$((least / 128)) >> /tmp/zero 2> /dev/null || break
    done
done
umount /tmp
echo "$kept" > /proc/sys/vm/min_free_kbytes
exec /usr/sbin/agent
