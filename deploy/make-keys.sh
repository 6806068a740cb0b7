#!/bin/sh
# make-keys.sh FOLDER: makes secrets once, never over those that are there.
#   api-keys.yaml      hashes of the keys, for server.apiKeysFile
#   admin.token        the key of who runs it (scope admin)
#   prometheus.token   the key of the scraper (scope metrics:read)
#   grafana.password   of Grafana's user admin
# Containers read these as other users than the one who made them: files are open, the folder is closed.
set -eu
folder=${1:?usage: make-keys.sh FOLDER}
if [ -e "$folder/api-keys.yaml" ]; then
  echo "$folder/api-keys.yaml is there already: nothing is changed" >&2
  exit 1
fi
mkdir -p "$folder"
chmod 700 "$folder"
umask 022
secret() { head -c 32 /dev/urandom | base64 | tr '+/' '-_' | tr -d '=\n'; }
key() {
  secret=$(secret)
  printf 'tg_%s_%s' "$1" "$secret" >"$folder/$1.token"
  hash=$(printf '%s' "$secret" | sha256sum | cut -d ' ' -f 1)
  printf -- '- { id: %s, sha256: %s, scopes: [%s] }\n' "$1" "$hash" "$2" >>"$folder/api-keys.yaml.new"
}
key admin admin
key prometheus metrics:read
secret >"$folder/grafana.password"
mv "$folder/api-keys.yaml.new" "$folder/api-keys.yaml"
echo "made in $folder: $(ls "$folder" | tr '\n' ' ')"
