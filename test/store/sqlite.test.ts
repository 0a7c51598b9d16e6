import { storeSuite } from './suite.ts';
import { temporaryStore } from './temporary.ts';

storeSuite('store on SQLite', () => temporaryStore());
