import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { checkFormat, compileFormat, prepareFormat, testFormat } from '../../../mediation/formats/index.ts';
import { projectRoot } from '../../../platform/paths.ts';

const folder = path.join(projectRoot, 'formats');
const files = readdirSync(folder).filter((name) => name.endsWith('.yaml'));

describe('shipped formats', () => {
  it('are those that the documentation names', () => {
    expect(files).toEqual([
      'asterisk-csv-uniqueid.yaml',
      'asterisk-csv.yaml',
      'avaya-smdr.yaml',
      'cloudevents.yaml',
      'dialup-syslog-cisco.yaml',
      'dlms-push.yaml',
      'exchange-fixed.yaml',
      'exchange.yaml',
      'freeswitch-csv.yaml',
      'kafka-calls.yaml',
      'meter-interval-csv.yaml',
      'meter-register-csv.yaml',
      'meters-ams-reader.yaml',
      'meters-chirpstack.yaml',
      'meters-dsmr-reader.yaml',
      'meters-shelly.yaml',
      'meters-sparkplug.yaml',
      'meters-tasmota.yaml',
      'meters-wmbusmeters.yaml',
      'meters-zigbee2mqtt.yaml',
      'ppp-syslog-mikrotik.yaml',
      'radacct-mysql.yaml',
      'radacct-postgresql.yaml',
      'radius-detail.yaml',
      'radius.yaml',
      'session-dbf.yaml',
      'session-list.yaml',
    ]);
  });

  it.each(files)('%s has no mistakes, its own name and tests that pass', (name) => {
    const text = readFileSync(path.join(folder, name), 'utf8');
    expect(checkFormat(text)).toEqual([]);
    expect(compileFormat(prepareFormat(text)).name).toBe(path.basename(name, '.yaml'));
    const results = testFormat(text, name);
    expect(results.length).toBeGreaterThan(0);
    expect(results.filter(({ passed }) => !passed)).toEqual([]);
  });
});
