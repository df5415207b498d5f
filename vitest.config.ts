/**
 * Kinds of tests: `node` runs what runs on Node (decisions, simulators, egress, SDK, this repository's own
 * commands); `workers` runs inside workerd with the real bindings of wrangler.toml. Tests that need a browser are
 * elsewhere (`npm run test:e2e`).
 */
import { availableParallelism } from 'node:os'
import { cloudflareTest, readD1Migrations } from '@cloudflare/vitest-plugin'
import { defineConfig } from 'vitest/config'
import { TEST_SECRETS } from './test/secrets.ts'

/**
 * Topics of the tests have tens of members, not millions: they split as the large ones do. And calls a second are as many
 * as a machine that does other things can do, so only members count here.
 */
const TEST_SHARDS = { SHARD_SPLIT_MEMBERS: '60', SHARD_SPLIT_CALLS_PER_SECOND: '1000000' }

/** The platform's rate limit for real, as a test puts it in the place of one of wrangler.toml's: reached at once. */
const TEST_RATE_LIMIT = { SMALL_RATE_LIMIT: { namespace_id: '1', simple: { limit: 3, period: 60 } } } as const

/** What product code says on the console is read for secrets, wherever it runs. */
const LISTEN = 'test/console/listen.ts'

/** itty-durable mixes CommonJS and ESM; only bundled beforehand can it be imported inside workerd. */
const BUNDLED_BEFOREHAND = { optimizer: { ssr: { enabled: true, include: ['itty-durable'] } } }

interface Stories {
  readonly name: string
  readonly include: string
  readonly globalSetup: string
}

/** Delivery tests run once each way out: the same stories, the same outcomes. */
function deliveryProject(wayOut: 'direct' | 'egress') {
  const stories = { include: 'test/delivery/**/*.test.ts', globalSetup: 'test/delivery/simulators.ts' }
  return projectOver(wayOut, { name: `delivery-${wayOut}`, ...stories })
}

function projectOver(wayOut: 'direct' | 'egress', { name, include, globalSetup }: Stories) {
  return {
    plugins: [
      cloudflareTest(async ({ inject }) => {
        const simulators = inject('simulators')
        return {
          wrangler: { configPath: './wrangler.toml' },
          miniflare: {
            bindings: {
              ...TEST_SECRETS,
              ...TEST_SHARDS,
              TEST_MIGRATIONS: await readD1Migrations('schema/migrations/d1'),
              // Through the egress under the real host names, as in wrangler.toml.
              ...(wayOut === 'direct' && {
                FCM_URL: simulators.fcmUrl,
                APNS_URL: simulators.apnsUrl,
                APNS_SANDBOX_URL: simulators.apnsUrl,
              }),
              GOOGLE_TOKEN_URL: simulators.tokenUrl,
              PUBLIC_URL: 'https://fanfare.test',
              WEBPUSH_ALLOWED_HOSTS: simulators.webPushHost,
              SIM_CONTROL_URL: simulators.controlUrl,
              WEBHOOK_ALLOWED_HOSTS: new URL(simulators.webhookReceiverUrl).host,
              WEBHOOK_RECEIVER_URL: simulators.webhookReceiverUrl,
              EGRESS_URL: wayOut === 'egress' ? simulators.egressUrl : '',
              EGRESS_KEY: simulators.egressKey,
              // Waits of the schedule in hundredths: 10 s become 100 ms.
              RETRY_BASE_SECONDS: '0.1',
              LEASE_SECONDS: '3',
            },
            cf: false,
          },
        }
      }),
    ],
    test: {
      name,
      include: [include],
      globalSetup: [globalSetup],
      setupFiles: [LISTEN, 'test/workers/apply-migrations.ts'],
      testTimeout: 30_000,
      deps: BUNDLED_BEFOREHAND,
    },
  }
}

export default defineConfig({
  test: {
    // One test file a core: the tests of delivery mostly wait, so leaving a core to the runner leaves it idle.
    maxWorkers: availableParallelism(),
    projects: [
      {
        test: {
          name: 'node',
          include: [
            '{push,sim,egress,dev,sdk,bench,docs,examples}/**/*.test.ts',
            'test/{console,witness,crash,chaos}/**/*.test.ts',
          ],
          environment: 'node',
          setupFiles: [LISTEN],
        },
      },
      {
        plugins: [
          cloudflareTest(async () => ({
            wrangler: { configPath: './wrangler.toml' },
            miniflare: {
              bindings: {
                ...TEST_SECRETS,
                ...TEST_SHARDS,
                TEST_MIGRATIONS: await readD1Migrations('schema/migrations/d1'),
              },
              ratelimits: TEST_RATE_LIMIT,
              // No test needs the place of a request, and nothing may be fetched from the network for it.
              cf: false,
            },
          })),
        ],
        test: {
          name: 'workers',
          include: ['test/{console,security,workers}/**/*.test.ts'],
          globalSetup: ['test/egress/global-setup.ts', 'test/attestation/global-setup.ts'],
          setupFiles: [LISTEN, 'test/workers/apply-migrations.ts'],
          deps: BUNDLED_BEFOREHAND,
        },
      },
      deliveryProject('direct'),
      deliveryProject('egress'),
      // Stories of an egress that nobody else may need meanwhile, because it is killed and stopped.
      projectOver('egress', { name: 'fire', include: 'test/fire/**/*.test.ts', globalSetup: 'test/fire/setup.ts' }),
    ],
    // An exception that crosses an RPC call is caught by its caller and reported a second time as unhandled;
    // only that second report is let go.
    onUnhandledError: (error) => !('remote' in error && error.remote === true),
  },
})
