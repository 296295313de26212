//! Variant forms of kanji in names.

use std::{collections::HashMap, sync::LazyLock};

/// Whether a character only selects the glyph of the one before it (異体字セレクタ).
pub fn is_variation_selector(c: char) -> bool {
    matches!(c, '\u{FE00}'..='\u{FE0F}' | '\u{E0100}'..='\u{E01EF}' | '\u{180B}'..='\u{180D}')
}

/// How far apart the characters are that a folding joins.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Tier {
    /// Forms of one character: old and new, or a glyph that got a code of its own.
    Form,
    /// Characters that the law holds apart and people confuse.
    Confusable,
}

/// The representative of a character, folding up to this tier.
pub(crate) fn fold(c: char, tier: Tier) -> char {
    if c.is_ascii() {
        return c;
    }
    let form = FORM_MAP.get(c);
    match tier {
        Tier::Form => form,
        Tier::Confusable => CONFUSABLE_MAP.get(form),
    }
}

static FORM_MAP: LazyLock<Table> = LazyLock::new(|| Table::new(FORMS));
static CONFUSABLE_MAP: LazyLock<Table> = LazyLock::new(|| Table::new(CONFUSABLES));

/// Representatives by character: the common ideographs by place, the few others by hash.
struct Table {
    common: Vec<char>,
    others: HashMap<char, char>,
}

impl Table {
    /// A table from a text of groups: the first character of each represents the rest.
    fn new(groups: &str) -> Self {
        let mut table = Self { common: (FIRST..=LAST).collect(), others: HashMap::new() };
        for group in groups.split_whitespace() {
            let Some(first) = group.chars().next() else { continue };
            for member in group.chars().skip(1) {
                match place(member).and_then(|at| table.common.get_mut(at)) {
                    Some(slot) => *slot = first,
                    None => drop(table.others.insert(member, first)),
                }
            }
        }
        table
    }

    fn get(&self, c: char) -> char {
        match place(c).and_then(|at| self.common.get(at)) {
            Some(first) => *first,
            None if c < FIRST => c,
            None => self.others.get(&c).copied().unwrap_or(c),
        }
    }
}

const FIRST: char = '\u{4E00}';
const LAST: char = '\u{9FFF}';

fn place(c: char) -> Option<usize> {
    (FIRST..=LAST).contains(&c).then(|| (u32::from(c) - u32::from(FIRST)) as usize)
}

/// Forms of one character, the representative first. Compatibility ideographs that Unicode itself resolves
/// (神, 福, 隆 …) are not listed.
const FORMS: &str = "
高髙 崎﨑嵜 辺邊邉 浜濱濵 斎齋 斉齊 桜櫻 沢澤 広廣 国國囯圀 真眞 瀬瀨 徳德 恵惠 栄榮 学學斈 実實 宝寶寳 寿壽
条條 弥彌 滝瀧 蔵藏 横橫 曽曾 桧檜 検檢 岳嶽 吉𠮷 柳栁桺 桑桒 麻蔴 間閒 凜凛 穣穰 籠篭 黒黑 関關 済濟 円圓 塩鹽
応應 欧歐 奥奧 仮假 価價 会會 絵繪 拡擴 覚覺 楽樂 勧勸 巻卷 帰歸 気氣 亀龜 偽僞 戯戲 旧舊 拠據 挙擧 峡峽 狭狹 郷鄕鄉
尭堯 暁曉 区區 駆驅 薫薰 群羣 径徑 渓溪 経經 継繼 茎莖 蛍螢 軽輕 鶏鷄 芸藝 県縣 剣劍劔劒 献獻 権權 顕顯 験驗 厳嚴
効效 恒恆 鉱鑛 号號 湿濕 糸絲 児兒 辞辭 舎舍 写寫 釈釋 収收 従從 渋澁 獣獸 縦縱 処處 緒緖 叙敍敘 将將 焼燒 奨奬獎
称稱 証證 乗乘 浄淨 剰剩 畳疊疉 嬢孃 譲讓 醸釀 触觸 寝寢 慎愼 晋晉 尽盡 図圖 粋粹 酔醉 穂穗 随隨 髄髓 数數 声聲
静靜 摂攝 専專 戦戰 浅淺 潜潛濳 銭錢 禅禪 双雙 壮壯 捜搜 挿插 争爭 荘莊 装裝 総總 臓臟 続續 堕墮 体體 対對 帯帶
台臺 択擇 単單 担擔 胆膽 団團 弾彈 断斷 痴癡 遅遲 昼晝 虫蟲 鋳鑄 庁廳 聴聽 鎮鎭 逓遞 鉄鐵鐡 転轉 点點 伝傳 党黨
灯燈 当當 盗盜 稲稻 闘鬭 独獨 読讀 届屆 縄繩 弐貳 悩惱 脳腦 覇霸 拝拜 廃廢 売賣 麦麥 発發 抜拔 蛮蠻 秘祕 瓶甁 払拂
仏佛 並竝 変變 豊豐 褒襃 翻飜 万萬 満滿 黙默 薬藥 訳譯 予豫 余餘 与與 誉譽 揺搖 様樣 謡謠 来來 頼賴 乱亂 覧覽 両兩
猟獵 緑綠 塁壘 励勵 礼禮 隷隸 霊靈 齢齡 恋戀 炉爐 労勞 郎郞 楼樓 湾灣 禄祿 録錄 増增 黄黃 巣巢 青靑 清淸 教敎 涙淚
即卽 既旣 概槪 晩晚 歩步 毎每 姫姬 槙槇 遥遙 瑶瑤 彦彥 産產 顔顏 尚尙 内內 呉吳 錬鍊 鴎鷗 鴬鶯 梼檮 涛濤 砺礪 蛎蠣
迩邇 野埜壄 峰峯 梅楳 松枩 柏栢 橋槗𣘺 喜㐂 達逹 角⻆ 戸戶 肇肈 昂昻 煕熙熈 祢禰 祷禱 翠翆 蘇蘓 讃讚 鶴靏靍 穎頴
鯵鰺 麹麴 芦蘆 渕淵渊 枡桝 靱靭 勲勛 勅敕 衛衞 亘亙 巌巖 桟棧 騨驒
隠隱 穏穩 壱壹 温溫 虚虛 撃擊 研硏 砕碎 歯齒 縁緣 為爲 姉姊 曹曺 聡聰
";

/// Characters that are confused although they are different ones, the representative first; members are
/// representatives of the forms above.
const CONFUSABLES: &str = "斉斎 島嶋嶌 富冨 館舘 竜龍 畑畠 阪坂 座坐 崎碕 堀掘 己巳已 藤籐";
