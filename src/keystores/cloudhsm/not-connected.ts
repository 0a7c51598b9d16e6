import { HsmError } from '../../hsm/protocol/errors.ts';

/** The store is not connected, or was disconnected meanwhile. */
export class NotConnected extends HsmError {
  constructor() {
    super('state', 'the store is not connected');
  }
}
