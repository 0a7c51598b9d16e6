/** The API on its port and the operator's service on its socket, before one pipeline. */
import { lockholmVersion } from '../../cli/version.ts';
import { cloudHsmService } from '../../cloudhsm/service.ts';
import { ownerAuthorizer } from '../../identity/authorizer.ts';
import { SigV4Verifier } from '../../identity/sigv4/verifier.ts';
import { kmsService } from '../../kms/service.ts';
import { journalPath } from '../../operator/data-files.ts';
import { OPERATOR_ACCOUNT } from '../../operator/operation.ts';
import { addExportReceipt } from '../../operator/operations/add-export-receipt.ts';
import { createBackup } from '../../operator/operations/create-backup.ts';
import { deleteBackup } from '../../operator/operations/delete-backup.ts';
import { describeBackup } from '../../operator/operations/describe-backup.ts';
import { describeDomain } from '../../operator/operations/describe-domain.ts';
import { listBackups } from '../../operator/operations/list-backups.ts';
import { listHsmClusters } from '../../operator/operations/list-hsm-clusters.ts';
import { rotateDomainKey } from '../../operator/operations/rotate-domain-key.ts';
import type { ServerFacts } from '../../operator/parts.ts';
import { operatorService } from '../../operator/service.ts';
import { placeOperatorSocket } from '../../operator/socket.ts';
import { AwsJson } from '../../wire/aws-json.ts';
import { HttpListener, type ListenerLimits } from '../../wire/listener.ts';
import { OperatorJson, operatorCaller } from '../../wire/operator-json.ts';
import { Pipeline } from '../../wire/pipeline.ts';
import type { Protocol } from '../../wire/protocol.ts';
import { explained, localEndpoint } from '../endpoint.ts';
import { prepareClients } from '../first-start.ts';
import type { Settings } from '../settings.ts';
import { custodyOperations } from './custody.ts';
import { DiskRoom } from './disk-room.ts';
import { openS3, s3Signatures } from './s3.ts';
import type { Services } from './services.ts';
import { HOME_REGION, type Opening, type Storage } from './storage.ts';
import type { Unsealed } from './unsealed.ts';

/** Commands give up a server that they hear nothing of for several times as long. */
const SIGN_OF_LIFE_MS = 5_000;

/** Resolves when clients can use the server, and have the files to do so. */
export async function startListening(
  opening: Opening & { readonly started: number },
  storage: Storage,
  unsealed: Unsealed,
  services: Services,
) {
  const { settings, log, clock, closing, started } = opening;
  const { rows, engine, watch } = unsealed;
  const { data, listen } = settings;
  const region = settings.regions[0] ?? HOME_REGION;
  let endpoint = '';
  const operator = operatorOf(
    { settings, storage, unsealed, services },
    {
      version: lockholmVersion(),
      // The supervisor, which is the one to signal.
      processId: process.ppid,
      started,
      endpoint: () => endpoint,
      data,
      seal: settings.seal,
      region,
      facts: settings.facts,
    },
  );

  let starting: string | undefined = 'the server is starting';
  const room = watchDisks(storage, data);
  closing.defer(() => room.stop());
  const unready = () => {
    const full = room.unready();
    return starting ?? pipeline.unready ?? full ?? watch.unready;
  };
  const pipeline = new Pipeline({ ...storage.events, rows, authorizer: ownerAuthorizer, log });
  const listenerOf = (protocols: readonly Protocol[], limits: Partial<ListenerLimits>) =>
    new HttpListener({ pipeline, protocols, log, unready, limits });
  const served = settings.regions.length > 0 && { regions: new Set(settings.regions) };
  const signatures = new SigV4Verifier({ rows, engine, clock, ...served }, s3Signatures);
  const kms = kmsService(services.kms);
  const s3 = await openS3(opening, storage, unsealed, { pipeline, kms, signatures });
  const targets = new Map([
    ['TrentService', kms],
    ['BaldrApiService', cloudHsmService(services.cloudHsm)],
  ]);
  const json = new AwsJson(signatures, targets);
  const api = listenerOf([json, s3], { connections: settings.maxConnections });
  const caller = operatorCaller(process.getuid?.() ?? 0, OPERATOR_ACCOUNT);
  const local = listenerOf([new OperatorJson(operator, caller, HOME_REGION)], {
    signOfLifeMs: SIGN_OF_LIFE_MS,
  });

  closing.defer(await placeOperatorSocket(data, (path) => local.listen({ path })));
  const used = await explained(listen, api.listen({ ...listen }));
  endpoint = localEndpoint(listen.host, used ?? listen.port);
  await prepareClients({ rows, engine, events: storage.events, data, endpoint, region, log });
  starting = undefined;
  return { endpoint, listeners: [api, local] };
}

function watchDisks({ audit: { journal } }: Storage, data: string): DiskRoom {
  const refused = () => journal.failure?.code === 'full';
  const room = new DiskRoom([
    { folder: data, name: 'database' },
    { folder: journalPath(data), name: 'journal', refused },
  ]);
  room.start();
  return room;
}

interface Bound {
  readonly settings: Settings;
  readonly storage: Storage;
  readonly unsealed: Unsealed;
  readonly services: Services;
}

function operatorOf(bound: Bound, server: ServerFacts) {
  const { settings, storage, unsealed, services } = bound;
  const { audit, events } = storage;
  const { rows, engine, domain, watch } = unsealed;
  const { backups, cloudHsm, clusters, guard, runner } = services;
  const { clock } = events;
  const parts = {
    rows,
    engine,
    clock,
    journal: audit.journal,
    missingEntries: audit.missingEntries,
    server,
    jobs: runner,
    clockGuard: guard,
  };
  return operatorService({ ...parts, engines: () => watch.states() }, [
    rotateDomainKey({ domain, rows, clock }),
    describeDomain({ domain, rows, clock }),
    createBackup({ backups, rows }),
    describeBackup({ backups, rows }),
    listBackups({ backups, rows }),
    deleteBackup({ backups, rows }),
    listHsmClusters(clusters),
    addExportReceipt({ rows, clusters: cloudHsm.clusters }),
    ...custodyOperations(settings, storage, unsealed, services, server),
  ]);
}
