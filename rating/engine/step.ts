/** One step of an explanation. */
export interface Step {
  step:
    | 'version'
    | 'zone'
    | 'band'
    | 'energy'
    | 'condition'
    | 'rule'
    | 'quantity'
    | 'part'
    | 'segment'
    | 'first'
    | 'setup'
    | 'percent'
    | 'minimum'
    | 'cap'
    | 'sum'
    | 'rounding'
    | 'tax'
    | 'error'
    | 'line';
  /** The step in words. */
  text: string;
  /** The same as data: names, base units, micro-units; exact numbers that may be large are strings. */
  data: Record<string, string | number | boolean | null>;
}
