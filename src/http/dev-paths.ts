const LINK_PAGES = [
  '/verify-email',
  '/reset-password',
  '/not-me',
  '/magic-link',
  '/accept-invite',
  '/revert-email',
]

/** Pages that exist only where ENVIRONMENT is dev: the inbox, and the pages of mailed links. */
export function isDevPath(path: string): boolean {
  return path.startsWith('/dev/') || LINK_PAGES.includes(path)
}
