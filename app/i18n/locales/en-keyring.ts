/** The English strings of the keyring, a part of `en.ts`. */
export const enKeyring = {
  title: "Your conversations on all your devices",
  offExplanation:
    "The list of your conversations is kept in this browser only. Turn this on to have it on all your devices, and to get it back if this browser is lost or its data is cleared. The server stores it encrypted and cannot read it.",
  turnOn: "Turn on with a passkey",
  turnOnWithCode: "Turn on with a recovery code",
  manage: "Manage",
  addDevice: "Add a device",
  syncNow: "Sync now",
  syncedAt: "Last synced: {{moment}}.",
  moving: "Moving conversations to new ids. Left: {{left}}.",
  exportList: "Export the list",
  listFile: "conversations.json",
  ways: "Ways to open your list",
  ends: "Leave or delete",
  done: "Done",
  notice: "Your conversations are listed in this browser only. If its data is cleared, the list is gone.",
  noticeOpen: "Keep it on all devices",
  noticeDismiss: "Not now",
  rolledBack:
    "The server had an older list than this browser. What was missing was sent again. If this happens repeatedly, ask the operator.",
  state: {
    off: "Off.",
    syncing: "Syncing…",
    on: "On. This browser is up to date.",
    offline: "Offline. Your list syncs when the server can be reached.",
    offlineWaiting: "Offline. Changes made here are waiting to be sent.",
    outdated: "Out of date: the server has an older list. This browser is updating it.",
    full: "Your list is too long to sync. Changes are kept in this browser. Delete old conversations to make room.",
    unreadable:
      "The list on the server cannot be opened. This browser keeps its own. Forget this browser, then open your list with your recovery code.",
    newer: "A newer version of this page has changed the list. Reload the page.",
    deleted:
      "The list was deleted, or replaced because a device was lost. This browser keeps its own. Forget this browser, then open your list with the new code.",
  },
  problem: {
    not_found: "There is no list for this passkey or code on this server.",
    gone: "This list was deleted, or replaced because a device was lost. Use the new code.",
    unreadable: "The list cannot be opened here. If this browser has a list already, leave that one first.",
    newer: "A newer version of this page has written the list. Reload the page and try again.",
    full: "The list is too long to be stored.",
  },
  passkey: {
    none: "No passkey opens your list yet.",
    add: "Add a passkey",
    addExisting: "Use a passkey you have",
    entry: "Passkey added on {{date}}",
    remove: "Remove: {{name}}",
    problem: {
      insecure: "Passkeys need a secure connection (https). A recovery code works here.",
      unsupported:
        "The passkeys of this browser cannot store an encryption key. Use a recovery code instead.",
      cancelled: "No passkey was chosen.",
      no_secret:
        "This passkey cannot store an encryption key. Try one from your device or another password manager.",
      taken:
        "This passkey already opens another list. Use another one, or forget this browser and open that list with the passkey.",
      failed: "The passkey could not be used.",
    },
  },
  code: {
    title: "Recovery code",
    label: "Recovery code",
    explanation:
      "This code opens your list on any device. Write it down or print it, and keep it somewhere safe. Once you have lost your devices, nobody can show it to you.",
    instead:
      "Your list is turned on, but without a passkey. Keep this recovery code to open it on other devices.",
    secret: "Anyone who has this code can read all your conversations.",
    copy: "Copy code",
    print: "Print",
    next: "I’ve saved it",
    ask: "Enter the code once, to make sure you have it.",
    check: "Check",
    showAgain: "Show it again",
    show: "Show recovery code",
    other: "This is the code of another list.",
    kept: "That is the right code. Your list is safe.",
    sheetTitle: "{{app}}: recovery code",
    sheetUse: "To use it, open {{address}}, then Settings, then “Open my list here”.",
    problem: {
      empty: "Enter the code.",
      characters: "These characters are never part of a code: {{characters}}",
      short: "The code is incomplete: {{length}} of {{count}} characters.",
      long: "The code is too long: {{length}} characters, not {{count}}.",
      mistyped: "At least one character is mistyped.",
    },
  },
  join: {
    title: "Open my list here",
    open: "Open my list here",
    explanation:
      "If you have turned this on in another browser, open your list here. What is in this browser is added to it.",
    withPasskey: "Open with a passkey",
    withCode: "Open with the code",
    byQr: "Or choose “Add a device” in the settings of the other device, and scan the QR code.",
    done: "Your list is now on this device, too.",
  },
  forget: {
    title: "Forget this browser",
    explanation:
      "This browser leaves your list, which stays on your other devices. To come back, you need a passkey or the recovery code.",
    clear: "Also remove my conversations from this browser",
    confirm: "Forget this browser",
  },
  lost: {
    title: "A device was lost",
    explanation:
      "Your list gets a new key, which only this browser has. All other devices are locked out until they join again with the new code. Passkeys must be added again.",
    move: "Also move conversations to new ids",
    moveHint:
      "Otherwise, whoever has the lost device can still open the conversations that were on it. Moving also ends links that you have shared. Conversations in which an answer is being written are moved as soon as it has finished.",
    confirm: "Lock out other devices",
  },
  delete: {
    title: "Delete the list from the server",
    explanation:
      "Your devices stop syncing. Each keeps the list it has, and no conversation is deleted. This cannot be undone.",
    confirm: "Delete from the server",
  },
  handoff: {
    explanation:
      "Open the link on your other device, or scan the code with its camera. Your list of conversations will then be on that device, too, and stay in sync. The link works once.",
    heading: "Open your list on this device",
    here: "This browser joins the list of your other device: its conversations, folders, settings and drafts. What is in this browser is added to it.",
    planted:
      "Only join if you created the link yourself. Otherwise, the person who sent it can read everything you write here.",
    take: "Open my list here",
    all: "My whole list",
  },
};
