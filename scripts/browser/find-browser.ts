/**
 * Where an installed Chromium, Chrome or Edge is. CHROME_PATH is taken at its word: a browser that was named and does
 * not start is a fault, not a browser that is missing.
 */
import { statSync } from 'node:fs'
import { posix, win32 } from 'node:path'

const NAMES = [
  'chromium',
  'chromium-browser',
  'google-chrome',
  'google-chrome-stable',
  'chrome',
  'microsoft-edge',
  'msedge',
]

const MAC_APPS = ['Google Chrome', 'Chromium', 'Microsoft Edge']

/** Beneath the folders of programs. */
const WINDOWS_PLACES = [
  ['Google', 'Chrome', 'Application', 'chrome.exe'],
  ['Chromium', 'Application', 'chrome.exe'],
  ['Microsoft', 'Edge', 'Application', 'msedge.exe'],
]

export interface Machine {
  platform: string
  env: Readonly<Record<string, string | undefined>>
  isFile(path: string): boolean
}

const THIS_MACHINE: Machine = { platform: process.platform, env: process.env, isFile }

/** The path of the browser, or undefined where this machine has none. */
export function findBrowser(machine: Machine = THIS_MACHINE): string | undefined {
  const { CHROME_PATH } = machine.env
  if (CHROME_PATH) return CHROME_PATH
  return [...onPath(machine), ...usualPlaces(machine)].find((path) => machine.isFile(path))
}

function onPath({ platform, env }: Machine): string[] {
  const { join, delimiter } = platform === 'win32' ? win32 : posix
  const suffix = platform === 'win32' ? '.exe' : ''
  const folders = (env.PATH ?? env.Path ?? '').split(delimiter).filter(Boolean)
  return NAMES.flatMap((name) => folders.map((folder) => join(folder, `${name}${suffix}`)))
}

function usualPlaces({ platform, env }: Machine): string[] {
  if (platform === 'darwin') {
    const roots = ['', env.HOME ?? '']
    return roots.flatMap((root) =>
      MAC_APPS.map((app) => posix.join(root, '/Applications', `${app}.app/Contents/MacOS`, app)),
    )
  }
  if (platform !== 'win32') return []
  const roots = [env.ProgramFiles, env['ProgramFiles(x86)'], env.LOCALAPPDATA]
  return roots.flatMap((root) =>
    root ? WINDOWS_PLACES.map((parts) => win32.join(root, ...parts)) : [],
  )
}

function isFile(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isFile() ?? false
}
