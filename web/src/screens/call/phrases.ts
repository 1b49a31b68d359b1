// Ready phrases for a caller whose language nobody in the room speaks: to be read aloud or played, while the interpreter is called in. One table, the same sentences in each language.
export const PHRASES = ['where', 'what', 'hurt', 'danger', 'coming', 'stay', 'wait'] as const
export type Phrase = (typeof PHRASES)[number]

export interface Spoken {
  /** The language in its own words. */
  name: string
  says: Record<Phrase, string>
}

export const LANGUAGES: Record<string, Spoken> = {
  'zh-CN': { name: '中文', says: { where: '您在哪里？', what: '发生了什么事？', hurt: '有人受伤吗？', danger: '您现在安全吗？', coming: '警察正在赶来。', stay: '请不要挂电话。', wait: '请稍等，我找翻译。' } },
  en: { name: 'English', says: { where: 'Where are you?', what: 'What has happened?', hurt: 'Is anybody hurt?', danger: 'Are you safe now?', coming: 'The police are on their way.', stay: 'Please stay on the line.', wait: 'One moment, I am getting an interpreter.' } },
  ja: { name: '日本語', says: { where: 'どこにいますか。', what: '何がありましたか。', hurt: 'けがをした人はいますか。', danger: '今、安全ですか。', coming: '警察が向かっています。', stay: '電話を切らないでください。', wait: '少しお待ちください。通訳を呼びます。' } },
  ko: { name: '한국어', says: { where: '어디에 계십니까?', what: '무슨 일이 있었습니까?', hurt: '다친 사람이 있습니까?', danger: '지금 안전합니까?', coming: '경찰이 가고 있습니다.', stay: '전화를 끊지 마세요.', wait: '잠시만 기다려 주세요. 통역을 연결하겠습니다.' } },
  ru: { name: 'Русский', says: { where: 'Где вы находитесь?', what: 'Что случилось?', hurt: 'Есть пострадавшие?', danger: 'Вы сейчас в безопасности?', coming: 'Полиция уже едет.', stay: 'Не вешайте трубку, пожалуйста.', wait: 'Подождите, я приглашаю переводчика.' } },
  fr: { name: 'Français', says: { where: 'Où êtes-vous ?', what: 'Que s’est-il passé ?', hurt: 'Y a-t-il des blessés ?', danger: 'Êtes-vous en sécurité maintenant ?', coming: 'La police est en route.', stay: 'Ne raccrochez pas, s’il vous plaît.', wait: 'Un instant, j’appelle un interprète.' } },
  es: { name: 'Español', says: { where: '¿Dónde está usted?', what: '¿Qué ha pasado?', hurt: '¿Hay alguien herido?', danger: '¿Está usted a salvo ahora?', coming: 'La policía está en camino.', stay: 'No cuelgue, por favor.', wait: 'Un momento, estoy llamando a un intérprete.' } },
  ar: { name: 'العربية', says: { where: 'أين أنت؟', what: 'ماذا حدث؟', hurt: 'هل هناك مصابون؟', danger: 'هل أنت في أمان الآن؟', coming: 'الشرطة في الطريق.', stay: 'لا تغلق الخط من فضلك.', wait: 'لحظة من فضلك، سأحضر مترجماً.' } },
}

/** The code of a language that somebody named by code or by its own name, null where the table has none. */
export function languageOf(said: string): string | null {
  const wanted = said.toLowerCase()
  return Object.entries(LANGUAGES).find(([code, each]) => code.toLowerCase() === wanted || each.name.toLowerCase().startsWith(wanted))?.[0] ?? null
}
