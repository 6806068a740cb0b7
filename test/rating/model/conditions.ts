/** What a rule asks of the record and of the customer. */
import { fields, text, texts, type Fields } from './document.ts';
import type { Tariff } from './tariff.ts';
import type { Usage } from './usage.ts';

export function digitsOf(usage: Usage, party: string): string {
  if (party === 'callingParty') return usage.from ?? '';
  return (party === 'redirectingParty' ? usage.forwardedBy : usage.to) ?? '';
}

/** `x*` is all that begins so. */
const matches = (pattern: string, value: string): boolean =>
  pattern.endsWith('*') ? value.startsWith(pattern.slice(0, -1)) : value === pattern;

export function conditionsHold(tariff: Tariff, usage: Usage, when: Fields): boolean {
  const inward = usage.direction === 'in';
  const other = (inward ? usage.from : usage.to) ?? '';
  return Object.entries(when).every(([key, wanted]) => {
    switch (key) {
      case 'direction':
        return (wanted === 'in') === inward;
      case 'forwarded':
        return (wanted === 'true') === (digitsOf(usage, 'redirectingParty') !== '');
      case 'attribute':
        return Object.entries(fields(wanted)).every(([name, values]) =>
          texts(values).includes(usage.attributes?.[name] ?? ''),
        );
      case 'listed':
        return (usage.attributes?.[text(wanted)] ?? '').split(/[ ,;]+/).includes(other) && other !== '';
      case 'shares': {
        const own = usage.attributes?.[text(wanted)];
        return own !== undefined && own === usage.otherAttributes?.[text(wanted)];
      }
      default:
        return texts(wanted).some((one) => fieldMatches(tariff, usage, key, one));
    }
  });
}

function fieldMatches(tariff: Tariff, usage: Usage, key: string, pattern: string): boolean {
  if (key === 'calledParty' || key === 'callingParty' || key === 'redirectingParty') {
    const digits = digitsOf(usage, key);
    if (!/^[A-Za-z]/.test(pattern)) return matches(pattern, digits);
    return tariff.numbers.some(({ prefix, zone: set }) => set === pattern && digits.startsWith(prefix));
  }
  const login = usage.texts?.login ?? '';
  if (key === 'realm') return login.includes('@') && matches(pattern, login.slice(login.lastIndexOf('@') + 1));
  if (key === 'register') return matches(pattern, usage.register);
  return matches(pattern, usage.texts?.[key] ?? '');
}
