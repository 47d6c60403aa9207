/** What a word says in an attempt to set instructions aside. */
export type WordRole =
  | "DROP"
  | "EARLIER"
  | "RULES"
  | "SHOW"
  | "PROMPT"
  | "BECOME"
  | "FREE"
  | "MODE"
  | "MARK"
  | "HIDE";

/** Words and phrases by what they say, one language after another, parted by commas. */
export const injectionWords: Readonly<Record<WordRole, readonly string[]>> = {
  // To drop: ignore, forget, override.
  DROP: [
    "ignore, ignoring, disregard, disregarding, forget, override, overriding, bypass, overlook, discard, neglect, do not follow, don't follow, stop following, pay no attention to",
    "ignoriere, ignorieren, ignorier, vergiss, vergessen, missachte, missachten, übergehe, übergehen, verwirf, überschreibe",
    "ignore, ignorez, ignorer, oublie, oubliez, oublier, néglige, négligez, fais abstraction, faites abstraction, ne tiens pas compte, ne tenez pas compte",
    "ignora, ignore, ignorar, olvida, olvide, olvidar, descarta, descarte, omite, omita, haz caso omiso, haga caso omiso, no sigas, no hagas caso",
    "ignora, ignorare, dimentica, dimenticare, trascura, non seguire, scarta",
    "ignore, ignora, ignorar, esqueça, esquece, esquecer, desconsidere, desconsidera, descarte, não siga",
    "negeer, negeren, vergeet, vergeten, sla over",
    "zignoruj, ignoruj, zapomnij, pomiń, odrzuć",
    "игнорируй, игнорируйте, проигнорируй, проигнорируйте, забудь, забудьте, отбрось, не обращай внимания",
    "yok say, görmezden gel, unut, dikkate alma",
    "忽略, 忽视, 无视, 忘记, 忘掉, 不要理会, 不要遵守, 無視, 忘れて, 忽視, 無視して",
    "무시, 무시하고, 무시해, 잊어, 잊고, 잊어버려",
    "تجاهل, تجاهلي, انس, انسَ, अनदेखा, नज़रअंदाज़, भूल जाओ",
  ],
  // What was said before, and all of it.
  EARLIER: [
    "previous, previously, prior, above, earlier, preceding, foregoing, all, any, every, everything, your, the system, initial, original, existing, former, these, those, safety, developer",
    "vorherigen, vorherige, bisherigen, bisherige, obigen, obige, früheren, frühere, vorangegangenen, alle, alles, deine, deinen, deiner, ihre, ursprünglichen, systemweiten",
    "précédentes, précédents, précédente, antérieures, antérieurs, ci-dessus, toutes, tous, tes, vos, initiales, du système",
    "anteriores, anterior, previas, previos, todas, todos, tus, sus, de arriba, iniciales, originales, del sistema",
    "precedenti, precedente, tutte, tutti, tue, tuoi, sopra, iniziali",
    "anteriores, prévias, todas, todos, suas, seus, acima, iniciais",
    "vorige, eerdere, voorgaande, alle, jouw, je, bovenstaande",
    "poprzednie, wcześniejsze, wszystkie, powyższe, swoje",
    "предыдущие, предыдущих, все, всех, прежние, свои, вышеуказанные, выше",
    "önceki, tüm, bütün, yukarıdaki",
    "之前, 以前, 以上, 上面, 前面, 先前, 所有, 你的, 全部, これまで, 以前の, 上記, すべて, 全て, 前の",
    "이전, 이전의, 지금까지, 지금까지의, 위의, 모든, 앞의, السابقة, جميع, كل, पिछले, सभी",
  ],
  // What a model follows.
  RULES: [
    "instruction, instructions, prompt, prompts, rule, rules, guideline, guidelines, directive, directives, constraints, restrictions, programming, guardrails, policies, orders, commands, training, said before, you were told, you have been told, told you",
    "anweisung, anweisungen, instruktionen, regeln, vorgaben, befehle, richtlinien, einschränkungen, systemprompt",
    "instruction, instructions, consignes, règles, directives, ordres, restrictions",
    "instrucciones, instrucción, reglas, indicaciones, directrices, órdenes, restricciones, normas",
    "istruzioni, regole, direttive, indicazioni, comandi",
    "instruções, regras, diretrizes, ordens, comandos",
    "instructies, aanwijzingen, regels, opdrachten, richtlijnen",
    "instrukcje, polecenia, zasady, wytyczne, reguły",
    "инструкции, инструкций, указания, правила, команды, ограничения",
    "talimatları, talimatlar, kuralları, komutları",
    "指令, 指示, 提示, 规则, 说明, 命令, 設定, ルール, 指示を, 命令を, 规定, 限制",
    "지시, 지시를, 지시사항, 지시사항을, 지침, 지침을, 규칙, 규칙을, 명령, 명령을, التعليمات, الأوامر, القواعد, निर्देशों, निर्देश",
  ],
  // To give away.
  SHOW: [
    "reveal, print, show, show me, repeat, output, display, tell me, give me, dump, leak, disclose, expose, write out, recite, return, share, what is, what are, what were, what's",
    "zeige, zeig, zeig mir, verrate, wiederhole, gib, gib aus, nenne, drucke, offenbare, wie lautet, wie lauten",
    "révèle, révélez, montre, montrez, affiche, affichez, répète, répétez, donne, donnez, quelles sont, quel est",
    "revela, revele, muestra, muestre, repite, repita, imprime, dime, dame, cuáles son, cuál es",
    "rivela, mostra, ripeti, stampa, dimmi, quali sono, qual è",
    "revele, mostre, repita, imprima, diga, quais são",
    "toon, onthul, herhaal, geef, pokaż, ujawnij, powtórz, wypisz, покажи, раскрой, повтори, выведи, назови",
    "göster, tekrarla, 显示, 透露, 输出, 重复, 告诉我, 打印, 表示, 教えて, 繰り返して, 보여, 알려, 출력, اكشف, أظهر, दिखाओ, बताओ",
  ],
  // What is to be kept.
  PROMPT: [
    "system prompt, system message, system instructions, initial prompt, initial instructions, hidden prompt, hidden instructions, secret instructions, original instructions, developer message, prompt above, instructions above, text above, words above, your instructions, your prompt, your initial instructions, everything above, your guidelines, your exact instructions, internal instructions, confidential instructions",
    "systemprompt, system-prompt, systemnachricht, systemanweisungen, deine anweisungen, ursprünglichen anweisungen, geheimen anweisungen, deinen systemprompt",
    "prompt système, invite système, message système, tes instructions, vos instructions, instructions initiales, instructions cachées, instructions système",
    "prompt del sistema, mensaje del sistema, tus instrucciones, instrucciones iniciales, instrucciones ocultas, instrucciones del sistema",
    "prompt di sistema, tue istruzioni, istruzioni iniziali, prompt do sistema, suas instruções, instruções iniciais",
    "systeemprompt, jouw instructies, prompt systemowy, swoje instrukcje, системный промпт, системную подсказку, твои инструкции, свои инструкции, sistem istemi",
    "系统提示, 系统指令, 系统提示词, 你的指令, 初始指令, システムプロンプト, 初期指示, 시스템 프롬프트, 시스템 지시, تعليمات النظام, सिस्टम प्रॉम्प्ट",
  ],
  // To be another.
  BECOME: [
    "you are now, from now on you are, from now on you will, act as, pretend to be, pretend that you are, pretend you are, pretend you have, roleplay as, role-play as, simulate, behave as, you will now, you must now, switch to, enter, enable, activate, imagine you are, respond as",
    "du bist jetzt, du bist nun, ab jetzt bist du, verhalte dich wie, tu so als, spiele, wechsle in, aktiviere",
    "tu es maintenant, vous êtes maintenant, agis comme, agissez comme, fais semblant, prétends, active",
    "ahora eres, a partir de ahora eres, actúa como, finge, compórtate como, activa",
    "ora sei, comportati come, agisci come, fingi, agora você é, aja como, finja, a partir de agora você",
    "je bent nu, doe alsof, jesteś teraz, zachowuj się jak, udawaj, теперь ты, с этого момента ты, действуй как, притворись, artık sen, gibi davran",
    "你现在是, 从现在起, 扮演, 假装, あなたは今, のふりをして, として振る舞って, 너는 이제, 인 척, أنت الآن, तुम अब",
  ],
  // Without bounds.
  FREE: [
    "without any restrictions, without restrictions, no restrictions, without any limitations, without limitations, no limitations, without filters, without any filter, no filters, unfiltered, uncensored, unrestricted, without censorship, no ethical guidelines, without ethical, no rules, free of all rules, do anything, no content policy, without any rules, no longer bound, not bound by, ignoring ethics, amoral, no moral",
    "ohne einschränkungen, ohne beschränkungen, ohne filter, ohne regeln, unzensiert, uneingeschränkt, keine regeln, keine einschränkungen",
    "sans restriction, sans restrictions, sans aucune restriction, sans filtre, sans limites, non censuré, sans censure, sans règles",
    "sin restricciones, sin ninguna restricción, sin filtros, sin límites, sin censura, sin reglas",
    "senza restrizioni, senza filtri, senza limiti, senza censura, sem restrições, sem filtros, sem limites, sem censura",
    "zonder beperkingen, zonder filters, bez ograniczeń, bez filtrów, без ограничений, без фильтров, без цензуры, kısıtlama olmadan, sansürsüz",
    "没有限制, 不受限制, 没有任何限制, 无限制, 制限なし, 制限のない, 제한 없이, 제한이 없는, بدون قيود, बिना किसी प्रतिबंध",
  ],
  // Modes that jailbreaks are known by.
  MODE: [
    "DAN, do anything now, developer mode, dev mode, god mode, jailbreak mode, jailbroken, sudo mode, unrestricted mode, DAN mode, evil mode, opposite mode, entwicklermodus, mode développeur, modo desarrollador, modo desenvolvedor, modalità sviluppatore, режим разработчика, 开发者模式, 越狱模式, 開発者モード, 개발자 모드",
  ],
  // What parts messages in prompts, and what announces others.
  MARK: [
    "<|im_start|>, <|im_end|>, <|system|>, <|endoftext|>, <|start_header_id|>, <|eot_id|>, [INST], [/INST], <<SYS>>, <</SYS>>, </system>, <system>, </instructions>, </user_input>, ### system, ### instruction, [system], end of system prompt, new system prompt, new instructions, updated instructions, system override, begin new instructions, neue anweisungen, nouvelles instructions, nuevas instrucciones, nuove istruzioni, novas instruções, новые инструкции, 新指令, 新的指令, 新しい指示",
  ],
  // To keep it from the user.
  HIDE: [
    "do not tell the user, don't tell the user, do not mention this, don't mention this, without telling the user, do not inform the user, do not reveal this to the user, secretly, without the user knowing, keep this hidden, sag dem benutzer nichts, erwähne dies nicht, ne dis rien à l'utilisateur, ne mentionne pas cela, no se lo digas al usuario, no menciones esto, не говори пользователю, 不要告诉用户, ユーザーに言わないで",
  ],
};
