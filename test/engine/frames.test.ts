import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Field, FrameError, Reader, text, u8, Writer } from '../../src/engine/protocol/codec.ts';
import { ERROR_CODE, FrameParser, MAX_FRAME, writeFrame } from '../../src/engine/protocol/frames.ts';
import { engineErrorCodes, messages } from '../../src/engine/protocol/messages.ts';
import { peerMessages } from '../../src/engine/protocol/peer.ts';
import { rounds, seeded } from '../support/random.ts';
import { hex, readVectors } from '../support/vectors.ts';

interface Case {
  readonly name: string;
  readonly message: keyof typeof messages;
  readonly side: 'request' | 'reply';
  readonly id: number;
  readonly value: Record<string, unknown>;
  readonly frame: string;
}
interface ErrorCase {
  readonly name: string;
  readonly id: number;
  readonly code: (typeof engineErrorCodes)[number];
  readonly message: string;
  readonly frame: string;
}
const vectors = readVectors<{ frames: Case[]; errors: ErrorCase[] }>('engine-frames');

interface Frame {
  readonly id: number;
  readonly code: number;
  readonly body: Buffer;
}
function parserInto(frames: Frame[]): FrameParser {
  return new FrameParser((id, code, buffer, start, end) =>
    frames.push({ id, code, body: Buffer.from(buffer.subarray(start, end)) }),
  );
}
const frameOf = (id: number, code: number, body: Uint8Array): Buffer => {
  const writer = new Writer();
  writeFrame(writer, id, code, (w) => {
    for (const byte of body) w.u8(byte);
  });
  return writer.take();
};
const table = messages as unknown as Record<
  string,
  { code: number; request: Field<unknown>; reply: Field<unknown> }
>;
const plain = (value: Record<string, unknown>): Record<string, unknown> =>
  Object.fromEntries(
    Object.entries(value).map(([name, each]) => {
      const bytes = (each as { hex?: string }).hex;
      return [name, bytes === undefined ? each : hex(bytes)];
    }),
  );

test('there are vectors of frames', () => {
  assert.deepEqual([vectors.frames.length, vectors.errors.length], [6, 1]);
});

for (const vector of vectors.frames) {
  test(`frame vector: ${vector.name}`, () => {
    const message = table[vector.message];
    const field = message?.[vector.side];
    assert.ok(message && field);
    const value = plain(vector.value);
    const writer = new Writer();
    writeFrame(writer, vector.id, message.code, (w) => field.write(w, value));
    assert.equal(writer.take().toString('hex'), vector.frame);
    const frames: Frame[] = [];
    parserInto(frames).push(hex(vector.frame));
    const [frame] = frames;
    assert.ok(frame);
    assert.deepEqual([frame.id, frame.code], [vector.id, message.code]);
    const reader = new Reader(frame.body);
    assert.deepEqual(field.read(reader), value);
    reader.end();
  });
}

for (const vector of vectors.errors) {
  test(`frame vector: ${vector.name}`, () => {
    const writer = new Writer();
    writeFrame(writer, vector.id, ERROR_CODE, (w) => {
      u8.write(w, engineErrorCodes.indexOf(vector.code));
      text.write(w, vector.message);
    });
    assert.equal(writer.take().toString('hex'), vector.frame);
  });
}

test('no two messages share a code, and those of engines are none of a front', () => {
  const codes = [...Object.values(messages), ...Object.values(peerMessages)].map(({ code }) => code);
  assert.equal(new Set([ERROR_CODE, ...codes]).size, codes.length + 1);
});

test('frames arrive whole however the stream is cut', () => {
  const random = seeded('cuts');
  const sent = Array.from({ length: 200 }, (_, id) => ({
    id,
    code: 1 + random.below(250),
    body: random.bytes(random.below(300)),
  }));
  const stream = Buffer.concat(sent.map(({ id, code, body }) => frameOf(id, code, body)));
  for (let round = 0; round < rounds(20); round += 1) {
    const frames: Frame[] = [];
    const parser = parserInto(frames);
    const longest = 1 + random.below(round % 2 === 0 ? 12 : 4000);
    for (let at = 0; at < stream.length; ) {
      const size = 1 + random.below(longest);
      parser.push(stream.subarray(at, at + size));
      at += size;
    }
    assert.deepEqual(frames, sent);
  }
});

test('lengths out of bounds are refused before anything is kept', () => {
  for (const length of [0, 1, 4, MAX_FRAME + 1, 0xffff_ffff]) {
    const head = Buffer.alloc(4);
    head.writeUInt32BE(length);
    assert.throws(() => parserInto([]).push(head), FrameError, String(length));
  }
  const frames: Frame[] = [];
  parserInto(frames).push(frameOf(1, 1, Buffer.alloc(MAX_FRAME - 5)));
  assert.equal(frames[0]?.body.length, MAX_FRAME - 5);
});

test('a frame that is too long or cannot be encoded leaves the batch as it was', () => {
  const writer = new Writer();
  writeFrame(writer, 1, 1, (w) => w.u8(7));
  const before = writer.length;
  assert.throws(() => writeFrame(writer, 2, 1, (w) => w.bytes(Buffer.alloc(MAX_FRAME))), RangeError);
  assert.throws(
    () =>
      writeFrame(writer, 3, 1, () => {
        throw new TypeError('no');
      }),
    TypeError,
  );
  assert.equal(writer.length, before);
  const frames: Frame[] = [];
  parserInto(frames).push(writer.take());
  assert.deepEqual(
    frames.map(({ id }) => id),
    [1],
  );
});

test('a batch is erased once taken', () => {
  const writer = new Writer();
  writer.bytes(Buffer.from('secret'));
  writer.take();
  writer.reserve(10);
  assert.deepEqual(writer.take(), Buffer.alloc(10));
});

test('decoders read what was encoded, and answer noise with FrameError alone', () => {
  const random = seeded('bodies');
  for (let round = 0; round < rounds(4000); round += 1) {
    const message = random.pick(Object.values(table));
    const field = random.pick([message.request, message.reply]);
    const noise = random.bytes(random.below(80));
    // Plausible lengths reach deeper than random ones.
    for (let at = 0; at + 4 <= noise.length; at += 4 + random.below(9))
      noise.writeUInt32BE(random.below(12), at);
    const reader = new Reader(noise);
    let value: unknown;
    try {
      value = field.read(reader);
      reader.end();
    } catch (error) {
      assert.ok(error instanceof FrameError, String(error));
      continue;
    }
    const writer = new Writer();
    field.write(writer, value);
    const again = writer.take();
    // Text is read leniently: bytes that are no UTF-8 do not come back as they were.
    if (noise.every((byte) => byte < 0x80)) assert.deepEqual(again, noise);
    field.read(new Reader(again));
  }
});
