#!/usr/bin/env bash
# Encrypts a file of any size with keys from KMS; they go, encrypted, into the file's header.
#
#   bash encrypt-file.sh encrypt alias/files report.pdf report.pdf.enc purpose=archive
#   bash encrypt-file.sh decrypt alias/files report.pdf.enc report.pdf purpose=archive
#
# The last argument is the encryption context as the aws command writes it (name=value,name=value): not secret, bound
# to the keys, wanted again to decrypt.
#
# `openssl enc` authenticates nothing. So AES-256-CTR with one key, then HMAC-SHA-256 over header and ciphertext with
# another (encrypt-then-MAC), checked before anything is decrypted. No key is ever an argument, in the environment of a
# process or in a file: keys go through pipes, from commands that are built into the shell.
set -euo pipefail
set +x # a trace would show the keys
export LC_ALL=C
umask 077

magic=LKSHELL1
mac_bytes=32

fail() {
  printf '%s\n' "$1" >&2
  exit 1
}

hex() { od -An -v -tx1 | tr -d ' \n'; }

# Takes 96 bytes in base64 apart: 32 for the cipher, 64 (a block of SHA-256) for the MAC.
take_keys() {
  local keys
  keys=$(printf '%s' "$1" | openssl base64 -d -A | hex)
  [ ${#keys} -eq 192 ] || fail 'KMS did not answer with 96 bytes.'
  cipher_key=${keys:0:64}
  mac_key=${keys:64}
}

# openssl derives key and IV from the salt that it puts before the ciphertext and this password. The password is a
# random key, so one iteration is enough.
cipher() { openssl enc "$@" -aes-256-ctr -md sha256 -pbkdf2 -iter 1 -pass fd:3 3< <(printf '%s\n' "$cipher_key"); }

# HMAC-SHA-256 of what comes in, by its definition (RFC 2104, section 2), since openssl takes the key
# of a MAC as an argument only, which every user of the machine can read.
hmac() {
  { mac_key_xor 0x36 && cat; } | openssl dgst -sha256 -binary |
    { mac_key_xor 0x5c && cat; } | openssl dgst -sha256 -binary
}

mac_key_xor() {
  local i octal
  for ((i = 0; i < ${#mac_key}; i += 2)); do
    printf -v octal '\\%03o' "$((0x${mac_key:i:2} ^ $1))"
    printf "$octal"
  done
}

encrypt() {
  local answer
  answer=$(aws kms generate-data-key --key-id "$key_id" --number-of-bytes 96 --encryption-context "$context" \
    --query '[Plaintext,CiphertextBlob]' --output text)
  take_keys "${answer%%[[:space:]]*}"
  printf '%s\n%s\n' "$magic" "${answer##*[[:space:]]}" >"$work/out"
  cipher -salt -in "$source" >>"$work/out"
  hmac <"$work/out" >"$work/mac"
  cat "$work/mac" >>"$work/out"
}

decrypt() {
  local encrypted_keys answer header_size body_size
  [ "$(head -c 9 -- "$source" | tr -d '\0')" = "$magic" ] || fail "$source was not encrypted by this program."
  encrypted_keys=$(head -c 8300 -- "$source" | sed -n 2p | tr -cd 'A-Za-z0-9+/=')
  printf '%s' "$encrypted_keys" | openssl base64 -d -A >"$work/encrypted-keys"
  # The key is named here too: a file whose data key somebody else's KMS key protects is refused.
  answer=$(aws kms decrypt --key-id "$key_id" --ciphertext-blob "fileb://$work/encrypted-keys" \
    --encryption-context "$context" --query Plaintext --output text)
  take_keys "$answer"
  header_size=$((${#magic} + 1 + ${#encrypted_keys} + 1))
  body_size=$(($(wc -c <"$source") - mac_bytes))
  [ "$body_size" -ge "$header_size" ] || fail "$source is cut short."
  [ "$(tail -c "$mac_bytes" -- "$source" | hex)" = "$(head -c "$body_size" -- "$source" | hmac | hex)" ] ||
    fail "$source was altered, cut short or added to."
  head -c "$body_size" -- "$source" | tail -c "+$((header_size + 1))" | cipher -d >"$work/out"
}

case ${1-} in encrypt | decrypt) ;; *) set -- ;; esac
[ $# -eq 5 ] || fail 'usage: encrypt-file.sh encrypt|decrypt KEY SOURCE TARGET CONTEXT'
action=$1 key_id=$2 source=$3 target=$4 context=$5

# The target takes its name only when all of it is written; until then its owner alone can read it.
work=$(mktemp -d "$(dirname -- "$target")/.encrypt-file-XXXXXX")
trap 'rm -rf -- "$work"' EXIT
"$action"
mv -f -- "$work/out" "$target"
