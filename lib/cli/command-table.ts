import type { CommandLoaders } from './run.ts'

/** Every command by its name, in the order of the help. Loaded when it is called. */
export const COMMANDS: CommandLoaders = {
  init: async () => (await import('./commands/init.ts')).initCommand,
  build: async () => (await import('./commands/build.ts')).buildCommand,
  check: async () => (await import('./commands/check.ts')).checkCommand,
  explain: async () => (await import('./commands/explain.ts')).explainCommand,
  why: async () => (await import('./commands/why.ts')).whyCommand,
  simulate: async () => (await import('./commands/simulate.ts')).simulateCommand,
  dev: async () => (await import('./commands/dev.ts')).devCommand,
  tenant: async () => (await import('./commands/tenant.ts')).tenantCommand,
  login: async () => (await import('./commands/login.ts')).loginCommand,
  plan: async () => (await import('./commands/plan.ts')).planCommand,
  deploy: async () => (await import('./commands/deploy.ts')).deployCommand,
  rollback: async () => (await import('./commands/rollback.ts')).rollbackCommand,
  pull: async () => (await import('./commands/pull.ts')).pullCommand,
  prove: async () => (await import('./commands/prove.ts')).proveCommand,
  verify: async () => (await import('./commands/verify.ts')).verifyCommand,
  attack: async () => (await import('./commands/attack.ts')).attackCommand,
  types: async () => (await import('./commands/types.ts')).typesCommand,
  docs: async () => (await import('./commands/docs.ts')).docsCommand,
  impact: async () => (await import('./commands/impact.ts')).impactCommand,
  replay: async () => (await import('./commands/replay.ts')).replayCommand,
  breaking: async () => (await import('./commands/breaking.ts')).breakingCommand,
}
