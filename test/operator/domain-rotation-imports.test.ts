import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { test } from 'node:test';
import { domainKeyOf } from '../../src/engine/protocol/token-header.ts';
import { rotationStatus, scheduleRotation } from '../../src/operator/domain/rotation.ts';
import { oaep } from '../support/wrapping.ts';
import { call, eventually, startLoneNode } from './node.ts';

test('an import key outlives the rotation of the domain key', async () => {
  const { node, stop } = await startLoneNode();
  try {
    const made = (await call(node, 'CreateKey', { Origin: 'EXTERNAL' })) as {
      KeyMetadata: { KeyId: string };
    };
    const { KeyId } = made.KeyMetadata;
    const wrapping = { WrappingAlgorithm: 'RSAES_OAEP_SHA_256', WrappingKeySpec: 'RSA_2048' };
    const { ImportToken, PublicKey } = (await call(node, 'GetParametersForImport', {
      KeyId,
      ...wrapping,
    })) as {
      ImportToken: Uint8Array;
      PublicKey: Uint8Array;
    };
    await node.rows.commit(scheduleRotation(node.parts.clock.now(), node.domain.inForce.currentKey));
    node.jobs();
    await eventually(async () => (await rotationStatus(node.rows)) === undefined);
    assert.equal(node.domain.inForce.keys.length, 1);
    const [row] = await node.rows.scan<{ token: string }>('import-key', '', { limit: 9 });
    assert.equal(row && domainKeyOf(Buffer.from(row.value.token, 'base64')), 2);
    const EncryptedKeyMaterial = oaep()(PublicKey, randomBytes(32));
    const ExpirationModel = 'KEY_MATERIAL_DOES_NOT_EXPIRE';
    await call(node, 'ImportKeyMaterial', { KeyId, ImportToken, EncryptedKeyMaterial, ExpirationModel });
    await call(node, 'Encrypt', { KeyId, Plaintext: Buffer.of(1) });
  } finally {
    await stop();
  }
});
