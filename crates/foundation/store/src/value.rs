//! Parameters of statements.

/// One parameter. Integers are 64 bit, times are integers or texts by the caller's choice.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Value<'a> {
    /// SQL `NULL`.
    Null,
    /// A `BIGINT`.
    Int(i64),
    /// A `TEXT`; it may not hold U+0000.
    Text(&'a str),
    /// Bytes: `BLOB` or `BYTEA`.
    Bytes(&'a [u8]),
}

/// A slice of [`Value`]s from anything that converts: `params![7, "name", &block[..], None::<i64>]`.
#[macro_export]
macro_rules! params {
    ($($value:expr),* $(,)?) => { &[$($crate::Value::from($value)),*] };
}

macro_rules! from_integer {
    ($($integer:ty),*) => {$(
        impl From<$integer> for Value<'_> {
            fn from(value: $integer) -> Self {
                Value::Int(i64::from(value))
            }
        }
    )*};
}
from_integer!(i64, i32, u32, u16, u8, bool);

impl<'a> From<&'a str> for Value<'a> {
    fn from(value: &'a str) -> Self {
        Value::Text(value)
    }
}

impl<'a> From<&'a String> for Value<'a> {
    fn from(value: &'a String) -> Self {
        Value::Text(value)
    }
}

impl<'a> From<&'a [u8]> for Value<'a> {
    fn from(value: &'a [u8]) -> Self {
        Value::Bytes(value)
    }
}

impl<'a, const N: usize> From<&'a [u8; N]> for Value<'a> {
    fn from(value: &'a [u8; N]) -> Self {
        Value::Bytes(value)
    }
}

impl<'a> From<&'a Vec<u8>> for Value<'a> {
    fn from(value: &'a Vec<u8>) -> Self {
        Value::Bytes(value)
    }
}

impl<'a, T: Into<Value<'a>>> From<Option<T>> for Value<'a> {
    fn from(value: Option<T>) -> Self {
        value.map_or(Value::Null, Into::into)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn everything_a_role_binds_converts() {
        let name = String::from("山田");
        let code = [1_u8; 16];
        let values: &[Value<'_>] = params![7_i64, true, "x", &name, &code, &code[..], None::<i64>, Some("y")];
        assert_eq!(values[0], Value::Int(7));
        assert_eq!(values[1], Value::Int(1));
        assert_eq!(values[3], Value::Text("山田"));
        assert_eq!(values[4], values[5]);
        assert_eq!(values[6], Value::Null);
        assert_eq!(values[7], Value::Text("y"));
    }
}
