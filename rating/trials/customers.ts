/** `attributes` and `otherAttributes` of tests, in the place of the registry. */
import type { CustomerFacts } from '../../schemas/rating-facts.ts';
import type { TariffFileTestUsage } from '../../schemas/tariff.ts';

/** Customer number i is that of usage i; number count + i is the one on its other side. */
export function testCustomers(usages: readonly TariffFileTestUsage[]): CustomerFacts {
  const customers = [
    ...usages.map((usage) => usage.attributes ?? {}),
    ...usages.map((usage) => usage.otherAttributes ?? {}),
  ];
  const names = [...new Set(customers.flatMap((customer) => Object.keys(customer)))];
  const parties = usages.map((usage) => (usage.direction === 'in' ? usage.from : usage.to) ?? '');
  const words = (customer: number, attributeNo: number): string[] => {
    const value = customers[customer]?.[names[attributeNo]] ?? '';
    return [value, ...value.split(/[\s,;|]+/)].filter(Boolean);
  };
  const decode = (text: Uint8Array, offset: number, length: number) =>
    Buffer.from(text.subarray(offset, offset + length)).toString('utf8');
  return {
    attributeNo: (name) => names.indexOf(name),
    holds: (subscriptionNo, attributeNo, text, offset, length) =>
      words(subscriptionNo, attributeNo).includes(decode(text, offset, length)),
    valueOf: (subscriptionNo, attributeNo) => customers[subscriptionNo]?.[names[attributeNo]] ?? null,
    shares: (subscriptionNo, otherNo, attributeNo) =>
      words(subscriptionNo, attributeNo).some((word) => words(otherNo, attributeNo).includes(word)),
    subscriptionOf: (text, offset, length) => {
      const index = parties.indexOf(decode(text, offset, length));
      return index === -1 ? -1 : usages.length + index;
    },
  };
}
