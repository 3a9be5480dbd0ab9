import { GENERATED, plain } from './markdown.ts'

/** What a workspace holds: who writes a file, and what it is for. `*` stands for a name. */
export const WORKSPACE_FILES: readonly { path: string; by: 'you' | 'claims' | 'both'; about: string }[] = [
  {
    path: 'tenant.yaml',
    by: 'both',
    about:
      'The tenant, as auth0-deploy-cli writes and reads it; `claims pull` makes it of a tenant. In its place may stand the directory format (`clients/`, `actions/`, `triggers/`, …).',
  },
  {
    path: 'tenant.local.yaml',
    by: 'you',
    about:
      'What a real tenant keeps in its database: users with passwords, roles and metadata. For the local tenant only, never sent.',
  },
  {
    path: 'claims.config.json',
    by: 'you',
    about:
      'Rules that are switched off, with reasons; markers whose value may come from the environment. [Configuration](configuration.md).',
  },
  {
    path: 'config.json',
    by: 'you',
    about: 'Settings of auth0-deploy-cli, read where it is there: what is left out, values of markers.',
  },
  {
    path: 'actions/*',
    by: 'you',
    about:
      'Sources of the Actions of tenant.yaml, by the name of the Action: `.ts`, `.js`, `.mjs` or `.cjs`.',
  },
  {
    path: 'schemas/claims/*.json',
    by: 'you',
    about: 'Contracts: the custom claims of one token each. [Contracts](contracts.md).',
  },
  {
    path: 'schemas/claims/types.ts',
    by: 'claims',
    about:
      'TypeScript types of the contracts, by `claims types`. Commit it; `claims types --check` tells when it is old.',
  },
  {
    path: 'schemas/claims/*.validator.js',
    by: 'claims',
    about:
      'A contract as code that needs no `eval`, for the verifier of an API: `claims types --validators`.',
  },
  {
    path: 'schemas/consumers/*.json',
    by: 'you',
    about:
      'Which claims an API or an app reads, for `claims impact` and `claims breaking`. [Consumers](configuration.md#schemasconsumersjson).',
  },
  {
    path: '.env',
    by: 'you',
    about: 'Domain, credentials and values of markers for a real tenant. Git must ignore it.',
  },
  { path: '.env.*', by: 'you', about: 'The same for `--env <name>`. Git must ignore it.' },
  {
    path: '.auth0-claims/deploys',
    by: 'claims',
    about:
      'Records of deploys, and journals of what undoing one needs. Only the user may read them; git ignores the folder.',
  },
  {
    path: '.auth0-claims/bundles.json',
    by: 'claims',
    about: 'Which files `claims build` wrote, so that it overwrites no other.',
  },
  {
    path: '.auth0-claims/tenant.json',
    by: 'claims',
    about:
      'Address of the local tenant that runs for the workspace, by which `claims login` finds it. Removed at its end.',
  },
  {
    path: '.auth0-claims/pull.json',
    by: 'claims',
    about:
      'While a pull writes: the old and the new texts of its files. Removed at its end; what a killed pull leaves is finished by the next one.',
  },
  {
    path: 'tenant.env',
    by: 'claims',
    about:
      'In the folder of `claims tenant --management <folder>`, while it runs: credentials for the local Management API.',
  },
  { path: 'tenant.pem', by: 'claims', about: 'Beside it: the certificate of that API.' },
]

export function filesPage(): string {
  const rows = WORKSPACE_FILES.map(
    ({ path, by, about }) => `| \`${path}\` | ${by === 'both' ? 'you, claims' : by} | ${plain(about)} |`,
  )
  return `${[
    '# Files of a workspace',
    GENERATED,
    'A workspace is a folder with a tenant.yaml, or with the directory format of auth0-deploy-cli. A command looks for it from the current folder upward, as far as the git repository, the home folder, or a folder that everybody may write to.',
    ['| file | written by | |', '| --- | --- | --- |', ...rows].join('\n'),
    'Only tenant.yaml is needed. A file is written whole, beside its place and then renamed, and never through a link.',
  ].join('\n\n')}\n`
}
