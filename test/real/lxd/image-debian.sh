#!/usr/bin/env bash
# Debian with systemd, cloud-init and an SSH server, without a kernel: an instance of a cloud in a container.
set -euo pipefail
out=${1:?the image to be written}
work=$(mktemp -d /var/tmp/libcloud-lxd-image.XXXXXX)
trap 'rm -rf "$work"' EXIT
root=$work/rootfs
packages=systemd-sysv,dbus,cloud-init,openssh-server,iproute2,netplan.io,sudo,ca-certificates,python3,procps
mmdebstrap --mode=root --variant=minbase --aptopt='Acquire::Retries "3"' \
  --dpkgopt='path-exclude=/usr/share/man/*' --dpkgopt='path-exclude=/usr/share/doc/*' \
  --dpkgopt='path-exclude=/usr/share/locale/*' --include="$packages" bookworm "$root"
echo 'datasource_list: [ LXD, NoCloud, None ]' >"$root/etc/cloud/cloud.cfg.d/90_dpkg.cfg"
# No locale and no boot loader is there; one kind of host key is made faster than four.
cat >"$root/etc/cloud/cloud.cfg.d/95_container.cfg" <<'X'
locale: false
manage_etc_hosts: true
apt_preserve_sources_list: true
grub_dpkg: {enabled: false}
ssh_genkeytypes: [ed25519]
ssh: {emit_keys_to_console: false}
no_ssh_fingerprints: true
X
ln -sf /dev/null "$root/etc/systemd/system/systemd-binfmt.service"
ln -sf /lib/systemd/system/systemd-networkd.service "$root/etc/systemd/system/multi-user.target.wants/systemd-networkd.service"
rm -rf "$root"/etc/ssh/ssh_host_* "$root"/etc/resolv.conf "$root"/var/cache/apt/*.bin "$root"/dev/*
: >"$root/etc/machine-id"
: >"$root/etc/fstab"
mkdir "$work/templates"
echo '{{ container.name }}' >"$work/templates/hostname.tpl"
cat >"$work/metadata.yaml" <<X
architecture: x86_64
creation_date: $(date +%s)
properties: {os: debian, release: bookworm, description: debian with cloud-init, architecture: amd64, variant: cloud}
templates:
  /etc/hostname: {when: [create, copy], template: hostname.tpl}
X
tar -C "$work" --numeric-owner -cf - metadata.yaml templates rootfs | gzip -1 >"$out.new"
mv "$out.new" "$out"
