/** The app of this isolate, made as the first request loads this file. */
import { createApp } from './app.ts'

export const app = createApp()
