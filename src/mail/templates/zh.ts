import { asWritten as t } from '../../lib/as-written.ts'
import type { MailTexts } from './texts.ts'

export const zh = {
  greeting: (name) => t`${name}，您好：`,
  greetingWithoutName: t`您好：`,
  unnamedCommunity: t`您的社区`,
  unnamedPerson: t`有人`,
  linkHint: t`如果按钮无法使用，请将以下地址复制到浏览器中打开：`,
  reason: t`审核人员给出的原因：`,
  sentBy: (appName) => t`本邮件由 ${appName} 发送。`,
  login: {
    device: (name) => t`设备：${name}`,
    deviceName: (browser, os) => t`${os} 上的 ${browser}`,
    place: (name) => t`地点（估计）：${name}`,
    placeName: (city, country) => `${country} ${city}`,
    time: (moment) => t`时间：${moment}`,
    unknown: t`未知`,
  },
  alert: {
    kinds: {
      failed_logins: t`登录失败次数`,
      signups: t`注册次数`,
      mail_failures: t`放弃发送的邮件数`,
      dead_letters: t`队列放弃的消息数`,
      refresh_reuse: t`刷新令牌被重复使用的次数`,
      limiter_errors: t`限流器无响应次数`,
    },
    count: (count) => t`最近一小时内：${count}`,
    peak: (count) => t`一小时内最多：${count}`,
    threshold: (count) => t`阈值：${count}`,
    startedAt: (moment) => t`开始：${moment}`,
    endedAt: (moment) => t`结束：${moment}`,
  },
  signup_confirmation: {
    subject: t`请确认您的邮箱地址`,
    paragraphs: ({ community, appName }) => [
      t`感谢您在 ${appName} 注册社区“${community}”。`,
      t`请确认这是您的邮箱地址。确认之后我们会审核该社区，并通过邮件告知您审核结果。`,
    ],
    button: t`确认我的邮箱地址`,
    closing: ({ lifetime }) => [
      t`此链接自注册起${lifetime}内有效，且只能使用一次。`,
      t`如果您没有注册，请忽略本邮件：不使用链接，就不会确认任何内容。`,
    ],
  },
  signup_existing_account: {
    subject: t`将新社区转入您的账户`,
    paragraphs: ({ community, appName }) => [
      t`有人使用您的邮箱地址注册了社区“${community}”，而该地址在 ${appName} 已有账户。`,
      t`如果是您本人，请打开链接并确认：该社区将归入您现有的账户，您的密码保持不变，表单中填写的密码将被丢弃。`,
    ],
    button: t`将社区转入我的账户`,
    closing: ({ lifetime }) => [
      t`此链接自注册起${lifetime}内有效，且只能使用一次。`,
      t`如果不是您本人，请忽略本邮件：您的账户不会有任何变化。`,
    ],
  },
  verify_email: {
    subject: t`确认邮箱地址的新链接`,
    paragraphs: ({ community }) => [
      t`这是为社区“${community}”确认邮箱地址的新链接。之前的链接已失效。`,
    ],
    button: t`确认我的邮箱地址`,
    closing: ({ lifetime }) => [
      t`此链接自您申请起${lifetime}内有效，且只能使用一次。`,
      t`如果您没有申请，请忽略本邮件：不使用链接，就不会确认任何内容。`,
    ],
  },
  password_reset: {
    subject: t`设置新密码`,
    paragraphs: ({ appName }) => [
      t`有人申请为您在 ${appName} 的账户设置新密码。`,
      t`如果是您本人，请打开链接设置新密码。届时您的所有会话都会结束，请使用新密码重新登录。`,
    ],
    button: t`设置新密码`,
    closing: ({ lifetime }) => [
      t`此链接自申请起${lifetime}内有效，且只能使用一次。`,
      t`如果不是您本人，请忽略本邮件：您的密码保持不变。`,
    ],
  },
  set_password: {
    subject: t`设置您的密码`,
    paragraphs: ({ appName }) => [
      t`您在 ${appName} 的账户需要一个密码，请打开链接进行设置。`,
      t`之后您就可以使用该密码和此邮箱地址登录。`,
    ],
    button: t`设置我的密码`,
    closing: ({ lifetime }) => [
      t`此链接自本邮件生成起${lifetime}内有效，且只能使用一次。过期后，请在登录页面选择“忘记密码”以获取新链接。`,
      t`如果您对这一账户毫不知情，请忽略本邮件。`,
    ],
  },
  password_changed: {
    subject: t`您的密码已更改`,
    paragraphs: ({ appName, when }) => [
      t`您在 ${appName} 的账户密码已于 ${when} 更改。`,
      t`如果是您本人，您无需进行任何操作。`,
    ],
    closing: () => [
      t`如果不是您本人，说明有他人进入了您的账户：请立即在登录页面选择“忘记密码”。通过我们随后发送的链接设置新密码后，包括对方在内的所有会话都会结束。`,
    ],
  },
  refresh_reused: {
    subject: t`我们已结束您的所有会话`,
    paragraphs: ({ appName, when }) => [
      t`用于保持您登录 ${appName} 的一个令牌被使用了两次，最近一次是在 ${when}。它可能已被他人复制，因此我们结束了您的所有会话，并不再记住您的设备。`,
      t`请重新登录。如果您发现账户有任何异常，请设置新密码。`,
    ],
    button: t`设置新密码`,
    closing: ({ lifetime }) => [
      lifetime
        ? t`此链接自会话结束起${lifetime}内有效，且只能使用一次。之后请在登录页面选择“忘记密码”。`
        : t`如需设置新密码，请在登录页面选择“忘记密码”。`,
    ],
  },
  account_locked: {
    subject: t`您的账户已被锁定`,
    paragraphs: ({ appName, when }) => [
      t`有人连续十次用错误的密码尝试登录您在 ${appName} 的账户，最近一次是在 ${when}。除您曾经登录过的设备外，我们已锁定该账户。`,
      t`设置新密码即可解锁。如果这些尝试不是您本人所为，请放心，没有人登录成功；但如果旧密码可能已被他人知道，也请设置新密码。`,
    ],
    button: t`设置新密码`,
    closing: ({ lifetime }) => [
      lifetime
        ? t`此链接自账户锁定起${lifetime}内有效，且只能使用一次。之后请在登录页面选择“忘记密码”。`
        : t`如需设置新密码，请在登录页面选择“忘记密码”。`,
      t`无论尝试多少次，我们每天最多发送一封此类邮件。`,
    ],
  },
  new_device: {
    subject: t`新设备登录提醒`,
    paragraphs: ({ appName }) => [
      t`有人在一台未识别的设备上登录了您在 ${appName} 的账户。`,
      t`如果是您本人，您无需进行任何操作。如果不是，请使用下方链接：它会结束该会话，不再记住该设备，并帮助您设置新密码。`,
    ],
    button: t`这不是我`,
    closing: ({ lifetime }) => [
      t`此链接自登录起${lifetime}内有效，且只能使用一次。之后请在登录页面选择“忘记密码”。`,
    ],
  },
  otp_code: {
    subject: t`您的验证码`,
    paragraphs: ({ appName }) => [t`您可以使用此验证码确认对您在 ${appName} 的账户的更改：`],
    closing: ({ lifetime }) => [
      t`验证码自申请起${lifetime}内有效，且只能使用一次。请勿告诉任何人，我们绝不会向您索要。`,
      t`如果您没有申请，说明有他人正以您的身份登录：请结束其他会话并更改密码。`,
    ],
  },
  otp_code_to_log_in: {
    subject: t`您的登录验证码`,
    paragraphs: ({ appName }) => [t`您可以使用此验证码或下方的链接登录 ${appName}：`],
    button: t`登录`,
    closing: ({ lifetime }) => [
      t`验证码和链接自申请起${lifetime}内有效，仅限申请时所用的浏览器或应用，且只能使用其中之一，一次有效。请勿告诉任何人，我们绝不会向您索要。`,
      t`如果您没有申请，请忽略本邮件：没有它们，任何人都无法登录。`,
    ],
  },
  otp_code_to_sign_up: {
    subject: t`您的注册验证码`,
    paragraphs: ({ appName }) => [
      t`您可以使用此验证码或下方的链接向 ${appName} 证明此邮箱属于您，然后继续注册您的社区：`,
    ],
    button: t`继续注册`,
    closing: ({ lifetime }) => [
      t`验证码和链接自申请起${lifetime}内有效，仅限申请时所用的浏览器或应用，且只能使用其中之一，一次有效。请勿告诉任何人，我们绝不会向您索要。`,
      t`如果您没有申请，请忽略本邮件：没有它们，不会注册任何内容。`,
    ],
  },
  invitation: {
    subject: t`邀请您加入社区`,
    paragraphs: ({ sender, community, appName }) => [
      t`${sender} 邀请您加入 ${appName} 上的社区“${community}”。`,
      t`打开链接即可加入。您的账户将使用此邮箱地址。`,
    ],
    button: t`查看邀请`,
    closing: ({ lifetime }) => [
      t`此链接自邀请起${lifetime}内有效，且只能使用一次。请勿转发：持有链接的人可以代替您加入。`,
      t`如果您不想加入，或不认识其中的任何人，请忽略本邮件：不使用链接，就不会发生任何事。`,
    ],
  },
  invitation_to_account: {
    subject: t`邀请您加入社区`,
    paragraphs: ({ sender, community, appName }) => [
      t`${sender} 邀请您加入 ${appName} 上的社区“${community}”。`,
      t`此邮箱地址已有账户：请打开链接，登录并确认加入。`,
    ],
    button: t`查看邀请`,
    closing: ({ lifetime }) => [
      t`此链接自邀请起${lifetime}内有效，且只能使用一次。`,
      t`如果您不想加入，或不认识其中的任何人，请忽略本邮件：不会有任何变化。`,
    ],
  },
  email_change_code: {
    subject: t`请确认您的新邮箱地址`,
    paragraphs: ({ appName }) => [
      t`有人想将此邮箱地址用于其在 ${appName} 的账户。如果是您本人，请在那里输入此验证码：`,
    ],
    closing: ({ lifetime }) => [
      t`验证码自申请起${lifetime}内有效，且只能使用一次。请勿告诉任何人，我们绝不会向您索要。`,
      t`如果不是您本人，请忽略本邮件：没有验证码，此地址不会被使用。`,
    ],
  },
  email_change_taken: {
    subject: t`有人想使用您的邮箱地址`,
    paragraphs: ({ appName, when }) => [
      t`${when}，有人请求将此邮箱地址用于其在 ${appName} 的另一个账户。由于该地址现在属于或几天前曾属于一个账户，没有进行任何更改。`,
    ],
    closing: () => [
      t`如果是您本人：请用此地址登录，或为另一个账户使用其他地址。如果不是，您无需进行任何操作。`,
    ],
  },
  account_deleted: {
    subject: t`您的账户已删除`,
    paragraphs: ({ appName, when }) => [
      t`您在 ${appName} 的账户已于 ${when} 按照账户内提出的要求删除。您的会话已全部结束，我们存储的关于您的数据也已清除。`,
    ],
    closing: () => [
      t`已删除的账户无法恢复。如果不是您本人，说明有人知道您的密码或能够读取您的邮件：请更改此邮箱的密码。`,
    ],
  },
  email_change_notice: {
    subject: t`您的邮箱地址已更改`,
    paragraphs: ({ appName, when }) => [
      t`您在 ${appName} 的账户自 ${when} 起使用另一个邮箱地址。今后有关邮件将发往新地址，此地址不能再用于登录。`,
      t`如果是您本人，您无需进行任何操作。如果不是，请使用下方链接：它会恢复此地址，结束所有会话，清除密码，并帮助您设置新密码。`,
    ],
    button: t`撤销更改`,
    closing: ({ lifetime }) => [t`此链接自更改起${lifetime}内有效，且只能使用一次。`],
  },
  community_under_review: {
    subject: ({ community }) => t`${community} 正在审核中`,
    paragraphs: ({ community, appName }) => [
      t`我们已开始审核社区“${community}”。`,
      t`您无需进行任何操作。${appName} 会通过邮件告知您审核结果。`,
    ],
  },
  community_approved: {
    subject: ({ community }) => t`${community} 已通过审核`,
    paragraphs: ({ community, appName }) => [
      t`好消息：社区“${community}”已通过审核。`,
      t`您现在可以登录 ${appName}。`,
    ],
  },
  community_rejected: {
    subject: ({ community }) => t`${community} 未通过审核`,
    paragraphs: ({ community }) => [t`我们审核了社区“${community}”，未能予以通过。`],
  },
  community_suspended: {
    subject: ({ community }) => t`${community} 已被暂停`,
    paragraphs: ({ community }) => [
      t`社区“${community}”已被暂停。目前任何人都无法登录该社区，所有人均已退出登录。`,
    ],
  },
  community_reinstated: {
    subject: ({ community }) => t`${community} 已恢复`,
    paragraphs: ({ community, appName }) => [
      t`社区“${community}”已解除暂停。`,
      t`您和您的成员可以重新登录 ${appName}。`,
    ],
  },
  alert_started: {
    subject: ({ kind }) => t`警报：${kind}`,
    paragraphs: ({ kind, appName }) => [
      t`${appName} 的以下计数高于平常：${kind}。一小时内的阈值已达到。`,
    ],
    closing: t`警报结束时，您还会收到一封邮件。所有警报都显示在管理后台中。`,
  },
  alert_ended: {
    subject: ({ kind }) => t`警报结束：${kind}`,
    paragraphs: ({ kind, appName }) => [
      t`${appName} 的以下警报已结束：${kind}。计数已低于阈值，或者阈值已被更改或关闭。`,
    ],
    closing: t`您无需进行任何操作。所有警报都显示在管理后台中。`,
  },
} satisfies MailTexts
