// What instances run as root, in the shell that every machine has.

/** Each waits for whoever else manages packages at the time: at a first boot, somebody does. */
export const INSTALL: string = `set -e
export DEBIAN_FRONTEND=noninteractive
if command -v apt-get >/dev/null; then
  apt='apt-get -o DPkg::Lock::Timeout=300 -qy'
  # A fresh image has no lists, and old ones name files that are gone.
  $apt install -- "$@" || { $apt update; $apt install -- "$@"; }
elif command -v dnf >/dev/null; then dnf -y install -- "$@"
elif command -v yum >/dev/null; then yum -y install -- "$@"
elif command -v zypper >/dev/null; then zypper -n install -- "$@"
elif command -v apk >/dev/null; then apk add --no-progress "$@"
elif command -v pacman >/dev/null; then pacman -Sy --noconfirm --needed -- "$@"
else echo 'this machine has no package manager that is known' >&2; exit 127
fi`

export const UPDATE: string = `set -e
export DEBIAN_FRONTEND=noninteractive
if command -v apt-get >/dev/null; then
  apt='apt-get -o DPkg::Lock::Timeout=300 -qy'
  $apt update
  $apt -o Dpkg::Options::=--force-confold upgrade
elif command -v dnf >/dev/null; then dnf -y upgrade
elif command -v yum >/dev/null; then yum -y update
elif command -v zypper >/dev/null; then zypper -n refresh; zypper -n update
elif command -v apk >/dev/null; then apk update --no-progress; apk upgrade --no-progress
elif command -v pacman >/dev/null; then pacman -Syu --noconfirm
else echo 'this machine has no package manager that is known' >&2; exit 127
fi`

/** What cloud-init removes depends on its version: so does this, afterwards, by hand. */
export const CLEAN: string = `set -e
if command -v cloud-init >/dev/null; then
  cloud-init clean --logs --machine-id >/dev/null 2>&1 || cloud-init clean --logs
fi
rm -rf /var/lib/cloud/instance /var/lib/cloud/instances /var/lib/cloud/data /var/lib/cloud/sem /run/cloud-init/*.json
rm -f /var/log/cloud-init.log /var/log/cloud-init-output.log /var/log/syslog /var/log/auth.log
[ ! -e /etc/machine-id ] || : >/etc/machine-id
[ -L /var/lib/dbus/machine-id ] || rm -f /var/lib/dbus/machine-id
rm -f /root/.bash_history /home/*/.bash_history /var/lib/dhcp/*.leases /var/lib/systemd/random-seed
if command -v apt-get >/dev/null; then apt-get clean; fi
if [ "$1" = host-keys ]; then rm -f /etc/ssh/ssh_host_*_key /etc/ssh/ssh_host_*_key.pub; fi
sync`
