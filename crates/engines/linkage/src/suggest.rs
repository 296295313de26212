//! A configuration proposed from column names: what a stranger's file needs to be linked at once.

use crate::config::{ComparisonConfig, Config, FieldConfig, Kind, LevelConfig, Relatives};

/// A proposed configuration.
#[derive(Clone, Debug, PartialEq)]
pub struct Suggestion {
    /// The configuration.
    pub config: Config,
    /// Columns that it does not use.
    pub unused: Vec<String>,
}

/// Proposes a configuration for files with these columns. Identifier and truth columns are named by the caller and not used.
pub fn suggest(headers: &[Vec<String>], id: Option<&str>, truth: Option<&str>) -> Suggestion {
    let mut config =
        Config { id: id.map(str::to_owned), truth: truth.map(str::to_owned), ..Config::default() };
    let first = headers.first().map(Vec::as_slice).unwrap_or_default();
    let usable = |column: &String| Some(column.as_str()) != id && Some(column.as_str()) != truth;
    let mut unused = Vec::new();
    for column in first.iter().filter(|c| usable(c)) {
        let role = role_of(column);
        let known = |role: Role| config.field.iter().any(|f| f.name == role.name());
        match role {
            Some(Role::Identifier) if config.id.is_none() => config.id = Some(column.clone()),
            Some(role) if role != Role::Identifier && !known(role) => {
                // The same thing may have another name in the other files.
                let mut columns = vec![column.clone()];
                let all = headers.iter().skip(1).all(|header| {
                    let other = header.iter().find(|c| *c == column || usable(c) && role_of(c) == Some(role));
                    columns.extend(other.filter(|c| *c != column).cloned());
                    other.is_some()
                });
                if all {
                    columns.dedup();
                    let field = FieldConfig {
                        name: role.name().to_owned(),
                        kind: role.kind(),
                        columns,
                        parts: Vec::new(),
                    };
                    config.field.push(field);
                } else {
                    unused.push(column.clone());
                }
            }
            _ => unused.push(column.clone()),
        }
    }
    join_birth(&mut config);
    if config.field.len() < 2 {
        guess_texts(&mut config, &mut unused, headers);
    }
    compare(&mut config);
    Suggestion { config, unused }
}

/// What kind of value a column holds, by its name; a text where the name does not tell.
pub(crate) fn kind_of(column: &str) -> Kind {
    role_of(column).filter(|role| *role != Role::Identifier).map_or(Kind::Text, Role::kind)
}

/// Whether a name is one that columns usually have.
pub(crate) fn is_known(name: &str) -> bool {
    role_of(name).is_some()
}

/// What a column holds, by its name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Role {
    Identifier,
    Given,
    Middle,
    Surname,
    FullName,
    GivenKanji,
    SurnameKanji,
    FullKanji,
    GivenKana,
    SurnameKana,
    FullKana,
    FormerName,
    Sex,
    Birth,
    BirthYear,
    BirthMonth,
    BirthDay,
    Address,
    HouseNumber,
    Street,
    StreetMore,
    Suburb,
    Postcode,
    State,
    Phone,
    Email,
    Code,
    Birthplace,
    Ethnicity,
    Occupation,
    Hospital,
    Chart,
    Site,
    Death,
}

impl Role {
    fn name(self) -> &'static str {
        self.facts().0
    }

    fn kind(self) -> Kind {
        self.facts().1
    }

    fn facts(self) -> (&'static str, Kind) {
        match self {
            Self::Identifier => ("id", Kind::Code),
            Self::Given => ("given", Kind::Name),
            Self::Middle => ("middle", Kind::Name),
            Self::Surname => ("surname", Kind::Name),
            Self::FullName => ("name", Kind::Text),
            Self::GivenKanji => ("given", Kind::NameJa),
            Self::SurnameKanji => ("surname", Kind::NameJa),
            Self::FullKanji => ("name", Kind::NameJa),
            Self::GivenKana => ("given_kana", Kind::Kana),
            Self::SurnameKana => ("surname_kana", Kind::Kana),
            Self::FullKana => ("kana", Kind::Kana),
            Self::FormerName => ("former", Kind::NameJa),
            Self::Sex => ("sex", Kind::Sex),
            Self::Birth => ("birth", Kind::Date),
            Self::BirthYear => ("birth_year", Kind::Number),
            Self::BirthMonth => ("birth_month", Kind::Number),
            Self::BirthDay => ("birth_day", Kind::Number),
            Self::Address => ("address", Kind::AddressJa),
            Self::HouseNumber => ("number", Kind::Number),
            Self::Street => ("street", Kind::Text),
            Self::StreetMore => ("street_more", Kind::Text),
            Self::Suburb => ("suburb", Kind::Text),
            Self::Postcode => ("postcode", Kind::Postcode),
            Self::State => ("state", Kind::Text),
            Self::Phone => ("phone", Kind::Code),
            Self::Email => ("email", Kind::Text),
            Self::Code => ("code", Kind::Code),
            Self::Birthplace => ("birthplace", Kind::Text),
            Self::Ethnicity => ("ethnicity", Kind::Text),
            Self::Occupation => ("occupation", Kind::Text),
            Self::Hospital => ("hospital", Kind::Code),
            Self::Chart => ("chart", Kind::Code),
            Self::Site => ("site", Kind::Code),
            Self::Death => ("death", Kind::Date),
        }
    }
}

fn role_of(column: &str) -> Option<Role> {
    let plain: String = column.to_lowercase().chars().filter(|c| c.is_alphanumeric()).collect();
    ROLES.iter().find(|(_, names)| names.split(' ').any(|name| name == plain)).map(|(role, _)| *role)
}

/// Names of columns, in small letters and without signs.
const ROLES: &[(Role, &str)] = &[
    (Role::Identifier, "id recid recordid uniqueid rowid reportid simulantid レコード番号 届出番号"),
    (Role::Given, "given givenname givennames firstname forename fname fnamec1 first 名前1"),
    (Role::Middle, "middle middlename middleinitial middlenames"),
    (Role::Surname, "surname lastname familyname lname lnamec1 last surnames"),
    (Role::FullName, "name fullname personname 名前ローマ字"),
    (Role::SurnameKanji, "氏 姓 漢字氏 漢字姓 氏漢字 姓漢字 surnamekanji familykanji kanjisurname"),
    (Role::GivenKanji, "名 漢字名 名漢字 givenkanji kanjigiven"),
    (Role::FullKanji, "氏名 漢字氏名 氏名漢字 名前 namekanji kanji 患者氏名"),
    (Role::SurnameKana, "カナ氏 セイ カナ姓 氏カナ 姓カナ surnamekana familykana kanasurname"),
    (Role::GivenKana, "カナ名 メイ 名カナ givenkana kanagiven"),
    (Role::FullKana, "カナ氏名 氏名カナ フリガナ ふりがな 読み カナ namekana kana 氏名フリガナ"),
    (Role::FormerName, "旧姓 旧氏 former formername maiden maidenname"),
    (Role::Sex, "sex gender 性別"),
    (Role::Birth, "dob dateofbirth birthdate birthday birth 生年月日 誕生日"),
    (Role::BirthYear, "by birthyear yob yearofbirth"),
    (Role::BirthMonth, "bm birthmonth mob monthofbirth"),
    (Role::BirthDay, "bd dayofbirth"),
    (Role::Address, "住所 所在地 addressja 診断時住所"),
    (Role::HouseNumber, "streetnumber housenumber number streetno"),
    (Role::Street, "street streetname address address1 addressline1 address1street"),
    (Role::StreetMore, "address2 addressline2 unitnumber unit"),
    (Role::Suburb, "suburb city town municipality locality 市区町村"),
    (Role::Postcode, "postcode zip zipcode postalcode postcodefake 郵便番号"),
    (Role::State, "state county region prefecture 都道府県"),
    (Role::Phone, "phone phonenumber tel telephone mobile 電話番号 電話"),
    (Role::Email, "email mail emailaddress メール"),
    (Role::Code, "ssn socsecid nhsnumber nhs socialsecuritynumber itin insuranceno 被保険者番号"),
    (Role::Birthplace, "birthplace placeofbirth 出生地"),
    (Role::Ethnicity, "ethnicity race raceethnicity ethnicgroup 民族"),
    (Role::Occupation, "occupation profession job 職業"),
    (Role::Hospital, "病院コード hospitalcode"),
    (Role::Chart, "診療録番号 chartnumber"),
    (Role::Site, "局在 topography"),
    (Role::Death, "死亡日 dateofdeath deathdate"),
];

/// Year, month and day in columns of their own become one day.
fn join_birth(config: &mut Config) {
    let parts = [Role::BirthYear, Role::BirthMonth, Role::BirthDay].map(Role::name);
    let column =
        |name: &str| config.field.iter().find(|f| f.name == name).and_then(|f| f.columns.first().cloned());
    let found: Vec<String> = parts.iter().filter_map(|name| column(name)).collect();
    if found.len() == 3 && !config.field.iter().any(|f| f.name == "birth") {
        config.field.retain(|f| !parts.contains(&f.name.as_str()));
        config.field.push(FieldConfig {
            name: "birth".into(),
            kind: Kind::Date,
            columns: Vec::new(),
            parts: found,
        });
    }
}

/// No names that say what they are: every column that all files have is a text.
fn guess_texts(config: &mut Config, unused: &mut Vec<String>, headers: &[Vec<String>]) {
    let shared = |column: &String| headers.iter().all(|header| header.contains(column));
    let taken: Vec<String> = unused.iter().filter(|c| shared(c)).take(10).cloned().collect();
    unused.retain(|column| !taken.contains(column));
    for (at, column) in taken.into_iter().enumerate() {
        let name = format!("text{}", at + 1);
        config.field.push(FieldConfig { name, kind: Kind::Text, columns: vec![column], parts: Vec::new() });
    }
}

/// The comparisons of the fields that there are.
fn compare(config: &mut Config) {
    let has: Vec<String> = config.field.iter().map(|f| f.name.clone()).collect();
    let has = |name: &str| has.iter().any(|known| known == name);
    let japanese = config.field.iter().any(|f| f.kind == Kind::NameJa || f.kind == Kind::Kana);
    let mut list = names(&has, japanese);
    if has("birth") {
        list.push(birth(japanese));
    }
    for name in ["birth_year", "birth_month", "birth_day"].into_iter().filter(|name| has(name)) {
        list.push(comparison(name, &[(format!("same({name})"), &[]), (format!("edits({name}) <= 1"), &[])]));
    }
    if has("sex") {
        let given = ["given", "given_kana"].into_iter().filter(|name| has(name));
        let said: Vec<String> = given.map(|name| format!("same({name})")).collect();
        let unless = (!said.is_empty()).then(|| said.join(" | "));
        list.push(ComparisonConfig { unless, ..comparison("sex", &[("same(sex)".into(), &[])]) });
    }
    list.extend(address(&has));
    for name in ["code", "phone"].into_iter().filter(|name| has(name)) {
        let near = format!("edits({name}) <= 2");
        list.push(comparison(name, &[(format!("same({name})"), &[name]), (near, &[])]));
    }
    for name in ["email", "birthplace", "occupation"].into_iter().filter(|name| has(name)) {
        let near = format!("jaro_winkler({name}) >= 0.9");
        list.push(comparison(name, &[(format!("same({name})"), &[name]), (near, &[])]));
    }
    if has("ethnicity") {
        list.push(comparison("ethnicity", &[("same(ethnicity)".into(), &["ethnicity"])]));
    }
    for field in config.field.iter().filter(|f| f.name.starts_with("text")) {
        let name = field.name.as_str();
        let level = |at: f32| (format!("jaro_winkler({name}) >= {at}"), &[][..]);
        list.push(comparison(name, &[(format!("same({name})"), &[name]), level(0.92), level(0.8)]));
    }
    // A person's records hardly ever differ wholly in these; relatives' do.
    // In kanji and its reading both a given name can hardly be mistaken for another.
    for (name, most) in [("birth", 0.002), ("given", if japanese { 0.004 } else { 0.02 })] {
        list.iter_mut().filter(|c| c.name == name).for_each(|c| c.else_at_most = Some(most));
    }
    // Two reports of one hospital with two dates of death are of two people.
    if has("death") {
        config.conflict.push("differ(death) & differ(birth)".to_owned());
    }
    config.relatives = relatives(&list);
    config.comparison = list;
}

fn names(has: &dyn Fn(&str) -> bool, japanese: bool) -> Vec<ComparisonConfig> {
    let mut list = Vec::new();
    let both = has("given") && has("surname");
    if japanese {
        for (name, kana, other, other_kana) in [
            ("surname", "surname_kana", "given", "given_kana"),
            ("given", "given_kana", "surname", "surname_kana"),
            ("name", "kana", "", ""),
        ] {
            if has(name) || has(kana) {
                list.push(japanese_name(has, name, kana, other, other_kana));
            }
        }
        return list;
    }
    for (name, other) in
        [("given", "surname"), ("surname", "given")].into_iter().filter(|(name, _)| has(name))
    {
        let mut levels: Vec<(String, &[&str])> =
            vec![(format!("same({name})"), if name == "given" { &["given"] } else { &["surname"] })];
        if both {
            levels.push((format!("swapped({name}, {other})"), &[]));
        }
        levels.push((format!("jaro_winkler({name}) >= 0.92"), &[]));
        levels.push((format!("jaro_winkler({name}) >= 0.8 | begins({name})"), &[]));
        levels.extend(married(has, name).map(|when| (when, &[][..])));
        list.push(comparison(name, &levels));
    }
    if has("middle") {
        let levels = [
            ("same(middle)".into(), &["middle"][..]),
            ("begins(middle) | jaro_winkler(middle) >= 0.9".into(), &["middle.initial"]),
        ];
        list.push(comparison("middle", &levels));
    }
    if has("name") {
        let near = |at: f32| (format!("jaro_winkler(name) >= {at}"), &[][..]);
        list.push(comparison("name", &[("same(name)".into(), &["name"]), near(0.95), near(0.88), near(0.8)]));
    }
    list
}

/// A woman's surname changes more often than a man's: how often each does is learned.
fn married(has: &dyn Fn(&str) -> bool, name: &str) -> Option<String> {
    (name == "surname" && has("surname") && has("sex")).then(|| "differ(surname) & is(sex, f)".to_owned())
}

/// Name and reading together: the closest of both counts.
fn japanese_name(
    has: &dyn Fn(&str) -> bool,
    name: &str,
    kana: &str,
    other: &str,
    other_kana: &str,
) -> ComparisonConfig {
    let mut levels: Vec<(String, Vec<&str>)> = Vec::new();
    if has(name) {
        levels.push((format!("same({name})"), vec![name]));
    }
    let mut swaps = Vec::new();
    if has(name) && has(other) {
        swaps.push(format!("swapped({name}, {other})"));
    }
    if has(kana) && has(other_kana) {
        swaps.push(format!("swapped({kana}, {other_kana})"));
    }
    if !swaps.is_empty() {
        levels.push((swaps.join(" | "), vec![]));
    }
    if name == "surname" && has("former") && has(name) {
        levels.push((format!("crossed({name}, former)"), vec![]));
    }
    if has(name) {
        levels.push((format!("same({name}.confusable)"), vec![]));
    }
    if has(kana) {
        levels.push((format!("same({kana})"), vec![kana]));
        levels.push((format!("edits({kana}) <= 1"), vec![]));
    }
    if has(name) {
        levels.push((format!("edits({name}) <= 1 & same({name}.head)"), vec![]));
    }
    levels.extend(married(has, name).map(|when| (when, vec![])));
    let levels: Vec<(String, &[&str])> =
        levels.iter().map(|(when, tf)| (when.clone(), tf.as_slice())).collect();
    comparison(if has(name) { name } else { kana }, &levels)
}

fn birth(japanese: bool) -> ComparisonConfig {
    let mut levels: Vec<(String, &[&str])> =
        vec![("same(birth)".into(), &["birth"]), ("digit_slip(birth)".into(), &[])];
    if japanese {
        levels.push(("era_slip(birth)".into(), &[]));
    }
    levels.push(("same(birth.month_day)".into(), &[]));
    levels.push(("same(birth.year)".into(), &[]));
    comparison("birth", &levels)
}

/// The address is one comparison: its parts agree together or not at all.
fn address(has: &dyn Fn(&str) -> bool) -> Option<ComparisonConfig> {
    if has("address") {
        let mut levels: Vec<(String, &[&str])> = vec![
            ("same(address)".into(), &["address"]),
            ("same(address.lot)".into(), &["address.lot"]),
            ("same(address.town)".into(), &["address.town"]),
            ("same(address.city)".into(), &["address.city"]),
        ];
        if has("postcode") {
            levels.insert(3, ("same(postcode)".into(), &[]));
        }
        return Some(comparison("address", &levels));
    }
    let areas: Vec<&str> = ["postcode", "suburb"].into_iter().filter(|name| has(name)).collect();
    let area = areas.first().copied();
    let mut levels: Vec<(String, Vec<&str>)> = Vec::new();
    if has("street") {
        let mut whole = vec!["street"];
        whole.extend(["number"].into_iter().filter(|name| has(name)));
        whole.extend(area);
        levels.push((all_same(&whole), whole));
        let near = "jaro_winkler(street) >= 0.88";
        if has("number") {
            levels.push((format!("{near} & same(number)"), vec![]));
        }
        match area {
            Some(_) => {
                let near_area: Vec<String> = areas.iter().map(|a| format!("{near} & same({a})")).collect();
                levels.push((near_area.join(" | "), vec![]));
            }
            None => levels.push((near.to_owned(), vec![])),
        }
        levels.push(("same(street)".into(), vec!["street"]));
    }
    if let [first, second] = areas[..] {
        levels.push((format!("same({first}) & same({second})"), vec![first]));
    }
    for area in areas {
        levels.push((format!("same({area})"), vec![area]));
    }
    if let (true, Some(area)) = (levels.len() > 1, area) {
        levels.push((format!("edits({area}) <= 1"), vec![]));
    }
    let levels: Vec<(String, &[&str])> =
        levels.iter().map(|(when, tf)| (when.clone(), tf.as_slice())).collect();
    (!levels.is_empty()).then(|| comparison("address", &levels))
}

/// Twins, households, parents and children of one name: of those comparisons that there are.
fn relatives(list: &[ComparisonConfig]) -> Vec<Relatives> {
    let has = |name: &str| list.iter().any(|c| c.name == name);
    let mut relatives = Vec::new();
    let mut add = |name: &str, shares: &[&str], free: &[&str], at_most: f64| {
        if shares.iter().chain(free).all(|name| has(name)) {
            let mut shares: Vec<String> = shares.iter().map(|s| (*s).to_owned()).collect();
            if has("ethnicity") && shares.iter().any(|s| s == "surname") {
                shares.push("ethnicity".to_owned());
            }
            relatives.push(Relatives { name: name.to_owned(), shares, at_most });
        }
    };
    add("household", &["surname", "address"], &["given", "birth"], 2.0);
    add("flatmates", &["address"], &["given", "birth"], 2.0);
    add("twins", &["surname", "birth", "address"], &["given"], 0.01);
    add("twins elsewhere", &["surname", "birth"], &["given", "address"], 0.01);
    add("namesakes", &["given", "surname", "address"], &["birth"], 0.01);
    relatives
}

fn all_same(views: &[&str]) -> String {
    views.iter().map(|view| format!("same({view})")).collect::<Vec<_>>().join(" & ")
}

fn comparison(name: &str, levels: &[(String, &[&str])]) -> ComparisonConfig {
    let level = |(when, tf): &(String, &[&str])| LevelConfig {
        when: when.clone(),
        tf: tf.iter().map(|view| (*view).to_owned()).collect(),
    };
    ComparisonConfig {
        name: name.to_owned(),
        level: levels.iter().map(level).collect(),
        else_at_most: None,
        unless: None,
    }
}
