/** Runs what an alarm does. A fault is logged, and thrown on, so that the platform sets the alarm again. */
export async function loggedAlarm(
  { object, env, ctx }: { object: string; env: Env; ctx: DurableObjectState },
  work: () => Promise<void>,
): Promise<void> {
  try {
    await work()
  } catch (error) {
    // Only now: an object loads next to nothing.
    const { logAlarmFailure } = await import('../background.ts')
    logAlarmFailure(env, ctx, { object, error })
    throw error
  }
}
