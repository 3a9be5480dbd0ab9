/** The package of an import: `lodash` of `lodash/get`, `@scope/name` of `@scope/name/file`. */
export function packageName(specifier: string): string {
  const parts = specifier.split('/')
  return specifier.startsWith('@') ? parts.slice(0, 2).join('/') : parts[0]!
}
