#!/bin/bash
# Real mail servers on loopback, run from unpacked Debian packages: nothing is installed, nothing
# of the system is changed, and everything they write lies under DIR.
#
#   servers.sh roots                  download and unpack the packages, once
#   servers.sh certificates DIR       make the certificates below, in DIR
#   servers.sh SERVER DIR DOOR=PORT.. runs until its standard input ends or a signal comes;
#                                     prints "ready" when every PORT accepts
#   EHLO_SERVER_ROOTS                 where unpacked packages are kept between runs
#
# SERVER is postfix, exim, dovecot (submission and LMTP), aiosmtpd, or openssl (scripted.py, whose
# TLS is that of `openssl s_server`). A DOOR is what is spoken at a port, MODE[+WORD]...:
#
#   plain                             no TLS, no AUTH                   all but dovecot
#   starttls                          AUTH only after STARTTLS          all; dovecot: also before
#   implicit                          TLS from the first byte           all
#   lmtp                              LMTP; dovecot: also at            dovecot aiosmtpd
#                                     DIR/lmtp.sock; aiosmtpd answers
#                                     once for all recipients
#   lmtp-implicit                     LMTP inside TLS                   dovecot
#   auth                              the protocol of Dovecot's logins  dovecot
#   +clear                            AUTH before STARTTLS, too         postfix exim aiosmtpd openssl
#   +ask                              asks for a certificate; exim then  all but dovecot, which
#                                     offers EXTERNAL to who has one    always asks
#   +anonymous                        AUTH ANONYMOUS                    postfix
#   +proxy                            a PROXY header comes first        postfix exim
#   +xclient                          XCLIENT and XFORWARD              postfix
#   +dovecot                          AUTH by Dovecot, see auth-at      postfix exim
#   +expired +wrong-name +self-signed +incomplete
#                                     the certificate                   all but dovecot
#   +tls1 +tls1_1 +tls1_2 +tls1_3     nothing but this version          all but dovecot
#
# Two doors lead outwards: auth-at=PORT is the door "auth" of a dovecot, for +dovecot; relay-to=PORT
# is where dovecot takes messages, without which it says 421 behind a login, and where postfix sends
# them, in PORT+starttls or PORT+implicit with TLS, with +login as alice.
#
# All accept mail for example.test. Postfix sends what waits for relay.example.test when it is asked.
# Postfix and Exim store it in DIR/mail/inbox (a Maildir) and take
# messages of at most 1 MB; Exim refuses nosuch@ with 550 and defers later@ with 451, and where PRDR
# was asked for, it refuses the message for picky@ and defers it for slow@. Dovecot has the mailboxes
# inbox@ and full@, and no message goes into the second one. The account is
# alice@example.org, "correct horse". DIR/certificates holds what openssl made for this run: ca.pem
# is to be trusted, client.pem is alice's. dovecot writes DIR/token and DIR/token.expired for
# OAUTHBEARER and XOAUTH2.
set -euo pipefail
ROOTS=${EHLO_SERVER_ROOTS:-${TMPDIR:-/tmp}/ehlo-server-roots}
HERE=$(cd "$(dirname "$0")" && pwd)
NAME=mx.example.test
LIMIT=1000000
USER_NAME=alice@example.org
PASSWORD='correct horse'
declare -A PORTS=() AT=()

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
unpack_dovecot() { unpack dovecot dovecot-core dovecot-submissiond dovecot-lmtpd; }
unpack_aiosmtpd() { unpack aiosmtpd python3-aiosmtpd python3-attr python3-public; }
unpack_sasl() { unpack sasl sasl2-bin; }
unpack_openssl() { :; }

# issue FILE ISSUER SUBJECT ARG...: a key and its certificate.
issue() {
  local file=$1 issuer=$2 subject=$3 by=()
  shift 3
  [ "$issuer" = "$file" ] || by=(-CA "$issuer.crt" -CAkey "$issuer.key")
  openssl req -x509 -config req.cnf -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -sha256 \
    -days 90 -subj "$subject" "${by[@]}" -keyout "$file.key" -out "$file.crt" "$@" 2>>log
}

days() { date -u -d "$1 days" +%Y%m%d%H%M%SZ; }

# NAME.pem is a key, its certificate, and what leads to ca.pem.
certificates() {
  local file ca leaf server us="subjectAltName=DNS:$NAME,DNS:localhost,IP:127.0.0.1"
  ca=(-addext basicConstraints=critical,CA:TRUE -addext keyUsage=critical,keyCertSign,cRLSign)
  leaf=(-addext basicConstraints=critical,CA:FALSE -addext keyUsage=critical,digitalSignature)
  server=("${leaf[@]}" -addext extendedKeyUsage=serverAuth)
  mkdir -p "$1"
  cd "$1"
  printf '[req]\ndistinguished_name=name\n[name]\n' >req.cnf
  issue ca ca '/O=Example Test/CN=Example Test Root' "${ca[@]}"
  issue issuer ca '/O=Example Test/CN=Example Test Issuer' "${ca[@]}"
  issue good issuer "/CN=$NAME" "${server[@]}" -addext "$us"
  issue wrong-name issuer /CN=other.example.test "${server[@]}" \
    -addext subjectAltName=DNS:other.example.test
  issue self-signed self-signed "/CN=$NAME" "${server[@]}" -addext "$us"
  issue client issuer "/CN=$USER_NAME" "${leaf[@]}" -addext extendedKeyUsage=clientAuth

  # `openssl req` knows no day in the past.
  : >index
  cat >ca.cnf <<C
[ca]
default_ca = past
[past]
database = index
new_certs_dir = .
rand_serial = yes
default_md = sha256
copy_extensions = copy
policy = any
[any]
commonName = supplied
C
  cp good.key expired.key
  openssl req -new -config req.cnf -key expired.key -subj "/CN=$NAME" "${server[@]}" \
    -addext "$us" -out expired.csr
  openssl ca -batch -notext -config ca.cnf -cert issuer.crt -keyfile issuer.key -in expired.csr \
    -startdate "$(days -120)" -enddate "$(days -30)" -out expired.crt 2>>log

  cp ca.crt ca.pem
  for file in good expired wrong-name client; do
    cat $file.key $file.crt issuer.crt >$file.pem
  done
  cat good.key good.crt >incomplete.pem
  cat self-signed.key self-signed.crt >self-signed.pem
  # Servers read them without the rights of root; they are worth nothing.
  chmod 644 ./*.pem
}

accepts() { (exec 3<>"/dev/tcp/127.0.0.1/$1") 2>/dev/null; }

# run CMD...: in a session of its own, ended with everything it began when nobody listens to us any
# more.
run() {
  local port pid
  for port in "${PORTS[@]}"; do
    ! accepts "$port" || die "port $port is taken"
  done
  setsid "$@" >>"$DIR/log" 2>&1 </dev/null &
  pid=$!
  trap 'stop '"$pid" EXIT
  trap 'exit 0' TERM INT HUP
  for port in "${PORTS[@]}"; do
    await "$port" "$pid"
  done
  echo ready
  # Without the explicit redirection the shell would give it /dev/null.
  cat <&0 >/dev/null &
  wait $! || true
}

# await PORT PID: until PORT accepts, while PID lives.
await() {
  for _ in $(seq 200); do
    if accepts "$1"; then return; fi
    kill -0 "$2" 2>/dev/null || break
    sleep 0.1
  done
  tail -n 20 "$DIR/log" >&2
  die "nothing answers on port $1"
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
  local root=$ROOTS/postfix queue door word
  mkdir -p "$DIR"/{etc/sasl,spool,data,mail}
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
default_transport = $([ -n "${AT[relay]:-}" ] && echo smtp || echo discard:)
relay_transport = discard:
fast_flush_domains = relay.example.test
smtputf8_enable = yes
message_size_limit = $LIMIT
smtpd_error_sleep_time = 0
disable_vrfy_command = no
disable_dns_lookups = yes
smtpd_peername_lookup = no
smtpd_tls_chain_files = $CERTIFICATES/good.pem
smtpd_tls_CAfile = $CERTIFICATES/ca.pem
smtpd_tls_loglevel = 1
smtpd_tls_received_header = yes
tls_random_source = dev:/dev/urandom
smtpd_sasl_type = cyrus
smtpd_sasl_local_domain = ${USER_NAME#*@}
C
  [ -z "${AT[relay]:-}" ] || postfix_relays "${AT[relay]}" >>"$DIR/etc/main.cf"
  # This is how Postfix 3.7 finds the settings of Cyrus; later ones ask cyrus_sasl_config_path.
  echo "cyrus_sasl_config_path = $DIR/etc/sasl" >>"$DIR/etc/main.cf"
  local offer
  for offer in "smtpd:PLAIN LOGIN CRAM-MD5 DIGEST-MD5 SCRAM-SHA-1 SCRAM-SHA-256" \
    "anonymous:ANONYMOUS PLAIN"; do
    cat >"$DIR/etc/sasl/${offer%%:*}.conf" <<C
pwcheck_method: auxprop
auxprop_plugin: sasldb
sasldb_path: $DIR/etc/sasl/db
mech_list: ${offer#*:}
C
  done
  printf '%s' "$PASSWORD" | "$ROOTS/sasl/usr/sbin/saslpasswd2" -p -c -f "$DIR/etc/sasl/db" \
    -u "${USER_NAME#*@}" "${USER_NAME%@*}"
  chown daemon "$DIR/etc/sasl/db"
  for door in "${!PORTS[@]}"; do
    echo "127.0.0.1:${PORTS[$door]} inet n - n - - smtpd"
    for word in ${door//+/ }; do postfix_says "$word" | sed 's/^/  -o /'; done
  done >"$DIR/etc/master.cf"
  cat >>"$DIR/etc/master.cf" <<C
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
smtp      unix - - n - - smtp
virtual   unix - n n - - virtual
anvil     unix - - n - 1 anvil
scache    unix - - n - 1 scache
postlog   unix-dgram n - n - 1 postlogd
C
  export LD_LIBRARY_PATH="$root/usr/lib/postfix" MAIL_CONFIG="$DIR/etc"
  run "$root/usr/lib/postfix/sbin/master" -c "$DIR/etc" -s
}

# postfix_relays PORT[+WORD]...: the settings for what is sent on.
postfix_relays() {
  local word
  echo "relayhost = [127.0.0.1]:${1%%+*}"
  for word in ${1//+/ }; do
    case $word in
    starttls) echo "smtp_tls_security_level = encrypt" ;;
    implicit) printf '%s\n' "smtp_tls_security_level = encrypt" "smtp_tls_wrappermode = yes" ;;
    login)
      printf '%s\n' "smtp_sasl_auth_enable = yes" "smtp_sasl_security_options = noanonymous" \
        "smtp_sasl_password_maps = static:{$USER_NAME:$PASSWORD}" "smtp_sasl_mechanism_filter = plain"
      ;;
    esac
  done
}

# postfix_says WORD: the settings of a door.
postfix_says() {
  case $1 in
  plain) ;;
  starttls)
    printf '%s\n' smtpd_tls_security_level=may smtpd_tls_auth_only=yes smtpd_sasl_auth_enable=yes ;;
  implicit) printf '%s\n' smtpd_tls_wrappermode=yes smtpd_sasl_auth_enable=yes ;;
  clear) echo smtpd_tls_auth_only=no ;;
  ask) echo smtpd_tls_ask_ccert=yes ;;
  proxy) echo smtpd_upstream_proxy_protocol=haproxy ;;
  xclient)
    printf '%s\n' smtpd_authorized_xclient_hosts=127.0.0.1 smtpd_authorized_xforward_hosts=127.0.0.1 ;;
  anonymous) printf '%s\n' smtpd_sasl_path=anonymous smtpd_sasl_security_options= ;;
  dovecot) printf '%s\n' smtpd_sasl_type=dovecot "smtpd_sasl_path=inet:127.0.0.1:${AT[auth]}" ;;
  tls1*)
    local version=TLSv${1#tls}
    # Debian's OpenSSL does not speak the old ones of its own accord.
    printf '%s\n' "smtpd_tls_protocols=${version/_/.}" smtpd_tls_ciphers=medium \
      tls_medium_cipherlist=DEFAULT@SECLEVEL=0 ;;
  *) echo "smtpd_tls_chain_files=$CERTIFICATES/$1.pem" ;;
  esac
}

# Exim has its account and the place of its settings compiled in, so it sees an /etc of its own, in
# a private mount namespace. That needs the rights of root.
exim() {
  local root=$ROOTS/exim door word mechanism implicit='' clear='' ask='' dovecot='' proxy=''
  local certificate=good versions=NORMAL
  for door in "${!PORTS[@]}"; do
    for word in ${door//+/ }; do
      case $word in
      plain | starttls) ;;
      implicit) implicit+=" : ${PORTS[$door]}" ;;
      clear) clear+=" : ${PORTS[$door]}" ;;
      ask) ask+=" : ${PORTS[$door]}" ;;
      proxy) proxy+=" : ${PORTS[$door]}" ;;
      dovecot) dovecot+=" : ${PORTS[$door]}" ;;
      tls1) versions=$(at_port "$door" NORMAL:-VERS-ALL:+VERS-TLS1.0 "$versions") ;;
      tls1_*)
        versions=$(at_port "$door" "NORMAL:-VERS-ALL:+VERS-TLS1.${word#tls1_}" "$versions") ;;
      *) certificate=$(at_port "$door" "$word" "$certificate") ;;
      esac
    done
  done
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
daemon_smtp_ports = $(printf '%s : ' "${PORTS[@]}" | sed 's/ : $//')
tls_on_connect_ports = ${implicit# : }
local_interfaces = 127.0.0.1
domainlist local_domains = example.test
message_size_limit = $LIMIT
tls_advertise_hosts = \${if eq{\$received_port}{${PORTS[plain]:-}}{}{*}}
tls_certificate = $CERTIFICATES/$certificate.pem
tls_require_ciphers = $versions
tls_verify_certificates = $CERTIFICATES/ca.pem
tls_try_verify_hosts = \${if inlist{\$received_port}{${ask# : }}{*}{}}
auth_advertise_hosts = \${if or{{def:tls_in_cipher}{inlist{\$received_port}{${clear# : }}}}{*}{}}
hosts_proxy = \${if inlist{\$received_port}{${proxy# : }}{*}{}}
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
acl_smtp_data_prdr = acl_prdr
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
acl_prdr:
  deny message = not to the taste of \$local_part
       local_parts = picky
  defer message = \$local_part has no time
       local_parts = slow
  accept
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
begin authenticators
plain:
  driver = plaintext
  public_name = PLAIN
  server_prompts = :
  server_condition = \${if and{{eq{\$auth2}{$USER_NAME}}{eq{\$auth3}{$PASSWORD}}}}
  server_set_id = \$auth2
login:
  driver = plaintext
  public_name = LOGIN
  server_prompts = Username:: : Password::
  server_condition = \${if and{{eq{\$auth1}{$USER_NAME}}{eq{\$auth2}{$PASSWORD}}}}
  server_set_id = \$auth1
cram:
  driver = cram_md5
  public_name = CRAM-MD5
  server_secret = \${if eq{\$auth1}{$USER_NAME}{$PASSWORD}fail}
  server_set_id = \$auth1
external:
  driver = external
  public_name = EXTERNAL
  server_advertise_condition = \$tls_in_certificate_verified
  server_param2 = \${certextract{subject,CN}{\$tls_in_peercert}}
  server_condition = \${if eq{\$auth1}{\$auth2}}
  server_set_id = \$auth1
C
  for mechanism in SCRAM-SHA-1 SCRAM-SHA-256 OAUTHBEARER XOAUTH2; do
    cat <<C
${mechanism//-/}:
  driver = dovecot
  public_name = $mechanism
  server_advertise_condition = \${if inlist{\$received_port}{${dovecot# : }}}
  server_socket = 127.0.0.1 ${AT[auth]:-1}
  server_set_id = \$auth1
C
  done >>"$DIR/etc/exim4/exim4.conf"
  cat >"$DIR/view" <<V
#!/bin/sh
hostname $NAME && mount -t overlay -o lowerdir=$DIR/etc:/etc overlay /etc &&
exec $root/usr/sbin/exim4 -bdf -q1m
V
  chmod +x "$DIR/view"
  run unshare -m -u "$DIR/view"
}

# at_port DOOR THIS ELSE: what Exim takes for THIS at a door, and for ELSE elsewhere.
at_port() { printf '${if eq{$received_port}{%s}{%s}{%s}}' "${PORTS[$1]}" "$2" "$3"; }

# Dovecot finds its own parts below /usr, which lie over the system's in a private mount namespace.
dovecot() {
  local root=$ROOTS/dovecot door
  mkdir -p "$DIR"/{run,state,mail,keys/default/HS256}
  chown nobody "$DIR/mail"
  printf '%s:{PLAIN}%s::::::\ninbox@example.test:{PLAIN}%s::::::\n' "$USER_NAME" "$PASSWORD" \
    "$PASSWORD" >"$DIR/users"
  printf 'full@example.test::%s:%s::%s::userdb_quota_rule=*:bytes=10\n' "$(id -u nobody)" \
    "$(id -g nobody)" "$DIR/mail/full@example.test" >"$DIR/full"
  openssl rand -hex 32 >"$DIR/secret"
  printf '%s' "$(cat "$DIR/secret")" | base64 -w0 >"$DIR/keys/default/HS256/default"
  token "$(date -d '1 hour' +%s)" >"$DIR/token"
  token "$(date -d '-1 hour' +%s)" >"$DIR/token.expired"
  cat >"$DIR/oauth2.conf" <<C
introspection_mode = local
local_validation_key_dict = fs:posix:prefix=$DIR/keys/
username_attribute = email
C
  listeners() {
    for door in "${!PORTS[@]}"; do
      case $1:$door in
      lmtp-file:lmtp) echo "unix_listener $DIR/lmtp.sock {
        mode = 0666
      }" ;;
      submission:starttls* | lmtp:lmtp) echo "inet_listener $door {
        port = ${PORTS[$door]}
      }" ;;
      submission:implicit* | lmtp:lmtp-implicit) echo "inet_listener $door {
        port = ${PORTS[$door]}
        ssl = yes
      }" ;;
      auth:auth) echo "inet_listener {
        port = ${PORTS[$door]}
      }" ;;
      esac
    done
  }
  cat >"$DIR/dovecot.conf" <<C
base_dir = $DIR/run
state_dir = $DIR/state
instance_name = ehlo
log_path = /dev/stderr
listen = 127.0.0.1
hostname = $NAME
protocols = lmtp submission
default_login_user = nobody
default_internal_user = daemon
default_internal_group = daemon
auth_mechanisms = plain login cram-md5 scram-sha-1 scram-sha-256 oauthbearer xoauth2 external
auth_verbose = yes
auth_failure_delay = 0
auth_ssl_username_from_cert = yes
disable_plaintext_auth = no
ssl = yes
ssl_cert = <$CERTIFICATES/good.pem
ssl_key = <$CERTIFICATES/good.pem
ssl_ca = <$CERTIFICATES/ca.pem
ssl_verify_client_cert = yes
ssl_require_crl = no
mail_location = maildir:$DIR/mail/%u
first_valid_uid = 1
first_valid_gid = 1
submission_relay_host = 127.0.0.1
submission_relay_port = ${AT[relay]:-1}
passdb {
  driver = static
  mechanisms = external
  args = nopassword=y
}
passdb {
  driver = oauth2
  mechanisms = oauthbearer xoauth2
  args = $DIR/oauth2.conf
}
passdb {
  driver = passwd-file
  args = username_format=%u $DIR/users
}
userdb {
  driver = passwd-file
  args = username_format=%u $DIR/full
}
userdb {
  driver = static
  args = uid=nobody gid=nogroup home=$DIR/mail/%u
}
service anvil {
  chroot =
  # A wrong password costs the next login no time.
  unix_listener anvil-auth-penalty {
    mode = 0
  }
}
service submission-login {
  chroot =
  # Else it takes port 587, too, and there can be only one.
  inet_listener submission {
    port = 0
  }
$(listeners submission)
}
service lmtp {
$(listeners lmtp)
$(listeners lmtp-file)
}
protocol lmtp {
  mail_plugins = quota
}
plugin {
  quota = maildir:User quota
}
service auth {
$(listeners auth)
}
C
  cat >"$DIR/view" <<V
#!/bin/sh
mount -t overlay -o lowerdir=$root/usr:/usr overlay /usr &&
exec /usr/sbin/dovecot -F -c $DIR/dovecot.conf
V
  chmod +x "$DIR/view"
  run unshare -m "$DIR/view"
}

base64url() { base64 -w0 | tr -d = | tr +/ -_; }

# token EXPIRY: a JSON web token of the account.
token() {
  local said
  said=$(printf '{"alg":"HS256","typ":"JWT"}' | base64url)
  said+=.$(printf '{"iss":"example.test","email":"%s","sub":"%s","iat":%s,"exp":%s}' "$USER_NAME" \
    "$USER_NAME" "$(($1 - 3600))" "$1" | base64url)
  printf '%s.%s' "$said" "$(printf '%s' "$said" |
    openssl dgst -sha256 -hmac "$(cat "$DIR/secret")" -binary | base64url)"
}

aiosmtpd() {
  export PYTHONPATH=$ROOTS/aiosmtpd/usr/lib/python3/dist-packages
  script aio.py
}

openssl_server() { script scripted.py; }

# script FILE: a server in Python.
script() {
  local door doors=()
  for door in "${!PORTS[@]}"; do doors+=("$door=${PORTS[$door]}"); done
  USER_NAME=$USER_NAME PASSWORD=$PASSWORD NAME=$NAME \
    run python3 -u "$HERE/$1" "$CERTIFICATES" "${doors[@]}"
}

usage() { die "usage: $0 roots | certificates DIR | SERVER DIR DOOR=PORT..."; }

case ${1:-} in
roots)
  for server in postfix sasl exim dovecot aiosmtpd; do "unpack_$server"; done
  ;;
certificates)
  [ $# -eq 2 ] || usage
  certificates "$2"
  ;;
postfix | exim | dovecot | aiosmtpd | openssl)
  [ $# -ge 3 ] || usage
  server=$1
  mkdir -p "$2"
  chmod 755 "$2"
  DIR=$(cd "$2" && pwd)
  CERTIFICATES=$DIR/certificates
  shift 2
  for door in "$@"; do
    case $door in
    *-at=* | *-to=*) AT[${door%%-*}]=${door#*=} ;;
    *=*) PORTS[${door%=*}]=${door#*=} ;;
    *) usage ;;
    esac
  done
  "unpack_$server"
  [ "$server" != postfix ] || unpack_sasl
  (certificates "$CERTIFICATES")
  [ "$server" != openssl ] || server=openssl_server
  "$server"
  ;;
*) usage ;;
esac
