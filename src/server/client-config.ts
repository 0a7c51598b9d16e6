/**
 * `config` in the data folder, which tells AWS clients the endpoint. Lockholm keeps it up to date as long as it is
 * as Lockholm wrote it, which a digest in its first line tells; what somebody edited is theirs.
 */
import { hash } from 'node:crypto';
import { join } from 'node:path';
import { configSection } from '../operator/aws-files.ts';
import { readIfThere, writeFileDurable } from '../store/durable-file.ts';
import type { Log } from '../wire/log.ts';

export interface ClientConfig {
  readonly data: string;
  readonly endpoint: string;
  readonly region: string;
  readonly log: Log;
}

const FIRST_LINE =
  /^# Written by Lockholm, and again when the endpoint changes, unless you edit it \[([0-9a-f]{16})\]\n/;

const digest = (section: string): string => hash('sha256', section).slice(0, 16);

function render({ endpoint, region }: ClientConfig): string {
  const section = configSection('default', endpoint, region);
  return (
    `# Written by Lockholm, and again when the endpoint changes, unless you edit it [${digest(section)}]\n` +
    section
  );
}

const isOurs = (text: string): boolean => {
  const first = FIRST_LINE.exec(text);
  return first !== null && digest(text.slice(first[0].length)) === first[1];
};

/** Where there is none, or an older one of ours. */
export async function writeClientConfig(config: ClientConfig): Promise<void> {
  const text = await readIfThere(configPath(config.data));
  if (text === undefined) await write(config);
  else await update(config, text);
}

/** Leaves it away when somebody removed it. */
export async function keepClientConfig(config: ClientConfig): Promise<void> {
  const text = await readIfThere(configPath(config.data));
  if (text !== undefined) await update(config, text);
}

async function update(config: ClientConfig, text: string): Promise<void> {
  if (isOurs(text)) {
    if (text !== render(config)) await write(config);
  } else if (!text.includes(config.endpoint)) {
    config.log.warn('the config file for AWS clients was edited and does not name this endpoint', {
      file: configPath(config.data),
      endpoint: config.endpoint,
    });
  }
}

const configPath = (data: string): string => join(data, 'config');
const write = (config: ClientConfig): Promise<void> =>
  writeFileDurable(configPath(config.data), render(config), 0o600);
