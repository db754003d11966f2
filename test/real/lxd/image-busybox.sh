#!/usr/bin/env bash
# A container's image of one megabyte: busybox, an init, and a client for DHCP.
set -euo pipefail
out=${1:?the image to be written}
work=$(mktemp -d /var/tmp/libcloud-lxd-image.XXXXXX)
trap 'rm -rf "$work"' EXIT
root=$work/rootfs
mkdir -p "$root"/{bin,sbin,etc,proc,sys,dev,tmp,root,run,mnt,var/log,usr/bin,usr/sbin}
chmod 1777 "$root/tmp"
cp /bin/busybox "$root/bin/busybox"
for applet in $("$root/bin/busybox" --list); do
  [ "$applet" = busybox ] || ln -s /bin/busybox "$root/bin/$applet"
done
ln -s /bin/busybox "$root/sbin/init"
cat >"$root/etc/inittab" <<'X'
::sysinit:/bin/true
::once:/bin/ip link set lo up
::once:/bin/udhcpc -f -q -i eth0 -s /etc/dhcp -t 20 -T 1
null::respawn:/bin/sleep 100000
X
cat >"$root/etc/dhcp" <<'X'
#!/bin/sh
[ "$1" = bound ] || [ "$1" = renew ] || exit 0
ip link set "$interface" up
ip addr add "$ip/${mask:-24}" dev "$interface" 2>/dev/null
[ -z "$router" ] || ip route add default via "$router" 2>/dev/null
exit 0
X
chmod 755 "$root/etc/dhcp"
echo 'root:x:0:0:root:/root:/bin/sh' >"$root/etc/passwd"
echo 'root:x:0:' >"$root/etc/group"
echo busybox >"$root/etc/hostname"
mkdir "$work/templates"
echo '{{ container.name }}' >"$work/templates/hostname.tpl"
cat >"$work/metadata.yaml" <<X
architecture: x86_64
creation_date: $(date +%s)
properties: {os: busybox, description: busybox, architecture: amd64}
templates:
  /etc/hostname: {when: [create, copy, rename], template: hostname.tpl}
X
tar -C "$work" --numeric-owner --owner=0 --group=0 -czf "$out.new" metadata.yaml templates rootfs
mv "$out.new" "$out"
