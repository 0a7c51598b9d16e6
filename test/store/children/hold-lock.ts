/** Holds the lock of the folder until it is killed. */
import { lockDataFolder } from '../../../src/store/data-lock.ts';

await lockDataFolder(process.argv[2] ?? '', 'lock');
console.log('held');
setInterval(() => {}, 1000);
