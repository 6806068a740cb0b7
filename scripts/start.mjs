// `npm start`: from a clean clone to a running Tollgrid with the sample town. Arguments go to `tollgrid start`.
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { build, checkNode, install, root } from './lib/prepare.mjs';

checkNode();
install();
build();

const given = process.argv.slice(2);
const hasConfig = given.some((arg) => arg === '-c' || arg === '--config' || arg.startsWith('--config='));
const config = hasConfig ? [] : ['--config', path.join(root, 'examples', 'town', 'tollgrid.yaml')];
const main = path.join(root, 'dist', 'cli', 'main.js');

// The same process goes on as the command: signals and the exit code need nobody to pass them on.
process.argv = [process.argv[0], main, 'start', ...config, ...given];
await import(pathToFileURL(main).href);
