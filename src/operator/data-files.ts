/** What lies where in a data folder (docs/formats/store.md). */
import { join } from 'node:path';

export const JOURNAL_FOLDER = 'journal';

export const storePath = (data: string): string => join(data, 'lockholm.db');
export const journalPath = (data: string): string => join(data, JOURNAL_FOLDER);
/** The files of stored objects (docs/formats/stored-object.md). */
export const objectsPath = (data: string): string => join(data, 'objects');
/** The name of this node in its journal, and a line feed. */
export const nodePath = (data: string): string => join(data, 'node');
/** Tells the next start that the folder was restored from a backup; gone once that start is through. */
export const restoreMarkPath = (data: string): string => join(data, 'restore.json');
/** A folder for each virtual HSM, with its four files (docs/formats/hsm-store.md). */
export const hsmsPath = (data: string): string => join(data, 'hsm');
/** How far each HSM had come: apart from its files, which may be put back as they were. */
export const hsmMarksPath = (data: string): string => join(data, 'hsm-marks');
export const hsmBackupsPath = (data: string): string => join(data, 'hsm-backups');
