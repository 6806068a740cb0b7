export const LINKS: Record<string, string> = {
  documentation: '/docs',
  openapi: '/openapi.json',
  health: '/health',
  ready: '/ready',
  metrics: '/metrics',
  status: '/v1/status',
  audit: '/v1/audit',
  accounts: '/v1/accounts',
  charges: '/v1/charges',
  usage: '/v1/usage',
  suspense: '/v1/suspense',
  sources: '/v1/sources',
  publications: '/v1/publications',
};

export function indexHtml(): string {
  const items = Object.entries(LINKS).map(([name, path]) => `<li><a href="${path}">${name}</a></li>`);
  return `<!doctype html>
<html lang="en">
<head><meta charset="utf-8"><title>Tollgrid</title></head>
<body><h1>Tollgrid</h1><ul>
${items.join('\n')}
</ul></body>
</html>
`;
}
