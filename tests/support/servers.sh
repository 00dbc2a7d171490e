#!/bin/bash
# Real mail servers on loopback, run from unpacked Debian packages: nothing is installed, nothing
# of the system is changed, and everything they write lies under DIR.
#
#   servers.sh roots                 download and unpack the packages, once
#   servers.sh postfix|exim DIR PORT runs until its standard input ends or a signal comes;
#                                    prints "ready" when PORT accepts
#   EHLO_SERVER_ROOTS                where unpacked packages are kept between runs
#
# Both accept mail for example.test into DIR/mail/inbox (a Maildir) and take messages of at most
# 1 MB. Exim refuses nosuch@ with 550 and defers later@ with 451.
set -euo pipefail
ROOTS=${EHLO_SERVER_ROOTS:-${TMPDIR:-/tmp}/ehlo-server-roots}
NAME=mx.example.test
LIMIT=1000000

die() { echo "$*" >&2; exit 1; }

# unpack NAME PKG...: each root is made beside its place and moved there whole.
unpack() {
  local root=$ROOTS/$1 new
  shift
  [ -d "$root" ] && return
  mkdir -p "$ROOTS"
  new=$(mktemp -d "$ROOTS/.new.XXXXXX")
  mkdir "$new/debs" "$new/root"
  (cd "$new/debs" && apt-get -qq -o APT::Sandbox::User=root download "$@" >&2) ||
    { rm -rf "$new"; die "cannot download $*"; }
  for deb in "$new"/debs/*.deb; do dpkg -x "$deb" "$new/root"; done
  chmod 755 "$new/root"
  mv -T "$new/root" "$root" 2>/dev/null || [ -d "$root" ]
  rm -rf "$new"
}

unpack_postfix() { unpack postfix postfix; }
unpack_exim() { unpack exim exim4-daemon-heavy exim4-base exim4-config; }

accepts() { (exec 3<>"/dev/tcp/127.0.0.1/$1") 2>/dev/null; }

# run PORT CMD...: in a session of its own, ended with everything it began when nobody listens to
# us any more.
run() {
  local port=$1 pid
  shift
  accepts "$port" && die "port $port is taken"
  setsid "$@" >>"$DIR/log" 2>&1 </dev/null &
  pid=$!
  trap 'stop '"$pid" EXIT
  trap 'exit 0' TERM INT HUP
  for _ in $(seq 200); do
    if accepts "$port"; then
      echo ready
      # Without the explicit redirection the shell would give it /dev/null.
      cat <&0 >/dev/null &
      wait $! || true
      return
    fi
    kill -0 "$pid" 2>/dev/null || break
    sleep 0.1
  done
  tail -n 20 "$DIR/log" >&2
  die "nothing answers on port $port"
}

stop() {
  kill "$1" 2>/dev/null || return 0
  for _ in $(seq 30); do
    kill -0 "$1" 2>/dev/null || break
    sleep 0.1
  done
  # setsid made it the leader of a group, which holds only what it began.
  kill -KILL -- "-$1" 2>/dev/null || true
}

postfix() {
  local root=$ROOTS/postfix queue
  mkdir -p "$DIR"/{etc,spool,data,mail}
  for queue in active bounce corrupt defer deferred flush hold incoming private saved trace; do
    mkdir -p "$DIR/spool/$queue"
    chown daemon "$DIR/spool/$queue"
    chmod 700 "$DIR/spool/$queue"
  done
  mkdir -p "$DIR"/spool/{public,maildrop,pid}
  chown daemon:games "$DIR"/spool/{public,maildrop}
  chmod 710 "$DIR/spool/public"
  chmod 730 "$DIR/spool/maildrop"
  chown daemon "$DIR/data"
  chown nobody "$DIR/mail"
  cat >"$DIR/etc/main.cf" <<C
compatibility_level = 3.6
daemon_directory = $root/usr/lib/postfix/sbin
command_directory = $root/usr/sbin
shlib_directory = $root/usr/lib/postfix
meta_directory = $root/etc/postfix
queue_directory = $DIR/spool
data_directory = $DIR/data
import_environment = LD_LIBRARY_PATH MAIL_CONFIG LANG=C
mail_owner = daemon
setgid_group = games
default_privs = nobody
maillog_file = /dev/stdout
maillog_file_prefixes = /dev
myhostname = $NAME
mydestination =
inet_interfaces = 127.0.0.1
inet_protocols = ipv4
mynetworks = 127.0.0.0/8
virtual_mailbox_domains = example.test
virtual_mailbox_base = $DIR/mail
virtual_mailbox_maps = static:inbox/
virtual_uid_maps = static:$(id -u nobody)
virtual_gid_maps = static:$(id -g nobody)
virtual_mailbox_limit = 0
alias_maps =
alias_database =
default_transport = discard:
relay_transport = discard:
smtputf8_enable = yes
message_size_limit = $LIMIT
smtpd_error_sleep_time = 0
disable_vrfy_command = no
disable_dns_lookups = yes
smtpd_peername_lookup = no
C
  cat >"$DIR/etc/master.cf" <<C
127.0.0.1:$PORT inet n - n - - smtpd
pickup    unix n - n 60 1 pickup
cleanup   unix n - n - 0 cleanup
qmgr      unix n - n 300 1 qmgr
tlsmgr    unix - - n 1000? 1 tlsmgr
rewrite   unix - - n - - trivial-rewrite
bounce    unix - - n - 0 bounce
defer     unix - - n - 0 bounce
trace     unix - - n - 0 bounce
verify    unix - - n - 1 verify
flush     unix n - n 1000? 0 flush
proxymap  unix - - n - - proxymap
proxywrite unix - - n - 1 proxymap
showq     unix n - n - - showq
error     unix - - n - - error
retry     unix - - n - - error
discard   unix - - n - - discard
virtual   unix - n n - - virtual
anvil     unix - - n - 1 anvil
scache    unix - - n - 1 scache
postlog   unix-dgram n - n - 1 postlogd
C
  export LD_LIBRARY_PATH="$root/usr/lib/postfix" MAIL_CONFIG="$DIR/etc"
  run "$PORT" "$root/usr/lib/postfix/sbin/master" -c "$DIR/etc" -s
}

# Exim has its account and the place of its settings compiled in, so it sees an /etc of its own, in
# a private mount namespace. That needs the rights of root.
exim() {
  local root=$ROOTS/exim
  mkdir -p "$DIR"/{spool,mail,etc/exim4}
  cp /etc/passwd /etc/group "$DIR/etc/"
  echo 'Debian-exim:x:971:971::/var/spool/exim4:/usr/sbin/nologin' >>"$DIR/etc/passwd"
  echo 'Debian-exim:x:971:' >>"$DIR/etc/group"
  printf '127.0.0.1 localhost %s\n' "$NAME" >"$DIR/etc/hosts"
  printf 'passwd: files\ngroup: files\nhosts: files\nservices: files\n' >"$DIR/etc/nsswitch.conf"
  chown 971:971 "$DIR/spool" "$DIR/mail"
  cat >"$DIR/etc/exim4/exim4.conf" <<C
primary_hostname = $NAME
exim_path = $root/usr/sbin/exim4
pid_file_path = $DIR/spool/exim.pid
spool_directory = $DIR/spool
log_file_path = $DIR/spool/exim-%slog
exim_user = Debian-exim
exim_group = Debian-exim
daemon_smtp_ports = $PORT
local_interfaces = 127.0.0.1
domainlist local_domains = example.test
message_size_limit = $LIMIT
tls_advertise_hosts =
prdr_enable = true
smtputf8_advertise_hosts = *
chunking_advertise_hosts = *
dsn_advertise_hosts = *
pipelining_advertise_hosts = *
accept_8bitmime = true
host_lookup =
rfc1413_hosts =
never_users = root
keep_environment =
acl_smtp_rcpt = acl_rcpt
acl_smtp_data = acl_ok
acl_smtp_vrfy = acl_ok
begin acl
acl_ok:
  accept
acl_rcpt:
  deny message = no such mailbox
       local_parts = nosuch
  defer message = try again later
       local_parts = later
  accept domains = +local_domains
  deny message = relay not permitted
begin routers
local:
  driver = accept
  domains = +local_domains
  transport = maildir
begin transports
maildir:
  driver = appendfile
  directory = $DIR/mail/inbox
  maildir_format
  create_directory
  user = Debian-exim
begin retry
* * F,1h,1m
C
  cat >"$DIR/view" <<V
#!/bin/sh
hostname $NAME && mount -t overlay -o lowerdir=$DIR/etc:/etc overlay /etc &&
exec $root/usr/sbin/exim4 -bdf -q1m
V
  chmod +x "$DIR/view"
  run "$PORT" unshare -m -u "$DIR/view"
}

case ${1:-} in
roots) unpack_postfix && unpack_exim ;;
postfix | exim)
  [ $# -eq 3 ] || die "usage: $0 $1 DIR PORT"
  "unpack_$1"
  mkdir -p "$2"
  chmod 755 "$2"
  DIR=$(cd "$2" && pwd)
  PORT=$3
  "$1"
  ;;
*) die "usage: $0 roots | postfix DIR PORT | exim DIR PORT" ;;
esac
