import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { truncateSync } from 'node:fs';
import { after, before, test } from 'node:test';
import { promisify } from 'node:util';
import { python } from '../clients/environment.ts';
import { argumentsOf, type Job, programs } from './programs.ts';
import { Workshop } from './workshop.ts';

let workshop: Workshop;
before(async () => {
  workshop = await Workshop.open();
});
after(() => workshop.close());

const MiB = 1024 * 1024;
const large = 128 * MiB;

/** Runs its arguments and prints the most memory that a process of them held, in bytes. */
const measure = `
import resource, subprocess, sys
subprocess.run(sys.argv[1:], check=True)
peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss
print(peak if sys.platform == 'darwin' else peak * 1024)
`;

for (const program of programs) {
  test(`${program.name} holds less in memory than the file is long`, async () => {
    const peak = async (job: Job): Promise<number> => {
      const { stdout } = await promisify(execFile)(python, ['-c', measure, ...argumentsOf(program, job)], {
        env: workshop.env,
      });
      return Number(stdout);
    };
    const encrypt = async (size: number) => {
      const source = workshop.write(Buffer.alloc(0));
      truncateSync(source, size);
      const target = workshop.path('encrypted');
      return { target, peak: await peak({ action: 'encrypt', source, target }) };
    };
    const small = await encrypt(0);
    const big = await encrypt(large);
    const decrypting = await peak({
      action: 'decrypt',
      source: big.target,
      target: workshop.path('plain'),
    });
    for (const found of [big.peak, decrypting]) {
      assert.ok(found - small.peak < large, `${(found - small.peak) / MiB} MiB more than for an empty file`);
    }
  });
}
