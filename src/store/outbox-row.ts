/**
 * Rows of the outbox carry a MAC as other rows do, over their id and envelope (docs/formats/store.md): otherwise
 * whoever writes the database could have an event journalled that never happened.
 */
import type { OutboxEvent, OutboxRow } from './contract.ts';
import type { MacFacts, RowAuthenticator } from './rows-contract.ts';

/** What the MAC is over. No table has this name. */
export const outboxFacts = ({ id, envelope }: OutboxEvent): MacFacts => ({
  table: 'outbox',
  id,
  version: 1,
  content: envelope,
});

export async function outboxRow(
  { id, envelope, body }: OutboxEvent,
  authenticator: Pick<RowAuthenticator, 'authenticate'>,
): Promise<OutboxRow> {
  const [mac] = await authenticator.authenticate([outboxFacts({ id, envelope, body })]);
  if (mac === undefined) throw new Error(`no MAC was made for event ${id}`);
  return { id, envelope, body, mac };
}
