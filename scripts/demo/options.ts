import { parseArgs } from 'node:util'
import { tenantDomain } from '../../lib/cli/tenant-choice.ts'
import { ToolkitError } from '../../lib/errors.ts'

export interface DemoOptions {
  /** The domain of a real tenant; `undefined` is the embedded local tenant. */
  domain?: string
  workspace: string
  /** Port of the local tenant; 0 takes a free one. */
  port: number
  user: string
  password?: string
}

export const USAGE = `Usage: npm start -- [--tenant <local|real|domain>] [--workspace <folder>] [--port <n>] [--user <email>] [--password <text>]

  --tenant     local (default), or real: the tenant that AUTH0_DOMAIN names. A domain must equal AUTH0_DOMAIN.
               Without this flag no environment variable turns the run into a real one.
  --workspace  folder with tenant.yaml (default: this repository)
  --port       port of the local tenant (default: a free one)
  --user       who logs in at the local tenant (default: the first user of tenant.local.yaml)
  --password   that user's password (default: from tenant.local.yaml)`

/**
 * Reads the demo's command line.
 *
 * @throws {ToolkitError} `ERR_USAGE`
 */
export function demoOptions(
  args: readonly string[],
  env: Readonly<Record<string, string | undefined>>,
  repository: string,
): DemoOptions {
  const hint = 'run npm start -- --help'
  let values: Record<string, string | boolean | undefined>
  try {
    values = parseArgs({
      args: [...args],
      options: {
        tenant: { type: 'string', default: 'local' },
        workspace: { type: 'string', default: repository },
        port: { type: 'string', default: '0' },
        user: { type: 'string', default: '' },
        password: { type: 'string' },
      },
    }).values
  } catch (error) {
    throw new ToolkitError('ERR_USAGE', (error as Error).message.split('. ')[0] ?? 'wrong use', { hint })
  }
  const port = Number(values['port'])
  if (!Number.isInteger(port) || port < 0 || port > 65_535) {
    throw new ToolkitError('ERR_USAGE', `--port must be a number from 0 to 65535, got "${values['port']}"`, {
      hint,
    })
  }
  const domain = tenantDomain(String(values['tenant']), env['AUTH0_DOMAIN'])
  return {
    ...(domain === undefined ? {} : { domain }),
    workspace: String(values['workspace']),
    port,
    user: String(values['user']),
    ...(values['password'] === undefined ? {} : { password: String(values['password']) }),
  }
}
