// Apache Kafka for the tests: fetched from Maven Central by Maven itself, each file checked against kafka-jars.json, and kept
// in node_modules/.cache. Not part of Tollgrid; a broker needs Java 17.
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { root, say } from './prepare.mjs';

const { version, sha256 } = JSON.parse(readFileSync(path.join(root, 'scripts', 'lib', 'kafka-jars.json'), 'utf8'));

/** Where the jars lie when they are here. */
export const kafkaJars = path.join(root, 'node_modules', '.cache', `kafka-${version}`);

const POM = `<project xmlns="http://maven.apache.org/POM/4.0.0"><modelVersion>4.0.0</modelVersion>
<groupId>tollgrid</groupId><artifactId>kafka-for-tests</artifactId><version>1</version><dependencies><dependency>
<groupId>org.apache.kafka</groupId><artifactId>kafka_2.13</artifactId><version>${version}</version>
</dependency></dependencies></project>`;

/** What differs from the list; empty when all is as it should be. */
function differences(folder) {
  const here = readdirSync(folder).filter((name) => name.endsWith('.jar'));
  const wrong = Object.entries(sha256).filter(([name, sum]) => {
    const file = path.join(folder, name);
    return !existsSync(file) || createHash('sha256').update(readFileSync(file)).digest('hex') !== sum;
  });
  return [...wrong.map(([name]) => name), ...here.filter((name) => !(name in sha256))];
}

/** For the last lines of a test run: what was not tested with the real thing. */
export function standIns() {
  const real = existsSync(kafkaJars) || process.env.KAFKA_BROKERS !== undefined;
  return real ? [] : [`!!! Apache Kafka ${version} was not here: nothing was tested with a Kafka broker`];
}

/** Once. Without Maven, Java or the registry the suites with a broker are skipped. */
export function fetchKafka() {
  if (existsSync(kafkaJars)) return;
  say(`Fetching Apache Kafka ${version} from Maven Central for the tests (43 MB, once) ...`);
  const folder = `${kafkaJars}.part`;
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  writeFileSync(path.join(folder, 'pom.xml'), POM);
  const goal = 'org.apache.maven.plugins:maven-dependency-plugin:3.6.1:copy-dependencies';
  const args = ['-q', '-B', '-C', goal, '-DincludeScope=runtime', `-DoutputDirectory=${folder}`];
  const { status, error } = spawnSync('mvn', args, {
    cwd: folder,
    stdio: ['ignore', 'ignore', 'ignore'],
    timeout: 300_000,
  });
  const wrong = status === 0 ? differences(folder) : [];
  if (status === 0 && wrong.length === 0) {
    rmSync(path.join(folder, 'pom.xml'));
    renameSync(folder, kafkaJars);
    return;
  }
  rmSync(folder, { recursive: true, force: true });
  if (wrong.length > 0) say(`KAFKA_JARS_DIFFER: not what scripts/lib/kafka-jars.json names: ${wrong.join(', ')}`);
  else say(`Apache Kafka could not be fetched (${error?.message ?? `mvn ended with ${status}`}).`);
}
