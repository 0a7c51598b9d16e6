import { join } from 'node:path';

export const benchPath = (...parts: readonly string[]): string => join(import.meta.dirname, ...parts);
export const projectPath = (...parts: readonly string[]): string => join(import.meta.dirname, '..', ...parts);
