"""Function words: the small, frequent words of each language that is told by its words. Data only.

Written for this project from common knowledge of each language: articles, pronouns, prepositions, conjunctions, forms
of "to be" and "to have", old spellings of them included, since most free books are old. In lower case, as they stand
between characters that are no letters: French "l'homme" is "l" and "homme".
"""

from collections.abc import Mapping
from types import MappingProxyType

NAMES: Mapping[str, str] = MappingProxyType(
    {
        "ar": "Arabic", "be": "Belarusian", "bg": "Bulgarian", "bn": "Bengali", "ca": "Catalan", "cs": "Czech",
        "cy": "Welsh", "da": "Danish", "de": "German", "el": "Greek", "en": "English", "eo": "Esperanto",
        "es": "Spanish", "et": "Estonian", "fa": "Persian", "fi": "Finnish", "fr": "French", "fy": "Frisian",
        "ga": "Irish", "gl": "Galician", "he": "Hebrew", "hi": "Hindi", "hr": "Croatian", "hu": "Hungarian",
        "hy": "Armenian", "is": "Icelandic", "it": "Italian", "ja": "Japanese", "ka": "Georgian", "ko": "Korean",
        "la": "Latin", "lt": "Lithuanian", "lv": "Latvian", "nl": "Dutch", "no": "Norwegian", "pl": "Polish",
        "pt": "Portuguese", "ro": "Romanian", "ru": "Russian", "sk": "Slovak", "sl": "Slovene", "sr": "Serbian",
        "sv": "Swedish", "ta": "Tamil", "te": "Telugu", "th": "Thai", "tl": "Tagalog", "tr": "Turkish",
        "uk": "Ukrainian", "vi": "Vietnamese", "yi": "Yiddish", "zh": "Chinese",
    }
)  # fmt: skip
"""The English name of each language that is known here, by its code of ISO 639-1."""

FUNCTION_WORDS: Mapping[str, str] = MappingProxyType(
    {
        "en": "the and of to a in that it he was his i with as had you for at her not but be is on she have him said "
        "by this which all from my so they were me or one no there would what if an we when been who will their are "
        "more up then out into your them do could some now only than very upon its our any has such s t did should "
        "can about before these must those other how never am thou thee thy hath shall where because though while "
        "where after again over down own like little",
        "fr": "de la et le à les il l que un d une en des qu ne dans ce se pas elle n qui du s est sur pour avec son "
        "je lui plus par au sa vous était avait comme mais on c si tout bien cette y ses même j leur me nous sans "
        "fait m où aux ou dit deux être ces ils puis encore rien là peu moi sont mon quand ma avoir ont donc très "
        "votre dont notre cela celui jamais toujours après étoit avoit",
        "de": "und die der er sie zu den das in nicht es ich ein mit sich auf dem von so war ist eine des als an wie "
        "auch hatte ihm wir aber im für nur noch nach ihn mir man was du wenn ihr aus einen doch da sein mich dann "
        "bei werden sind haben einem einer hat um dass daß wieder zum schon über vor zur durch kein wird oder habe "
        "seine seinen seiner ihre ihren unter bis mein nun immer nichts wo alle wurde gegen dir dich sehr bin ja uns",
        "es": "de que y la el en a los no se un las su por con una del lo al me le más como era para si había pero sus "
        "qué es yo sin este ni muy todo mi cuando ya esta él tan porque ella ha o entre te dijo aquel fue hasta todos "
        "aquella donde sobre también desde tu nada bien les está son estaba ser otra otro así eso nos á é ó vez quien "
        "hay",
        "pt": "de a que o e do da em um não se os uma para com no as na ao mais por dos ele lhe das era seu como mas "
        "sua me à foi ou quando muito nos eu também já pelo ela só isso tinha até sem mesmo seus havia nem num pela "
        "depois entre esse essa meu minha estava você aos suas disse está tão ha há bem porque assim sr d lá é eram "
        "nas são",
        "it": "di e che la il un a non per in una si è le del con i da lo al come gli più ma della mi se era nel l "
        "dei alla suo sua aveva sono anche ne io ci o quando lui quel tutto delle questo poi ed ha d quella così "
        "dal nella essere degli perché chi ella egli senza ai cosa fu ancora fra mio dalla cui dell all ad tra sul "
        "voi molto sempre prima noi vi",
        "nl": "de en het van een ik dat in te hij niet zijn is was op met die voor ze maar er aan had zij hem als om "
        "ook wat naar zou haar je bij nog dan mij uit toch of door over hun nu zoo zo mijn werd tot heeft wel hebben "
        "u geen den heb kon deze dit daar toen want wij ons haar weer zich zeer zoude moet men onder zeide der des",
        "sv": "och att det i som en han på var den med av för inte till jag är hade hon de om så ett men sig honom "
        "henne från vid när ur då nu du kunde efter hans sin mig vi över skulle ej icke något hvad där här vad eller "
        "ut sade varit upp af äfven var under ha mycket blev blef dig ingen hade mot någon utan sina hennes",
        "da": "og at det i han en som var til på den der med ikke jeg for de af et sig havde hun men så om hende ham "
        "kunde du nu skulde fra vilde ved da op hvor sin har ud over blev nej ind kunne ville mig noget efter eller "
        "ikke naar saa paa maa hvad være vel ogsaa også end mod lidt været igen hans hendes thi",
        "no": "og det i han en som var til på den med ikke jeg for de av et seg hadde hun men så om henne ham kunde du "
        "nu skulde fra vilde ved da opp hvor sin har ut over ble nei inn kunne ville meg noe etter eller hva være vel "
        "også enn mot litt vært igjen hans hennes der at nå sa bare dem sig mig",
        "fi": "ja on oli ei että hän se mutta niin kuin hänen minä kun sitä ne jos nyt sen vaan jo en olen myös mitä "
        "sitten siinä tuo vielä tämä joka siitä he oli olivat minun sinä me te ole ollut hänelle sillä minua häntä "
        "hänet mikä kaikki olisi niitä tai siihen sanoi voi eikä nuo eivät koko jotka mun kanssa juuri tässä tätä "
        "niinkuin ett'ei itse heidän",
        "hu": "a az és hogy nem is meg de egy ez azt csak már mint ha el volt van én még úgy mert ki ő s én sem most "
        "mi te mely aki kell akkor nagy olyan itt ott be vagy minden le ezt fel föl után lett ezek azok neki nekem "
        "azután majd így ami között maga oly hát semmi engem ismét aztán volna mintha mind magát e sok mely ne hisz",
        "pl": "i w na się z nie do to że a jest o jak za od po ale co tak przez był go pan było jego już tylko mi jej "
        "dla przy by jeszcze ja gdy mnie pani czy ze ich była są tego więc nim ten aż ma tym pod ku która który nad "
        "nawet bez albo mu sobie lecz u kiedy gdzie może bo przed będzie nic tej jako jakby on ona oczy być mię rzekł",
        "cs": "a se v na že je to si s z do jsem i o tak ale jako za jak by co po už jeho byl byla bylo ve ho jen když "
        "k pro mu kdy nebo ještě tam tu aby on od mi u jsou ze před který která jsme její mne tě ji není nic než pan "
        "své však také při podle kde až potom či ani kteří jest toho tím",
        "sk": "a sa v na že je to si s z do som i o tak ale ako za by čo po už jeho bol bola bolo vo ho len keď k pre "
        "mu alebo ešte tam tu aby on od mi u sú zo pred ktorý ktorá sme jej ma ťa ju nie nič než pán však tiež pri "
        "kde až potom či ani ktorí",
        "ro": "și de a în la nu cu să se o pe că un din ce mai pentru lui era ca dar îi le al fi este au prin sau am "
        "i l s e nici după cum când unde fost sunt până aceasta acest lor mi te ei el ea ai avea către tot numai "
        "iar şi să",
        "ca": "de la i que el a en no els les un una per amb es del al va com li més ho se però si són era molt seva "
        "seu quan aquest aquesta tot havia sense pel dels ja sobre també fins o ni perquè hi jo l d s n em us ser "
        "fou ben on em",
        "gl": "de a que o e do da en un non se os unha para con no as na ao máis por dos el lle das era seu como mais "
        "súa me foi ou cando moito eu tamén xa pola ela só iso tiña ata sen mesmo seus había nin polo despois entre "
        "ese esa meu miña estaba",
        "la": "et in est ad non ut cum quae qui quod ex si sed ab de per atque aut etiam nec sunt enim autem hoc quam "
        "esse ac a me quid eius ille ne quoque iam se haec te erat ipse tamen id pro ita nam quo his fuit eum sic "
        "tibi mihi neque ante inter tam sine quidem vel nunc sub ubi quem illa post",
        "eo": "la kaj de en ne mi al li estas ke estis kun sed sur por ŝi kiu vi el pri ĝi ĉi tio pli ĉu si oni ili "
        "sia per lia nur se da tre tiu ĉe kiel ankaŭ ol unu jam tiel ĉio havis post mia kiam jes kio ŝia antaŭ ilia "
        "tie nun kaj lin min sin tiuj kiuj",
        "tr": "bir ve bu da de için ne o ile gibi çok ben daha var kadar sonra olan her diye mi ki değil olarak ama "
        "şey onu benim en sen ya hiç bunu yok dedi biz bana iki ise şimdi onun kendi böyle zaman vardı oldu içinde",
        "is": "og að í á hann það er sem en var við um ekki til með hún ég af þá þeir fyrir svo upp þar þú eða hafði "
        "nú sig honum sér hans eins úr mér þegar mig því þeim frá einn verið yfir",
        "cy": "y yn a i o ei ar yr ac ond nid wedi am oedd mae fod hyn ni gan bod hi ef eu at un fy na mewn hynny pan "
        "mor bu rhag wrth oddi dy eich ein chwi ydyw sydd",
        "tl": "ang ng sa na at mga ay si ni ko niya kung siya hindi ako nang mo ito isang ka niyang iyon kay sila "
        "kanyang pa lamang po aking para may ba upang",
        "et": "ja on ei et ta see ma kui oli aga ka mis siis oma nii kes ning nagu ära seda veel tema sa mu nad oleks "
        "kõik välja üks enam või mitte juba küll meie ole selle kas peale nüüd midagi",
        "hr": "i je u da se na ne su za od s što bi kao a ali po to sam iz će on pa ili samo koji bio bila nije mu ga "
        "ja još kad već do pred kako sve jer ni nego joj koja me te tako bilo gdje",
        "sl": "in je v da se na so ne za bi pa ki s ko po z kakor tudi sem od ni ga bil bila bilo mu ali do še le kaj "
        "že to iz tako ker pri si kako jo sta vse ter moj nad nič če",
        "lt": "ir kad į su ne iš tai kaip bet jis o ant buvo per jau tik nuo jo ar po aš ji yra prie už dar jie apie "
        "tas taip ką savo jų nebuvo jai",
        "lv": "un ir uz ka no ar kā tas bet viņš viņa par bija es jau arī pie tad nav vai kas pēc tu viņam to lai ja "
        "vēl kad savu",
        "vi": "và là của không có một người đã cho được trong với các những này khi ra để như thì mà lại nhưng anh "
        "cũng tôi đến nào rồi ở vào từ",
        "ga": "an agus a na ar go do sé is ní i bhí ag le sin mé leis nuair tá ach ann féin sí as iad seo nó aige chun "
        "é mar gur raibh dá",
        "ru": "и в не он на я что с как это а по но из его к то за у она так все было же от бы мне ты вы мы ее её ему "
        "о только меня еще ещё был была когда уже для вот даже кто до теперь нет сказал под ли или если чтобы него их "
        "во себя со при ей без ни там чем ну тут этого были быть очень где них потому они надо",
        "uk": "і в не на що він я з та як а до це й у за його але то по вона так від ж було вже мені ти ви ми її йому "
        "про тільки мене ще був була коли для от навіть хто тепер ні під чи або якщо щоб нього їх собі із при їй без "
        "там чим ну тут були бути дуже де вони треба аж бо ось мов усе все він сказав ся",
        "be": "і ў не на што ён я з як а да гэта за яго але то па яна так ад ж было ўжо мне ты вы мы яе яму пра толькі "
        "мяне яшчэ быў была калі для вось нават хто цяпер пад ці або каб іх сабе",
        "bg": "и на да се не в от че той за с по си му като ще го са е но а ми към до ти това тя беше то из аз ли ни "
        "при бе или ги още без как тоя когато те само след под тъй какво той които",
        "sr": "и је у да се на не су за од с што би као а али по то сам из ће он па или само који био била није му га "
        "ја још кад већ до пред како све јер ни него јој која ме те тако",
        "ar": "في من على إلى أن ما لا عن هذا هذه كان التي الذي ذلك قد كل بعد و يا ثم لم بين مع هو هي",
        "fa": "و در به از که این را با است آن برای خود یک تا بر هم نیز بود شد او من ما می ای اما",
        "he": "את של לא על כי אל הוא אשר כל היא אם גם זה כן היה אך מן עם לי לו אני רק כבר הזה",
        "yi": "און די דער איז אין האט ניט זיך מיט דאס צו ער פון א איך אז נישט זיי איר",
        "hi": "के है में की को से और का नहीं पर भी यह हो कि ने था वह कर एक जो तो ही थी",
    }
)
"""The words of each language, by its code, separated by blanks. Which language is told depends on all lists, so a
word that several languages share says less."""

SCRIPTS: tuple[tuple[int, int, str], ...] = (
    (0x0041, 0x024F, "Latin"), (0x0370, 0x03FF, "el"), (0x0400, 0x052F, "Cyrillic"),
    (0x0530, 0x058F, "hy"), (0x0590, 0x05FF, "Hebrew"), (0x0600, 0x06FF, "Arabic"), (0x0900, 0x097F, "Devanagari"),
    (0x0980, 0x09FF, "bn"), (0x0B80, 0x0BFF, "ta"), (0x0C00, 0x0C7F, "te"), (0x0E00, 0x0E7F, "th"),
    (0x10A0, 0x10FF, "ka"), (0x1E00, 0x1EFF, "Latin"), (0x1F00, 0x1FFF, "el"), (0x3040, 0x30FF, "ja"),
    (0x3400, 0x9FFF, "zh"), (0xAC00, 0xD7AF, "ko"),
)  # fmt: skip
"""The ranges of letters, (first, last, name), ascending. A code stands where the script tells the language."""
WORDS_OF_SCRIPT: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "Cyrillic": ("ru", "uk", "be", "bg", "sr"),
        "Arabic": ("ar", "fa"),
        "Hebrew": ("he", "yi"),
        "Devanagari": ("hi",),
    }
)
"""The languages that are written in a script that several have. All others with a list are written in Latin letters."""
