/** Attributes of access servers' vendors: as FreeRADIUS knows them, and as its own client puts them into packets. */
import { spawn, spawnSync } from 'node:child_process';
import dgram from 'node:dgram';
import fs from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { compileFormat, explainRecord, makeFrame, prepareFormat } from '../../../mediation/formats/index.ts';
import { DICTIONARY } from '../../../mediation/formats/families/radius/dictionary.ts';

const FOLDER = '/usr/share/freeradius';
const FILES: Record<number, string> = { 9: 'cisco', 2011: 'huawei', 4874: 'erx', 14122: 'wispr', 14988: 'mikrotik' };
const noDictionaries = !fs.existsSync(path.join(FOLDER, 'dictionary.erx'));
const noClient = spawnSync('radclient', ['-v'], { stdio: 'ignore' }).error !== undefined;
if (noDictionaries || noClient) process.stderr.write("SKIPPED: no FreeRADIUS (Debian's freeradius-utils)\n");

/** What FreeRADIUS calls the kinds. */
const KINDS: Record<string, string> = {
  text: 'string',
  octets: 'octets',
  integer: 'integer',
  address: 'ipaddr',
  address6: 'ipv6addr',
};

describe.skipIf(noDictionaries)('attributes of vendors (needs freeradius-utils)', () => {
  it.each(Object.entries(FILES))(
    'of vendor %s have the names, numbers and kinds that FreeRADIUS has',
    (vendor, name) => {
      const lines = fs.readFileSync(path.join(FOLDER, `dictionary.${name}`), 'latin1').split('\n');
      const theirs = new Map(
        lines.flatMap((line) => {
          const [, attribute, type, kind] = /^ATTRIBUTE\s+(\S+)\s+(\d+)\s+(\w+)/.exec(line) ?? [];
          return attribute === undefined ? [] : [[attribute, `${type} ${kind}`] as const];
        }),
      );
      const ours = [...DICTIONARY].filter(([, entry]) => entry.vendor === Number(vendor));
      expect(ours.length).toBeGreaterThan(5);
      for (const [attribute, { type, kind }] of ours)
        expect([attribute, theirs.get(attribute)]).toEqual([attribute, `${type} ${KINDS[kind]}`]);
    },
  );
});

const SENT: Record<string, string> = {
  'Acct-Status-Type': 'Interim-Update',
  'Acct-Session-Id': '81e00017',
  'Mikrotik-Rate-Limit': '10M/20M',
  'Mikrotik-Host-IP': '10.20.0.7',
  'Mikrotik-Total-Limit': '4000000000',
  'Mikrotik-Total-Limit-Gigawords': '3',
  'Cisco-AVPair': 'client-mac-address=0200.5e10.0017',
  'Cisco-NAS-Port': '0/0/1/7',
  'Cisco-Service-Info': 'NInternet-10M',
  'Cisco-Parent-Session-Id': '00000F1A',
  'Huawei-Output-Average-Rate': '20480000',
  'Huawei-Domain-Name': 'town',
  'Huawei-Acct-IPv6-Output-Octets': '705032704',
  'Huawei-Acct-IPv6-Output-Gigawords': '1',
  'ERX-Virtual-Router-Name': 'default:retail',
  'ERX-Service-Session': 'internet(10m)',
  'ERX-Input-Gigapkts': '2',
  'ERX-IPv6-Acct-Input-Gigawords': '1',
  'WISPr-Location-Name': 'Ice Rink',
  'WISPr-Bandwidth-Max-Down': '20000000',
  'WISPr-Billing-Class-Of-Service': 'gold',
};

/** The accounting request that radclient makes of them. */
async function packetOf(attributes: Record<string, string>): Promise<Uint8Array> {
  const socket = dgram.createSocket('udp4');
  await new Promise<void>((resolve) => socket.bind(0, '127.0.0.1', resolve));
  const came = new Promise<Buffer>((resolve) => socket.once('message', resolve));
  const to = `127.0.0.1:${socket.address().port}`;
  const client = spawn('radclient', ['-r', '1', '-t', '1', to, 'acct', 'secret'], {
    stdio: ['pipe', 'ignore', 'inherit'],
  });
  client.stdin.end(
    Object.entries(attributes)
      .map(([name, value]) => `${name} = "${value}"`)
      .join('\n'),
  );
  const packet = await came;
  client.kill();
  socket.close();
  return packet;
}

describe.skipIf(noClient)('packets that radclient makes (needs freeradius-utils)', () => {
  it('are read by the names of their attributes', async () => {
    const fields = Object.keys(SENT).map((name) => `  - { name: ${name}, attribute: ${name} }`);
    const format = compileFormat(
      prepareFormat(
        [
          'format: vendors',
          'family: radius',
          'fields:',
          '  - { name: at, attribute: Timestamp, type: dateTime, pattern: epochSeconds }',
          '  - { name: one, value: 1, type: integer }',
          ...fields,
          'classes: [{ class: data.session, kind: usage, service: data }]',
          'record: { start: at, quantity: one }',
          'identity: occurrence',
        ].join('\n'),
      ),
    );
    const frame = makeFrame('192.0.2.10', 1_792_040_400_000, await packetOf(SENT));
    const read = explainRecord(format, frame, 0, frame.length).filter(({ field }) => field in SENT);
    expect(Object.fromEntries(read.map(({ field, value }) => [field, value]))).toEqual(SENT);
  });
});
