//! Pages for people: the service's front, and the person's own record.

mod front;
mod own_record;

pub(crate) use front::routes as front;
pub(crate) use own_record::routes as own_record;

/// A number with separators of thousands.
fn grouped(number: i64) -> String {
    let digits = number.to_string();
    let mut out = String::with_capacity(digits.len() * 4 / 3);
    for (i, digit) in digits.chars().enumerate() {
        if i > 0 && (digits.len() - i).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}
