import { resolve } from 'node:path'
import { ToolkitError } from '../../errors.ts'
import { formatFindings } from '../../report/index.ts'
import { startTenant, type Tenant } from '../../tenant/index.ts'
import { defineCommand, type Terminal } from '../command.ts'
import { keepTypes, lastLogin, load, type Made, makeSettled, Rehearsal, textsOf } from '../dev/workshop.ts'
import { EXIT } from '../exit-codes.ts'
import { jsonDocument } from '../json-document.ts'
import { namedLogin } from '../login-flags.ts'
import { portOf } from '../port.ts'
import { announceTenant } from '../running-tenant.ts'
import { nextSave, settled } from '../save-watch.ts'
import { keepFileFromGit } from '../secret-files.ts'
import { changesSince, lines, outcomeOf, type Shown } from '../simulation-output.ts'
import { workspaceFolder } from '../workspace-folder.ts'

/** `claims dev`: the local tenant, with every save in it at once, and what the save changes in the tokens. */
export const devCommand = defineCommand({
  name: 'dev',
  summary: 'Start the local tenant, load every save into it, and show what it changes in the tokens',
  flags: {
    port: { value: '<n>', help: 'port for apps; 0 for a free one (default 4000)' },
    user: {
      value: '<user>',
      help: 'of the login that is run at each save; the last one at the tenant unless told',
    },
    client: { value: '<client>', help: 'its application' },
    audience: { value: '<api>', help: 'its API' },
    scope: { value: '<scopes>', help: 'its scopes, space-separated' },
    org: { value: '<organization>', help: 'its organization' },
    state: {
      value: '<file>',
      help: 'keep keys, users, sessions and refresh tokens over restarts; holds secrets, so git must ignore it',
    },
    json: { help: 'print one JSON document a line: ready, then each save' },
  },
  notes: [
    'A save that cannot be built or loaded leaves the tenant as it was.',
    'Actions and bindings that a save takes out leave the tenant; users, clients, APIs, roles and organizations stay until it starts again.',
    'The types of the contracts are written again when a contract is saved.',
  ],
  async run(terminal, values) {
    const folder = await workspaceFolder(terminal)
    const { state } = values
    const named = namedLogin(values)
    const stateFile = typeof state === 'string' ? resolve(terminal.cwd, state) : undefined
    if (stateFile !== undefined) await keepFileFromGit(stateFile, ['.tmp', '.lock'])
    const port = portOf(values['port'], 'dev')
    let { made, files, texts } = await makeSettled(folder)
    let sourceMapFor: (code: string) => string | undefined = () => undefined
    const tenant = await startTenant({
      port,
      sourceMapFor: (code) => sourceMapFor(code),
      ...(stateFile !== undefined && { stateFile }),
    })
    const rehearsal = new Rehearsal()
    let withdraw = async () => {}
    const isJson = values['json'] === true
    try {
      sourceMapFor = await load(made, tenant)
      await keepTypes(made.workspace)
      withdraw = await announceTenant(folder, tenant.url)
      const domain = new URL(tenant.url).host
      const options = () => ({ ...(Object.keys(named).length > 0 ? named : lastLogin(tenant)), domain })
      let login = options()
      let before = await rehearsal.run(made, login)
      tell(terminal, isJson, ready(tenant, made, before))
      // What was tried last, be it loaded or broken.
      let tried = texts
      let isBroken = false
      for (;;) {
        // Watching begins before the files are read, so that no save is missed; one may have come before.
        const save = nextSave(files)
        const isBehind = (await textsOf(files)) !== tried
        const isSaved = await Promise.race([
          ...(isBehind ? [settled().then(() => true)] : []),
          save.happened.then(() => true),
          terminal.stopped.then(() => false),
          ...(terminal.outputClosed === undefined ? [] : [terminal.outputClosed.then(() => false)]),
        ])
        save.close()
        if (!isSaved) return EXIT.clean
        const begin = performance.now()
        try {
          tried = await textsOf(files)
          const { made: next, files: inIt, texts: now } = await makeSettled(folder, files)
          files = inIt
          tried = now
          if (now === texts) {
            if (isBroken) tell(terminal, isJson, mended())
            isBroken = false
            continue
          }
          isBroken = false
          // Somebody may have logged in since: then that login is the one, before and after the save.
          const wanted = options()
          const isNew = JSON.stringify(wanted) !== JSON.stringify(login)
          // What cannot be run is not loaded either.
          const [first, after] = await Promise.resolve()
            .then(
              async () =>
                [
                  isNew ? await rehearsal.run(made, wanted) : before,
                  await rehearsal.run(next, wanted),
                ] as const,
            )
            .catch(async (error: unknown) => {
              // Somebody who signed up at the tenant, or was taken out by the save, is nobody in the workspace.
              const isNobody = error instanceof ToolkitError && error.code === 'ERR_USAGE'
              if (!isNobody || Object.keys(named).length > 0) throw error
              return [await rehearsal.run(made, { domain }), await rehearsal.run(next, { domain })] as const
            })
          sourceMapFor = await load(next, tenant, made.workspace)
          login = wanted
          before = first
          const areStale = await keepTypes(next.workspace)
          const milliseconds = Math.round(performance.now() - begin)
          tell(terminal, isJson, saved({ made: next, before, after, areStale, milliseconds }))
          made = next
          before = after
          texts = now
        } catch (error) {
          // What cannot be run leaves the tenant as it was.
          if (!(error instanceof ToolkitError)) throw error
          isBroken = true
          tell(terminal, isJson, broken(error))
        }
      }
    } finally {
      await withdraw()
      await rehearsal.stop()
      await tenant.stop()
    }
  },
})

/** One thing to tell: as lines, or as a document. */
interface Told {
  lines: string[]
  document: Record<string, unknown>
}

function tell(terminal: Terminal, isJson: boolean, { lines: text, document }: Told): void {
  if (isJson) terminal.out(jsonDocument('dev', document))
  else terminal.out(text)
}

function ready(tenant: Tenant, { workspace, findings }: Made, first: Shown): Told {
  const { state, url } = tenant
  const users = [...state.users.values()].map(({ email }) => email)
  const client = [...state.clients.values()].find(({ is_global }) => is_global !== true)
  const api = [...state.resourceServers.values()][0]?.identifier
  const actions = workspace.actions.map(({ name }) => name)
  return {
    lines: [
      `AUTH0_DOMAIN=${url}`,
      ...(client === undefined ? [] : [`AUTH0_CLIENT_ID=${client.client_id}`]),
      ...(api === undefined ? [] : [`AUTH0_AUDIENCE=${api}`]),
      `users    ${users.join(', ') || 'none'} (passwords stand in tenant.local.yaml)`,
      `Actions  ${actions.join(', ') || 'none'}`,
      '',
      ...lines(first.simulation, first.contracts),
      ...findingLines(findings),
      '',
      'Save an Action, a contract or tenant.yaml: it is loaded at once. Ctrl-C ends.',
    ],
    document: { event: 'ready', url, issuer: tenant.issuer, users, actions, findings: findings.length },
  }
}

interface Saved {
  made: Made
  before: Shown
  after: Shown
  areStale: boolean
  milliseconds: number
}

function saved({ made, before, after, areStale, milliseconds }: Saved): Told {
  const changes = changesSince(before, after)
  return {
    lines: [
      '',
      `Saved, loaded and run in ${milliseconds} ms${areStale ? '; types written' : ''}:`,
      ...changes.map((line) => `  ${line}`),
      ...findingLines(made.findings),
    ],
    document: {
      event: 'saved',
      milliseconds,
      outcome: outcomeOf(after.simulation),
      changes,
      findings: made.findings.length,
      typesWritten: areStale,
    },
  }
}

function broken({ message, hint, file, line, column, code }: ToolkitError): Told {
  const place =
    file === undefined ? '' : `${[file, line, column].filter((one) => one !== undefined).join(':')} `
  return {
    lines: [
      '',
      `${place}error ${code} ${message}`,
      ...(hint === undefined ? [] : [`  hint: ${hint}`]),
      'The tenant keeps what was saved before.',
    ],
    document: {
      event: 'broken',
      error: {
        code,
        message,
        ...(hint !== undefined && { hint }),
        ...(file !== undefined && { file }),
        ...(line !== undefined && { line }),
        ...(column !== undefined && { column }),
      },
    },
  }
}

function mended(): Told {
  return {
    lines: ['', 'The files are again what the tenant has.'],
    document: { event: 'mended' },
  }
}

function findingLines(findings: Made['findings']): string[] {
  return findings.length === 0 ? [] : formatFindings([...findings]).split('\n')
}
