/** The engine for tokens that another front may have put under a newer domain key than this one has loaded. */
import {
  type Engine,
  EngineError,
  type MessageName,
  type RequestOf,
} from '../../engine/protocol/messages.ts';

/** Calls refused with `unknown-domain-key` go out once more when `refresh` found another domain state. */
export function reloadingEngine(engine: Engine, refresh: () => Promise<boolean>): Engine {
  const again = async <N extends MessageName>(name: N, request: RequestOf<N>, error: unknown) => {
    const unknown = error instanceof EngineError && error.code === 'unknown-domain-key';
    if (unknown && (await refresh())) return engine.call(name, request);
    throw error;
  };
  return {
    call: (name, request) =>
      engine.call(name, request).catch((error: unknown) => again(name, request, error)),
    get session() {
      return engine.session;
    },
  };
}
