import assert from 'node:assert/strict';
import { hash } from 'node:crypto';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { entryFacts, leafHash, parseBody, parseEnvelope } from '../../src/audit/entry.ts';
import { createEncoder, ENVELOPE_MAX } from '../../src/audit/event.ts';
import { canonicalJson } from '../../src/core/canonical-json.ts';
import type { Json, JsonObject } from '../../src/core/json.ts';
import { rounds } from '../support/random.ts';
import { hex, readVectors } from '../support/vectors.ts';
import { caller, facts, keyArn, material, NODE } from './sample.ts';

/** The plain way: sort, and let JSON.stringify do the rest. */
function reference(value: Json): string {
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  if (Array.isArray(value)) return `[${value.map(reference).join(',')}]`;
  const members = Object.entries(value as JsonObject).sort(([a], [b]) => (a < b ? -1 : 1));
  return `{${members.map(([key, each]) => `${JSON.stringify(key)}:${reference(each)}`).join(',')}}`;
}

const encode = createEncoder(NODE);
const text = (bytes: Uint8Array) => Buffer.from(bytes).toString();
const bodyJson = (body: Uint8Array) => text(body.subarray(16));

describe('canonical JSON', () => {
  it('is what sorting every object and JSON.stringify give', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        assert.equal(canonicalJson(value as Json), reference(value as Json));
      }),
      { numRuns: rounds(500), seed: 7 },
    );
  });

  it('keeps members named like numbers or like __proto__ in their place', () => {
    const value = JSON.parse('{"b":1,"__proto__":{"z":1,"a":2},"10":1,"9":2}') as Json;
    assert.equal(canonicalJson(value), '{"10":1,"9":2,"__proto__":{"a":2,"z":1},"b":1}');
  });
});

interface Vector {
  readonly name: string;
  readonly catches: string;
  readonly facts: Parameters<typeof encode>[0];
  readonly node: string;
  readonly salt: string;
  readonly envelope: string;
  readonly body: string;
  readonly leaf: string;
}

describe('event vectors', () => {
  const { vectors } = readVectors<{ vectors: readonly Vector[] }>('journal-events');
  it('are all there', () => assert.equal(vectors.length, 6));
  for (const vector of vectors) {
    it(vector.name, () => {
      const body = Buffer.concat([hex(vector.salt), Buffer.from(vector.body)]);
      const bodyHash = hash('sha256', body, 'hex');
      const envelope = parseEnvelope({ envelope: Buffer.from(vector.envelope) });
      assert.equal(envelope.body, bodyHash);
      assert.equal(leafHash(Buffer.from(vector.envelope)).toString('hex'), vector.leaf);
      const encoded = createEncoder(vector.node)(vector.facts);
      assert.equal(bodyJson(encoded.body), vector.body);
      const own = hash('sha256', encoded.body, 'hex');
      assert.equal(text(encoded.envelope).replace(own, bodyHash), vector.envelope);
    });
  }
});

describe('encoding an event', () => {
  it('writes canonical JSON that says what went in, for any facts', () => {
    const word = fc.stringMatching(/^[A-Za-z0-9._:/@-]{1,128}$/);
    const parameters = fc.option(
      fc.dictionary(fc.string({ unit: 'binary' }), fc.jsonValue(), { noNullPrototype: true }),
    );
    const plain = { noNullPrototype: true };
    const use = fc.record(
      {
        keyArn: fc.nat(99).map(keyArn),
        materialId: fc.nat(99).map(material),
        session: word,
        counter: fc.maxSafeNat(),
      },
      plain,
    );
    const any = fc.record({
      id: word,
      requestId: word,
      time: fc.integer({ min: 0, max: 4e12 }),
      name: fc.oneof(word, fc.string({ unit: 'binary', maxLength: 300 })),
      errorCode: word,
      errorMessage: fc.string({ unit: 'binary', maxLength: 2000 }),
      readOnly: fc.boolean(),
      sourceIp: fc.string({ unit: 'binary' }),
      userAgent: fc.string({ unit: 'binary', maxLength: 2000 }),
      resources: fc.array(fc.oneof(fc.nat(99).map(keyArn), fc.string({ unit: 'binary' })), { maxLength: 60 }),
      uses: fc.array(use, { maxLength: 25 }),
      requestParameters: parameters,
      responseElements: parameters,
      additionalEventData: parameters,
    });
    fc.assert(
      fc.property(any, (changes) => {
        const given = facts(changes as Partial<ReturnType<typeof facts>>);
        const encoded = encode(given);
        const [envelope, body] = [text(encoded.envelope), bodyJson(encoded.body)];
        assert(encoded.envelope.length <= ENVELOPE_MAX);
        assert.equal(reference(JSON.parse(envelope)), envelope);
        assert.equal(reference(JSON.parse(body)), body);
        assert.match(envelope, /^[ -~]+$/);
        assert.equal(parseEnvelope(encoded).body, hash('sha256', encoded.body, 'hex'));
        const { facts: _, ...stored } = { ...encoded, index: 0 };
        const { name, resources, uses, errorCode, time } = entryFacts(stored);
        assert.deepEqual([resources, uses, time], [given.resources, given.uses, given.time]);
        assert.equal(errorCode, given.errorCode);
        if (Buffer.byteLength(given.name) <= 1024) assert.equal(name, given.name);
      }),
      { numRuns: rounds(300), seed: 11 },
    );
  });

  it('keeps what somebody chose out of the envelope', () => {
    const personal = {
      name: 'Fräulein Müller',
      sourceIp: '203.0.113.9',
      userAgent: 'mueller/1.0',
      errorMessage: 'mueller may not',
      resources: ['arn:aws:kms:us-east-1:111122223333:alias/mueller', keyArn()],
      requestParameters: { keyId: 'alias/mueller' },
      responseElements: { keyId: 'alias/mueller' },
    };
    const encoded = encode(facts(personal));
    assert.doesNotMatch(text(encoded.envelope), /m(?:ü|ue)ller|203\.0|AKIA|root/i);
    const envelope = parseEnvelope(encoded);
    assert.equal(envelope.name, '?');
    assert.deepEqual(envelope.resources, [keyArn()]);
    assert.deepEqual(envelope.inBody, ['name', 'resources']);
    assert.deepEqual(parseBody(encoded)?.resources, personal.resources);
    assert.equal(parseBody(encoded)?.eventName, personal.name);
  });

  it('keeps as many uses, then resources, as 4 KiB hold, and the complete lists in the body', () => {
    const arns = Array.from({ length: 60 }, (_, number) => keyArn(number));
    const uses = arns.slice(0, 20).map((arn, counter) => ({
      keyArn: arn,
      materialId: material(counter),
      session: 'session-1',
      counter,
    }));
    const encoded = encode(facts({ resources: arns, uses }));
    const envelope = parseEnvelope(encoded);
    assert(encoded.envelope.length <= ENVELOPE_MAX);
    assert.deepEqual(envelope.inBody, ['resources', 'uses']);
    assert(envelope.uses.length > 5 && envelope.uses.length < 20);
    assert.equal(envelope.uses.at(-1)?.key, uses[envelope.uses.length - 1]?.keyArn);
    assert.deepEqual(parseBody(encoded)?.resources, arns);
    assert.equal(parseBody(encoded)?.uses?.length, 20);
  });

  it('leaves out what is too large, and says how large it was', () => {
    const big = { text: 'x'.repeat(200_000) };
    const encoded = encode(
      facts({
        requestParameters: big,
        responseElements: big,
        additionalEventData: big,
        userAgent: 'ä'.repeat(4000),
      }),
    );
    const body = parseBody(encoded);
    assert.deepEqual(body?.requestParameters, { omitted: true, size: 200_011 });
    assert.deepEqual(body?.additionalEventData, { omitted: true, size: 200_011 });
    assert.equal(body?.userAgent, 'ä'.repeat(512));
    assert(encoded.body.length < 4096);
  });

  it('salts the body, so that equal events have different hashes', () => {
    const given = facts();
    const hashes = Array.from({ length: 600 }, () => parseEnvelope(encode(given)).body);
    assert.equal(new Set(hashes).size, hashes.length);
  });

  it('refuses facts that are not of this program', () => {
    for (const changes of [
      { id: 'two words' },
      { requestId: '' },
      { region: 'us"east' },
      { errorCode: 'x'.repeat(129) },
      { uses: [{ keyArn: 'arn:aws:s3:::bucket', materialId: material(), session: 's', counter: 1 }] },
      { uses: [{ keyArn: keyArn(), materialId: material(), session: 's', counter: 1.5 }] },
    ]) {
      assert.throws(() => encode(facts(changes)), TypeError);
    }
    const resources = Array.from({ length: 3000 }, (_, number) => `arn:aws:s3:::bucket/${number}`);
    assert.throws(() => encode(facts({ resources })), RangeError);
  });

  it('remembers an identity by its caller, not by its looks', () => {
    const other = { ...caller, accessKeyId: 'AKIAI44QH8DHBEXAMPLE' };
    assert.equal(parseBody(encode(facts({ caller })))?.userIdentity.accessKeyId, caller.accessKeyId);
    assert.equal(parseBody(encode(facts({ caller: other })))?.userIdentity.accessKeyId, other.accessKeyId);
  });
});
