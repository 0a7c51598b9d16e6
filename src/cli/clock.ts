import type { Command } from 'commander';
import { registerAcknowledge } from './clock/acknowledge.ts';

export function registerClock(program: Command): void {
  const clock = program.command('clock').description('what to do when the clock and the journal disagree');
  registerAcknowledge(clock);
}
