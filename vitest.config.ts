import { availableParallelism } from 'node:os'
import { cloudflareTest, readD1Migrations } from '@cloudflare/vitest-plugin'
import { defineConfig } from 'vitest/config'
import { localSecrets } from './scripts/local-secrets.ts'
import { makePublicFolder } from './scripts/public-folder.ts'

export default defineConfig(async () => {
  await makePublicFolder()
  return {
    plugins: [
      cloudflareTest(async ({ inject }) => ({
        main: './src/index.ts',
        wrangler: { configPath: './wrangler.toml' },
        miniflare: {
          // A real queue that nobody consumes: tests hand messages to the consumer when they want to. The smoke run has both.
          queueProducers: { OUTBOX_QUEUE: { queueName: 'outbox-in-tests' } },
          bindings: {
            ...(await localSecrets()),
            ENVIRONMENT: 'dev',
            TEST_MIGRATIONS: await readD1Migrations('migrations'),
            TEST_PROVIDER_URL: inject<string>('providerUrl'),
          },
        },
      })),
    ],
    define: { HAS_DEV_PAGES: 'true', HAS_DOCUMENT: 'false' },
    test: {
      include: ['test/**/*.test.{ts,tsx}'],
      globalSetup: ['./test/provider-server.ts'],
      setupFiles: ['./test/setup.ts'],
      // The default leaves one core to the main process, which has little to do here.
      maxWorkers: availableParallelism(),
      // Real hashes, real waits, and a machine that may be busy with something else.
      testTimeout: 90_000,
      hookTimeout: 120_000,
      coverage: {
        provider: 'istanbul' as const,
        include: ['src/**/*.{ts,tsx}'],
        exclude: ['src/**/*.d.ts'],
        reporter: ['text-summary', 'json-summary', 'html'],
      },
    },
  }
})
