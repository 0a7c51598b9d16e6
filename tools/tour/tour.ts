/** The tour from its first line to its last. Resolves with what was not as it should be. */
import { join } from 'node:path';
import type { Report } from '../../src/custody/report/report.ts';
import type { Arrangement } from './arrangement.ts';
import { Order } from './order/order.ts';
import { searchFolder } from './order/search-folder.ts';
import { line, step, title } from './screen.ts';
import { lockholm, type Server, serve } from './server.ts';
import { makeTenant, type Tenant } from './tenant/tenant.ts';
import { newFile, type TheFile } from './the-file.ts';
import { type Result, resultOf } from './verdict/check.ts';
import { reportOf, writePage } from './verdict/reports.ts';
import { showCost, showCrosswalk, showSearch, showServed, showTable } from './verdict/show.ts';

export interface TourOptions {
  /** All happens in it. */
  readonly folder: string;
  /** For the pages of the report, which outlive the tour. */
  readonly pages: string;
}

export async function tour({ folder, pages }: TourOptions): Promise<readonly string[]> {
  title('Who could read it? One file under each way to encrypt, then an order served on the operator.');
  const stage = await Stage.open(folder);
  const { tenant } = stage;
  const { inStore } = tenant;

  title('An order is served on the operator, while the key store is connected');
  const before = await stage.order('connected', tenant.arrangements);
  const page = (name: string) => join(pages, `custody-${name}.html`);
  await writePage(stage.server.data, page('connected'));

  title('The tenant disconnects its key store, and the order is served again');
  await tenant.disconnectStore();
  step('disconnected');
  const disconnected = { ...inStore, number: '5', name: 'the same, disconnected' };
  const after = await stage.order('disconnected', [disconnected]);

  title('The HSMs stop, as with the machine, and the order is served again');
  await stage.restart();
  step('the server runs again, and its HSMs wait for the unlock code, which the tenant keeps');
  const stopped = await stage.order('stopped', [
    { ...inStore, number: '5s', name: 'the same, HSMs stopped' },
  ]);
  await writePage(stage.server.data, page('stopped'));

  const reports = new Map([...before, ...after, ...stopped]);
  const results = inOrder([...reports.keys()]);
  showTable(results);
  showCrosswalk(results, reports);
  showCost(stage.lastReport);
  line();
  line(`  The report as pages: ${page('connected')}`);
  line(`                       ${page('stopped')}`);
  return [...stage.problems, ...results.flatMap(({ contradictions }) => contradictions)];
}

const inOrder = (results: readonly Result[]): readonly Result[] =>
  results.toSorted((a, b) => a.arrangement.number.localeCompare(b.arrangement.number));

/** The server, the file, the tenant; and what became known in earlier orders. */
class Stage {
  server: Server;
  readonly tenant: Tenant;
  readonly problems: string[] = [];
  readonly #folder: string;
  readonly #file: TheFile;
  #lastReport: Report | undefined;
  #earlierPassword: string | undefined;

  private constructor(folder: string, file: TheFile, server: Server, tenant: Tenant) {
    this.#folder = folder;
    this.#file = file;
    this.server = server;
    this.tenant = tenant;
  }

  static async open(folder: string): Promise<Stage> {
    const server = await serve({ data: join(folder, 'data') });
    step(`a server in ${folder}, at ${server.endpoint}`);
    const file = newFile();
    step(`the file: ${file.bytes.length} bytes, SHA-256 ${file.sha256}`);
    const tenant = await makeTenant({ server, file, folder, said: step });
    await lockholm('backup', 'create', join(folder, 'backup'), '--data', server.data);
    step('a backup of the server, as its operator makes it, without the seal');
    return new Stage(folder, file, server, tenant);
  }

  get lastReport(): Report {
    if (this.#lastReport === undefined) throw new Error('there was no report yet');
    return this.#lastReport;
  }

  /** Each result with the report of that moment. */
  async order(
    moment: string,
    arrangements: readonly Arrangement[],
  ): Promise<readonly (readonly [Result, Report])[]> {
    const order = await Order.serve({
      server: this.server,
      file: this.#file,
      copyTo: join(this.#folder, `seized-${moment}`),
    });
    step('the data folder is copied, and a server started on the copy');
    this.#search(order);
    const report = await reportOf(this.server.data);
    this.#lastReport = report;
    const results: Result[] = [];
    for (const arrangement of arrangements) {
      const isInHsms = arrangement.subject === this.tenant.inStore.subject;
      const hsm = { cluster: await this.tenant.cluster(), earlierPassword: this.#earlierPassword };
      const served = await order.against(arrangement, isInHsms ? hsm : undefined);
      results.push(resultOf(arrangement, served, report));
    }
    for (const result of results) showServed(result);
    line();
    this.#earlierPassword ??= order.storePassword(this.tenant.inStore);
    await order.end();
    return results.map((result) => [result, report] as const);
  }

  #search({ folder }: Order): void {
    const searched = searchFolder(folder.path, this.#file, this.tenant.secrets, this.server);
    showSearch(searched, this.#lastReport === undefined);
    this.problems.push(...searched.found.map((what) => `in clear in the data folder: ${what}`));
  }

  async restart(): Promise<void> {
    const { data } = this.server;
    await this.server.stop();
    this.server = await serve({ data });
    this.tenant.reconnect(this.server);
    await this.tenant.clusterReaches('HSMs that wait', ({ Hsms = [] }) =>
      Hsms.every(({ StateMessage = '' }) => /lock/i.test(StateMessage)),
    );
  }
}
