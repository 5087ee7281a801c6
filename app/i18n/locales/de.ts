import type { Translation } from "../translation";

export const de: Translation = {
  app: {
    name: "Holdfast",
    skip: "Zum Nachrichtenfeld springen",
    noScript: "Holdfast braucht JavaScript: Ihre Unterhaltungen kennt nur Ihr Browser.",
    notDurable:
      "Dieser Browser lässt die Seite nichts speichern. Wenn Sie den Tab schließen, ist der Weg zurück zu dieser Unterhaltung verloren.",
  },
  errorPage: {
    notFoundTitle: "Hier ist nichts",
    notFoundText: "Diese Adresse führt in Holdfast nirgendwohin.",
    failedTitle: "Etwas ist schiefgegangen",
    failedText:
      "Diese Seite ist ausgefallen. Ihre Unterhaltungen sind sicher: Öffnen Sie Holdfast neu, um weiterzumachen.",
    open: "Holdfast öffnen",
  },
  conversations: {
    label: "Unterhaltungen",
    new: "Neue Unterhaltung",
    untitled: "Unterhaltung ohne Titel",
    none: "Hier stehen Ihre Unterhaltungen.",
    show: "Unterhaltungen zeigen",
    node: "Knoten {{name}}",
    session: "Sitzung {{fingerprint}}",
    fingerprintHint: "Unterscheidet diese Unterhaltung von anderen. Das ist kein Geheimnis.",
  },
  conversation: {
    label: "Unterhaltung",
    loading: "Wird geladen …",
    loadingLate: "Der Server ist nicht erreichbar. Neuer Versuch …",
    reconnecting: "Verbindung wird wiederhergestellt …",
    jump: "Zum Ende springen",
    recovered:
      "Die letzte Änderung dieser Unterhaltung war auf der Festplatte beschädigt und wurde beiseitegelegt. Sie sehen den Stand unmittelbar davor.",
    deletedElsewhere: "Die Unterhaltung, die hier offen war, wurde in einem anderen Tab gelöscht.",
    notOnServer:
      "Diese Unterhaltung ist nicht mehr auf dem Server. Was Sie hier schreiben, beginnt sie von Neuem.",
  },
  empty: {
    heading: "Worüber wollen wir sprechen?",
    suggestions: {
      hike: "Plane eine dreitägige Wanderung für zwei Leute, die noch nie in einem Zelt geschlafen haben",
      table: "Vergleiche Tee, Kaffee und Kakao in einer Tabelle",
      code: "Schreibe eine Funktion, die das längste Wort eines Textes findet, und erkläre sie",
      apology: "Was macht eine gute Entschuldigung aus?",
    },
  },
  composer: { label: "Nachricht", placeholder: "Nachricht schreiben", send: "Senden", stop: "Anhalten" },
  model: { label: "Modell" },
  message: {
    you: "Sie",
    assistant: "Assistent",
    sending: "Wird gesendet …",
    notSentYet: "Noch nicht gesendet.",
    notSent: "Nicht gesendet.",
    waits: "Die Nachricht bleibt hier und geht hinaus, sobald die Verbindung wieder da ist.",
    tryAgain: "Erneut versuchen",
    edit: "Bearbeiten",
    stopped: "Angehalten",
    failed: "Die Antwort ist fehlgeschlagen. Nichts Geschriebenes ist verloren.",
    interrupted: "Diese Antwort wurde abgeschnitten. Alles bis hierher ist gespeichert.",
    interruptedAtOnce: "Diese Antwort wurde vor dem ersten Wort abgeschnitten.",
    continue: "Fortsetzen",
    retry: "Neu versuchen",
    reasoning: "Überlegung",
  },
  markdown: {
    code: "Code",
    codeIn: "Code in {{language}}",
    plainCode: "Text",
    copy: "Kopieren",
    copied: "Kopiert",
    notCopied: "Kopieren ging nicht",
    table: "Tabelle",
    image: "Bild: {{description}}",
    noDescription: "keine Beschreibung",
    done: "Erledigt",
    toDo: "Offen",
  },
  deletion: {
    question: "Diese Unterhaltung löschen?",
    explanation:
      "„{{title}}“ wird mit allen Nachrichten vom Server gelöscht. Das lässt sich nicht rückgängig machen.",
    failed: "Nicht gelöscht. {{why}}",
    confirm: "Löschen",
    button: "Unterhaltung löschen",
  },
  settings: {
    title: "Einstellungen",
    language: "Sprache",
    languageOfBrowser: "Wie der Browser",
    theme: "Erscheinungsbild",
    themes: { system: "Wie das System", light: "Hell", dark: "Dunkel" },
    textSize: "Textgröße",
    textSizes: { small: "Klein", medium: "Mittel", large: "Groß", huge: "Sehr groß" },
    enter: "Eingabetaste",
    enterSends: "Sendet die Nachricht",
    enterSendsHint: "Umschalt und Eingabe beginnen eine neue Zeile.",
    enterBreaks: "Beginnt eine neue Zeile",
    enterBreaksHint: "Strg oder ⌘ und Eingabe senden die Nachricht.",
  },
  dialog: {
    cancel: "Abbrechen",
    close: "Schließen",
    dismiss: "Ausblenden",
    tryAgain: "Erneut versuchen",
  },
  announcement: {
    answering: "Der Assistent antwortet …",
    stopped: "Angehalten.",
    failed: "Die Antwort ist fehlgeschlagen.",
    interrupted: "Diese Antwort wurde abgeschnitten.",
  },
  problem: {
    unreachable:
      "Der Server ist nicht erreichbar. Prüfen Sie Ihre Verbindung und versuchen Sie es noch einmal.",
    unreadable:
      "Der Server gab eine Antwort, die diese Seite nicht versteht. Versuchen Sie es gleich noch einmal.",
    page: "In dieser Seite ist etwas schiefgegangen. Laden Sie sie neu und versuchen Sie es noch einmal.",
  },
  serverProblem: {
    bad_session_id: "Die Kennung dieser Unterhaltung ist ungültig.",
    bad_request: "Der Server hat die Anfrage nicht verstanden.",
    body_too_large: "Das ist zu groß für eine Anfrage. Kürzen Sie die Nachricht.",
    unsupported_media_type: "Diese Art von Inhalt nimmt der Server nicht an.",
    not_found: "Das gibt es hier nicht.",
    method_not_allowed: "Das geht an dieser Adresse nicht.",
    session_not_found: "Diese Unterhaltung gibt es nicht, oder sie wurde gelöscht.",
    session_busy:
      "In dieser Unterhaltung wird gerade zu viel gespeichert. Versuchen Sie es gleich noch einmal.",
    session_damaged:
      "Die Datei dieser Unterhaltung ist beschädigt, und keine frühere Fassung ist ganz. Sie wurde für den Betreiber aufbewahrt. Bitte beginnen Sie eine neue Unterhaltung.",
    session_newer_format:
      "Diese Unterhaltung wurde von einer neueren Version geschrieben. Versuchen Sie es nach der Aktualisierung noch einmal.",
    session_exists: "Unter dieser Kennung gibt es schon eine andere Unterhaltung.",
    attachment_too_large: "Die Datei ist zu groß.",
    attachments_full: "Diese Unterhaltung enthält so viele Dateien, wie sie darf. Beginnen Sie eine neue.",
    attachment_not_found: "Eine der Dateien ist nicht mehr gespeichert. Hängen Sie sie noch einmal an.",
    attachment_not_supported:
      "Dieses Modell kann eine der Dateien nicht lesen. Wählen Sie ein anderes, oder lassen Sie die Datei weg.",
    message_not_found: "Diese Nachricht ist nicht in der Unterhaltung.",
    message_conflict: "Unter dieser Kennung wurde schon eine andere Nachricht gesendet.",
    reply_running: "Die vorige Antwort wird noch geschrieben. Warten Sie darauf oder halten Sie sie an.",
    model_not_found: "Dieses Modell wird hier nicht angeboten. Wählen Sie ein anderes.",
    share_not_found:
      "Hinter diesem Link ist nichts: Er wurde zurückgezogen, oder seine Unterhaltung wurde gelöscht.",
    share_damaged: "Was hinter diesem Link steht, ist beschädigt. Bitten Sie um einen neuen.",
    share_conflict: "Dieser Link gehört zu einer anderen Unterhaltung.",
    shares_full: "Diese Unterhaltung hat so viele Links, wie sie haben darf. Ziehen Sie erst einen zurück.",
    node_draining: "Dieser Server hält gleich an. Versuchen Sie es noch einmal.",
    volume_unavailable:
      "Der Speicher für Unterhaltungen antwortet nicht. Was schon gespeichert war, ist nicht verloren; versuchen Sie es bald noch einmal.",
    model_denied: "Der Zugang zu diesem Modell wurde verweigert. Der Betreiber muss ihn freischalten.",
    model_credentials:
      "Die Anmeldung beim Modell ist fehlgeschlagen. Der Betreiber muss die Zugangsdaten prüfen.",
    model_throttled: "Das Modell hat gerade zu viel zu tun. Versuchen Sie es gleich noch einmal.",
    model_rejected: "Das Modell hat die Anfrage abgelehnt.",
    model_unavailable: "Das Modell ist gerade nicht erreichbar. Versuchen Sie es noch einmal.",
    model_interrupted: "Die Verbindung zum Modell ist abgebrochen. Was es gesagt hatte, ist gespeichert.",
    model_stalled: "Das Modell ist verstummt. Was es gesagt hatte, ist gespeichert.",
    internal_error: "Bei uns ist etwas schiefgegangen. Nichts Gespeichertes ist verloren.",
    demo_model:
      "Die Antworten kommen von Holdfasts eingebautem Demo-Modell. Für ein echtes starten Sie mit MODEL_PROVIDER=bedrock und AWS-Zugangsdaten neu, oder mit OPENAI_COMPATIBLE_BASE_URL und MODELS.",
  },
};
