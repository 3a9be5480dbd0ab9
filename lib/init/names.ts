/** A name as part of a file's or an address: small letters, digits and dashes; empty where nothing of it is left. */
export function slug(name: string): string {
  return name
    .normalize('NFKD')
    .replace(/\p{M}/gu, '')
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .replace(/^-|-$/g, '')
    .slice(0, 60)
}

/** The names as slugs, each another one; `otherwise` stands in for one of which nothing is left. */
export function distinctSlugs(names: readonly string[], otherwise: string): string[] {
  const taken = new Set<string>()
  return names.map((name) => {
    const wanted = slug(name) || otherwise
    let free = wanted
    for (let count = 2; taken.has(free); count++) free = `${wanted}-${count}`
    taken.add(free)
    return free
  })
}

/** A slug as the name of a TypeScript type: `orders-api` → OrdersApi. */
export function typeName(slugged: string): string {
  const name = slugged
    .split('-')
    .map((word) => word.slice(0, 1).toUpperCase() + word.slice(1))
    .join('')
  return /^[A-Z]/.test(name) ? name : `Api${name}`
}
