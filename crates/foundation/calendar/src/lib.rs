//! Japanese dates: eras, legal age arithmetic, fiscal and school years.
//!
//! [`Date`] is a day of the Japanese civil calendar, [`Timestamp`] an instant shown in Japan standard
//! time, [`Interval`] a span of days, [`Clock`] the only place the present comes from.

mod age;
mod clock;
mod date;
mod era;
mod error;
mod interval;
mod timestamp;
mod wareki;

pub use clock::{Clock, FixedClock, SystemClock};
pub use date::Date;
pub use era::Era;
pub use error::{DateError, DateProblem};
pub use interval::Interval;
pub use timestamp::Timestamp;
