import type { RuleTable } from '../finding.ts'

const LIMITS = 'https://auth0.com/docs/customize/actions/limitations'
const DEPENDENCIES = 'https://auth0.com/docs/customize/actions/manage-dependencies'
const DEPLOY_CLI = 'https://github.com/auth0/auth0-deploy-cli/blob/master/docs/available-keywords.md'

/** Rules on a bundle, and on what it is made of. */
export const bundleRules = {
  'bundle/syntax': {
    severity: 'error',
    evidence: 'code',
    source: 'https://auth0.com/docs/customize/actions/actions-npm',
    summary: 'An Action can be parsed.',
    why: 'Auth0 loads the file as CommonJS; what does not parse fails the build.',
    example: {
      before: 'exports.onExecutePostLogin = async (event, api => {}',
      after: 'exports.onExecutePostLogin = async (event, api) => {}',
    },
  },
  'bundle/too-deep': {
    severity: 'error',
    evidence: 'inference',
    source: LIMITS,
    summary: 'The code of an Action can be followed to its end.',
    why: 'Thousands of brackets, operators or branches within each other end parsers and engines. No Action needs them, and what is in them is not checked.',
    example: {
      before: "if (a === 1) x = 'b'; else if (a === 2) x = 'c'; // and 5000 more",
      after: "x = { 1: 'b', 2: 'c' }[a]",
    },
  },
  'bundle/unresolved': {
    severity: 'error',
    evidence: 'documentation',
    source: DEPENDENCIES,
    summary: 'Everything that an Action imports is there.',
    why: 'A file is found by its path; a package is declared in tenant.yaml, or installed and taken into the bundle.',
    example: { before: "import { plans } from './plan.ts'", after: "import { plans } from './plans.ts'" },
  },
  'bundle/undeclared-dependency': {
    severity: 'error',
    evidence: 'documentation',
    source: DEPENDENCIES,
    summary: 'A package that stays outside the bundle is declared.',
    why: 'Auth0 installs what the Action declares, and nothing else.',
    example: {
      before: "require('axios')",
      after: "dependencies: [{ name: axios, version: '1.7.0' }]",
    },
  },
  'bundle/too-large': {
    severity: 'error',
    evidence: 'documentation',
    source: LIMITS,
    summary: 'The source of an Action has at most 100 kB.',
    why: 'npm packages that are declared as dependencies do not count; those in the bundle do.',
    example: {
      before: '// moment with all its locales in the bundle',
      after: '# moment among the dependencies of tenant.yaml',
    },
  },
  'bundle/source-is-output': {
    severity: 'error',
    evidence: 'inference',
    source: DEPLOY_CLI,
    summary: 'A bundle has a file of its own.',
    why: 'Where "code" names the source, and the source imports files, is an ES module or TypeScript, its bundle would overwrite it. Plan and deploy make bundles in memory and need no such file.',
    example: { before: 'code: ./actions/enrich-claims.js', after: 'code: ./dist/actions/enrich-claims.js' },
  },
  'bundle/not-ours': {
    severity: 'error',
    evidence: 'inference',
    source: DEPLOY_CLI,
    summary: 'A bundle is written over nothing but an earlier bundle.',
    why: 'A file that the build has not written, or that somebody has changed since, may be the only copy.',
    example: { before: 'code: ./actions/shared.js', after: 'code: ./dist/actions/enrich-claims.js' },
  },
} as const satisfies RuleTable
