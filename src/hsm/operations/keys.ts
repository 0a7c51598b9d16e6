import { createHash } from 'node:crypto';
import { AES_KEY_SIZE, type Key, keyOf, type NewKey, newHandle } from '../keys.ts';
import { newAesKey } from '../message-cipher.ts';
import type { Opcode } from '../protocol/audit.ts';
import { identityFingerprint } from '../protocol/chain.ts';
import { HsmError } from '../protocol/errors.ts';
import { keyOrigins, keyUsages, wrapMechanisms } from '../protocol/values.ts';
import type { Session } from '../sessions.ts';
import { membersDown } from '../unlocked.ts';
import { parseWrappingKey, unwrapMaterial, wrapMaterial, wrappingUsage } from '../wrapping.ts';
import { at, type Hsm, type Operations } from './operation.ts';

type Names =
  | 'generateKey'
  | 'findKeys'
  | 'describeKey'
  | 'deleteKey'
  | 'shareKey'
  | 'unshareKey'
  | 'importPublicKey'
  | 'wrapKey'
  | 'unwrapKey'
  | 'listExports';

const MAX_PAGE = 500;
const secretUsages = keyUsages.filter((usage) => usage !== 'public');

export function keyOperations({ hsm, users, keys }: Hsm): Operations<Names> {
  const { vault, audit } = hsm;

  /** A key is there when every member has it, or not at all. */
  const add = async (made: NewKey, opcode: Opcode, { user }: Session) => {
    keys.requireRoom(made.label);
    hsm.requireAllMembers();
    const handle = newHandle();
    const key = keyOf(user, made);
    const details = { usage: made.usage, extractable: made.extractable, lineage: key.lineage };
    audit.write(opcode, { user, key: handle, details });
    const missed = await hsm.commit(() => vault.put('key', handle, key));
    if (missed.length > 0) {
      audit.write('DELETE_KEY', { user, key: handle, details: { notAcknowledged: missed } });
      await hsm.commit(() => vault.remove('key', handle));
      throw membersDown(missed);
    }
    return { key: keys.info(handle, key) };
  };
  const stated = (handle: string, { lineage, origin, created }: Key) => ({
    handle,
    lineage,
    origin: at(keyOrigins, origin, 'origin'),
    created,
  });

  return {
    generateKey({ label, usage, extractable }, session) {
      const chosen = at(secretUsages, usage, 'usage');
      const material = newAesKey(AES_KEY_SIZE);
      return add(
        { label, usage: chosen, origin: 'generated', extractable, material },
        'GENERATE_KEY',
        session,
      );
    },

    findKeys({ label, after, limit }, { user }) {
      const found = keys.find(user, label, after, Math.min(limit, MAX_PAGE));
      return { keys: found.map(([handle, key]) => keys.info(handle, key)) };
    },

    describeKey: ({ handle }, { user }) => ({ key: keys.info(handle, keys.visible(handle, user)) }),

    async deleteKey({ handle }, { user }) {
      const key = keys.owned(handle, user);
      const entry = audit.write('DELETE_KEY', { user, key: handle, details: { lineage: key.lineage } });
      const away = await hsm.commit(() => {
        for (const sharee of keys.sharees(handle)) vault.remove('share', `${handle}/${sharee}`);
        vault.remove('key', handle);
      });
      // Where there was no room for it the key's record is still to be overwritten, here too.
      const missed = vault.unerased > 0 ? [hsm.parts.place.hsmId, ...away] : away;
      const facts = { ...stated(handle, key), user, audit: entry };
      const erased = hsm.reached(missed);
      return { receipt: hsm.receipt({ type: 'deletion', ...facts, erased, notReached: missed }) };
    },

    async shareKey({ handle, user: sharee }, { user }) {
      keys.owned(handle, user);
      users.get(sharee);
      audit.write('SHARE_KEY', { user, key: handle, details: { name: sharee } });
      await hsm.commit(() => vault.put('share', `${handle}/${sharee}`, {}));
      return {};
    },

    async unshareKey({ handle, user: sharee }, { user }) {
      keys.owned(handle, user);
      if (!keys.sharees(handle).includes(sharee))
        throw new HsmError('not-found', `the key is not shared with ${sharee}`);
      audit.write('UNSHARE_KEY', { user, key: handle, details: { name: sharee } });
      await hsm.commit(() => vault.remove('share', `${handle}/${sharee}`));
      return {};
    },

    importPublicKey({ label, publicKey }, session) {
      const material = parseWrappingKey(publicKey);
      const made = { label, usage: 'public', origin: 'imported', extractable: true, material } as const;
      return add(made, 'IMPORT_PUBLIC_KEY', session);
    },

    async wrapKey({ handle, wrappingHandle, mechanism }, { user }) {
      const name = at(wrapMechanisms, mechanism, 'mechanism');
      const key = keys.owned(handle, user);
      if (key.material.type !== 'secret') throw new HsmError('key-usage', 'a public key needs no wrapping');
      if (!key.extractable) throw new HsmError('not-extractable', 'the key never leaves the HSMs');
      keys.requireRoomForExport(handle);
      const wrapping = keys.forUse(wrappingHandle, user, wrappingUsage(name));
      const wrapped = wrapMaterial(name, wrapping.material, key.material);
      const hash = createHash('sha256').update(wrapped).digest('hex');
      const under = wrapping.material;
      const wrappingKey =
        under.type === 'public'
          ? identityFingerprint(under.export({ type: 'spki', format: 'der' }))
          : undefined;
      const details = { mechanism: name, wrapped: hash, wrappingHandle };
      const entry = audit.write('WRAP_KEY', { user, key: handle, details });
      const receipt = hsm.receipt({
        type: 'export',
        ...stated(handle, key),
        user,
        audit: entry,
        usage: at(keyUsages, key.usage, 'usage'),
        mechanism: name,
        wrappingHandle,
        ...(wrappingKey === undefined ? {} : { wrappingKey }),
        wrapped: hash,
      });
      await hsm.commit(() => vault.put('export', `${handle}/${hash}`, { receipt }));
      return { wrapped, receipt };
    },

    unwrapKey({ wrapped, wrappingHandle, mechanism, label, usage, extractable }, session) {
      const name = at(wrapMechanisms, mechanism, 'mechanism');
      const wrapping = keys.forUse(wrappingHandle, session.user, wrappingUsage(name));
      const material = unwrapMaterial(name, wrapping.material, wrapped);
      const chosen = at(secretUsages, usage, 'usage');
      return add({ label, usage: chosen, origin: 'unwrapped', extractable, material }, 'UNWRAP_KEY', session);
    },

    listExports({ handle }, { user }) {
      // They outlive the key: then whoever owned it is not known any more, and nothing in them is secret.
      if (vault.get('key', handle) !== undefined) keys.owned(handle, user);
      return { receipts: keys.exports(handle) };
    },
  };
}
