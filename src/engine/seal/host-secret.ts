/**
 * The host's secret of a family of HSM clusters, which the seal keeps: HSMs that start unattended are opened with it
 * (docs/formats/hsm-store.md, "Wraps"). Derived from the root key by SP 800-108r1 with label `lockholm/hsm-host-secret/1`
 * and SHA-256 of the family's name as context: a tenant's HSM that is taken over tells nothing of another's.
 */
import { createHash, createSecretKey } from 'node:crypto';
import { closeSync } from 'node:fs';
import { derive, kdfLabel } from '../kdf.ts';
import { openSealFile, readSeal } from './file.ts';

const label = kdfLabel('lockholm/hsm-host-secret/1', 32);

/** 32 bytes, which the caller erases. Throws SealError. */
export function hostSecretOf(sealFile: string, family: string): Buffer {
  const fd = openSealFile(sealFile);
  try {
    const root = readSeal(fd, sealFile);
    const key = createSecretKey(root);
    root.fill(0);
    return derive(key, label, createHash('sha256').update(family).digest());
  } finally {
    closeSync(fd);
  }
}
