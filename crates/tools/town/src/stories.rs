//! The constructed households at the head of every town, with the scenario persons of the front page's tray.

use crate::counter::{card, patient};
use crate::coverage;
use crate::day::Day;
use crate::formats::{CardState, ErrorKind, MedicalIdState};
use crate::maker::{Maker, Who, purpose};
use crate::model::{Family, Limit, Person, Relation, Spell, Typo, Work};
use crate::reporting::report_promptly;
use crate::vocabulary::{FamilyName, GivenName};

/// How many households are constructed: the indices below it.
pub const HOUSEHOLDS: u64 = 25;

/// A scenario person, as `data/stories.tsv` describes it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Story {
    /// Short name.
    pub story: &'static str,
    /// Household index.
    pub household: u64,
    /// Slot in the household.
    pub slot: u8,
    /// QualificationValidity expected of a check by card today.
    pub validity: u8,
    /// What the card must do.
    pub card: &'static str,
    /// 医療等ID state.
    pub medical_id: &'static str,
    /// Days ago on which something else was known, and the validity known then.
    pub look_back: Option<(i32, u8)>,
    /// Japanese title and text.
    pub ja: [&'static str; 2],
    /// English title and text.
    pub en: [&'static str; 2],
}

/// All scenario persons, in the order of the tray.
pub fn stories() -> impl Iterator<Item = Story> {
    STORIES.lines().filter(|line| !line.starts_with('#')).filter_map(story)
}

/// Makes the constructed household `index`.
pub fn build(maker: &Maker, index: u64) -> Family {
    let mut dice = maker.dice(purpose::HOUSEHOLD, index);
    let home = maker.home(&mut dice, maker.history.plus(-1200), 0);
    let family = Family { index, homes: vec![home], ..Family::default() };
    let mut stage = Stage { maker, today: maker.plan.today, family };
    stage.cast(index);
    stage.play(index);
    stage.family
}

fn story(line: &'static str) -> Option<Story> {
    let mut cells = line.split('\t');
    let mut next = || cells.next();
    let (story, household, slot) = (next()?, next()?.parse().ok()?, next()?.parse().ok()?);
    let (validity, card, medical_id) = (next()?.parse().ok()?, next()?, next()?);
    let (ago, then) = (next()?, next()?);
    let look_back = ago.parse().ok().zip(then.parse().ok());
    let ((title_ja, title_en), (text_ja, text_en)) = ((next()?, next()?), (next()?, next()?));
    let (ja, en) = ([title_ja, text_ja], [title_en, text_en]);
    Some(Story { story, household, slot, validity, card, medical_id, look_back, ja, en })
}

struct Stage<'a> {
    maker: &'a Maker,
    today: Day,
    family: Family,
}

impl Stage<'_> {
    /// Puts the people on the stage, with the work that decides their insurance.
    fn cast(&mut self, index: u64) {
        let long = self.today.plus(-2900);
        match index {
            0 => self.sato(),
            1 => self.alone(("高橋", "タカハシ"), ("ヨシ", "ヨシ"), 2, self.born(88, 130), NONE),
            2 => self.alone(("石井", "イシイ"), ("健二", "ケンジ"), 1, self.born(75, 12), NONE),
            3 => {
                let works = [job(long, SHIOKAZE, 0), job(self.ago(6), KYOKAI, 1)];
                self.alone(("中村", "ナカムラ"), ("美穂", "ミホ"), 2, self.born(44, 75), &works);
            }
            4 => {
                let works = [job(long, AOZORA, 0), Spell { from: self.ago(20), work: Work::None }];
                self.alone(("小林", "コバヤシ"), ("直樹", "ナオキ"), 1, self.born(51, 200), &works);
            }
            5 => {
                let works = [job(long, TANPOPO, 0), job(self.ago(30), KYOSAI, 1)];
                self.alone(("加藤", "カトウ"), ("涼太", "リョウタ"), 1, self.born(32, 310), &works);
            }
            6 => self.alone(("山田", "ヤマダ"), ("茂", "シゲル"), 1, self.born(57, 20), NONE),
            7 => self.alone(("松本", "マツモト"), ("久美子", "クミコ"), 2, self.born(68, 99), NONE),
            8 => self.alone(
                ("井上", "イノウエ"),
                ("翔太", "ショウタ"),
                1,
                self.born(30, 35),
                &[job(long, KYOKAI, 0)],
            ),
            9 => self.alone(
                ("木村", "キムラ"),
                ("絵美", "エミ"),
                2,
                self.born(39, 260),
                &[job(long, SHIOKAZE, 0)],
            ),
            10 => self.alone(
                ("清水", "シミズ"),
                ("香織", "カオリ"),
                2,
                self.born(47, 150),
                &[job(long, KYOKAI, 0)],
            ),
            11 => self.alone(
                ("林", "ハヤシ"),
                ("七海", "ナナミ"),
                2,
                self.born(29, 222),
                &[job(self.ago(1900), AOZORA, 0)],
            ),
            12 => {
                self.alone(("森", "モリ"), ("大樹", "ダイキ"), 1, self.born(35, 180), &[job(long, KYOKAI, 0)])
            }
            13 => self.rare_characters(),
            14 => self.newborn(),
            15 => {
                let works = [job(self.ago(1300), KYOKAI, 0), job(self.ago(60), KYOKAI, 1)];
                self.alone(("前田", "マエダ"), ("千夏", "チナツ"), 2, self.born(26, 333), &works);
            }
            16 => self.alone(
                ("藤田", "フジタ"),
                ("和彦", "カズヒコ"),
                1,
                self.born(58, 77),
                &[job(long, SHIOKAZE, 0)],
            ),
            17 => {
                let own = [Spell { from: self.maker.history.plus(-800), work: Work::Own }];
                self.alone(("後藤", "ゴトウ"), ("康夫", "ヤスオ"), 1, self.born(72, 140), &own);
            }
            18 => self.married(),
            19 => self.alone(("阿部", "アベ"), ("勉", "ツトム"), 1, self.born(63, 8), NONE),
            20 => self.alone(
                ("長谷川", "ハセガワ"),
                ("由佳", "ユカ"),
                2,
                self.born(41, 340),
                &[job(long, AOZORA, 0)],
            ),
            22 => {
                let works = [job(long, AOZORA, 0)];
                self.alone(("岡本", "オカモト"), ("大輔", "ダイスケ"), 1, self.born(38, 66), &works);
            }
            23 => {
                let works = [job(self.ago(2200), KYOKAI, 0)];
                self.alone(("上田", "ウエダ"), ("恵", "メグミ"), 2, self.born(34, 143), &works);
            }
            24 => self.murakami(),
            _ => self.alone(
                ("NGUYEN", "グエン"),
                ("THI LAN", "ティ ラン"),
                2,
                self.born(27, 91),
                &[job(self.ago(1100), TANPOPO, 0)],
            ),
        }
    }

    /// Lets things happen: memberships, reports, cards, records, and what is special about each.
    fn play(&mut self, index: u64) {
        let today = self.today;
        match index {
            6 => self.lead(|p| p.never_insured = true),
            7 => self.lead(|p| p.death = Some(today.plus(-40))),
            16 => {
                let until = today.coming_july_end();
                let from = until.plus_years(-1).plus(1).max(today.plus(-100)).min(today);
                self.lead(|p| p.limit = Some(Limit { class: "01", flag: "A04", from, until }));
            }
            17 => self.lead(|p| p.burden = 30),
            19 => self.family.welfare_since = Some(today.plus(-730)),
            _ => {}
        }
        self.family.memberships = coverage::memberships(&self.family, self.maker.history, today);
        report_promptly(self.maker, &mut self.family);
        self.reports(index);
        self.family.cards =
            self.family.persons.iter().map(|p| card(p, today.plus(-1400).max(p.birth.plus(9)))).collect();
        self.cards(index);
        self.records(index);
    }

    /// Report days that make the story.
    fn reports(&mut self, index: u64) {
        let today = self.today;
        for membership in &mut self.family.memberships {
            let last = membership.until.is_none();
            match index {
                3 if last => membership.from_reported = Some(today.plus(-2)),
                3 => membership.until_reported = Some(today.plus(-2)),
                4 if last => membership.from_reported = None,
                5 if !last => membership.until_reported = None,
                15 if last => membership.from_reported = Some(today.plus(-20)),
                14 if membership.slot == 2 => membership.from_reported = Some(today.plus(-7)),
                20 => membership.typo = Some(Typo { kind: ErrorKind::KanaTypo, corrected: None }),
                _ => {}
            }
        }
    }

    fn cards(&mut self, index: u64) {
        let today = self.today;
        for card in &mut self.family.cards {
            match index {
                7 => {
                    card.revoked = Some((today.plus(-35), "death"));
                    card.state = CardState::Revoked;
                }
                8 => card.state = CardState::CertificateExpired,
                9 => {
                    card.revoked = Some((today.plus(-21), "lost"));
                    card.state = CardState::Revoked;
                }
                10 => card.generation = 1,
                _ => {}
            }
            if index == 8 {
                // Issued so that the fifth birthday after it was last month.
                card.issued = today.plus(-35).plus_years(-5).plus(40).min(today.plus(-1700));
                card.certificate_until = today.plus(-35);
            }
            if [1, 3, 10, 11, 13, 16, 21, 22, 23, 24].contains(&index) {
                card.medical_id = MedicalIdState::Active;
                card.medical_id_on = Some(today.plus(-300));
            }
        }
    }

    /// Most are known at the hospital; the newborn and the newly come are not.
    fn records(&mut self, index: u64) {
        if matches!(index, 6 | 14 | 21) {
            return;
        }
        let mut dice = self.maker.dice(purpose::PATIENTS, index);
        let last_visit = self.today.plus(-dice.between(60, 400));
        let record = |p: &Person| patient(self.maker, &mut dice, p, 0, last_visit);
        self.family.patients = self.family.persons.iter().map(record).collect();
    }

    fn sato(&mut self) {
        let (father, mother) = (self.born(42, 60), self.born(40, 10));
        let name = ("佐藤", "サトウ");
        self.add(
            Relation::Head,
            name,
            ("健太郎", "ケンタロウ"),
            1,
            father,
            &[job(self.today.plus(-4100), KYOKAI, 0)],
        );
        self.add(Relation::Spouse, name, ("理恵", "リエ"), 2, mother, NONE);
        self.add(Relation::Child, name, ("湊", "ミナト"), 1, self.born(9, 90), NONE);
        self.add(Relation::Child, name, ("陽葵", "ヒマリ"), 2, self.born(4, 200), NONE);
        self.marry(self.born(12, 0));
    }

    fn murakami(&mut self) {
        let name = ("村上", "ムラカミ");
        let work = [job(self.ago(3000), SHIOKAZE, 0)];
        self.add(Relation::Head, name, ("翔", "ショウ"), 1, self.born(36, 210), &work);
        self.add(Relation::Spouse, name, ("美咲", "ミサキ"), 2, self.born(35, 95), NONE);
        self.add(Relation::Child, name, ("葵", "アオイ"), 2, self.born(8, 150), NONE);
        self.marry(self.born(10, 30));
    }

    fn rare_characters(&mut self) {
        let birth = self.born(53, 111);
        self.alone(
            ("𠮷田", "ヨシダ"),
            ("髙志", "タカシ"),
            1,
            birth,
            &[job(self.today.plus(-3000), KYOSAI, 0)],
        );
        self.lead(|p| p.family.plain = "吉田");
    }

    fn newborn(&mut self) {
        let name = ("岡田", "オカダ");
        self.add(
            Relation::Head,
            name,
            ("拓海", "タクミ"),
            1,
            self.born(31, 45),
            &[job(self.today.plus(-2700), SHIOKAZE, 0)],
        );
        self.add(Relation::Spouse, name, ("彩", "アヤ"), 2, self.born(30, 301), NONE);
        self.add(Relation::Child, name, ("凪", "ナギ"), 1, self.today.plus(-12), NONE);
        self.marry(self.born(3, 0));
    }

    fn married(&mut self) {
        let name = ("渡邊", "ワタナベ");
        self.add(
            Relation::Head,
            name,
            ("亮", "リョウ"),
            1,
            self.born(33, 15),
            &[job(self.today.plus(-2800), KYOKAI, 0)],
        );
        self.add(
            Relation::Spouse,
            name,
            ("真央", "マオ"),
            2,
            self.born(31, 170),
            &[job(self.today.plus(-2500), AOZORA, 0)],
        );
        let day = self.today.plus(-31);
        self.marry(day);
        for person in &mut self.family.persons {
            person.family.plain = "渡辺";
            if person.relation == Relation::Spouse {
                person.maiden = Some((FamilyName { written: "坂本", plain: "坂本", kana: "サカモト" }, day));
            }
        }
    }

    fn marry(&mut self, day: Day) {
        for person in self.family.persons.iter_mut().filter(|p| p.relation != Relation::Child) {
            person.married = Some(day);
        }
    }

    fn alone(&mut self, family: Text, given: Text, sex: u8, birth: Day, work: &[Spell]) {
        self.add(Relation::Head, family, given, sex, birth, work);
    }

    fn add(&mut self, relation: Relation, family: Text, given: Text, sex: u8, birth: Day, work: &[Spell]) {
        let family = FamilyName { written: family.0, plain: family.0, kana: family.1 };
        let who = Who { relation, sex, birth, family, given: GivenName { written: given.0, kana: given.1 } };
        let slot = self.family.persons.len();
        let mut person = self.maker.person(self.family.index, slot, who);
        person.work = work.to_vec();
        person.burden = 10;
        person.origin = match work.first() {
            Some(first) => first.from.max(birth),
            None => birth.max(self.maker.history.plus(-800)),
        };
        self.family.persons.push(person);
    }

    fn lead(&mut self, change: impl FnOnce(&mut Person)) {
        if let Some(head) = self.family.persons.first_mut() {
            change(head);
        }
    }

    /// The birthday of someone who turned `age` `days` ago.
    fn born(&self, age: i32, days: i32) -> Day {
        self.today.plus(-days).plus_years(-age)
    }

    fn ago(&self, days: i32) -> Day {
        self.today.plus(-days)
    }
}

/// Writing and reading.
type Text = (&'static str, &'static str);

fn job(from: Day, insurer: usize, job: u8) -> Spell {
    Spell { from, work: Work::Employed { insurer, job } }
}

const NONE: &[Spell] = &[];
const KYOKAI: usize = 0;
const SHIOKAZE: usize = 2;
const AOZORA: usize = 3;
const TANPOPO: usize = 4;
const KYOSAI: usize = 5;
const STORIES: &str = include_str!("../data/stories.tsv");
