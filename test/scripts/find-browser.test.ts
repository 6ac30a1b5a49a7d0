import { describe, expect, it } from 'vitest'
import { findBrowser } from '../../scripts/browser/find-browser.ts'

const find = (platform: string, env: Record<string, string>, ...files: string[]) =>
  findBrowser({ platform, env, isFile: (path) => files.includes(path) })

const MAC = '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome'
const WINDOWS = {
  ProgramFiles: 'C:\\Program Files',
  'ProgramFiles(x86)': 'C:\\Program Files (x86)',
  LOCALAPPDATA: 'C:\\Users\\mira\\AppData\\Local',
}

describe('the browser of the browser checks', () => {
  describe('works', () => {
    it.each([
      'chromium',
      'chromium-browser',
      'google-chrome',
      'google-chrome-stable',
      'microsoft-edge',
      'msedge',
    ])('is found on PATH as %s', (name) => {
      const path = `/opt/tools/${name}`
      expect(find('linux', { PATH: '/usr/bin:/opt/tools' }, path)).toBe(path)
    })

    it('is the first name that there is, in whatever folder', () => {
      const files = ['/a/google-chrome', '/b/chromium']
      expect(find('linux', { PATH: '/a:/b' }, ...files)).toBe('/b/chromium')
    })

    it('is what CHROME_PATH names, before any other', () => {
      const env = { PATH: '/usr/bin', CHROME_PATH: '/opt/mine/chrome' }
      expect(find('linux', env, '/usr/bin/chromium')).toBe('/opt/mine/chrome')
    })

    it('is found where macOS keeps programs, of everybody and of one user', () => {
      expect(find('darwin', { PATH: '/usr/bin', HOME: '/Users/mira' }, MAC)).toBe(MAC)
      const own = `/Users/mira${MAC}`
      expect(find('darwin', { HOME: '/Users/mira' }, own)).toBe(own)
    })

    it.each([
      'C:\\Program Files\\Google\\Chrome\\Application\\chrome.exe',
      'C:\\Program Files (x86)\\Microsoft\\Edge\\Application\\msedge.exe',
      'C:\\Users\\mira\\AppData\\Local\\Google\\Chrome\\Application\\chrome.exe',
      'D:\\tools\\chrome.exe',
    ])('is found on Windows at %s', (path) => {
      expect(find('win32', { Path: 'C:\\Windows;D:\\tools', ...WINDOWS }, path)).toBe(path)
    })
  })

  describe('refuses', () => {
    it('to be found where there is none', () => {
      expect(find('linux', {})).toBeUndefined()
      expect(find('linux', { PATH: '/usr/bin::' }, '/usr/bin/firefox')).toBeUndefined()
      expect(find('darwin', {}, '/chromium')).toBeUndefined()
      expect(find('win32', WINDOWS, MAC)).toBeUndefined()
    })

    it('to pass over a CHROME_PATH where nothing is: that browser fails to start', () => {
      const env = { PATH: '/usr/bin', CHROME_PATH: '/nowhere' }
      expect(find('linux', env, '/usr/bin/chromium')).toBe('/nowhere')
    })
  })
})
