#!/bin/sh
# Install the servers and the browser the tests drive, where this machine lets us; say what is missing where it does not.
# The packages' own servers must never start: the tests run private ones.
missing=""
[ -x /usr/lib/rabbitmq/bin/rabbitmq-server ] || missing="$missing rabbitmq-server"
ls /usr/lib/postgresql/*/bin/postgres >/dev/null 2>&1 || missing="$missing postgresql"
command -v "${CHROMIUM:-chromium-headless-shell}" >/dev/null 2>&1 || missing="$missing chromium-headless-shell fonts-liberation"
[ -x /usr/sbin/clamd ] || missing="$missing clamav-daemon"
[ -z "$missing" ] && exit 0

if [ "$(id -u)" != 0 ] || ! command -v apt-get >/dev/null 2>&1; then
    echo "Missing:$missing. Install them (Debian package names); tests that need them are skipped until then." >&2
    [ "$CI" = true ] && exit 1
    exit 0
fi

policy=/usr/sbin/policy-rc.d
if [ ! -e "$policy" ]; then
    printf '#!/bin/sh\nexit 101\n' > "$policy" && chmod +x "$policy"
    trap 'rm -f "$policy"' EXIT
fi
export DEBIAN_FRONTEND=noninteractive RUNLEVEL=1
# shellcheck disable=SC2086  # a list of words
apt-get update -q && apt-get install -q -y --no-install-recommends $missing
status=$?
[ "$CI" = true ] && exit $status
[ $status = 0 ] || echo "Could not install:$missing; their tests are skipped." >&2
exit 0
