#!/usr/bin/env node
import { registerAccessKey } from './cli/access-key.ts';
import { registerAccount } from './cli/account.ts';
import { registerAudit } from './cli/audit.ts';
import { registerBackup } from './cli/backup.ts';
import { registerClock } from './cli/clock.ts';
import { registerCustody } from './cli/custody.ts';
import { registerDomain } from './cli/domain.ts';
import { EXIT_USAGE, Failure } from './cli/failure.ts';
import { registerHsm } from './cli/hsm.ts';
import { type Flags, newProgram, resolveDataFolders, runProgram } from './cli/program.ts';
/** The command line's entry: composes commands and the server. What is only needed to serve is loaded then. */
import { registerServe, type ServeFlag } from './cli/serve.ts';
import { registerStatus } from './cli/status.ts';
import { registerVersion } from './cli/version.ts';
import {
  loadSettings,
  type SettingRow,
  type Settings,
  SettingsError,
  settingRows,
} from './server/settings.ts';

const { argv, env } = process;
// Node would open its debugger at this signal, on a port that is open to every user of the machine.
process.on('SIGUSR1', () => undefined);
function settingsFor(flags: Flags): Settings {
  try {
    return loadSettings({ flags, env, cwd: process.cwd() });
  } catch (error) {
    throw error instanceof SettingsError ? new Failure(error.message, EXIT_USAGE, error) : error;
  }
}
const isFlag = (row: SettingRow): row is SettingRow & ServeFlag => row.takes !== undefined;

const program = newProgram();
registerServe(program, {
  flags: settingRows.filter(isFlag),
  async start(flags) {
    const { serve } = await import('./server/serve.ts');
    return serve(settingsFor(flags));
  },
});
registerStatus(program);
registerAccount(program);
registerAccessKey(program);
registerAudit(program);
registerBackup(program);
registerDomain(program);
registerClock(program);
registerCustody(program);
registerHsm(program);
registerVersion(program);
resolveDataFolders(program, (flags) => settingsFor(flags).data);
process.exitCode = await runProgram(program, argv, env);
