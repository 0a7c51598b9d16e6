/**
 * The load on SoftHSM: one call after another in this process, which is how it is fastest: its asynchronous calls take
 * longer, and threads wait for its locks. A new random IV for each message, which PKCS #11 leaves to the caller.
 */
import { randomBytes, randomFillSync } from 'node:crypto';
import { performance } from 'node:perf_hooks';
import { setImmediate as turnOfTheLoop } from 'node:timers/promises';
import type { SoftHsmPlan } from './load-contract.ts';
import { carryOut } from './load-process.ts';
import { Meter } from './meter.ts';
import { loadPkcs11Js, type Mechanism, makeToken } from './pkcs11.ts';

const IV_BYTES = 12;
const TAG_BYTES = 16;
const AAD = Buffer.from('purpose=bench');
/** Calls between two looks at the clock's timers. */
const BATCH = 64;

carryOut<SoftHsmPlan>(async (plan, measuring) => {
  const js = loadPkcs11Js(plan.pkcs11js);
  const { session, key, module } = makeToken(js, plan.library);
  const gcm = (iv: Buffer): Mechanism => ({
    mechanism: js.CKM_AES_GCM ?? 0,
    parameter: {
      type: js.CK_PARAMS_AES_GCM_v240,
      iv,
      aad: AAD,
      ivBits: IV_BYTES * 8,
      tagBits: TAG_BYTES * 8,
    },
  });
  const plaintext = randomBytes(plan.plaintextBytes);
  const out = Buffer.alloc(plan.plaintextBytes + TAG_BYTES);
  const encrypt = (): { readonly iv: Buffer; readonly sealed: Buffer } => {
    const iv = randomFillSync(Buffer.allocUnsafe(IV_BYTES));
    module.C_EncryptInit(session, gcm(iv), key);
    return { iv, sealed: module.C_Encrypt(session, plaintext, out) };
  };
  const first = encrypt();
  const sealed = Buffer.from(first.sealed);
  const decrypt = () => {
    module.C_DecryptInit(session, gcm(first.iv), key);
    return module.C_Decrypt(session, sealed, out);
  };
  if (!decrypt().equals(plaintext)) throw new Error('SoftHSM did not decrypt to what was encrypted');

  const work = plan.operation === 'Encrypt' ? encrypt : decrypt;
  const meter = new Meter();
  const result = meter.measure(plan, measuring);
  let done = false;
  void result.finally(() => {
    done = true;
  });
  for (let began = performance.now(); !done; ) {
    for (let call = 0; call < BATCH; call += 1) {
      work();
      const now = performance.now();
      meter.answered(now - began);
      began = now;
    }
    await turnOfTheLoop();
  }
  module.C_Finalize();
  return result;
});
