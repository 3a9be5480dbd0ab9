/** The profile of a user of tenant.local.yaml, and of one who signs up: the same wherever it is made. */

interface NewProfile {
  email: string
  email_verified?: boolean
  name?: string
  nickname?: string
  picture?: string
}

/** The profile that Auth0's database connection gives a user who sets nothing else. */
export function profileDefaults<T extends NewProfile>(user: T): Required<Pick<NewProfile, keyof NewProfile>> {
  return {
    email: user.email,
    email_verified: user.email_verified ?? true,
    name: user.name ?? user.email,
    nickname: user.nickname ?? user.email.split('@')[0]!,
    picture: user.picture ?? defaultPicture(user.email),
  }
}

function defaultPicture(email: string): string {
  const initials = email.slice(0, 2).toLowerCase()
  return `https://cdn.auth0.com/avatars/${/^[a-z]{2}$/.test(initials) ? initials : 'us'}.png`
}
