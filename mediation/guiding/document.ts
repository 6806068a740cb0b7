/** Guiding files: checked as people write them, published, and read again from the log. */
import { LineCounter, parse, parseDocument, type Document, type Node } from 'yaml';
import { Compile } from 'typebox/compile';
import { TollgridError } from '../../platform/errors.ts';
import { GuidingSchema, type GuidingDocument } from '../../schemas/guiding.ts';
import type { Publication } from '../../schemas/log-entries.ts';
import { schemaMistakes } from '../../schemas/schema-mistakes.ts';
import { fits } from './class-pattern.ts';

const schema = Compile(GuidingSchema);

/** All mistakes as `file:line: text`; empty when there are none. */
export function checkGuiding(document: string, file = 'guiding.yaml'): string[] {
  const lines = new LineCounter();
  const yaml = parseDocument(document, { lineCounter: lines });
  const at = (offset: number): string => `${file}:${lines.linePos(offset).line}`;
  if (yaml.errors.length > 0) {
    return yaml.errors.map((error) => `${at(error.pos[0])}: ${error.message.split('\n', 1)[0]}`);
  }
  const value = yaml.toJS() as GuidingDocument;
  const found = schema.Check(value) ? ruleMistakes(value) : schemaMistakes(schema.Errors(value));
  return found.map(({ path, message }) => `${at(offsetOf(yaml, path))}: ${path === '' ? '' : `${path}: `}${message}`);
}

/** What is published: guiding needs nothing from the machine. Throws GUIDING_INVALID with all mistakes. */
export function prepareGuiding(document: string, file?: string): Publication {
  const mistakes = checkGuiding(document, file);
  if (mistakes.length > 0) throw new TollgridError('GUIDING_INVALID', mistakes.join('\n'), { mistakes });
  return { document, data: { zones: {}, codePages: {}, files: {} } };
}

/** Reads a publication, which was checked before it went into the log. */
export function readGuiding(publication: Publication): GuidingDocument {
  return parse(publication.document) as GuidingDocument;
}

function ruleMistakes({ rules }: GuidingDocument): { path: string; message: string }[] {
  const mistakes: { path: string; message: string }[] = [];
  rules.forEach((rule, index) => {
    const path = `/rules/${index}`;
    if (rule.views.length === 0 && rule.reason === undefined) {
      mistakes.push({ path, message: 'a rule without views filters records, so it must give its `reason`' });
    }
    const views = rule.views.map(({ view }) => view);
    for (const view of new Set(views.filter((name, place) => views.indexOf(name) !== place))) {
      mistakes.push({ path, message: `view ${view} stands twice` });
    }
    const earlier = rules
      .slice(0, index)
      .findIndex((other) => other.when === undefined && fits(other.class, rule.class));
    if (earlier >= 0)
      mistakes.push({ path, message: `is never reached: rule ${earlier + 1} takes all of ${rule.class}` });
  });
  return mistakes;
}

function offsetOf(yaml: Document.Parsed, path: string): number {
  const keys = path.split('/').slice(1);
  for (; keys.length > 0; keys.pop()) {
    const node = yaml.getIn(keys, true) as Node | undefined;
    if (node?.range) return node.range[0];
  }
  return 0;
}
