#!/usr/bin/env bash
# Starts real OpenSSH servers on loopback, as root on Debian or Ubuntu, without systemd.
# usage: up.sh <folder> <port> <port of the second>; SSH_MACHINES=<n> addresses from 127.77.0.1 on lead to the first, too
# The first takes keys and the password; the second has no SFTP, and asks the password by keyboard-interactive (PAM).
# The user exists only in the servers' own mount namespace: nothing of this machine's /etc is changed.
set -euo pipefail
folder=$1 port=$2 second=$3
user=libcloud-test password=${SSH_PASSWORD:?}
need=()
[ -x /usr/sbin/sshd ] || need+=(openssh-server)
command -v ssh-keygen ssh-agent ssh-add >/dev/null || need+=(openssh-client)
command -v sudo >/dev/null || need+=(sudo)
if [ ${#need[@]} -gt 0 ]; then
  # The package would start its own server: a policy that forbids it holds while it is installed.
  policy=/usr/sbin/policy-rc.d ours=
  [ -e "$policy" ] || { printf '#!/bin/sh\nexit 101\n' >"$policy"; chmod 755 "$policy"; ours=1; }
  trap '[ -z "$ours" ] || rm -f "$policy"' EXIT
  export DEBIAN_FRONTEND=noninteractive
  lock='DPkg::Lock::Timeout=900'
  apt-get -o "$lock" update -q >&2
  apt-get -o "$lock" install -qy --no-install-recommends "${need[@]}" >&2
fi
mkdir -p "$folder/home" /run/sshd
chmod 755 "$folder"
for type in ed25519 rsa ecdsa; do
  ssh-keygen -q -t "$type" -N '' -f "$folder/host_$type"
done
sum=$(openssl passwd -6 -stdin <<<"$password")
# All of it: a single file that is mounted over is uncovered as soon as anybody replaces the one below.
cp -a /etc "$folder/etc"
echo "$user:x:4242:4242::$folder/home:/bin/bash" >>"$folder/etc/passwd"
echo "$user:x:4242:" >>"$folder/etc/group"
echo "$user:$sum:19000:0:99999:7:::" >>"$folder/etc/shadow"
printf 'Defaults timestamp_timeout=0\nroot ALL=(ALL) NOPASSWD: ALL\n%s ALL=(ALL) ALL\n' "$user" >"$folder/etc/sudoers"
cat /proc/sys/kernel/random/uuid >"$folder/boot_id"
touch "$folder/authorized_keys"
chmod 644 "$folder/authorized_keys"
chown 4242:4242 "$folder/home"

config() { # <port> <pid file> and the rest from standard input
  cat <<EOF
Port $1
HostKey $folder/host_ed25519
HostKey $folder/host_rsa
HostKey $folder/host_ecdsa
PidFile $folder/$2.pid
StrictModes no
AuthorizedKeysFile $folder/authorized_keys .ssh/authorized_keys
PermitRootLogin prohibit-password
MaxStartups 100
AcceptEnv LIBCLOUD_GOOD_*
$(cat)
EOF
}
usual='UsePAM no
PasswordAuthentication yes
KbdInteractiveAuthentication no
Subsystem sftp internal-sftp
ListenAddress 127.'
config "$port" first >"$folder/first.conf" <<<"${usual}0.0.1"
for number in $(seq "${SSH_MACHINES:-0}"); do # one server listens on 16 addresses at most
  config "$port" "machine$number" >"$folder/machine$number.conf" <<<"${usual}77.0.$number"
done
config "$second" second >"$folder/second.conf" <<EOF
ListenAddress 127.0.0.1
UsePAM yes
PasswordAuthentication no
KbdInteractiveAuthentication yes
PubkeyAuthentication no
EOF
# The holder keeps the namespace, so that a server can be started in it again.
unshare -m --propagation slave sh -c '
  mount --bind "$1/etc" /etc && mount --bind "$1/boot_id" /proc/sys/kernel/random/boot_id || exit 1
  for config in "$1"/*.conf; do /usr/sbin/sshd -f "$config" -E "${config%.conf}.log" || exit 1; done
  sleep infinity </dev/null >/dev/null 2>&1 &
  echo $! >"$1/holder.pid"
' sh "$folder"
for wanted in "$port" "$second"; do
  for _ in $(seq 100); do
    (exec 3<>"/dev/tcp/127.0.0.1/$wanted") 2>/dev/null && continue 2
    sleep 0.05
  done
  echo "no sshd on port $wanted" >&2
  exit 1
done
/usr/sbin/sshd -V 2>&1 | head -1 | cut -d, -f1
