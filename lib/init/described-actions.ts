import { isBuiltin } from 'node:module'
import type { BuiltAction } from '../bundle/index.ts'
import { packageName } from '../bundle/package-name.ts'
import { tryPrograms } from '../check/bundles.ts'
import { checkClaimName } from '../claims/index.ts'
import type { JsonSchemaObject } from '../contract/index.ts'
import type { Position, TokenKind } from '../finding.ts'
import { treeOf } from '../prove/code.ts'
import { readCode } from '../prove/read-code.ts'
import type { Trigger } from '../triggers/index.ts'
import { expressionSchemas } from './expression-schema.ts'
import { anyOf, schemaOfValue, withoutEmptyLists } from './value-schema.ts'

/** A claim that an Action sets. */
export interface FoundClaim {
  token: TokenKind
  name: string
  action: string
  /** The trigger that it is set in. */
  trigger: string
  at: Position
  /** What is known of its values. */
  schema: JsonSchemaObject
  /** Every execution of the trigger sets it to something. */
  always: boolean
}

/** What the code of Actions says about the tenant that it runs in. */
export interface DescribedActions {
  /** Claims that arrive, in the order in which they are set. */
  claims: FoundClaim[]
  /** Names of claims that Auth0 drops, with the place. */
  dropped: { name: string; at: Position }[]
  /** Places of claims whose names are known at run time only. */
  unnamed: Position[]
  /** Names of secrets by Action. */
  secrets: Map<string, string[]>
  /** Packages by Action. */
  packages: Map<string, string[]>
  /** Names of Actions Modules by Action. */
  modules: Map<string, string[]>
  /** Scopes that the code adds or takes away. */
  scopes: Set<string>
  /** What the code compares a place of the event with, by its path below `event`. */
  compared: Map<string, Set<string>>
  /** Some Action looks at the organization of a login. */
  readsOrganization: boolean
}

/** Reads what bundles of Actions set, and what they need. Runs nothing. */
export async function describeActions(
  built: readonly BuiltAction[],
  root: string,
): Promise<DescribedActions> {
  const found: DescribedActions = {
    claims: [],
    dropped: [],
    unnamed: [],
    secrets: new Map(),
    packages: new Map(),
    modules: new Map(),
    scopes: new Set(),
    compared: new Map(),
    readsOrganization: built.some(({ code }) => /\bevent\??\.organization\b/.test(code)),
  }
  for (const bundle of built) {
    const { name, requires } = bundle
    found.packages.set(name, [...new Set(requires.filter(isPackage).map(packageName))])
    found.modules.set(
      name,
      requires.filter((one) => one.startsWith('actions:')).map((one) => one.slice('actions:'.length)),
    )
    const programs = await tryPrograms(bundle, root)
    if ('rule' in programs) continue
    const secrets = new Set<string>()
    const byForm = expressionSchemas(programs[0].tree)
    for (const { walked, positionAt } of programs) {
      for (const observation of walked.observations) {
        if (observation.kind === 'secret' && observation.name !== undefined) secrets.add(observation.name)
        if (observation.kind !== 'api-call') continue
        if (observation.entry.scope !== undefined) {
          for (const scope of observation.first.values) if (/^\S+$/.test(scope)) found.scopes.add(scope)
        }
        if (observation.entry.claim === undefined) continue
        const { first, firstOffset, args, always } = observation
        const token = observation.entry.claim
        const at = positionAt(firstOffset)
        const { schema: known, mayBeMissing } = schemaOfValue(args[1])
        const schema = Object.keys(known).length > 0 ? known : byForm(firstOffset)
        if (!first.complete) found.unnamed.push(at)
        for (const claim of first.values) {
          const isKept = isClaim(claim, token, walked.trigger)
          if (!isKept) found.dropped.push({ name: claim, at })
          else if (schema.not === undefined) {
            const isSet = !mayBeMissing || (schema !== known && Object.keys(schema).length > 0)
            const isAlways = always && first.complete && first.values.length === 1 && isSet
            found.claims.push({
              token,
              name: claim,
              action: name,
              trigger: walked.trigger.id,
              at,
              schema,
              always: isAlways,
            })
          }
        }
      }
    }
    found.secrets.set(name, [...secrets])
    readWords(bundle.code, found)
  }
  return found
}

function isClaim(name: string, token: TokenKind, { subject }: Pick<Trigger, 'subject'>): boolean {
  return checkClaimName(name, { token, subject }).verdict === 'kept'
}

/** One entry for each claim of a token, from all Actions that set it. */
export function claimsOf(
  found: readonly FoundClaim[],
  token: TokenKind,
): { name: string; schema: JsonSchemaObject; always: boolean; setBy: FoundClaim[] }[] {
  const own = found.filter((one) => one.token === token)
  const triggers = [...new Set(own.map(({ trigger }) => trigger))]
  return [...new Set(own.map(({ name }) => name))].map((name) => {
    const setBy = own.filter((one) => one.name === name)
    return {
      name,
      schema: withoutEmptyLists(anyOf(setBy.map(({ schema }) => schema))),
      // A token of an application comes without a login: its Actions have to set the claim, too.
      always: triggers.every((trigger) => setBy.some((one) => one.trigger === trigger && one.always)),
      setBy,
    }
  })
}

function isPackage(name: string): boolean {
  return !isBuiltin(name) && !name.startsWith('actions:') && !/^[./]/.test(name)
}

/** What the code looks for in the event. A bundle that the parser refuses has none of it. */
function readWords(code: string, { compared }: DescribedActions): void {
  try {
    readCode(treeOf(code), {
      compared(name, value) {
        if (typeof value !== 'string') return
        const path = name.replace(/^event\./, '')
        compared.set(path, (compared.get(path) ?? new Set()).add(value))
      },
    })
  } catch {
    // Its findings say what is wrong with it.
  }
}
