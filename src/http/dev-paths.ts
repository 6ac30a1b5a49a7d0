/** Pages that exist only where ENVIRONMENT is dev: the inbox, and the pages of mailed links. */
export function isDevPath(path: string): boolean {
  return path.startsWith('/dev/') || path === '/verify-email'
}
