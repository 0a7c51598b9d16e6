import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect as connectPlain } from 'node:net';
import { after, before, test } from 'node:test';
import { connect, type TLSSocket } from 'node:tls';
import { messages } from '../../src/hsm/protocol/messages.ts';
import { ALPN } from '../../src/hsm/protocol/tls.ts';
import { refusal, TestCluster } from '../support/hsm-cluster.ts';
import type { HostedHsm } from '../support/hsm-host.ts';
import { rounds, seeded } from '../support/random.ts';

const cluster = new TestCluster();
let hsm: HostedHsm;
before(async () => {
  hsm = await cluster.active();
});
after(() => cluster.remove());

async function raw(): Promise<TLSSocket> {
  const socket = connect({
    ...hsm.address,
    rejectUnauthorized: false,
    minVersion: 'TLSv1.3',
    ALPNProtocols: [ALPN],
  });
  await once(socket, 'secureConnect');
  socket.on('error', () => undefined);
  socket.resume();
  return socket;
}

const frame = (id: number, code: number, body: Buffer, length = 5 + body.length): Buffer => {
  const head = Buffer.alloc(9);
  head.writeUInt32BE(length, 0);
  head.writeUInt32BE(id, 4);
  head[8] = code;
  return Buffer.concat([head, body]);
};

const serves = async (): Promise<void> => {
  const alice = await cluster.login(hsm);
  await alice.call('random', { length: 16 });
  alice.close();
};

test('a malformed frame closes its connection and no other', async () => {
  const steady = await cluster.login(hsm);
  const malformed = {
    'too short': frame(1, 1, Buffer.alloc(0), 4),
    'too long': frame(1, 1, Buffer.alloc(0), 2 ** 31),
    'longer than one before a login may be': frame(1, 4, Buffer.alloc(1_100)),
    'an unknown code': frame(1, 99, Buffer.alloc(0)),
    'bytes left over': frame(1, messages.info.code, Buffer.alloc(7)),
    'a text that runs past the end': frame(1, messages.login.code, Buffer.from([0, 0, 1, 0])),
  };
  for (const [name, bytes] of Object.entries(malformed)) {
    const socket = await raw();
    const closed = once(socket, 'close');
    socket.write(bytes);
    await closed;
    assert.ok(socket.destroyed, name);
  }
  await steady.call('random', { length: 1 });
});

test('plain text and older TLS get nowhere', async () => {
  const plain = connectPlain(hsm.address.port, hsm.address.host);
  plain.on('error', () => undefined);
  const closed = once(plain, 'close');
  plain.write('GET / HTTP/1.1\r\n\r\n');
  plain.resume();
  await closed;
  const old = connect({ ...hsm.address, rejectUnauthorized: false, maxVersion: 'TLSv1.2' });
  await assert.rejects(once(old, 'secureConnect'));
  await serves();
});

test('random bytes and random frames, before and after a login, end no HSM', async () => {
  const random = seeded('hsm-frames');
  const codes = [...Object.values(messages).map(({ code }) => code), 0, 99, 127, 128, 200, 255];
  for (let round = 0; round < rounds(60); round += 1) {
    const socket = await raw();
    for (let i = 0; i < 5; i += 1) {
      const body = random.bytes(random.below(80));
      socket.write(random.below(3) === 0 ? body : frame(i, random.pick(codes), body));
    }
    socket.destroy();
  }
  await serves();
});

test('mutated requests of a user are refused or answered, and the HSM goes on', async () => {
  const random = seeded('hsm-requests');
  const alice = await cluster.login(hsm);
  const { key } = await alice.call('generateKey', { label: 'k', usage: 0, extractable: true });
  const text = (): string =>
    random.pick([key.handle, '', 'x', 'é'.repeat(40), '0'.repeat(16), `${key.handle}/bob`]);
  const bytes = (): Buffer => random.bytes(random.below(60));
  const number = (): number => random.pick([0, 1, 2, 3, 4, 200, 255]);
  for (let round = 0; round < rounds(40); round += 1) {
    const calls = [
      alice.call('encrypt', { handle: text(), plaintext: bytes(), aad: bytes() }),
      alice.call('decrypt', { handle: text(), iv: bytes(), sealed: bytes(), aad: bytes() }),
      alice.call('generateKey', { label: text(), usage: number(), extractable: true }),
      alice.call('wrapKey', { handle: text(), wrappingHandle: text(), mechanism: number() }),
      alice.call('importPublicKey', { label: text(), publicKey: bytes() }),
      alice.call('readAudit', { first: number(), limit: number() }),
      alice.call('findKeys', { label: text(), after: text(), limit: number() }),
      alice.call('shareKey', { handle: text(), user: text() }),
    ];
    for (const end of await Promise.all(calls.map(refusal))) {
      assert.ok(!['internal', 'unavailable', 'tampered'].includes(end), end);
    }
  }
  await serves();
});

test('many frames in one write are answered in full', async () => {
  const alice = await cluster.login(hsm);
  const { key } = await alice.call('generateKey', { label: 'k', usage: 0, extractable: false });
  const plaintext = Buffer.alloc(1024, 1);
  const replies = await Promise.all(
    Array.from({ length: 2_000 }, () =>
      alice.call('encrypt', { handle: key.handle, plaintext, aad: plaintext }),
    ),
  );
  assert.deepEqual(new Set(replies.map(({ uses }) => uses)).size, 2_000);
});
