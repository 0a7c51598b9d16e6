/** The front's client of the engines, and those who follow what happens to its pairs. */
import type { CounterSessions } from '../../audit/counter-sessions.ts';
import { EngineClient } from '../../engine/protocol/client.ts';
import type { Domain } from '../../operator/domain/domain.ts';
import type { Log } from '../../wire/log.ts';
import type { EnginePairs } from './engine-pairs.ts';

export interface Followers {
  readonly sessions: CounterSessions;
  readonly domain: () => Domain | undefined;
  readonly log: Log;
}

export function connectEngines(pairs: EnginePairs, { sessions, domain, log }: Followers) {
  const { watch } = pairs;
  const noted = (work: Promise<void>): void => {
    work.catch((error: unknown) => log.error('a session of the engine was not journalled', { error }));
  };
  const engine = new EngineClient({
    onPairLost(lane) {
      watch.lost(lane);
      pairs.onLost(lane);
    },
    onOpen(lane, hello) {
      watch.opened(lane, hello);
      domain()?.engineOpened(lane, hello);
      // Appended before any use in this session, whose replies come later.
      if (lane === 'fast') noted(sessions.opened(hello.session, lane));
    },
    onSessionEnd: ({ session }) => noted(sessions.ended(session)),
  });
  pairs.connect(engine);
  return { engine, watch };
}
