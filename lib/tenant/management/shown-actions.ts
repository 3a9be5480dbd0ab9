/** Actions and their versions as the API shows them. */

import type { Action, ActionDraft, ActionVersion } from '../entities.ts'
import type { Body } from './body.ts'

/** The Action as the API shows it: names of secrets, never their values. */
export function shownAction(action: Action, status: string = action.status): Body {
  const { versions, deployed_version_id, ...rest } = action
  const deployed = versions.find((version) => version.id === deployed_version_id)
  const newest = versions.at(-1)
  return {
    ...rest,
    status,
    secrets: shownSecrets(action.secrets),
    ...(newest === undefined ? {} : { current_version: currentVersion(newest) }),
    ...(deployed === undefined ? {} : { deployed_version: shownVersion(action, deployed) }),
  }
}

function currentVersion({ id, code, runtime, number, created_at, built_at }: ActionVersion): Body {
  const times = { build_time: built_at, created_at, updated_at: built_at ?? created_at }
  return { id, code, runtime, status: 'BUILT', number, ...times }
}

export function shownVersion(action: Action, version: ActionVersion): Body {
  return {
    ...version,
    secrets: shownSecrets(version.secrets),
    deployed: version.id === action.deployed_version_id,
    updated_at: version.built_at ?? version.created_at,
    supported_triggers: action.supported_triggers,
  }
}

/** A version at the moment that it is made: what it is a version of has not taken it over yet. */
export function newVersion(action: Action, version: ActionVersion): Body {
  const { id, name, supported_triggers, created_at, updated_at } = action
  const { built_at: _built, ...shown } = shownVersion(action, version) as { built_at?: unknown } & Body
  return {
    ...shown,
    deployed: false,
    action: { id, name, supported_triggers, created_at, updated_at, all_changes_deployed: false },
  }
}

export function shownSecrets(secrets: ActionDraft['secrets']): Body[] {
  return secrets.map(({ name, updated_at }) => ({ name, updated_at }))
}
