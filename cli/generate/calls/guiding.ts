/** Guiding for generated calls: the calling number pays. */
export function guidingText(): string {
  return `# Made by \`tollgrid generate\`.
guiding: calls
rules:
  - class: '*'
    views: [{ view: retail, by: [callingParty] }]
`;
}
