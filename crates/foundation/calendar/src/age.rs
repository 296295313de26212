//! Legal age: 年齢計算ニ関スル法律 and 民法143条.
//!
//! A period counted from the day of birth ends at the close of the day before the corresponding day; where
//! the last month has no such day, at the close of that month. An age is attained on the day the period ends.

use crate::Date;

impl Date {
    /// The day on which someone born on this day attains an age in years: the day before the birthday;
    /// 28 February for those born on 29 February.
    #[must_use]
    pub fn attains_age(self, years: u16) -> Date {
        self.attains_months(u32::from(years) * 12)
    }

    /// The day on which someone born on this day attains an age in months (生後n月): the day before the same
    /// day n months later, the month's end where there is none. 0 months is the day of birth.
    #[must_use]
    pub fn attains_months(self, months: u32) -> Date {
        if months == 0 {
            return self;
        }
        let same_day = self.add_months(i32::try_from(months).unwrap_or(i32::MAX));
        if same_day.day() == self.day() { same_day.add_days(-1) } else { same_day }
    }

    /// The legal age in years, on `day`, of someone born on this day: the age is attained the day before the
    /// birthday. `None` before birth.
    pub fn age_on(self, day: Date) -> Option<u16> {
        self.age_in_months_on(day).and_then(|months| u16::try_from(months / 12).ok())
    }

    /// The legal age in whole months, on `day`, of someone born on this day. `None` before birth.
    pub fn age_in_months_on(self, day: Date) -> Option<u32> {
        if day < self {
            return None;
        }
        let apart = i32::from(day.year() - self.year()) * 12 + i32::from(day.month() - self.month());
        // The day before may still belong to the month before the anniversary's.
        let most = u32::try_from(apart + 1).ok()?;
        (0..=most).rev().find(|months| self.attains_months(*months) <= day)
    }

    /// The age as people say it (満年齢): one more on each birthday itself; on 1 March in common years for those
    /// born on 29 February. `None` before birth.
    pub fn everyday_age_on(self, day: Date) -> Option<u16> {
        if day < self {
            return None;
        }
        let passed = (day.month(), day.day()) >= (self.month(), self.day());
        u16::try_from(day.year() - self.year() - i16::from(!passed)).ok()
    }

    /// The school year (学年度) that this day falls in, named by the year it begins in; 1 April to 31 March.
    pub fn school_year(self) -> i16 {
        self.fiscal_year()
    }

    /// The school year in which a child born on this day enters primary school: the one that begins after the
    /// day the child attains six. Born on 1 April: a year earlier than born on the 2nd (学校教育法17条).
    pub fn school_entry_year(self) -> i16 {
        self.attains_age(6).fiscal_year() + 1
    }
}
