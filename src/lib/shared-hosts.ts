/**
 * Big hosts where many communities have a page of their own under one registrable domain. Two communities on
 * facebook.com are not the same community, so such a domain is not kept as theirs. Hosts that give each customer a name
 * in the public suffix list (github.io, wixsite.com) need no entry.
 */
const SHARED = new Set(
  `about.me allmylinks.com bandcamp.com beacons.ai behance.net bento.me bilibili.com bio.link bio.site bit.ly
  blogger.com bsky.app bsky.social buymeacoffee.com calendly.com canva.com carrd.co circle.so dev.to devpost.com
  discord.com discord.gg douban.com douyin.com dribbble.com dropbox.com facebook.com fb.com fb.me flickr.com
  flow.page forms.gle ghost.io gitee.com github.com gitlab.com givebutter.com godaddysites.com gofundme.com
  goo.gl hashnode.com hashnode.dev heylink.me hopp.bio huggingface.co instagram.com issuu.com itch.io
  jimdofree.com jimdosite.com kickstarter.com ko-fi.com line.me linkedin.com linkin.bio linktr.ee linktree.com
  lnkd.in lu.ma luma.com m.me mailchi.mp mastodon.social matrix.to medium.com meetup.com messenger.com
  mixcloud.com mn.co msha.ke mystrikingly.com naver.com notion.site notion.so ok.ru onedrive.com
  opencollective.com partiful.com patreon.com peatix.com pinterest.com producthunt.com qq.com quora.com redd.it
  reddit.com sharepoint.com signal.group site123.me skool.com slack.com snapchat.com solo.to soundcloud.com
  sourceforge.net spotify.com squarespace.com stackoverflow.com strikingly.com substack.com t.co t.me taplink.cc
  telegram.me telegram.org threads.com threads.net tiktok.com tinyurl.com trello.com tumblr.com twitch.tv
  twitter.com typeform.com vimeo.com vk.com wa.me wattpad.com wechat.com weebly.com weibo.com whatsapp.com
  wikipedia.org wordpress.com x.com xiaohongshu.com xing.com youtu.be youtube.com zalo.me zhihu.com zoom.us`.split(
    /\s+/,
  ),
)

/** Hosts of this kind that have a domain in each country. */
const SHARED_ANYWHERE = new Set(['eventbrite', 'google', 'pinterest', 'webnode'])

/**
 * Does a registrable domain belong to a host that many communities share? `label` is its part before a suffix of the
 * registries (`google` of google.co.uk), or null where the suffix is a company's own.
 */
export function isSharedHost(domain: string, label: string | null): boolean {
  return SHARED.has(domain) || (label !== null && SHARED_ANYWHERE.has(label))
}
