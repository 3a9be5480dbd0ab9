import { stringify } from 'yaml'
import fc from '../../helpers/fast-check.ts'
import {
  ACTIONS,
  APIS,
  action,
  api,
  CLIENTS,
  client,
  connection,
  DATABASES,
  database,
  type Entity,
  grant,
  LOGINS,
  MODULES,
  module,
  named,
  OTHERS,
  organization,
  role,
  some,
  TEXT,
} from './entities.ts'

/** A tenant.yaml as data, with the files that it names. */
export interface Written {
  tenant: Record<string, unknown>
  files: Record<string, string>
}

/** Tenant files whose names point to each other, or to what `start` has. */
export function workspaces(start: Entity = {}): fc.Arbitrary<Written> {
  const maybe = <T>(arbitrary: fc.Arbitrary<T>) => fc.option(arbitrary, { nil: undefined, freq: 2 })
  const names = (list: Entity[] | undefined, at: string) =>
    (list ?? [])
      .map(({ name }) => String(name))
      .concat(((start[at] ?? []) as Entity[]).map(({ name }) => String(name)))
  const unique = (list: string[]) => [...new Set(list)]
  return fc
    .record({
      clients: maybe(named(CLIENTS, client)),
      resourceServers: maybe(named(APIS, api)),
      actionModules: maybe(named(MODULES, module)),
    })
    .chain((base) => {
      const clients = unique(names(base.clients, 'clients'))
      const modules = unique(names(base.actionModules, 'actionModules'))
      const apis = [
        ...(base.resourceServers ?? []),
        ...((start['resourceServers'] ?? []) as Entity[]).filter(
          ({ identifier }) => base.resourceServers?.some((one) => one['identifier'] === identifier) !== true,
        ),
      ]
      const pairs = clients.flatMap((id) => apis.map((one) => [id, one] as const))
      return fc
        .record({
          actions: maybe(named(ACTIONS, (name) => action(name, modules))),
          roles: maybe(named(['reader', 'Schreiber ✓'], (name) => role(name, apis))),
          clientGrants: maybe(
            fc
              .shuffledSubarray(pairs, { maxLength: Math.min(3, pairs.length) })
              .chain((chosen) => fc.tuple(...chosen.map(([id, one]) => grant(id, one)))),
          ),
          databases: maybe(named(DATABASES, (name) => database(name, clients))),
          connections: maybe(named(LOGINS, (name) => connection(name, clients))),
          others: fc.record(OTHERS, { requiredKeys: [] }),
          codes: fc.tuple(...[...ACTIONS, ...MODULES].map(() => fc.constantFrom('one', 'two'))),
        })
        .chain(({ others, codes, ...rest }) => {
          const connections = unique([
            ...names(rest.databases, 'databases'),
            ...names(rest.connections, 'connections'),
          ])
          return fc
            .record({
              organizations: maybe(named(['acme', 'umbrella'], (name) => organization(name, connections))),
              triggers: maybe(triggers(rest.actions ?? [])),
            })
            .map((last) => written({ ...base, ...rest, ...last, ...others }, codes))
        })
    })
}

/** Bindings of Actions that are deployed, with a label or without one. */
function triggers(actions: readonly Entity[]): fc.Arbitrary<Entity> {
  const bound = (id: string) =>
    fc
      .shuffledSubarray(
        actions.filter(
          (one) => one['deployed'] === true && (one['supported_triggers'] as Entity[])[0]!['id'] === id,
        ),
      )
      .chain((chosen) =>
        fc.tuple(...chosen.map(({ name }) => some({ display_name: TEXT }, { action_name: name }))),
      )
  return some({ 'post-login': bound('post-login'), 'credentials-exchange': bound('credentials-exchange') })
}

const NEEDED =
  /^(name|identifier|strategy|code|app_type|action_name|supported_triggers|id|version|value|permission_name|audience|type|sink|template|body|from|syntax|mode|alg|rotation_type|expiration_type|module_.*|.*_identifier|client_id|scope|all_changes_published|deployed)$/

/** The same tenant file with a few small changes: a member that goes, an item that goes or comes twice, another order. */
export function nearlySame({ tenant, files }: Written): fc.Arbitrary<Written> {
  const how = fc.record({ at: fc.nat(), how: fc.constantFrom('drop', 'drop', 'reverse', 'repeat') })
  return fc.array(how, { minLength: 1, maxLength: 3 }).map((changes) => {
    const copy = structuredClone(tenant)
    for (const { at, how } of changes) {
      const spots = spotsOf(copy)
      if (spots.length > 0) spots[at % spots.length]!(how)
    }
    return { tenant: copy, files: { ...files, 'tenant.yaml': stringify(copy) } }
  })
}

type Change = (how: 'drop' | 'reverse' | 'repeat') => void

function spotsOf(value: unknown, depth = 0): Change[] {
  if (Array.isArray(value)) {
    const change: Change = (how) => {
      if (how === 'reverse') value.reverse()
      else if (how === 'drop') value.pop()
      else if (typeof value[0] === 'string') value.push(value[0])
    }
    return [...(value.length > 0 ? [change] : []), ...value.flatMap((item) => spotsOf(item, depth + 1))]
  }
  if (typeof value !== 'object' || value === null) return []
  const entity = value as Entity
  return Object.keys(entity).flatMap((name) => [
    ...(depth > 0 && !NEEDED.test(name) ? [() => void delete entity[name]] : []),
    ...spotsOf(entity[name], depth + 1),
  ])
}

function written(sections: Entity, codes: readonly string[]): Written {
  const tenant = Object.fromEntries(Object.entries(sections).filter(([, section]) => section !== undefined))
  return {
    tenant,
    files: {
      'tenant.yaml': stringify(tenant),
      'databases/login.js': '// login\n',
      'mail.html': '<b>mail</b>\n',
      ...Object.fromEntries(
        codes.map((code, index) =>
          index < ACTIONS.length
            ? [`actions/${index}.js`, `exports.onExecutePostLogin = async () => '${code}'\n`]
            : [`modules/${MODULES[index - ACTIONS.length]}.js`, `exports.plan = '${code}'\n`],
        ),
      ),
    },
  }
}
