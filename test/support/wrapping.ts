/** Wraps key material as a customer does: with node:crypto, and with the openssl command as an oracle. */
import { execFileSync } from 'node:child_process';
import { constants, createCipheriv, createPublicKey, publicEncrypt, randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** `publicKey` is SubjectPublicKeyInfo, DER. */
export type Wrap = (publicKey: Uint8Array, material: Uint8Array) => Buffer;

export const oaep =
  (oaepHash = 'sha256'): Wrap =>
  (publicKey, material) => {
    const key = createPublicKey({ key: Buffer.from(publicKey), format: 'der', type: 'spki' });
    return publicEncrypt({ key, padding: constants.RSA_PKCS1_OAEP_PADDING, oaepHash }, material);
  };

const KWP = ['id-aes256-wrap-pad', 'A65959A6'] as const;

export function keyWrap(aesKey: Uint8Array, material: Uint8Array): Buffer {
  const cipher = createCipheriv(KWP[0], aesKey, Buffer.from(KWP[1], 'hex'));
  return Buffer.concat([cipher.update(material), cipher.final()]);
}

export const rsaAesKeyWrap: Wrap = (publicKey, material) => {
  const aesKey = randomBytes(32);
  return Buffer.concat([oaep()(publicKey, aesKey), keyWrap(aesKey, material)]);
};

export const wraps: Readonly<Record<string, Wrap>> = {
  RSAES_OAEP_SHA_256: oaep(),
  RSA_AES_KEY_WRAP_SHA_256: rsaAesKeyWrap,
};

function inFolder<T>(files: Readonly<Record<string, Uint8Array>>, use: (folder: string) => T): T {
  const folder = mkdtempSync(join(tmpdir(), 'lockholm-openssl-'));
  try {
    for (const [name, content] of Object.entries(files)) writeFileSync(join(folder, name), content);
    return use(folder);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

const opensslOaep: Wrap = (key, material) =>
  inFolder({ key, material }, (cwd) =>
    execFileSync(
      'openssl',
      [
        'pkeyutl -encrypt -pubin -inkey key -keyform DER -in material',
        '-pkeyopt rsa_padding_mode:oaep -pkeyopt rsa_oaep_md:sha256 -pkeyopt rsa_mgf1_md:sha256',
      ].flatMap((line) => line.split(' ')),
      { cwd },
    ),
  );

const opensslKeyWrap = (aesKey: Uint8Array, material: Uint8Array): Buffer =>
  inFolder({ material }, (cwd) =>
    execFileSync(
      'openssl',
      ['enc', `-${KWP[0]}`, '-K', Buffer.from(aesKey).toString('hex'), '-iv', KWP[1], '-in', 'material'],
      { cwd },
    ),
  );

export const opensslWraps: Readonly<Record<string, Wrap>> = {
  RSAES_OAEP_SHA_256: opensslOaep,
  RSA_AES_KEY_WRAP_SHA_256(publicKey, material) {
    const aesKey = randomBytes(32);
    return Buffer.concat([opensslOaep(publicKey, aesKey), opensslKeyWrap(aesKey, material)]);
  },
};
