// Apache Kafka for the tests: fetched from Maven Central by Maven itself, each file checked against kafka-jars.json, and kept
// in node_modules/.cache. Not part of Tollgrid; a broker needs Java 17.
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { root } from './prepare.mjs';

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

/** Once. Null when they are here, otherwise why not. */
export function fetchKafka() {
  if (existsSync(kafkaJars)) return null;
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
    return null;
  }
  rmSync(folder, { recursive: true, force: true });
  if (wrong.length > 0) return `KAFKA_JARS_DIFFER: not what scripts/lib/kafka-jars.json names: ${wrong.join(', ')}`;
  return `Apache Kafka ${version} could not be fetched from Maven Central (${error?.message ?? `mvn ended with ${status}`})`;
}
